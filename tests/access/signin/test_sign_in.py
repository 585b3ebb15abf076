"""Signing in and changing a password, below the API."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from aigne_hub.access.signin import store
from aigne_hub.access.signin.attempts import Attempts
from aigne_hub.access.signin.passwords import Checked, Hashing
from aigne_hub.access.signin.sign_in import Device, SignIn
from aigne_hub.audit.records import SYSTEM, Filter
from aigne_hub.audit.store import list_rows
from aigne_hub.base.errors import BadRequest, NotSignedIn
from tests.oauth_app import register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

DEVICE = Device("192.0.2.1", "test")
PASSWORD = "correct horse battery"


async def set_password(hub: RunningHub, hashed: str | None = None) -> None:
    hashed = hashed or await hub.house.sign_in.hash_new(PASSWORD, name="Max", email=None)
    async with hub.house.database.write() as conn:
        await store.set_password(conn, hub.member.id, hashed)


async def kept(hub: RunningHub) -> str | None:
    async with hub.house.database.read() as conn:
        return (await store.ways_in(conn, [hub.member.id]))[hub.member.id].password_hash


async def test_an_old_hash_is_renewed_by_a_sign_in(hub: RunningHub) -> None:
    await set_password(hub, PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD))
    await hub.house.sign_in.by_password(SYSTEM, "max@example.com", PASSWORD, DEVICE)
    renewed = await kept(hub)
    assert renewed is not None and "m=19456" in renewed


class Meanwhile(Hashing):
    """While a password is compared, somebody sets another."""

    def __init__(self, hub: RunningHub) -> None:
        super().__init__()
        self._hub = hub

    async def check(self, password: str, kept: str | None) -> Checked:
        checked = await super().check(password, kept)
        await set_password(self._hub, await self.hash("another horse battery"))
        return checked


async def test_a_password_that_is_replaced_while_it_is_compared_lets_nobody_in(hub: RunningHub) -> None:
    house = hub.house
    await set_password(hub, PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD))
    here = await house.sign_in.by_password(SYSTEM, "max@example.com", PASSWORD, DEVICE)
    sign_in = SignIn(house.database, house.clock, Meanwhile(hub), house.sessions, Attempts(house.clock), house.journal)
    await set_password(hub, PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD))
    with pytest.raises(NotSignedIn):
        await sign_in.by_password(SYSTEM, "max@example.com", PASSWORD, DEVICE)
    await set_password(hub)
    with pytest.raises(BadRequest):
        await sign_in.change_password(SYSTEM, here, PASSWORD, "a third horse battery", DEVICE)
    assert await house.sign_in.by_password(SYSTEM, "max@example.com", "another horse battery", DEVICE)


async def test_another_password_needs_the_present_one_and_ends_other_sessions(hub: RunningHub) -> None:
    await set_password(hub)
    sign_in, sessions = hub.house.sign_in, hub.house.sessions
    here, there = [await sign_in.by_password(SYSTEM, "max@example.com", PASSWORD, DEVICE) for _ in range(2)]
    for current in (None, "wrong horse battery"):
        with pytest.raises(BadRequest) as refused:
            await sign_in.change_password(SYSTEM, here, current, "another horse battery", DEVICE)
        assert refused.value.param == "current"
    with pytest.raises(BadRequest):
        await sign_in.change_password(SYSTEM, here, PASSWORD, "short", DEVICE)
    changed = await sign_in.change_password(SYSTEM, here, PASSWORD, "another horse battery", DEVICE)
    async with hub.house.database.read() as conn:
        assert await sessions.find(conn, changed.secret)
        assert await sessions.find(conn, here.secret) is None
        assert await sessions.find(conn, there.secret) is None
    with pytest.raises(NotSignedIn):
        await sign_in.by_password(SYSTEM, "max@example.com", PASSWORD, DEVICE)


async def test_another_password_ends_what_applications_may_do(hub: RunningHub) -> None:
    await set_password(hub)
    app = await register(hub)
    tokens = await app.tokens()
    here = await hub.house.sign_in.by_password(SYSTEM, "max@example.com", PASSWORD, DEVICE)
    await hub.house.sign_in.change_password(SYSTEM, here, PASSWORD, "another horse battery", DEVICE)
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    async with hub.house.database.read() as conn:
        (row,) = await list_rows(conn, Filter(action="user.password"), before_seq=None, limit=9)
    assert row.after == '{"tokens_ended": 2}'


async def test_who_has_no_password_sets_the_first_without_one(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        here = await hub.house.sign_in.open(conn, SYSTEM, hub.member, method="passkey", device=DEVICE)
    await hub.house.sign_in.change_password(SYSTEM, here, None, PASSWORD, DEVICE)
    assert await hub.house.sign_in.by_password(SYSTEM, "max@example.com", PASSWORD, DEVICE)
