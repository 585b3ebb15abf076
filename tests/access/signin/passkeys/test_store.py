"""The rows of passkeys, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.signin.passkeys import store
from aigne_hub.access.signin.passkeys.store import Passkey
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_passkeys_are_kept_used_renamed_and_removed(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    one = Passkey(7, hub.member.id, b"\x00credential", b"public", 3, "usb,nfc", "laptop", False, 1000, None)
    async with hub.house.database.write() as conn:
        await store.add(conn, one)
        assert await store.find(conn, one.credential) == one
        assert await store.find(conn, b"other") is None
        assert await store.find_own(conn, hub.owner.id, 7) is None
        assert await store.list_own(conn, hub.member.id) == [one]
        assert await store.note_use(conn, one, sign_count=4, now_ms=2000)
        assert not await store.note_use(conn, one, sign_count=4, now_ms=3000)  # somebody was faster
        await store.rename(conn, 7, "phone")
        found = await store.find_own(conn, hub.member.id, 7)
        assert found is not None and (found.sign_count, found.last_used_ms, found.name) == (4, 2000, "phone")
        await store.remove(conn, 7)
        assert await store.list_own(conn, hub.member.id) == []
    assert "public" not in repr(one)
