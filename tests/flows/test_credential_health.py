"""Refused credentials: switched off once for all workers, rechecked at their provider, and switched on again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from aigne_hub.app import open_house
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import Failure, Unavailable, UpstreamFailed
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, CredentialId, CredentialKind, CredentialState, Provider, Target
from aigne_hub.catalog.standing import UNASKED_S
from aigne_hub.dialects.openai_errors import error_of_answer
from aigne_hub.flows import credential_health
from aigne_hub.flows.credential_health import CredentialHealth
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.house import House
from tests.running import settings_for
from tests.upstream import COMPLETION, Upstream, whole

pytestmark = pytest.mark.anyio

SECRET = "very-own-0123456789"
REFUSED = UpstreamFailed(Failure.credential, "refused", upstream_status=401, said=f"no such key: {SECRET}")
LISTED = {"object": "list", "data": [{"id": "m"}, {"id": "new"}]}


class World:
    """A hub without its door, on a stopped clock, with one provider and one credential."""

    def __init__(self, house: House, clock: StoppedClock, provider: Provider) -> None:
        self.house = house
        self.clock = clock
        self.provider = provider
        self.health = house.credential_health

    async def credential(self) -> Credential:
        async with self.house.database.read() as conn:
            (found,) = await store.list_credentials(conn)
        return found

    async def target(self) -> Target:
        await self.house.freshness.look()
        return self.house.catalog.peek("up/m")

    async def refuse(self, error: UpstreamFailed = REFUSED) -> Credential:
        """As a call that is refused does, and the tick after it."""
        self.house.health.failed(await self.target(), error)
        await self.health.deactivate_refused()
        return await self.credential()

    async def recheck(self, seconds: float) -> Credential:
        self.clock.advance(seconds)
        await self.health.recheck_due()
        return await self.credential()


@pytest.fixture
async def world(database_url: str, tmp_path: Path, upstream: Upstream) -> AsyncIterator[World]:
    clock = StoppedClock()
    async with open_house(settings_for(database_url, tmp_path), clock=clock) as house:
        async with house.database.write() as conn:
            provider = await house.providers.add_provider(conn, SYSTEM, "up", base_url=upstream.url)
        draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": SECRET}, weight=7)
        await house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
        yield World(house, clock, provider)


@contextmanager
def told() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as logs:
        yield logs


async def test_a_refused_credential_leaves_every_snapshot_with_a_reason_that_holds_no_secret(world: World) -> None:
    target = await world.target()
    with told() as logs:
        off = await world.refuse()
    assert off.state is CredentialState.invalid
    assert off.error == "the provider refused the credential (status 401): no such key: [secret]"
    (line,) = logs
    assert (line["log_level"], line["event"]) == ("warning", "credential refused")
    assert (line["provider"], line["credential"], line["status"]) == ("up", "first", 401)
    assert SECRET not in str(logs)
    await world.house.freshness.look()
    assert world.house.catalog.ready() == []
    world.house.health.failed(target, REFUSED)  # another call that was under way
    await world.health.deactivate_refused()
    assert await world.credential() == off


async def test_a_refused_credential_comes_back_when_its_provider_takes_it_again(
    world: World, upstream: Upstream
) -> None:
    await world.refuse()
    upstream.script = whole({"error": "no"}, 401)
    assert (await world.recheck(4)).failures == 0
    assert upstream.asked == []
    for failures, wait in enumerate((1, 6, 7, 9), 1):
        assert (await world.recheck(wait)).failures == len(upstream.asked) == failures
    assert upstream.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    upstream.script = whole(LISTED)
    with told() as logs:
        on = await world.recheck(13)
    assert (on.state, on.error, on.weight, on.next_check_ms) == (CredentialState.active, None, 7, None)
    assert [(line["event"], line["credential"]) for line in logs] == [("credential works again", "first")]
    target = await world.target()
    assert world.house.health.weight(target, 7) == 7
    async with world.house.database.read() as conn:
        assert [model.name for model in await store.list_models(conn)] == ["m", "new"]


async def test_the_schedule_outlives_the_hub(
    database_url: str, tmp_path: Path, world: World, upstream: Upstream
) -> None:
    await world.refuse()
    upstream.script = whole(LISTED)
    world.clock.advance(5)
    async with open_house(settings_for(database_url, tmp_path), clock=world.clock) as another:
        await another.credential_health.recheck_due()
    assert (await world.credential()).active


async def test_two_workers_make_one_recheck(
    database_url: str, tmp_path: Path, world: World, upstream: Upstream
) -> None:
    await world.refuse()
    upstream.script = whole(LISTED)
    world.clock.advance(5)
    async with open_house(settings_for(database_url, tmp_path), clock=world.clock) as another:
        await asyncio.gather(world.health.recheck_due(), another.credential_health.recheck_due())
    assert len(upstream.asked) == 1
    assert (await world.credential()).active


async def test_a_provider_that_is_away_is_asked_again_later_and_ends_nothing(world: World, upstream: Upstream) -> None:
    await world.refuse()
    upstream.script = whole({"error": "busy"}, 503)
    off = await world.recheck(5)
    assert (off.failures, off.next_check_ms) == (0, world.clock.now_ms() + UNASKED_S * 1000)
    upstream.script = whole(LISTED)
    assert (await world.recheck(UNASKED_S)).active


async def test_a_credential_that_is_never_taken_again_is_given_up_aloud(world: World, upstream: Upstream) -> None:
    await world.refuse()
    upstream.script = whole({}, 401)
    with told() as logs:
        for _ in range(15):
            off = await world.recheck(10_800)
    assert (off.state, off.failures, off.next_check_ms) == (CredentialState.invalid, 15, None)
    assert [(one["event"], one["credential"]) for one in logs] == [("credential is not rechecked any more", "first")]
    await world.recheck(10**6)
    assert len(upstream.asked) == 15


async def test_what_is_switched_off_by_hand_is_neither_rechecked_nor_revived(world: World, upstream: Upstream) -> None:
    off = await world.refuse()
    async with world.house.database.write() as conn:
        await world.house.providers.change_credential(conn, SYSTEM, off.provider_id, off.id, active=False)
    assert (await world.recheck(10**6)).state is CredentialState.off
    assert upstream.asked == []


async def test_what_is_switched_off_by_hand_during_a_recheck_stays_off(world: World, upstream: Upstream) -> None:
    off = await world.refuse()

    async def script(asked: Any, writer: Any) -> None:
        async with world.house.database.write() as conn:
            await world.house.providers.change_credential(conn, SYSTEM, off.provider_id, off.id, active=False)
        await whole(LISTED)(asked, writer)

    upstream.script = script
    assert (await world.recheck(5)).state is CredentialState.off
    assert len(upstream.asked) == 1


async def test_a_key_that_was_replaced_meanwhile_is_not_switched_off(world: World) -> None:
    target = await world.target()
    before = await world.credential()
    async with world.house.database.write() as conn:
        await world.house.providers.change_credential(
            conn, SYSTEM, before.provider_id, before.id, value={"api_key": "sk-newer-0123456789"}, active=True
        )
    world.house.health.failed(target, REFUSED)
    await world.health.deactivate_refused()
    assert (await world.credential()).active
    assert world.house.health.weight(await world.target(), 100) == 100


async def test_of_many_workers_who_notice_one_switches_it_off(database_url: str, tmp_path: Path, world: World) -> None:
    target = await world.target()
    async with open_house(settings_for(database_url, tmp_path), clock=world.clock) as another:
        for one in (world.health, another.credential_health):
            one.note_invalid(target, REFUSED)
        with told() as logs:
            await asyncio.gather(world.health.deactivate_refused(), another.credential_health.deactivate_refused())
    assert [line["event"] for line in logs] == ["credential refused"]


class _Away:
    """A database that cannot be reached, for as long as it is away."""

    def __init__(self, house: House) -> None:
        self._database = house.database
        self.is_away = True

    def __getattr__(self, name: str) -> Any:
        if self.is_away:
            raise Unavailable("the database is away", retry_after=1)
        return getattr(self._database, name)


async def test_what_the_database_cannot_take_now_is_written_down_later(world: World) -> None:
    away: Any = _Away(world.house)
    house = world.house
    health = CredentialHealth(away, house.providers, world.health._standing, house.credentials, house.telling)
    health.note_invalid(await world.target(), REFUSED)
    with told() as logs:
        await health.deactivate_refused()
        await health.deactivate_refused()
        await health.recheck_due()
    assert [line["event"] for line in logs] == ["refused credentials wait for the database"]
    assert (await world.credential()).active
    away.is_away = False
    await health.deactivate_refused()
    assert not (await world.credential()).active


async def test_the_queue_has_a_limit(world: World) -> None:
    target = await world.target()
    with told() as logs:
        for number in range(credential_health.MOST_WAITING + 3):
            world.health.note_invalid(_renumbered(target, number), REFUSED)
    assert len(world.health._waiting) == credential_health.MOST_WAITING
    assert len(logs) == 3
    await world.health.deactivate_refused()  # none of them is there
    assert not world.health._waiting


def _renumbered(target: Target, number: int) -> Target:
    return replace(target, credential_id=CredentialId(number))


@pytest.mark.parametrize(
    ("status", "words", "is_off"),
    [
        (401, "Incorrect API key", True),
        (403, "this key may not use the model", True),
        (403, "Content violates usage guidelines", False),
        (403, "not available in your region", False),
        (403, "temporarily blocked", False),
        (402, "CREDIT_NOT_ENOUGH", True),
        (402, "insufficient balance", False),
        (429, "slow down", False),
        (400, "invalid request", False),
        (500, "oops", False),
    ],
)
async def test_only_what_is_of_the_credential_switches_it_off(
    world: World, status: int, words: str, is_off: bool
) -> None:
    body = f'{{"error":{{"message":"{words}"}}}}'.encode()
    off = await world.refuse(error_of_answer(status, body, None))
    assert off.active is not is_off
    if is_off:
        assert off.error == f"the provider refused the credential (status {status}): {words}"


async def test_a_provider_that_lists_nothing_and_has_no_known_model_is_given_up_in_time(
    world: World, upstream: Upstream
) -> None:
    await world.refuse()
    upstream.script = whole(COMPLETION, 404)
    assert (await world.recheck(5)).failures == 1
