"""Probes beside calls live here: who kept callers waiting is asked again, and no caller waits for it.

A target that was silent may be silent still, for as long as it may take to begin. So the call that would be its probe
goes to another target, and what it asks is asked of the silent one as well, until that says something or its limit of
time is over. What it said is thrown away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.catalog.entries import ProviderId
from aigne_hub.outbound import Exchange
from aigne_hub.relay.attempt import Attempt
from aigne_hub.relay.line import Conditions

log = structlog.get_logger()

PROBED = "probe"  # the outcome on record: what came of it is known when the call may be over
MOST_PROBES = 64

_Key = tuple[ProviderId, str]


class Probes:
    """Those that run in one worker: one at a time of each provider's model, while `run` runs."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._group: asyncio.TaskGroup | None = None
        self._running: set[_Key] = set()

    async def run(self) -> None:
        """Run until cancelled; no probe runs any more when this returns."""
        try:
            async with asyncio.TaskGroup() as self._group:
                await asyncio.Event().wait()
        finally:
            self._group = None

    def begin(self, attempt: Attempt, ask: Callable[[Attempt], Awaitable[Exchange]]) -> bool:
        """Whether the attempt is made beside the call; it takes its seat along. `ask` raises UpstreamFailed."""
        key = (attempt.target.provider.id, attempt.target.model)
        if self._group is None or key in self._running or len(self._running) >= MOST_PROBES:
            if attempt.seat is not None:
                attempt.seat.end()
            return False
        self._running.add(key)
        self._conditions.began(attempt.target)
        self._group.create_task(self._probe(key, attempt, ask))
        return True

    async def _probe(self, key: _Key, attempt: Attempt, ask: Callable[[Attempt], Awaitable[Exchange]]) -> None:
        try:
            exchange = await ask(attempt)
            try:
                await exchange.spoken()
            finally:
                exchange.close()
            self._conditions.succeeded(attempt.target)
        except UpstreamFailed as error:
            self._conditions.failed(attempt.target, error)
        except Exception:  # of one call; the hub goes on
            log.exception("a probe ended badly", provider=attempt.target.provider.name)
        finally:
            self._running.discard(key)
            if attempt.seat is not None:
                attempt.seat.end()
