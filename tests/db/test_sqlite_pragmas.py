"""Tests of db/sqlite_pragmas.py: what the connections of the hub say they are set to."""

import pytest
from sqlalchemy import text

from aigne_hub.db.engine import Database
from aigne_hub.db.sqlite_inline import connect

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
    doors = {database.read: True, database.glance: False, database.write: False}
    for door, waits_in_a_thread in doors.items():
        async with door() as conn:
            for pragma, value in WANTED.items():
                wanted = value if pragma != "busy_timeout" or waits_in_a_thread else 0
                assert (await conn.execute(text(f"PRAGMA {pragma}"))).scalar_one() == wanted
    own = connect(database_url.removeprefix("sqlite:///"), busy_timeout_ms=0)
    for pragma, value in WANTED.items():
        assert own.execute(f"PRAGMA {pragma}").fetchone() == (0 if pragma == "busy_timeout" else value,)
    own.close()
