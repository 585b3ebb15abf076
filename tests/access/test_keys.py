"""Making, changing, rotating and ending keys, on both databases."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_network

import pytest

from aigne_hub.access import store
from aigne_hub.access.identity import KeyId, Limits, Rights, Role, Scope, User, UserId
from aigne_hub.access.keys import LONGEST_OVERLAP_S, Keys, checked_rights, read_networks
from aigne_hub.access.users import Users
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM, Actor
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn, Database

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
VAULT = Vault(bytes(32))
IDS = IdSource(CLOCK, 1)
JOURNAL = Journal(VAULT, CLOCK)


@pytest.fixture
def keys() -> Keys:
    return Keys(VAULT, CLOCK, IDS, JOURNAL)


async def ada(conn: Conn) -> User:
    return await Users(CLOCK, IDS, JOURNAL).add(conn, SYSTEM, "Ada", role=Role.member)


async def actions(conn: Conn) -> list[str]:
    return [row.action for row in await audit_store.rows_after(conn, 0, 100)]


async def test_a_key_is_shown_once_and_kept_as_a_hash(database: Database, keys: Keys) -> None:
    async with database.write() as conn:
        made = await keys.create(conn, SYSTEM, (await ada(conn)).id, "laptop", role=Role.member, expires_in_s=60)
    assert re.fullmatch(r"blocklet-[A-Za-z0-9_-]{43}", made.secret)
    async with database.read() as conn:
        kept = await store.find_key(conn, made.key.id)
        rows = await audit_store.rows_after(conn, 0, 100)
    assert kept == made.key
    assert kept is not None and kept.digest == VAULT.digest(made.secret)
    assert made.secret.startswith(kept.prefix) and made.secret.endswith(kept.hint)
    assert len(kept.prefix + kept.hint) < 20
    assert kept.expires_ms == CLOCK.now_ms() + 60_000
    assert [row.action for row in rows] == ["user.create", "key.create"]
    assert not [row for row in rows if made.secret in repr(row)]


async def test_revoking_twice_keeps_the_first_time(database: Database, keys: Keys) -> None:
    async with database.write() as conn:
        made = await keys.create(conn, SYSTEM, (await ada(conn)).id, "laptop", role=Role.member)
        first = await keys.revoke(conn, SYSTEM, made.key.id)
        CLOCK.advance(5)
        assert await keys.revoke(conn, SYSTEM, made.key.id) == first
        assert await actions(conn) == ["user.create", "key.create", "key.revoke"]
    assert first.revoked_ms is not None


async def test_what_is_not_there_is_not_found(database: Database, keys: Keys) -> None:
    async with database.write() as conn:
        with pytest.raises(NotFound, match="no such key"):
            await keys.revoke(conn, SYSTEM, KeyId(5))
        with pytest.raises(NotFound, match="no such user"):
            await keys.create(conn, SYSTEM, UserId(7), "k", role=Role.member)


async def test_a_disabled_user_gets_no_key(database: Database, keys: Keys) -> None:
    async with database.write() as conn:
        user = await ada(conn)
        await Users(CLOCK, IDS, JOURNAL).change(conn, SYSTEM, user.id, is_disabled=True)
        with pytest.raises(Conflict, match="disabled"):
            await keys.create(conn, SYSTEM, user.id, "k", role=Role.member)


async def test_a_change_is_kept_and_noted_with_what_was_before(database: Database, keys: Keys) -> None:
    rights = Rights(scopes=frozenset({Scope.inference}), models=("openai/*",), limits=Limits(5, 1000, 2))
    async with database.write() as conn:
        made = await keys.create(conn, SYSTEM, (await ada(conn)).id, "laptop", role=Role.member)
        changed = await keys.change(conn, SYSTEM, made.key.id, name="desk", rights=rights)
        assert await store.find_key(conn, made.key.id) == changed
        assert (changed.name, changed.rights, changed.digest) == ("desk", rights, made.key.digest)
        assert await keys.change(conn, SYSTEM, made.key.id) == changed
        last = (await audit_store.rows_after(conn, 0, 100))[-1]
    assert last.action == "key.change"
    assert last.before is not None and '"name": "laptop"' in last.before
    assert last.after is not None and '"models": ["openai/*"]' in last.after


@pytest.mark.parametrize("overlap_s", [0, 600])
async def test_a_rotation_keeps_the_key_and_changes_its_secret(database: Database, keys: Keys, overlap_s: int) -> None:
    async with database.write() as conn:
        old = await keys.create(conn, SYSTEM, (await ada(conn)).id, "laptop", role=Role.member)
        new = await keys.rotate(conn, SYSTEM, old.key.id, overlap_s=overlap_s)
        assert await store.find_key(conn, old.key.id) == new.key
    assert new.key.id == old.key.id
    assert new.secret != old.secret
    assert new.key.previous_digest == (old.key.digest if overlap_s else None)
    assert new.key.previous_until_ms == (CLOCK.now_ms() + 600_000 if overlap_s else None)


async def test_an_ended_key_stays_ended(database: Database, keys: Keys) -> None:
    async with database.write() as conn:
        made = await keys.create(conn, SYSTEM, (await ada(conn)).id, "laptop", role=Role.member)
        await keys.revoke(conn, SYSTEM, made.key.id)
        with pytest.raises(Conflict, match="has ended"):
            await keys.rotate(conn, SYSTEM, made.key.id)
        with pytest.raises(Conflict, match="has ended"):
            await keys.change(conn, SYSTEM, made.key.id, name="again")


async def test_all_keys_of_a_user_end_together(database: Database, keys: Keys) -> None:
    async with database.write() as conn:
        user = await ada(conn)
        for number in range(3):
            await keys.create(conn, SYSTEM, user.id, f"k{number}", role=Role.member)
        assert await keys.revoke_all(conn, SYSTEM, user.id) == 3
        assert await store.list_keys(conn, user_id=user.id, is_live_at=CLOCK.now_ms()) == []


async def test_a_key_revoked_while_it_is_changed_stays_revoked(database: Database, keys: Keys) -> None:
    async def apply(change: Callable[[Conn, Actor, KeyId], Awaitable[object]], key_id: KeyId) -> None:
        with suppress(Conflict):
            async with database.write() as conn:
                await change(conn, SYSTEM, key_id)

    rename = partial(keys.change, name="other")
    for _ in range(5):
        async with database.write() as conn:
            key_id = (await keys.create(conn, SYSTEM, (await ada(conn)).id, "laptop", role=Role.member)).key.id
        await asyncio.gather(*(apply(change, key_id) for change in (keys.revoke, rename, keys.rotate)))
        async with database.read() as conn:
            assert (await keys.find(conn, key_id)).revoked_ms is not None


@pytest.mark.parametrize("overlap_s", [-1, LONGEST_OVERLAP_S + 1])
async def test_an_overlap_is_bounded(database: Database, keys: Keys, overlap_s: int) -> None:
    async with database.write() as conn:
        made = await keys.create(conn, SYSTEM, (await ada(conn)).id, "laptop", role=Role.member)
        with pytest.raises(BadRequest, match="overlap"):
            await keys.rotate(conn, SYSTEM, made.key.id, overlap_s=overlap_s)


@pytest.mark.parametrize("expires_in_s", [0, -5, 400 * 366 * 86_400])
async def test_a_life_is_bounded(database: Database, keys: Keys, expires_in_s: int) -> None:
    async with database.write() as conn:
        user = await ada(conn)
        with pytest.raises(BadRequest, match="ten years"):
            await keys.create(conn, SYSTEM, user.id, "k", role=Role.member, expires_in_s=expires_in_s)


@pytest.mark.parametrize(
    ("rights", "param"),
    [
        (Rights(scopes=frozenset()), "scopes"),
        (Rights(models=()), "models"),
        (Rights(models=("a b",)), "models"),
        (Rights(models=("",)), "models"),
        (Rights(models=("x" * 201,)), "models"),
        (Rights(models=("x",) * 101), "models"),
        (Rights(networks=()), "addresses"),
        (Rights(limits=Limits(requests_per_minute=0)), "requestsPerMinute"),
        (Rights(limits=Limits(tokens_per_minute=-1)), "tokensPerMinute"),
        (Rights(limits=Limits(concurrency=2_000_000_000)), "concurrency"),
    ],
)
def test_rights_that_cannot_be_are_refused_with_the_field(rights: Rights, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        checked_rights(rights)
    assert refused.value.param == param


def test_networks_are_read_and_refused() -> None:
    assert read_networks(["10.0.0.7", " 192.168.0.0/16 "]) == (ip_network("10.0.0.7/32"), ip_network("192.168.0.0/16"))
    for bad in ("10.0.0.1/8", "example.com", ""):
        with pytest.raises(BadRequest):
            read_networks([bad])
