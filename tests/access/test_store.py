"""The rows of users and keys, on both databases."""

from __future__ import annotations

import math
from dataclasses import replace
from ipaddress import ip_network

import pytest

from aigne_hub.access import store
from aigne_hub.access.identity import ALL_RIGHTS, Key, KeyId, Limits, Rights, Role, Scope, User, UserId, UserKind
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions

pytestmark = pytest.mark.anyio


def user(number: int, role: Role = Role.member) -> User:
    return User(UserId(number), f"user {number}", f"u{number}@example.com", role, 1000 + number, None)


def key(number: int, user_id: int) -> Key:
    digest = number.to_bytes(32, "big")
    rights = Rights(
        scopes=frozenset({Scope.inference}),
        models=("openai/*", "gpt-5"),
        networks=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")),
        limits=Limits(requests_per_minute=10, concurrency=2),
        is_strict=True,
        drain_s=math.inf,
    )
    return Key(
        id=KeyId(number),
        user_id=UserId(user_id),
        name=f"key {number}",
        role=Role.guest,
        prefix="blocklet-aBcD",
        hint="abcd",
        created_ms=1000,
        expires_ms=2000,
        revoked_ms=None,
        last_used_ms=None,
        digest=digest,
        rights=rights if number % 20 else ALL_RIGHTS,
        created_via="console",
        previous_digest=digest[::-1],
        previous_hint="wxyz",
        previous_until_ms=1500,
    )


async def test_users_and_keys_are_read_as_they_were_written(database: Database) -> None:
    async with database.write() as conn:
        await store.add_user(conn, user(1))
        await store.add_user(conn, user(2, Role.owner))
        await store.add_key(conn, key(10, 1))
    async with database.read() as conn:
        assert await store.find_user(conn, UserId(1)) == user(1)
        assert await store.find_user_by_email(conn, "u2@example.com") == user(2, Role.owner)
        assert await store.first_owner(conn) == user(2, Role.owner)
        assert await store.users_by_id(conn, {2, 9}) == [user(2, Role.owner)]
        assert await store.find_key(conn, KeyId(10)) == key(10, 1)
        assert await store.find_key(conn, KeyId(11)) is None


async def test_listings_go_on_after_an_id(database: Database) -> None:
    async with database.write() as conn:
        for number in range(1, 6):
            await store.add_user(conn, user(number))
            await store.add_key(conn, key(number * 10, 1))
    async with database.read() as conn:
        assert await store.list_users(conn, after=2, limit=2) == [user(3), user(4)]
        assert await store.list_keys(conn, after=20, limit=2) == [key(30, 1), key(40, 1)]


async def test_every_change_is_seen_by_its_version_and_nothing_older(database: Database) -> None:
    async with database.write() as conn:
        await store.add_user(conn, user(1))
        await store.add_key(conn, key(10, 1))
        await store.add_key(conn, key(20, 1))
        before = (await read_versions(conn))[store.COUNTER]
        await store.change_key(conn, replace(key(10, 1), revoked_ms=5000))
        await store.change_user(conn, replace(user(1), role=Role.admin))
    async with database.read() as conn:
        changed = await store.keys_since(conn, before, after=0, limit=10)
        assert [(one.id, one.revoked_ms) for one in changed] == [(10, 5000)]
        assert [one.role for one in await store.users_since(conn, before)] == [Role.admin]


async def test_a_last_use_is_no_change_that_snapshots_need(database: Database) -> None:
    async with database.write() as conn:
        await store.add_user(conn, user(1))
        await store.add_key(conn, key(10, 1))
        before = (await read_versions(conn))[store.COUNTER]
        await store.touch_keys(conn, [(KeyId(10), 7000, "192.0.2.1")])
    async with database.read() as conn:
        assert (await read_versions(conn))[store.COUNTER] == before
        found = await store.find_key(conn, KeyId(10))
        assert found is not None and (found.last_used_ms, found.last_used_address) == (7000, "192.0.2.1")


async def test_users_are_found_by_part_of_a_name_or_address(database: Database) -> None:
    async with database.write() as conn:
        for number, name in enumerate(("Ada 100%", "Bob", "Robot"), 1):
            kind = UserKind.service if name == "Robot" else UserKind.person
            await store.add_user(conn, replace(user(number), name=name, kind=kind))
    async with database.read() as conn:
        assert [one.name for one in await store.list_users(conn, search="OB")] == ["Bob", "Robot"]
        assert [one.name for one in await store.list_users(conn, search="%")] == ["Ada 100%"]
        assert [one.name for one in await store.list_users(conn, search="U2@")] == ["Bob"]
        assert [one.name for one in await store.list_users(conn, kind=UserKind.service)] == ["Robot"]


async def test_keys_are_listed_by_holder_and_by_life(database: Database) -> None:
    async with database.write() as conn:
        await store.add_user(conn, user(1))
        await store.add_user(conn, user(2))
        for number, holder in ((10, 1), (30, 1), (50, 2)):
            await store.add_key(conn, key(number, holder))
        assert await store.revoke_keys_of(conn, UserId(2), 1200) == 1
        assert await store.revoke_keys_of(conn, UserId(2), 1300) == 0
    async with database.read() as conn:
        assert [one.id for one in await store.list_keys(conn, user_id=UserId(1))] == [10, 30]
        assert [one.id for one in await store.list_keys(conn, is_live_at=1999)] == [10, 30]
        assert await store.list_keys(conn, is_live_at=2000) == []


async def test_preferences_are_read_as_they_were_written_last(database: Database) -> None:
    async with database.write() as conn:
        await store.write_preferences(conn, {"local_sign_in": True}, 1000)
        await store.write_preferences(conn, {"local_sign_in": False}, 2000)
        assert await store.read_preferences(conn) == {"local_sign_in": False}
