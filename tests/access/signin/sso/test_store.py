"""The rows of issuers and identities, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Role, User, UserId
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.store import Identity, Issuer
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio

ISSUER = Issuer(
    5, "Corp", "https://i.example", "hub", ("openid", "email"), "groups", {"ops": Role.admin}, Role.guest,
    ("example.com",), True, 1000, b"sealed",
)  # fmt: skip
ANN = User(UserId(7), "Ann", None, Role.member, 1000, None)


async def test_an_issuer_comes_back_as_it_was_kept(database: Database) -> None:
    async with database.write() as conn:
        await store.add_issuer(conn, ISSUER)
        await store.lock_issuer(conn, ISSUER.id)
        assert await store.find_issuer(conn, 5) == ISSUER
        assert await store.find_issuer(conn, 6) is None
        assert await store.list_issuers(conn, only_enabled=True) == [ISSUER]
    assert "sealed" not in repr(ISSUER)


async def test_identities_are_found_by_issuer_and_subject_and_go_with_their_issuer(database: Database) -> None:
    async with database.write() as conn:
        await user_store.add_user(conn, ANN)
        await store.add_issuer(conn, ISSUER)
        one = Identity(9, UserId(7), 5, "s-1", None, 1000, None)
        await store.add_identity(conn, one)
        assert await store.find_identity(conn, 5, "s-1") == one
        assert await store.find_identity(conn, 5, "S-1") is None  # a subject is case-sensitive
        await store.note_identity_use(conn, 9, email="a@b.c", now_ms=2000)
        (used,) = await store.list_own_identities(conn, UserId(7))
        assert (used.email, used.last_used_ms) == ("a@b.c", 2000)
        assert await store.count_identities(conn, 5) == 1
        await store.remove_issuer(conn, 5)
        assert await store.list_own_identities(conn, UserId(7)) == []


async def test_one_identity_can_be_removed(database: Database) -> None:
    async with database.write() as conn:
        await user_store.add_user(conn, ANN)
        await store.add_issuer(conn, ISSUER)
        await store.add_identity(conn, Identity(9, UserId(7), 5, "s-1", None, 1000, None))
        await store.remove_identity(conn, 9)
        assert await store.count_identities(conn, 5) == 0
