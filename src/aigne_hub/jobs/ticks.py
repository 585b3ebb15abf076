"""The ticks of every worker live here: fresh snapshots, calls, last uses, refused credentials, what has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from aigne_hub.access import store as access_store
from aigne_hub.access.connect import store as connect_store
from aigne_hub.access.oauth import store as oauth_store
from aigne_hub.access.oauth.device import store as device_store
from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.tickets import store as ticket_store
from aigne_hub.base.errors import HubError
from aigne_hub.base.ids import first_id_at
from aigne_hub.base.load import LOOK_S
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.limits import longest_s
from aigne_hub.claims import store as claim_store
from aigne_hub.db.engine import Conn
from aigne_hub.flows.freshness import INTERVAL_S
from aigne_hub.house import House
from aigne_hub.notices import store as notice_store
from aigne_hub.usage import store as usage_store
from aigne_hub.videos import store as video_store

log = structlog.get_logger()

STALE_GRACE_S = 300  # with the longest that a call may take by default, half an hour
_STOPPED = "the hub stopped before the call ended"
_MOST_KEPT = 10_000  # answers of one user
_MOST_KEPT_BYTES = 1 << 30  # of all
_REMEMBERED_MS = 86_400_000
_ROWS_AT_ONCE = 200  # of a transaction, which holds up calls meanwhile


@dataclass(frozen=True, slots=True)
class Tick:
    name: str
    period_s: float
    run: Callable[[], Awaitable[None]]


def ticks_of(house: House) -> list[Tick]:
    return [
        Tick("fresh snapshots", INTERVAL_S, house.freshness.tick),
        Tick("running calls", INTERVAL_S, lambda: note_running(house)),
        Tick("load", LOOK_S, house.load.look),
        Tick("last uses", 5.0, lambda: note_uses(house)),
        Tick("refused credentials", 0.5, house.credential_health.deactivate_refused),
        Tick("credential rechecks", 2.0, house.credential_health.recheck_due),
        Tick("model statuses", 0.5, house.model_statuses.tick),
        Tick("notices", 1.0, house.telling.tick),
        Tick("health", 30.0, lambda: forget_healed(house)),
        Tick("stale calls", 60.0, lambda: close_stale(house)),
        Tick("dead workers", 2.0, lambda: bury_dead(house)),
        Tick("kept answers", 60.0, lambda: forget_kept(house)),
        Tick("mail", 1.0, house.mailing.tick),
        Tick("ended access", 600.0, lambda: forget_ended(house)),
        Tick("files", 300.0, house.file_sweeper.tick),
        Tick("tokenizer", 15.0, house.tokenizer.end_idle),
    ]


async def keep_ticking(tick: Tick) -> None:
    """Run a tick at every period until cancelled; a failure is logged and the next one tries again."""
    while True:
        try:
            await tick.run()
        except HubError as error:
            log.warning("tick failed", tick=tick.name, error=error.message)
        except Exception:  # whatever it was, the other ticks and the calls go on
            log.exception("tick failed", tick=tick.name)
        await asyncio.sleep(tick.period_s)


async def note_running(house: House) -> None:
    house.recorder.note_running()


async def forget_healed(house: House) -> None:
    house.health.sweep()


async def note_uses(house: House) -> None:
    """Write down when keys and credentials were last used. Losing a few seconds of it is no loss."""
    keys, credentials = house.access.take_used(), house.catalog.take_used()
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        async with house.database.write() as conn:
            await access_store.touch_keys(conn, keys[start : start + _ROWS_AT_ONCE])
    if credentials:
        async with house.database.write() as conn:
            await catalog_store.touch_credentials(conn, credentials)


async def forget_ended(house: House) -> None:
    """Forget what has ended: a day after its end, tokens a week after; a replay is told until then.

    A video job is forgotten a month after it was begun: its film is long gone.
    """
    house.access.forget_ended()
    before_ms = house.clock.now_ms() - _REMEMBERED_MS
    week_before_ms = before_ms - 6 * _REMEMBERED_MS
    steps: list[Callable[[Conn], Awaitable[object]]] = [
        lambda conn: ticket_store.forget(conn, before_ms),
        lambda conn: signin_store.forget_sessions(conn, before_ms),
        lambda conn: connect_store.forget(conn, before_ms),
        lambda conn: device_store.forget(conn, before_ms),
        lambda conn: oauth_store.forget_ended(
            conn, tokens_before=week_before_ms, clients_before=before_ms, unused_before=week_before_ms
        ),
        lambda conn: notice_store.forget(conn, before_ms),
        lambda conn: video_store.forget(conn, first_id_at(before_ms - 29 * _REMEMBERED_MS)),
    ]
    for step in steps:  # a transaction each, so that none holds calls up for long
        async with house.database.write() as conn:
            await step(conn)


async def close_stale(house: House) -> None:
    """Close calls that have run for longer than any call may: their worker died."""
    longest = max([house.settings.total_s, *[longest_s(one.limits) for one in house.catalog.providers()]])
    oldest_ms = house.clock.now_ms() - int((longest + STALE_GRACE_S) * 1000)
    async with house.database.write() as conn:
        closed = await usage_store.close_stale(conn, before_id=first_id_at(oldest_ms), error=_STOPPED)
    if closed:
        log.warning("stale calls closed", calls=closed)


async def bury_dead(house: House) -> None:
    """Close the calls of processes on this data directory that died, and let go the idempotency keys they had."""
    for boot in house.lives.dead():
        async with house.database.write() as conn:
            closed = await usage_store.close_of(
                conn, boot, before_id=first_id_at(house.clock.now_ms() + 1), error=_STOPPED
            )
            released = await claim_store.remove_running(conn, boot)
        house.lives.bury(boot)
        log.warning("a dead worker's calls closed", boot=boot, calls=closed, keys=released)


async def forget_kept(house: House) -> None:
    """Forget the answers kept for idempotency keys after a day, and the oldest when there are too many."""
    now_ms = house.clock.now_ms()
    running_ms = now_ms - int((house.settings.total_s + STALE_GRACE_S) * 1000)
    async with house.database.write() as conn:
        await claim_store.forget(conn, before_ms=now_ms - _REMEMBERED_MS, running_before_ms=running_ms)
    trimmed = True
    while trimmed:
        async with house.database.write() as conn:
            trimmed = bool(await claim_store.trim(conn, per_user=_MOST_KEPT, total_bytes=_MOST_KEPT_BYTES))
