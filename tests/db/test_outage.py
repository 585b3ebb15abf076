"""Tests of db/outage.py."""

import sqlite3

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aigne_hub.db.outage import is_outage, unreachable


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("no")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error(sqlite3.SQLITE_BUSY),
        sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT),
        sqlite_error(sqlite3.SQLITE_FULL),
        sqlite_error(sqlite3.SQLITE_IOERR_WRITE),
        asyncpg.AdminShutdownError("no"),
        asyncpg.ConnectionDoesNotExistError("no"),
        asyncpg.TooManyConnectionsError("no"),
        asyncpg.DeadlockDetectedError("no"),
        asyncpg.ReadOnlySQLTransactionError("no"),
        ConnectionRefusedError(),
        TimeoutError(),
        PoolTimeout(),
        OperationalError(None, None, sqlite_error(sqlite3.SQLITE_BUSY)),
        OperationalError(None, None, Exception(), connection_invalidated=True),
    ],
)
def test_the_database_failed(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE),
        sqlite_error(sqlite3.SQLITE_ERROR),
        sqlite3.ProgrammingError("no"),
        asyncpg.UniqueViolationError("no"),
        asyncpg.UndefinedTableError("no"),
        IntegrityError(None, None, sqlite_error(sqlite3.SQLITE_CONSTRAINT)),
        ValueError(),
    ],
)
def test_the_statement_was_wrong(error: Exception) -> None:
    assert not is_outage(error)


def test_an_outage_tells_the_caller_when_to_come_back() -> None:
    assert (unreachable().status, unreachable().retry_after) == (503, 1)
