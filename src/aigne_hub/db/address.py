"""Database addresses live here: what a database URL says, without ever showing its password."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is: `path` for SQLite, `dsn` (as asyncpg reads it, libpq's options included) for PostgreSQL."""

    dialect: str
    path: str = ""
    dsn: str = field(default="", repr=False)


def parse_address(url: str) -> Address:
    """Read `sqlite:////abs/path/hub.db` or `postgresql://user:pw@host/db`; raises ValueError without the password."""
    parsed = _parse(url)
    family = "" if parsed is None else parsed.get_backend_name()
    if parsed is not None and family == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("a SQLite database needs a file: sqlite:////absolute/path/hub.db")
        return Address("sqlite", path=parsed.database)
    if parsed is not None and family in ("postgresql", "postgres"):
        dsn = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        return Address("postgresql", dsn=dsn)
    raise ValueError("the database URL must start with sqlite:/// or postgresql://")


def _parse(url: str) -> URL | None:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        return None
