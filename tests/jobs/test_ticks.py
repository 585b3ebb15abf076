"""What runs by itself: last uses, stale calls, and ticks that survive their failures."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from msgspec import structs

from aigne_hub.access import store as access_store
from aigne_hub.access.identity import KeyId
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Grant, Issued
from aigne_hub.app import open_house
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.base.ids import IdSource, first_id_at
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.catalog.limits import ProviderLimits, Trying
from aigne_hub.claims import store as claim_store
from aigne_hub.claims.store import Claim, State
from aigne_hub.db.engine import Database
from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.videos import Stage
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.jobs.ticks import (
    STALE_GRACE_S,
    Tick,
    bury_dead,
    close_stale,
    forget_ended,
    forget_kept,
    keep_ticking,
    note_running,
    note_uses,
    ticks_of,
)
from aigne_hub.settings import Settings
from aigne_hub.usage import store as usage_store
from aigne_hub.usage.recorder import Facts
from aigne_hub.usage.records import CallId, CallRecord, Status
from aigne_hub.videos import store as video_store
from aigne_hub.videos.store import VideoJob
from tests.access.oauth.room import Room, code_of
from tests.running import RunningHub, settings_for
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio


async def test_last_uses_are_written_down(hub: RunningHub) -> None:
    await hub.house.freshness.look()
    key_id = KeyId((await hub.house.identify(hub.member_key, "192.0.2.7")).means_id)
    target = hub.house.catalog.peek("up/m", Kind.chat)
    hub.house.catalog.note_use(target)
    await note_uses(hub.house)
    async with hub.house.database.read() as conn:
        used = await access_store.find_key(conn, key_id)
        (credential,) = await catalog_store.list_credentials(conn)
    assert used is not None and used.last_used_ms is not None
    assert used.last_used_address == "192.0.2.7"
    assert (credential.id, credential.usage_count) == (target.credential_id, 1)


async def settled(database: Database) -> None:
    """Return when all that was queued so far is written."""
    with anyio.fail_after(5):
        while database.writer.depth:
            await anyio.sleep(0.005)


async def test_a_call_whose_worker_died_is_closed_when_it_is_older_than_any_call_may_be(
    database_url: str, tmp_path: Path
) -> None:
    assert Settings().total_s + STALE_GRACE_S == 30 * 60
    clock = StoppedClock()
    settings = replace(settings_for(database_url, tmp_path), total_s=60.0)
    async with open_house(settings, clock=clock) as house:
        facts = Facts(
            id=house.recorder.new_id(), request_id="r", user_id=1, key_id=1, provider_id=1, credential_id=1,
            model="m", upstream_model="m", kind="chatCompletion", app=None,
            dialect="openai_chat", upstream_dialect="openai_chat",
        )  # fmt: skip
        house.recorder.open(facts)
        clock.advance(1)
        await note_running(house)
        await settled(house.database)
        async with house.database.write() as conn:
            long = ProviderLimits(total_s=30.0, models={"m": Trying(total_s=90.0)})
            await house.providers.add_provider(conn, SYSTEM, "openai", limits=long)
        await house.freshness.look()
        for seconds, status in ((100, Status.processing), (270, Status.processing), (30, Status.failed)):
            clock.advance(seconds)
            await close_stale(house)
            async with house.database.read() as conn:
                (call,) = await usage_store.list_calls(conn, usage_store.CallFilter(), offset=0, limit=10)
            assert call.status is status


async def test_the_calls_and_keys_of_a_dead_worker_are_put_in_order_at_once(database_url: str, tmp_path: Path) -> None:
    async with open_house(settings_for(database_url, tmp_path)) as house:
        dead = house.lives.boot + 1
        ids = [IdSource(house.clock, node) for node in (dead, house.lives.boot)]
        facts = Facts(
            id=CallId(0), request_id="r", user_id=1, key_id=1, provider_id=1, credential_id=1,
            model="m", upstream_model="m", kind="chatCompletion", app=None,
            dialect="openai_chat", upstream_dialect="openai_chat",
        )  # fmt: skip
        theirs, ours = [structs.replace(facts, id=CallId(one.new())) for one in ids]
        for one in (theirs, ours):
            house.recorder.open(one).began -= 1
        await note_running(house)
        await settled(house.database)
        async with house.database.write() as conn:
            await claim_store.add(conn, Claim(1, b"a" * 32, b"r" * 32, theirs.id, dead, house.clock.now_ms()))
            await claim_store.add(conn, Claim(1, b"b" * 32, b"r" * 32, ours.id, house.lives.boot, 1))
        await bury_dead(house)
        assert {call.status for call in await all_calls(house.database)} == {Status.processing}
        (house.lives.folder / f"{dead}.lock").touch()  # what a killed process leaves
        await bury_dead(house)
        states = {call.id: call.status for call in await all_calls(house.database)}
        assert states == {theirs.id: Status.failed, ours.id: Status.processing}
        async with house.database.read() as conn:
            assert await claim_store.find(conn, 1, b"a" * 32) is None
            assert await claim_store.find(conn, 1, b"b" * 32) is not None
        assert house.lives.dead() == []


async def test_kept_answers_are_forgotten_after_a_day(database_url: str, tmp_path: Path) -> None:
    clock = StoppedClock()
    async with open_house(settings_for(database_url, tmp_path), clock=clock) as house:
        async with house.database.write() as conn:
            await claim_store.add(conn, Claim(1, b"a" * 32, b"r" * 32, 1, 1, clock.now_ms(), State.whole))
            await claim_store.add(conn, Claim(1, b"b" * 32, b"r" * 32, 2, 1, clock.now_ms()))
        left = []
        for seconds in (60, 600, 86_400):
            clock.advance(seconds)
            await forget_kept(house)
            async with house.database.read() as conn:
                left.append([await claim_store.find(conn, 1, digest * 32) is not None for digest in (b"a", b"b")])
        assert left == [[True, True], [True, False], [False, False]]


async def all_calls(database: Database) -> list[CallRecord]:
    async with database.read() as conn:
        return await usage_store.list_calls(conn, usage_store.CallFilter(), offset=0, limit=10)


async def test_ended_access_is_forgotten_but_a_used_refresh_token_not_before_it_would_have_expired(
    database_url: str, tmp_path: Path
) -> None:
    clock = StoppedClock()
    async with open_house(settings_for(database_url, tmp_path), clock=clock) as house:
        room = Room(house.database, clock)
        user, app = await room.user(), await room.client()
        first = await room.issued(app, user)
        second = await room.refresh(app, first.refresh)
        assert isinstance(second, Issued)
        async with house.database.write() as conn:
            codes = await room.server.devices.begin(conn, app.client, Parameters([]))
        clock.advance(8 * 86_400)
        await forget_ended(house)
        async with house.database.read() as conn:
            assert await room.server.tokens.find(conn, first.access) is None
            assert await room.server.tokens.find(conn, first.refresh or "") is not None
        device = await room.redeem(app, grant_type=Grant.device_code.value, device_code=codes.device_code)
        assert code_of(device) == "invalid_grant"  # the request is not even expired any more
        assert code_of(await room.refresh(app, first.refresh)) == "invalid_grant"
        assert code_of(await room.refresh(app, second.refresh)) == "invalid_grant"  # its family has ended
        clock.advance(40 * 86_400)
        await forget_ended(house)
        async with house.database.read() as conn:
            assert await room.server.tokens.find(conn, second.refresh or "") is None


async def test_a_video_is_forgotten_a_month_after_it_was_begun(hub: RunningHub) -> None:
    now_ms, day_ms = hub.house.clock.now_ms(), 86_400_000
    ids = [first_id_at(now_ms - days * day_ms) for days in (31, 29)]
    async with hub.house.database.write() as conn:
        for id in ids:
            job = VideoJob(
                id, hub.member.id, hub.provider.id, 1, "m", "m", "openai_videos", "v", None, 4, None, 1, Stage.queued
            )
            await video_store.add(conn, job)
    await forget_ended(hub.house)
    async with hub.house.database.read() as conn:
        jobs, _ = await video_store.page(conn, hub.member.id, after=None, limit=9, is_newest_first=True)
    assert [job.id for job in jobs] == ids[1:]


async def test_a_tick_that_fails_comes_again() -> None:
    runs = 0
    enough = asyncio.Event()

    async def fail() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            enough.set()
        raise RuntimeError("a fault")

    task = asyncio.create_task(keep_ticking(Tick("t", 0.001, fail)))
    async with asyncio.timeout(5):
        await enough.wait()
    task.cancel()


async def test_every_tick_of_the_hub_runs(hub: RunningHub) -> None:
    ticks = ticks_of(hub.house)
    assert len({tick.name for tick in ticks}) == len(ticks)
    for tick in ticks:
        await tick.run()
        assert tick.period_s > 0


async def test_a_refused_credential_is_switched_off_and_rechecked_by_the_ticks(
    database_url: str, tmp_path: Path, upstream: Upstream
) -> None:
    clock = StoppedClock()
    async with open_house(settings_for(database_url, tmp_path), clock=clock) as house:
        async with house.database.write() as conn:
            provider = await house.providers.add_provider(conn, SYSTEM, "up", base_url=upstream.url)
        draft = CredentialDraft("n", CredentialKind.api_key, {"api_key": "sk-0123456789"})
        await house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
        ticks = {tick.name: tick.run for tick in ticks_of(house)}
        await ticks["fresh snapshots"]()
        refused = UpstreamFailed(Failure.credential, "refused", upstream_status=401)
        house.health.failed(house.catalog.peek("up/m"), refused)
        upstream.script = whole({"data": [{"id": "m"}]})
        states = []
        for name in ("refused credentials", "credential rechecks"):
            await ticks[name]()
            await ticks["health"]()
            async with house.database.read() as conn:
                (credential,) = await catalog_store.list_credentials(conn)
            states.append(credential.active)
            clock.advance(5)
    assert states == [False, True]
    assert [asked.path for asked in upstream.asked] == ["/v1/models"]
