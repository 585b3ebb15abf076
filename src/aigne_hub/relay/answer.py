"""Answering one call lives here, from the resolved name to the settled record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import structlog

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, HubError, NotAllowed, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Call, ServedDialect
from aigne_hub.dialects.pairing import pair
from aigne_hub.dialects.usage import Usage
from aigne_hub.outbound import Client, Exchange, Limits
from aigne_hub.relay import estimating
from aigne_hub.relay.attempt import Attempt, Wish, refusal, send
from aigne_hub.relay.failover import MOST_ATTEMPTS, may_go_on, most_telling
from aigne_hub.relay.filling import Filling
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.relay.leaving import CallerLeft
from aigne_hub.relay.passing import Passing, tell
from aigne_hub.relay.plan import Planner
from aigne_hub.relay.record import (
    Origin,
    end_attempt,
    fail_record,
    open_record,
    refuse_foreign_model,
    refuse_losses,
    turn_record,
)
from aigne_hub.relay.reply import Reply
from aigne_hub.usage.recorder import OpenCall, Recorder
from aigne_hub.usage.records import Status

log = structlog.get_logger()


class Relay:
    """Answers calls, each through the first of its targets that does."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        planner: Planner,
        client: Client,
        filling: Filling,
        passing: Passing,
        recorder: Recorder,
        clock: Clock,
        *,
        limits: Limits,
    ) -> None:
        self._catalog = catalog
        self._planner = planner
        self._client = client
        self._filling = filling
        self._passing = passing
        self._recorder = recorder
        self._clock = clock
        self._limits = limits

    async def answer(
        self, caller: Caller, call: Call, dialect: ServedDialect, reply: Reply, origin: Origin
    ) -> Usage | None:
        """Answer `call`, or raise a HubError while nothing of an answer has left; what it used, if that is known.

        Until then a target that fails is followed by the next (failover.py). Once an answer has begun, an error ends
        it with an event in the caller's dialect.
        """
        wish = Wish(caller, call, dialect, origin)
        targets = iter(self._planner.attempts(self._catalog.route(call.model, call.kind)))
        attempt = await self._first(wish, targets)
        record = open_record(
            self._recorder,
            caller,
            attempt.call,
            attempt.target,
            origin,
            dialect=dialect.name,
            upstream=attempt.way.upstream,
            losses=attempt.way.losses,
        )
        failures: list[UpstreamFailed] = []
        try:
            while True:
                try:
                    return await self._try(attempt, wish, reply, record)
                except UpstreamFailed as error:
                    failures.append(error)
                    following = await self._following(wish, targets, failures, reply, record)
                    if following is None and reply.has_started:
                        raise
                    if following is None:
                        tell(reply, attempt, len(failures))
                        raise most_telling(failures) from error
                attempt = following
        except CallerLeft as left:
            usage, source = await estimating.of_stream(call, dialect, record.said, record.seen)
            await record.settle(Status.failed, usage, source=source, error=left.message)
            return usage
        except HubError as error:
            told = dialect.write_error_event(error) if reply.has_started else b""
            if origin.shared is not None and not origin.shared.is_empty:
                origin.shared.last(told)
            usage, source = await estimating.of_stream(call, dialect, record.said, record.seen)
            await fail_record(record, error, source, usage)
            if not reply.has_started:
                raise
            await reply.finish(told)
            return None
        finally:
            if not record.is_settled:  # the hub is stopping
                record.break_off(*estimating.of_broken_off(call, dialect, record.said, record.seen))

    async def _derived(self, wish: Wish, target: Target) -> Attempt:
        """The attempt at a target. Raises BadRequest or NotAllowed when it is no choice for this caller or call."""
        call, dialect = wish.call, wish.dialect
        refuse_foreign_model(wish.caller, call.model, target)
        refuse_unfit(call, dialect, target)
        call = await self._filling.filled(call, dialect, target)
        way = pair(dialect, call, target.model, target.dialects, target.quirks)
        refuse_losses(way.losses, wish.origin)
        return Attempt(target, call, way)

    async def _first(self, wish: Wish, targets: Iterator[Target]) -> Attempt:
        """The attempt at the first target that is a choice. Raises the first refusal when none is."""
        refusal: HubError | None = None
        for target in targets:
            try:
                return await self._derived(wish, target)
            except (BadRequest, NotAllowed) as error:
                refusal = refusal or error
        assert refusal is not None, "a plan has a target"
        raise refusal

    async def _following(
        self, wish: Wish, targets: Iterator[Target], failures: list[UpstreamFailed], reply: Reply, record: OpenCall
    ) -> Attempt | None:
        """Note the failure, and what is tried after it; None when the call ends with it."""
        error = failures[-1]
        end_attempt(record, error)
        is_over = reply.has_started or not may_go_on(error) or len(failures) >= MOST_ATTEMPTS
        if is_over or record.elapsed_s >= self._limits.total_s:
            return None
        if await _has_gone(reply):
            return None  # nobody would get what the next target makes
        for target in targets:
            try:
                attempt = await self._derived(wish, target)
            except (BadRequest, NotAllowed):
                continue
            log.info("next target", call=str(record.id), provider=target.provider.id, code=error.code)
            turn_record(record, attempt.call, target, upstream=attempt.way.upstream, losses=attempt.way.losses)
            return attempt
        return None

    async def _try(self, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall) -> Usage | None:
        """Make one attempt. Raises UpstreamFailed; unless the reply has begun, nobody has noticed."""
        target, conditions = attempt.target, self._planner.conditions
        self._catalog.note_use(target)
        conditions.began(target)
        try:
            with self._passing.leaving(wish, reply) as leaving:
                exchange = await self._send(attempt, wish.origin, record)
                try:
                    answer = self._passing.stream if attempt.call.is_stream else self._passing.whole
                    used = await answer(exchange, attempt, wish, reply, record, leaving)
                finally:
                    exchange.close()
        except UpstreamFailed as error:
            conditions.failed(target, error)
            raise
        conditions.succeeded(target)
        return used

    async def _send(self, attempt: Attempt, origin: Origin, record: OpenCall) -> Exchange:
        """Raises UpstreamFailed unless the provider answers with success."""
        limits, way = self._limits, attempt.way
        if record.attempts:  # all attempts together take no longer than one may
            limits = replace(limits, total_s=max(limits.total_s - record.elapsed_s, 0.1))
        exchange = await send(
            self._client,
            self._clock,
            limits,
            attempt.target,
            way.carrier.path(attempt.call, attempt.target.model),
            way.body,
            content_type=way.content_type,
            extra=origin.headers if way.is_same else (),
        )
        if exchange.status == 200:
            return exchange
        try:
            raise await refusal(exchange)
        finally:
            exchange.close()


async def _has_gone(reply: Reply) -> bool:
    """Whether the caller hung up. Nobody looked out for that while a whole answer was waited for."""
    reply.watch()
    await asyncio.sleep(0)
    return reply.is_gone
