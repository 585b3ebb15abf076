"""What operators may change while the hub runs, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.preferences import PreferenceBook, Preferences, read_preferences
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import Conflict
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio


async def test_preferences_have_defaults_and_changes_are_noted(database: Database) -> None:
    clock = StoppedClock()
    book = PreferenceBook(clock, Journal(Vault(bytes(32)), clock))
    async with database.write() as conn:
        assert await read_preferences(conn) == Preferences(local_sign_in=True, dynamic_registration=False)
        await book.change(conn, SYSTEM, dynamic_registration=True)
        await book.change(conn, SYSTEM, dynamic_registration=True)
        assert await read_preferences(conn) == Preferences(local_sign_in=True, dynamic_registration=True)
        (row,) = await audit_store.rows_after(conn, 0, 10)
    assert row.action == "preferences.change"
    assert row.before is not None and '"dynamic_registration": false' in row.before


async def test_local_sign_in_does_not_end_before_an_owner_can_come_in_otherwise(database: Database) -> None:
    clock = StoppedClock()
    book = PreferenceBook(clock, Journal(Vault(bytes(32)), clock))
    async with database.write() as conn:
        with pytest.raises(Conflict, match="single sign-on") as refused:
            await book.change(conn, SYSTEM, local_sign_in=False)
        assert refused.value.param == "localSignIn"
        assert (await read_preferences(conn)).local_sign_in
