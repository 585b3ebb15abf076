"""What operators may change, of every room at once; on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.preferences import PreferenceBook, Preferences
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import Conflict
from aigne_hub.catalog.rates.entries import Billing
from aigne_hub.db.engine import Database
from aigne_hub.flows.change_preferences import AllPreferences, PreferenceDesk
from tests.catalog.rates.shelf import BOOK, CLOCK, VAULT
from tests.catalog.routes.shelf import book

pytestmark = pytest.mark.anyio

DESK = PreferenceDesk(PreferenceBook(CLOCK, Journal(VAULT, CLOCK)), BOOK, book())


async def test_each_room_changes_its_own_and_the_rest_stays(database: Database) -> None:
    async with database.write() as conn:
        assert await DESK.read(conn) == AllPreferences(Preferences(), Billing())
        await DESK.change(conn, SYSTEM, dynamic_registration=True, credit_prefix="$")
        await DESK.change(conn, SYSTEM, credit_based_billing_enabled=True)
        assert await DESK.change(conn, SYSTEM) == await DESK.read(conn)
        assert await DESK.read(conn) == AllPreferences(Preferences(dynamic_registration=True), Billing(True, "$"))
        rows = await audit_store.rows_after(conn, 0, 10)
        changed = await DESK.change(conn, SYSTEM, excluded_rotation_providers=" Poe, ,gemini,poe")
        assert changed.excluded == (await DESK.read(conn)).excluded == ("poe", "google")
        assert (await DESK.change(conn, SYSTEM, excluded_rotation_providers="")).excluded == ()
        later = await audit_store.rows_after(conn, len(rows), 10)
    assert [row.target.id for row in rows if row.target] == ["access", "billing", "billing"]
    assert [row.target.id for row in later if row.target] == ["routing", "routing"]


async def test_what_one_room_refuses_no_other_changes(database: Database) -> None:
    with pytest.raises(Conflict):
        async with database.write() as conn:
            await DESK.change(conn, SYSTEM, credit_based_billing_enabled=True, local_sign_in=False)
    async with database.read() as conn:
        assert await DESK.read(conn) == AllPreferences(Preferences(), Billing())
