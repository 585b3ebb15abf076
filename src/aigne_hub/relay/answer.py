"""Answering one call lives here, from the resolved name to the settled record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import structlog
from msgspec import structs

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Failure, HubError, NotAllowed, Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import Hedge, Route, Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Call, ServedDialect
from aigne_hub.dialects.pairing import pair
from aigne_hub.dialects.usage import Usage
from aigne_hub.outbound import Client, Exchange, Limits
from aigne_hub.relay.asking import Ask, ask_of
from aigne_hub.relay.attempt import Attempt, Wish, limits_for, refusal, send
from aigne_hub.relay.estimating import Estimating, of_broken_off
from aigne_hub.relay.failover import MOST_ATTEMPTS, may_go_on, most_telling
from aigne_hub.relay.filling import Filling
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.relay.hedging import REPEATABLE, Hedging, Line, Race, note_race
from aigne_hub.relay.latency import Running
from aigne_hub.relay.leaving import CallerLeft
from aigne_hub.relay.passing import Passing, tell
from aigne_hub.relay.plan import Planner
from aigne_hub.relay.probing import PROBED, Probes
from aigne_hub.relay.record import (
    Origin,
    end_attempt,
    facts_at,
    fail_record,
    open_record,
    refuse_foreign_model,
    refuse_losses,
    turn_record,
)
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.retrying import RetryBudget, Tried, retries_of
from aigne_hub.relay.slots import Slot, Slots
from aigne_hub.usage.recorder import OpenCall, Recorder
from aigne_hub.usage.records import Status

log = structlog.get_logger()

_LARGE = 1 << 20  # bytes


class Relay:
    """Answers calls, each through the first of its targets that does."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        planner: Planner,
        client: Client,
        filling: Filling,
        passing: Passing,
        slots: Slots,
        budget: RetryBudget,
        hedging: Hedging,
        recorder: Recorder,
        estimating: Estimating,
        clock: Clock,
        *,
        limits: Limits,
    ) -> None:
        self._catalog = catalog
        self._planner = planner
        self._client = client
        self._filling = filling
        self._passing = passing
        self._slots = slots
        self._budget = budget
        self._hedging = hedging
        self._recorder = recorder
        self._estimating = estimating
        self._clock = clock
        self._limits = limits
        self.probes = Probes(planner.conditions)

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
        hedge = route.hedge if call.kind in REPEATABLE else None
        line = Line(self._planner.in_turn(route, ask))
        attempt = await self._first(wish, route, line, reply)
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
        self._budget.note(attempt.target)
        try:
            while True:
                try:
                    return await self._try(attempt, wish, reply, record, line, hedge)
                except UpstreamFailed as error:
                    following = await self._following(wish, line, reply, record)
                    if following is None and reply.has_started:
                        raise
                    if following is None:
                        tell(reply, line.tried[-1].attempt, len(record.attempts))
                        raise most_telling([one.error for one in line.tried]) from error
                attempt, hedge = following, None
        except CallerLeft as left:
            usage, source = await self._estimating.of_stream(call, dialect, record.said, record.seen)
            await record.settle(Status.failed, usage, source=source, error=left.message)
            return usage
        except HubError as error:
            told = dialect.write_error_event(error) if reply.has_started else b""
            if origin.shared is not None and not origin.shared.is_empty:
                origin.shared.last(told)
            usage, source = await self._estimating.of_stream(call, dialect, record.said, record.seen)
            await fail_record(record, error, source, usage)
            if not reply.has_started:
                raise
            await reply.finish(told)
            return None
        finally:
            if not record.is_settled:  # the hub is stopping
                record.break_off(*of_broken_off(call, dialect, record.said, record.seen))

    async def _derived(self, wish: Wish, target: Target) -> Attempt:
        """The attempt at a target. Raises BadRequest or NotAllowed when it is no choice for this caller or call."""
        call, dialect = wish.call, wish.dialect
        refuse_foreign_model(wish.caller, call.model, target)
        refuse_unfit(call, dialect, target)
        call = await self._filling.filled(call, dialect, target)
        await _give_way(wish.call)
        way = pair(dialect, call, target.model, target.dialects, target.quirks)
        await _give_way(wish.call)
        refuse_losses(way.losses, wish.origin)
        timing = wish.origin.timing
        return Attempt(target, call, way, leg=None if timing is None else timing.leg())

    async def _next(
        self,
        wish: Wish,
        targets: Iterable[Target],
        reply: Reply,
        refusals: list[HubError],
        elapsed_s: float | None = None,
    ) -> Attempt | None:
        """The attempt at the next target that is a choice and has a slot; those that are none leave their refusals.

        Where all that are left are busy it is waited for a slot. Raises Unavailable when that takes too long. Without
        `elapsed_s` they were planned this moment. One that is doubtful is probed beside another, if there is one.
        """
        busy: list[Attempt] = []
        doubtful: Attempt | None = None
        call, conditions = wish.call, self._planner.conditions
        for target in targets:
            if elapsed_s is not None and elapsed_s >= limits_for(target, self._limits).total_s:
                continue
            try:
                attempt = await self._derived(wish, target)
            except (BadRequest, NotAllowed) as error:
                refusals.append(error)
                continue
            was_planned_now = elapsed_s is None and attempt.call is call and not _is_large(call)
            if not (was_planned_now or self._planner.may_begin(target)):
                continue
            if conditions.is_doubtful(target) and call.kind in REPEATABLE:
                doubtful = doubtful or attempt
                continue
            seated = self._seated(attempt, wish.ask)
            if seated is not None:
                return seated if doubtful is None else structs.replace(seated, probe=doubtful)
            busy.append(attempt)
        if doubtful is not None and not busy:
            seated = self._seated(doubtful, wish.ask)
            if seated is not None:
                return seated
            busy.append(doubtful)
        if not busy:
            return None
        slot = await self._slots.wait([one.target for one in busy], reply)
        return self._with_seat(next(one for one in busy if one.target is slot.target), slot, wish.ask)

    def _seated(self, attempt: Attempt, ask: Ask | None) -> Attempt | None:
        """The attempt with its seat, where calls at once are limited or counted; None when there is no slot free."""
        limits = attempt.target.limits
        if limits is None or not limits.has_slots:
            return attempt if ask is None else self._with_seat(attempt, None, ask)
        slot = self._slots.take(attempt.target)
        return None if slot is None else self._with_seat(attempt, slot, ask)

    def _with_seat(self, attempt: Attempt, slot: Slot | None, ask: Ask | None) -> Attempt:
        if ask is not None and ask.counts_running:
            return structs.replace(attempt, seat=self._planner.latency.begin(attempt.target, slot))
        return attempt if slot is None else structs.replace(attempt, seat=slot)

    async def _first(self, wish: Wish, route: Route, line: Line, reply: Reply) -> Attempt:
        """The attempt at the first target that is a choice. Raises the first refusal when none is."""
        refusals: list[HubError] = []
        attempt = await self._next(wish, line.targets, reply, refusals)
        if attempt is None:
            raise refusals[0] if refusals else self._planner.nothing_left(route)
        return attempt

    async def _following(self, wish: Wish, line: Line, reply: Reply, record: OpenCall) -> Attempt | None:
        """Note the failure, and what is tried after it; None when the call ends with it."""
        error = line.tried[-1].error
        end_attempt(record, error)
        if reply.has_started or not may_go_on(error) or len(record.attempts) >= MOST_ATTEMPTS:
            return None
        if await _has_gone(reply):
            return None  # nobody would get what the next target makes
        try:
            attempt = await self._next(wish, line.targets, reply, [], record.elapsed_s)
            attempt = attempt or await self._again(wish, line.tried, reply, record)
        except Unavailable:
            return None  # all that are left are busy: what failed is told
        if attempt is None:
            return None
        target, way = attempt.target, attempt.way
        log.info("next attempt", call=str(record.id), provider=target.provider.id, code=error.code)
        turn_record(record, attempt.call, target, upstream=way.upstream, losses=way.losses)
        return attempt

    async def _again(self, wish: Wish, tried: list[Tried], reply: Reply, record: OpenCall) -> Attempt | None:
        """When all targets have failed: the attempt at one of them once more, after a pause."""
        for retry in retries_of(tried):
            target = retry.target
            if record.elapsed_s + retry.pause_s >= limits_for(target, self._limits).total_s:
                continue
            if not (retry.is_throttled or self._planner.may_begin(target)) or not self._budget.take(target):
                continue
            await self._clock.sleep(retry.pause_s)
            if await _has_gone(reply) or reply.has_started:
                return None
            return await self._next(wish, (target,), reply, [], record.elapsed_s)
        return None

    async def _try(
        self, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall, line: Line, hedge: Hedge | None
    ) -> Usage | None:
        """Make one attempt, or with a hedge the better of two. Raises UpstreamFailed, after it has noted who failed;
        unless the reply has begun, nobody has noticed.
        """
        conditions = self._planner.conditions
        try:
            conditions.began(attempt.target)
            if attempt.probe is not None:
                self._probe(attempt.probe, wish, record)
            with self._passing.leaving(wish, reply) as leaving:
                if hedge is None:
                    exchange = await self._send(attempt, wish.origin, record.elapsed_s if record.attempts else 0.0)
                else:
                    race = await self._race(attempt, wish, record, line, hedge)
                    attempt = race.attempt
                    exchange = race.exchange()
                try:
                    answer = self._passing.stream if attempt.call.is_stream else self._passing.whole
                    used = await answer(exchange, attempt, wish, reply, record, leaving)
                finally:
                    exchange.close()
        except UpstreamFailed as error:
            if attempt.leg is not None:
                attempt.leg.fail()
            line.tried.append(Tried(attempt, error))
            conditions.failed(attempt.target, error)
            if wish.ask is not None and error.kind is Failure.timeout:
                self._note_first_byte(attempt, record.attempt_s)  # it would have been later still
            raise
        finally:
            if attempt.seat is not None:
                attempt.seat.end()
        conditions.succeeded(attempt.target)
        if wish.ask is not None:
            self._planner.note_answer(wish.ask, attempt.target)
            if record.first_byte_s is not None:
                self._note_first_byte(attempt, record.first_byte_s)
        return used

    def _note_first_byte(self, attempt: Attempt, seconds: float) -> None:
        if isinstance(attempt.seat, Running):  # of a stream it was noted when it came
            attempt.seat.spoke(seconds)
        else:
            self._planner.latency.note(attempt.target, seconds)

    async def _race(self, attempt: Attempt, wish: Wish, record: OpenCall, line: Line, hedge: Hedge) -> Race:
        """Make the attempt, and one at the next target beside it when it is silent for long; who was heard first."""

        async def ask(one: Attempt) -> Exchange:
            exchange = await self._send(one, wish.origin, 0.0 if one is attempt else record.elapsed_s)
            await exchange.spoken()
            return exchange

        race = Race(attempt)
        try:
            await self._hedging.run(race, hedge, wish.call, ask, lambda: self._beside(wish, line))
        finally:
            note_race(race, line, record)
        return race

    async def _beside(self, wish: Wish, line: Line) -> Attempt | None:
        """The attempt at the next target, if it may begin at once; else it stays the next."""
        target = next(line.targets, None)
        if target is None:
            return None
        try:
            if self._planner.conditions.weight(target, 1) > 0:
                attempt = self._seated(await self._derived(wish, target), wish.ask)
                if attempt is not None:
                    return attempt
        except HubError:
            return None  # it is no choice for this call
        except asyncio.CancelledError:
            line.put_back(target)
            raise
        line.put_back(target)
        return None

    def _probe(self, attempt: Attempt, wish: Wish, record: OpenCall) -> None:
        """Ask who was silent as well: nobody waits for it, and its answer is for nobody."""
        seated = self._seated(attempt, wish.ask)
        if seated is not None and self.probes.begin(seated, lambda one: self._send(one, wish.origin, 0.0)):
            now_ms = record.elapsed_ms
            facts = facts_at(record, attempt.target)
            record.note_attempt(facts, PROBED, None, None, began_ms=now_ms, ended_ms=now_ms)

    async def _send(self, attempt: Attempt, origin: Origin, elapsed_s: float) -> Exchange:
        """Raises UpstreamFailed unless the provider answers with success. All attempts together take no longer than
        one may: `elapsed_s` has gone already.
        """
        limits, way = limits_for(attempt.target, self._limits), attempt.way
        self._catalog.note_use(attempt.target)
        if elapsed_s:
            limits = replace(limits, total_s=max(limits.total_s - elapsed_s, 0.1))
        exchange = await send(
            self._client,
            self._clock,
            limits,
            attempt.target,
            way.carrier.path(attempt.call, attempt.target.model),
            way.body,
            content_type=way.content_type,
            extra=origin.headers if way.is_same else (),
            leg=attempt.leg,
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


def _is_large(call: Call) -> bool:
    """Whether to read its body, to write it and to send it each take so long that others should have a turn between."""
    return len(call.body) > _LARGE


async def _give_way(call: Call) -> None:
    if _is_large(call):
        await asyncio.sleep(0)
