"""What users sign in with, as rows, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role, UserKind
from aigne_hub.access.signin import store
from aigne_hub.access.signin.passkeys import store as passkey_store
from aigne_hub.access.signin.passkeys.store import Passkey
from aigne_hub.access.signin.store import Renewal
from aigne_hub.audit.records import SYSTEM
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_ways_in_are_counted_for_each_user(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    async with hub.house.database.write() as conn:
        none = await store.ways_in(conn, [hub.owner.id, hub.member.id])
        assert not none[hub.owner.id].is_any and not none[hub.member.id].is_any
        await store.set_password(conn, hub.owner.id, "$argon2id$…")
        await passkey_store.add(conn, Passkey(1, hub.member.id, b"c", b"k", 0, "", "laptop", True, 1000, None))
        found = await store.ways_in(conn, [hub.owner.id, hub.member.id])
    assert (found[hub.owner.id].password_hash, found[hub.owner.id].passkeys) == ("$argon2id$…", 0)
    assert (found[hub.member.id].password_hash, found[hub.member.id].passkeys) == (None, 1)
    assert "argon2" not in repr(found)


async def test_a_hub_is_set_up_once_an_owner_can_come_in(hub_on_both: RunningHub) -> None:
    house = hub_on_both.house
    async with house.database.write() as conn:
        await store.set_password(conn, hub_on_both.member.id, "h")
        assert not await store.can_an_owner_sign_in(conn)
        other = await house.users.add(conn, SYSTEM, "Oskar", role=Role.owner)
        await passkey_store.add(conn, Passkey(1, other.id, b"c", b"k", 0, "", "laptop", True, 1000, None))
        assert await store.can_an_owner_sign_in(conn)
        await house.users.change(conn, SYSTEM, other.id, is_disabled=True)
        assert not await store.can_an_owner_sign_in(conn)


async def test_a_password_is_replaced_only_where_it_is_still_the_one_that_was_read(hub_on_both: RunningHub) -> None:
    user_id = hub_on_both.member.id
    async with hub_on_both.house.database.write() as conn:
        assert await store.replace_password(conn, user_id, None, "first")
        assert not await store.replace_password(conn, user_id, None, "another")
        assert await store.replace_password(conn, user_id, "first", "second")
        assert not await store.replace_password(conn, user_id, "first", "first")
        assert (await store.ways_in(conn, [user_id]))[user_id].password_hash == "second"


async def test_a_sign_in_is_noted(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    async with hub.house.database.write() as conn:
        assert await store.note_sign_in(conn, hub.member.id, 5000)
        user = await hub.house.users.find(conn, hub.member.id)
    assert (user.last_sign_in_ms, user.kind) == (5000, UserKind.person)


async def test_nobody_signs_in_who_is_disabled_or_whose_password_is_another_by_now(hub_on_both: RunningHub) -> None:
    hub, user_id = hub_on_both, hub_on_both.member.id
    async with hub.house.database.write() as conn:
        await store.set_password(conn, user_id, "first")
        assert not await store.note_sign_in(conn, user_id, 5000, Renewal("older", "renewed"))
        assert await store.note_sign_in(conn, user_id, 6000, Renewal("first", "renewed"))
        assert (await store.ways_of(conn, user_id)).password_hash == "renewed"
        await hub.house.users.change(conn, SYSTEM, user_id, is_disabled=True)
        assert not await store.note_sign_in(conn, user_id, 7000, Renewal("renewed", "renewed"))
        assert not await store.note_sign_in(conn, user_id, 7000)
        assert (await hub.house.users.find(conn, user_id)).last_sign_in_ms == 6000


async def test_expired_sessions_are_forgotten(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    async with hub.house.database.write() as conn:
        await hub.house.sessions.open(conn, hub.member, method="link", address=None, user_agent="")
        assert await store.forget_sessions(conn, hub.house.clock.now_ms()) == 0
        assert await store.forget_sessions(conn, hub.house.clock.now_ms() + 31 * 86_400_000) == 1
