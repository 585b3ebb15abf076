"""How people are shown: what they can sign in with, and never with what."""

from __future__ import annotations

import pytest

from aigne_hub.access.signin import store
from aigne_hub.api.people import shown_people
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_people_are_shown_with_their_ways_in_and_no_secret(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        await store.set_password(conn, hub.owner.id, "$argon2id$secret")
        shown = await shown_people(conn, [hub.owner, hub.member])
    assert [(one.name, one.has_password, one.passkeys) for one in shown] == [("Olga", True, 0), ("Max", False, 0)]
    assert "argon2" not in str([one.model_dump() for one in shown])
