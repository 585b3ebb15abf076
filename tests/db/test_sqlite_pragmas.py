"""Tests of db/sqlite_pragmas.py: what the connections of the hub say they are set to."""

import pytest
from sqlalchemy import text

from aigne_hub.db.engine import Database
from aigne_hub.db.sqlite_log import connect

pytestmark = pytest.mark.anyio

WANTED = {
    "journal_mode": "wal",
    "synchronous": 1,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "journal_size_limit": 67108864,
    "temp_store": 2,
    "cache_size": -4096,
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_connection_is_set_up_alike(database: Database, database_url: str) -> None:
    async with database.read() as reading, database.write() as writing:
        for pragma, value in WANTED.items():
            for conn in (reading, writing):
                assert (await conn.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value
    own = connect(database_url.removeprefix("sqlite:///"), busy_timeout_ms=0)
    for pragma, value in WANTED.items():
        assert own.execute(f"PRAGMA {pragma}").fetchone() == (0 if pragma == "busy_timeout" else value,)
    own.close()
