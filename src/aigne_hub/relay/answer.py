"""Answering one call lives here, from the resolved name to the settled record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import structlog
from msgspec import Struct

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import BadRequest, Failure, HubError, NotAllowed, UpstreamFailed
from aigne_hub.catalog.entries import Route, Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Call, Label, ServedDialect, Stream
from aigne_hub.dialects.inlined import Linking, Unpacking, UnpackingStream
from aigne_hub.dialects.pairing import Pair, pair
from aigne_hub.dialects.usage import Usage
from aigne_hub.files.desk import FileDesk
from aigne_hub.outbound import Client, Exchange, Limits
from aigne_hub.relay.asking import Ask, ask_of
from aigne_hub.relay.attempt import refusal, send
from aigne_hub.relay.failover import MOST_ATTEMPTS, may_go_on, most_telling
from aigne_hub.relay.fetching import Fetching
from aigne_hub.relay.filling import Filling
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.relay.keeping import Keeping
from aigne_hub.relay.plan import Planner
from aigne_hub.relay.record import (
    HUNG_UP,
    Origin,
    end_attempt,
    fail_record,
    label_of,
    open_record,
    refuse_foreign_model,
    refuse_losses,
    turn_record,
)
from aigne_hub.relay.reply import Reply
from aigne_hub.usage.recorder import OpenCall, Recorder
from aigne_hub.usage.records import Source, Status

log = structlog.get_logger()

HEAD_WAITS_S = 10.0  # for the first event of a stream: clients give up on an answer whose head does not come


class Wish(Struct, frozen=True):
    """What a caller wants: never changed, each attempt derives its own from it (law 6)."""

    caller: Caller
    call: Call
    dialect: ServedDialect
    origin: Origin
    ask: Ask | None = None  # what an operator's route was chosen by


class Attempt(Struct, frozen=True):
    """A wish as it goes to one target: `call` has what had to be put in for it."""

    target: Target
    call: Call
    way: Pair


class Relay:
    """Answers calls, each through the first of its targets that does."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        planner: Planner,
        client: Client,
        files: FileDesk,
        fetching: Fetching,
        filling: Filling,
        recorder: Recorder,
        deadlines: Deadlines,
        clock: Clock,
        *,
        limits: Limits,
        drain_s: float,
    ) -> None:
        self._catalog = catalog
        self._planner = planner
        self._client = client
        self._files = files
        self._fetching = fetching
        self._filling = filling
        self._recorder = recorder
        self._deadlines = deadlines
        self._clock = clock
        self._limits = limits
        self._drain_s = drain_s

    async def answer(
        self, caller: Caller, call: Call, dialect: ServedDialect, reply: Reply, origin: Origin
    ) -> Usage | None:
        """Answer `call`, or raise a HubError while nothing of an answer has left; what it used, if that is known.

        Until then a target that fails is followed by the next (failover.py). Once an answer has begun, an error ends
        it with an event in the caller's dialect.
        """
        route = self._catalog.route(call.model, call.kind)
        ask = ask_of(route, caller, call, dialect, origin.tags) if route.tiers else None
        wish = Wish(caller, call, dialect, origin, ask)
        targets = iter(self._planner.attempts(route, wish.ask))
        attempt = await self._first(wish, route, targets)
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
                        _tell(reply, attempt, len(failures))
                        raise most_telling(failures) from error
                attempt = following
        except HubError as error:
            await fail_record(record, error, Source.partial if reply.has_started else Source.missing)
            if not reply.has_started:
                raise
            await reply.finish(dialect.write_error_event(error))
            return None
        finally:
            record.break_off()

    async def _derived(self, wish: Wish, target: Target) -> Attempt:
        """The attempt at a target. Raises BadRequest or NotAllowed when it is no choice for this caller or call."""
        call, dialect = wish.call, wish.dialect
        refuse_foreign_model(wish.caller, call.model, target)
        refuse_unfit(call, dialect, target)
        call = await self._filling.filled(call, dialect, target)
        way = pair(dialect, call, target.model, target.dialects, target.quirks)
        refuse_losses(way.losses, wish.origin)
        return Attempt(target, call, way)

    async def _first(self, wish: Wish, route: Route, targets: Iterator[Target]) -> Attempt:
        """The attempt at the first target that is a choice. Raises the first refusal when none is."""
        refusal: HubError | None = None
        for target in targets:
            try:
                attempt = await self._derived(wish, target)
            except (BadRequest, NotAllowed) as error:
                refusal = refusal or error
                continue
            if attempt.call is wish.call or self._planner.may_begin(target):
                return attempt  # nothing was waited for since the plan was made, or nothing happened meanwhile
        raise refusal or self._planner.nothing_left(route)

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
            if not self._planner.may_begin(target):
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
            exchange = await self._send(attempt, wish.origin, record)
            try:
                answer = self._stream if attempt.call.is_stream else self._whole
                used = await answer(exchange, attempt, wish, reply, record)
            finally:
                exchange.close()
        except UpstreamFailed as error:
            conditions.failed(target, error)
            if wish.ask is not None and error.kind is Failure.timeout:
                self._planner.latency.note(target, record.attempt_s)  # it would have been later still
            raise
        conditions.succeeded(target)
        if wish.ask is not None:
            self._planner.note_answer(wish.ask, target, record.first_byte_s)
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

    async def _whole(
        self, exchange: Exchange, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall
    ) -> Usage | None:
        answer, call, dialect = await exchange.read(), attempt.call, attempt.way.carrier
        record.mark_first_byte()
        usage = record.usage = dialect.read_usage(answer)
        keeping = self._keeping(wish, reply)
        if keeping is not None and isinstance(dialect, Unpacking):
            answer = await keeping.keep(dialect.unpack(answer, call)) or answer
        if call.wants_bytes and isinstance(dialect, Linking):
            answer = await self._fetching.put_in(dialect.linked(answer, call), reply) or answer
        shown = dialect.write_answer(answer, call, self._label(attempt, record).settled(usage))
        _tell(reply, attempt, len(record.attempts) + 1)
        await record.settle(Status.success, usage, source=Source.reported if usage else Source.missing)
        await reply.whole(shown, None if dialect.is_json else exchange.header(b"content-type"))
        return usage

    async def _stream(
        self, exchange: Exchange, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall
    ) -> Usage | None:
        """The head of the answer waits for its first event, for a while: until then another target can still be tried.

        No event is later for it, and an error before the first has its true status.
        """
        stream = attempt.way.carrier.open_stream(attempt.call, self._label(attempt, record))
        reply.watch()
        waiting = self._deadlines.set(HEAD_WAITS_S, lambda: _begin_in_silence(attempt, reply, record))
        try:
            is_whole = await self._forward(exchange, stream, attempt, reply, record)
        finally:
            self._deadlines.drop(waiting)
        if is_whole:
            keeping = self._keeping(wish, reply)
            if keeping is not None and isinstance(stream, UnpackingStream) and not reply.is_gone:
                await keeping.keep(stream.unpack())
            record.usage = stream.usage
            last = stream.finish()
            source = Source.reported if stream.usage else Source.missing
            await self._begin(attempt, reply, record)
            await record.settle(Status.success, stream.usage, source=source)
            await reply.finish(last)
        else:
            await record.settle(Status.failed, stream.usage, source=Source.partial, error=HUNG_UP)
        return stream.usage

    async def _forward(
        self, exchange: Exchange, stream: Stream, attempt: Attempt, reply: Reply, record: OpenCall
    ) -> bool:
        """Pass the events on as they come; False when the caller hung up and the rest was not waited for."""
        drain: int | None = None
        try:
            while data := await exchange.next():
                record.mark_first_byte()
                events = stream.feed(data)
                if stream.error is not None:
                    if events and drain is None:
                        await self._begin(attempt, reply, record)
                        await reply.send(events)  # what was said before the error is the caller's
                    raise stream.error
                if drain is None and reply.is_gone:
                    # The provider bills what it makes, so the usage at the end is worth a bounded wait.
                    drain = self._deadlines.set(self._drain_s, exchange.close)
                elif events:
                    await self._begin(attempt, reply, record)
                    await reply.send(events)
        except UpstreamFailed:
            if drain is None or stream.error is not None:
                raise
            return False
        finally:
            if drain is not None:
                self._deadlines.drop(drain)
        return True

    async def _begin(self, attempt: Attempt, reply: Reply, record: OpenCall) -> None:
        if not reply.has_started:
            _tell(reply, attempt, len(record.attempts) + 1)
            await reply.begin()

    def _label(self, attempt: Attempt, record: OpenCall) -> Label:
        return label_of(record, attempt.target, self._catalog.billing.prefix)

    def _keeping(self, wish: Wish, reply: Reply) -> Keeping | None:
        if not wish.call.wants_url:
            return None
        return Keeping(self._files, reply, user_id=wish.caller.user.id, hub_url=wish.origin.hub_url)


def _begin_in_silence(attempt: Attempt, reply: Reply, record: OpenCall) -> None:
    if not reply.has_started:
        _tell(reply, attempt, len(record.attempts) + 1)
        reply.begin_soon()


def _tell(reply: Reply, attempt: Attempt, number: int) -> None:
    """What is told of the attempt that the call ends with; only before the answer begins."""
    if attempt.way.losses:
        reply.tell(b"x-hub-dropped", attempt.way.losses.header())
    reply.tell(b"x-hub-provider", attempt.target.provider.name)
    reply.tell(b"x-hub-attempts", str(number))


async def _has_gone(reply: Reply) -> bool:
    """Whether the caller hung up. Nobody looked out for that while a whole answer was waited for."""
    reply.watch()
    await asyncio.sleep(0)
    return reply.is_gone
