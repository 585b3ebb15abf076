"""The line between an outage and a mistake lives here: which driver errors say that the database itself failed."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aigne_hub.base.errors import Unavailable

_SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
# SQLSTATE classes (PostgreSQL manual, appendix A): connection, transaction rollback by the server,
# insufficient resources, operator intervention, system error. They may all pass when tried again.
_POSTGRES_OUTAGES = ("08", "40", "53", "57", "58")
# A server in recovery or a demoted primary refuses writes with 25006 until the failover is done;
# a lock that is not granted in time is 55P03; a database that takes no connections is 55000; a sign-in that is
# refused is class 28; 3D000 is no database.
_POSTGRES_OUTAGE_STATES = ("25006", "55P03", "55000", "3D000", "28000", "28P01")


def unreachable() -> Unavailable:
    return Unavailable("the database cannot be reached", retry_after=1)


def is_outage(error: BaseException) -> bool:
    """Whether the database failed, rather than the statement that was asked of it."""
    if isinstance(error, PoolTimeout | OSError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_outage(error.orig))
    if isinstance(error, sqlite3.Error):
        # The low byte is the primary result code (sqlite.org/rescode.html).
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_OUTAGES
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and (state[:2] in _POSTGRES_OUTAGES or state in _POSTGRES_OUTAGE_STATES)
