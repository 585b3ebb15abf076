"""The rows of users and keys, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access import store
from aigne_hub.access.identity import Key, KeyId, Role, User, UserId
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions

pytestmark = pytest.mark.anyio


def user(number: int, role: Role = Role.member) -> User:
    return User(UserId(number), f"user {number}", f"u{number}@example.com", role, 1000 + number, None)


def key(number: int, user_id: int) -> Key:
    digest = number.to_bytes(32, "big")
    return Key(KeyId(number), UserId(user_id), f"key {number}", Role.guest, "abcd", 1000, 2000, None, None, digest)


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
        await store.revoke_key(conn, KeyId(10), 5000)
        await store.set_role(conn, UserId(1), Role.admin)
    async with database.read() as conn:
        changed = await store.keys_since(conn, before, after=0, limit=10)
        assert [(one.id, one.revoked_ms) for one in changed] == [(10, 5000)]
        assert [one.role for one in await store.users_since(conn, before)] == [Role.admin]


async def test_a_last_use_is_no_change_that_snapshots_need(database: Database) -> None:
    async with database.write() as conn:
        await store.add_user(conn, user(1))
        await store.add_key(conn, key(10, 1))
        before = (await read_versions(conn))[store.COUNTER]
        await store.touch_keys(conn, [(KeyId(10), 7000)])
    async with database.read() as conn:
        assert (await read_versions(conn))[store.COUNTER] == before
        found = await store.find_key(conn, KeyId(10))
        assert found is not None and found.last_used_ms == 7000
