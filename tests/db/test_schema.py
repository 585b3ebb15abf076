"""Tests of db/schema.py: what the migrations make is what the page says."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from aigne_hub.db.engine import Database
from aigne_hub.db.schema import metadata

pytestmark = pytest.mark.anyio


def differences(connection: Connection) -> list[object]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def keys(connection: Connection) -> dict[str, tuple[object, ...]]:
    """What autogenerate does not compare: primary keys, and where foreign keys cascade."""
    found = inspect(connection)
    return {
        name: (
            tuple(found.get_pk_constraint(name)["constrained_columns"]),
            {(key["referred_table"], key["options"].get("ondelete")) for key in found.get_foreign_keys(name)} or None,
        )
        for name in metadata.tables
    }


async def test_the_migrated_tables_are_those_of_the_schema(database: Database) -> None:
    async with database.read() as conn:
        assert await AsyncConnection.run_sync(conn, differences) == []
        found = await conn.run_sync(keys)
    wanted = {
        table.name: (
            tuple(column.name for column in table.primary_key.columns),
            {(key.column.table.name, key.ondelete) for key in table.foreign_keys} or None,
        )
        for table in metadata.tables.values()
    }
    assert found == wanted
