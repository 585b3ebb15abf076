"""Making and ending keys and users, on both databases."""

from __future__ import annotations

import re

import pytest

from aigne_hub.access import store
from aigne_hub.access.identity import Role, UserId
from aigne_hub.access.keys import Registry
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
VAULT = Vault(bytes(32))


@pytest.fixture
def registry() -> Registry:
    return Registry(VAULT, CLOCK, IdSource(CLOCK, 1))


async def test_a_key_is_shown_once_and_kept_as_a_hash(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        user = await registry.add_user(conn, "Ada", role=Role.member)
        made = await registry.create_key(conn, user.id, "laptop", role=Role.member, expires_in_s=60)
    assert re.fullmatch(r"blocklet-[A-Za-z0-9_-]{43}", made.secret)
    async with database.read() as conn:
        kept = await store.find_key(conn, made.key.id)
    assert kept == made.key
    assert kept is not None and kept.digest == VAULT.digest(made.secret)
    assert kept.hint == made.secret[-4:]
    assert kept.expires_ms == CLOCK.now_ms() + 60_000


async def test_revoking_twice_keeps_the_first_time(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        user = await registry.add_user(conn, "Ada", role=Role.member)
        made = await registry.create_key(conn, user.id, "laptop", role=Role.member)
        first = await registry.revoke_key(conn, made.key.id)
        CLOCK.advance(5)
        assert await registry.revoke_key(conn, made.key.id) == first
    assert first.revoked_ms is not None


async def test_what_is_not_there_is_not_found(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        with pytest.raises(NotFound, match="no key 5"):
            await registry.revoke_key(conn, 5)  # type: ignore[arg-type]
        with pytest.raises(NotFound, match="no user 6"):
            await registry.set_role(conn, UserId(6), Role.admin)
        with pytest.raises(NotFound, match="no user 7"):
            await registry.create_key(conn, UserId(7), "k", role=Role.member)


async def test_a_role_can_be_changed(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        user = await registry.add_user(conn, "Ada", role=Role.member)
        assert (await registry.set_role(conn, user.id, Role.admin)).role is Role.admin


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
async def test_a_name_has_a_length(database: Database, registry: Registry, name: str) -> None:
    async with database.write() as conn:
        with pytest.raises(BadRequest, match="1 to 100"):
            await registry.add_user(conn, name, role=Role.member)


async def test_an_email_address_belongs_to_one_user(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        await registry.add_user(conn, "Ada", role=Role.member, email="ada@example.com")
        with pytest.raises(Conflict, match=r"ada@example\.com"):
            await registry.add_user(conn, "Eve", role=Role.member, email="ada@example.com")
