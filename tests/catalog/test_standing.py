"""Credentials that the hub itself switches off and on, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.audit import store as audit_store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM, Filter, Row
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import IdSource
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, CredentialState
from aigne_hub.catalog.registry import Registry
from aigne_hub.catalog.standing import LEASE_S, RELAPSE_S, UNASKED_S, Standing, check_delay_s
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions

pytestmark = pytest.mark.anyio


class Room:
    """A provider with a credential, and what the hub does to it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StoppedClock()
        vault = Vault(bytes(32))
        journal = Journal(vault, self.clock)
        self.registry = Registry(vault, self.clock, IdSource(self.clock, 1), journal)
        self.standing = Standing(self.clock, journal)

    async def add(self) -> Credential:
        async with self.database.write() as conn:
            provider = await self.registry.add_provider(conn, SYSTEM, "openai")
            return await self.registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": "sk-0123456789"})

    async def off(self, credential: Credential, version: int | None = None) -> Credential | None:
        async with self.database.write() as conn:
            return await self.standing.deactivate(
                conn,
                credential.provider_id,
                credential.id,
                version=credential.updated_ms if version is None else version,
                error="refused",
            )

    async def claim(self) -> Credential | None:
        async with self.database.write() as conn:
            return await self.standing.claim_check(conn)

    async def on(self, claimed: Credential) -> Credential | None:
        async with self.database.write() as conn:
            return await self.standing.reactivate(conn, claimed)

    async def postpone(self, claimed: Credential, *, is_refused: bool = True) -> Credential | None:
        async with self.database.write() as conn:
            return await self.standing.postpone(conn, claimed, is_refused=is_refused)

    async def now(self, credential: Credential) -> Credential:
        async with self.database.read() as conn:
            found = await store.find_credential(conn, credential.provider_id, credential.id)
        assert found is not None
        return found

    async def version(self) -> int:
        async with self.database.read() as conn:
            return (await read_versions(conn))[store.COUNTER]

    async def noted(self) -> list[Row]:
        """Newest first, but for what made the room."""
        async with self.database.read() as conn:
            rows = await audit_store.list_rows(conn, Filter(), before_seq=None, limit=50)
        return [row for row in rows if row.action.startswith("credential.") and row.action != "credential.create"]


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


def test_rechecks_come_ever_more_seldom_and_end() -> None:
    delays = [check_delay_s(failures) for failures in range(17)]
    assert delays == [5, 6, 7, 9, 13, 21, 37, 69, 133, 261, 517, 1029, 2053, 4101, 8197, None, None]
    assert check_delay_s(10**9) is None


async def test_a_refused_credential_is_switched_off_once_and_noted(room: Room) -> None:
    kept, before = await room.add(), await room.version()
    off = await room.off(kept)
    assert off is not None and off == await room.now(kept)
    assert (off.state, off.error, off.weight, off.failures) == (CredentialState.invalid, "refused", 100, 0)
    assert off.next_check_ms == room.clock.now_ms() + 5000
    assert await room.version() == before + 1
    assert await room.off(kept) is None
    assert await room.off(off) is None
    assert await room.version() == before + 1
    (row,) = await room.noted()
    assert (row.action, row.actor.kind, row.target and row.target.name) == ("credential.deactivate", "system", "n")
    assert '"error": "refused"' in (row.after or "") and '"active": true' in (row.before or "")


async def test_a_credential_that_was_changed_meanwhile_is_left_alone(room: Room) -> None:
    kept = await room.add()
    async with room.database.write() as conn:
        changed = await room.registry.change_credential(
            conn, SYSTEM, kept.provider_id, kept.id, value={"api_key": "sk-another-0123456789"}, active=True
        )
    assert await room.off(kept) is None
    assert await room.now(kept) == changed
    async with room.database.write() as conn:
        await room.registry.remove_credential(conn, SYSTEM, kept.provider_id, kept.id)
    assert await room.off(changed) is None


async def test_a_recheck_is_one_worker_s_for_a_time(room: Room) -> None:
    kept = await room.add()
    await room.off(kept)
    assert await room.claim() is None
    room.clock.advance(5)
    claimed = await room.claim()
    assert claimed is not None and claimed.id == kept.id
    assert await room.claim() is None
    room.clock.advance(LEASE_S)  # its worker died
    again = await room.claim()
    assert again is not None
    assert await room.on(claimed) is None
    assert await room.postpone(claimed) is None
    on = await room.on(again)
    assert on is not None and on == await room.now(kept)
    assert (on.state, on.error, on.weight, on.next_check_ms) == (CredentialState.active, None, 100, None)
    assert [row.action for row in await room.noted()] == ["credential.reactivate", "credential.deactivate"]


async def test_failed_rechecks_follow_the_schedule_to_its_end(room: Room) -> None:
    kept = await room.add()
    await room.off(kept)
    before, waits = await room.version(), []
    while (next_ms := (await room.now(kept)).next_check_ms) is not None:
        waits.append((next_ms - room.clock.now_ms()) // 1000)
        room.clock.advance(waits[-1])
        claimed = await room.claim()
        assert claimed is not None
        await room.postpone(claimed)
    assert waits == [check_delay_s(failures) for failures in range(15)]
    room.clock.advance(10**7)
    assert await room.claim() is None
    assert (await room.now(kept)).state is CredentialState.invalid
    assert await room.version() == before  # snapshots need not see it


async def test_a_provider_that_could_not_be_asked_says_nothing_of_the_credential(room: Room) -> None:
    kept = await room.add()
    await room.off(kept)
    room.clock.advance(5)
    claimed = await room.claim()
    assert claimed is not None
    planned = await room.postpone(claimed, is_refused=False)
    assert planned is not None and planned == await room.now(kept)
    assert (planned.failures, planned.next_check_ms) == (0, room.clock.now_ms() + UNASKED_S * 1000)


async def test_what_its_provider_lists_for_and_does_not_serve_is_rechecked_ever_more_seldom(room: Room) -> None:
    """A recheck may find good what calls are refused with: it must not be switched on and off for ever."""
    credential = await room.add()
    delays = []
    for _ in range(4):
        off = await room.off(credential)
        assert off is not None and off.next_check_ms is not None
        delays.append((off.next_check_ms - room.clock.now_ms()) // 1000)
        room.clock.advance(delays[-1])
        claimed = await room.claim()
        assert claimed is not None
        on = await room.on(claimed)
        assert on is not None
        credential = on
    assert delays == [5, 6, 7, 9]
    room.clock.advance(RELAPSE_S)
    off = await room.off(credential)
    assert off is not None and off.failures == 0


@pytest.mark.parametrize("when", ["before", "refused", "claimed"])
async def test_what_was_switched_off_by_hand_stays_off(room: Room, when: str) -> None:
    kept = await room.add()
    claimed = None
    if when != "before":
        await room.off(kept)
        room.clock.advance(5)
    if when == "claimed":
        claimed = await room.claim()
        assert claimed is not None
    async with room.database.write() as conn:
        await room.registry.change_credential(conn, SYSTEM, kept.provider_id, kept.id, active=False)
    if claimed is not None:
        assert await room.on(claimed) is None
        assert await room.postpone(claimed) is None
    assert await room.off(await room.now(kept)) is None
    room.clock.advance(10**6)
    assert await room.claim() is None
    assert (await room.now(kept)).state is CredentialState.off


async def test_credentials_of_a_provider_that_is_switched_off_are_not_rechecked(room: Room) -> None:
    kept = await room.add()
    await room.off(kept)
    room.clock.advance(5)
    async with room.database.write() as conn:
        await room.registry.change_provider(conn, SYSTEM, kept.provider_id, enabled=False)
        assert not await room.standing.is_any_due(conn)
    assert await room.claim() is None
    async with room.database.write() as conn:
        await room.registry.change_provider(conn, SYSTEM, kept.provider_id, enabled=True)
        assert await room.standing.is_any_due(conn)


async def test_a_long_reason_is_cut(room: Room) -> None:
    kept = await room.add()
    async with room.database.write() as conn:
        off = await room.standing.deactivate(
            conn, kept.provider_id, kept.id, version=kept.updated_ms, error="x" * 10_000
        )
    assert off is not None and off.error == "x" * 500
    assert replace(off, error=None).state is CredentialState.off
