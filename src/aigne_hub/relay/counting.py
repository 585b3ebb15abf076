"""Counting the tokens of a chat lives here: the provider counts, or the hub estimates and says so.

A count is a call like any other and has its record, of a kind of its own, so that it is seen who asked which provider
how often; it makes nothing and uses nothing.
"""

from __future__ import annotations

import re
from typing import cast

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import HubError, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.counts import ESTIMATED, NOTHING_USED, CountCarrier, ServedCount
from aigne_hub.dialects.pairing import count_way
from aigne_hub.dialects.usage import Usage
from aigne_hub.outbound import Client, Limits
from aigne_hub.relay import attempt
from aigne_hub.relay.asking import ask_of
from aigne_hub.relay.estimating import Estimating
from aigne_hub.relay.plan import Planner
from aigne_hub.relay.record import (
    Origin,
    fail_record,
    open_record,
    refuse_foreign_model,
    refuse_losses,
)
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.slots import Slots
from aigne_hub.relay.timing import Leg
from aigne_hub.usage.recorder import Recorder
from aigne_hub.usage.records import Source, Status

_NOT_SERVED = frozenset({404, 405, 501})


class Counting:
    """Answers how many tokens a chat takes in."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        planner: Planner,
        slots: Slots,
        client: Client,
        recorder: Recorder,
        estimating: Estimating,
        clock: Clock,
        *,
        limits: Limits,
    ) -> None:
        self._catalog = catalog
        self._planner = planner
        self._slots = slots
        self._client = client
        self._recorder = recorder
        self._estimating = estimating
        self._clock = clock
        self._limits = limits

    async def answer(
        self, caller: Caller, call: Call, dialect: ServedDialect, reply: Reply, origin: Origin
    ) -> Usage | None:
        """Answer `call`, or raise a HubError. Many providers speak a dialect and do not count in it."""
        served = cast(ServedCount, dialect)
        route = self._catalog.route(call.model, Kind.chat)
        target = self._planner.first(route, ask_of(route, caller, call, dialect, origin.tags))
        refuse_foreign_model(caller, call.model, target)
        way = count_way(served, target.dialects, target.quirks)
        body = b"" if way.carrier is None else way.carrier.write_request(call, target.model)
        refuse_losses(way.losses, origin)
        slot = None if way.carrier is None else await self._slots.obtain(target, reply)
        leg = None if origin.timing is None else origin.timing.only_leg()
        record = open_record(
            self._recorder, caller, call, target, origin, dialect=served.name, upstream=way.upstream, losses=way.losses
        )
        try:
            shown = None
            if way.carrier is not None:
                extra = origin.headers if way.is_same else ()
                shown = await self._counted(target, call, way.carrier, body, extra, leg)
            if shown is None:
                shown = served.show_count(await self._estimating.of_chat(served.read_chat(call)))
                way.losses.approximated(ESTIMATED)
                refuse_losses(way.losses, origin)
            await record.settle(Status.success, NOTHING_USED, source=Source.reported)
        except HubError as error:
            if leg is not None:
                leg.fail()
            await fail_record(record, error, Source.missing)
            raise
        finally:
            if slot is not None:
                slot.end()
            record.break_off()
        if way.losses:
            reply.tell(b"x-hub-dropped", way.losses.header())
        await reply.whole(shown)
        return NOTHING_USED

    async def _counted(
        self,
        target: Target,
        call: Call,
        carrier: CountCarrier,
        body: bytes,
        extra: attempt.Headers,
        leg: Leg | None,
    ) -> bytes | None:
        """The answer for the caller; None when the provider does not count. Raises UpstreamFailed."""
        self._catalog.note_use(target)
        path = carrier.path(call, target.model)
        with self._planner.attempting(target):
            limits = attempt.limits_for(target, self._limits)
            exchange = await attempt.send(self._client, self._clock, limits, target, path, body, extra=extra, leg=leg)
            try:
                if exchange.status == 200:
                    return carrier.pass_count(await exchange.read())
                refused = await attempt.refusal(exchange)
            finally:
                exchange.close()
            if not _is_of_path(refused, target.model):
                raise refused
        return None


def _is_of_path(refused: UpstreamFailed, model: str) -> bool:
    """Whether a provider has no such path; of a model that it does not have it says the name."""
    is_named = re.search(rf"(?<![\w.-]){re.escape(model)}(?![\w-])", refused.message)
    return refused.upstream_status in _NOT_SERVED and is_named is None
