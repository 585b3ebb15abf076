"""Hedging lives here: a target that is silent for longer than it nearly ever is races with another one.

Source: Dean and Barroso, The Tail at Scale, CACM 56(2), 2013. Nobody has heard anything of the answer until one of the
two has spoken, so nothing is said twice; whoever did not is cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import chain

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import Hedge, Target
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.outbound import Exchange
from aigne_hub.relay.attempt import Attempt
from aigne_hub.relay.failover import may_go_on
from aigne_hub.relay.latency import Latency
from aigne_hub.relay.line import Conditions
from aigne_hub.relay.record import facts_at, turn_record
from aigne_hub.relay.retrying import Tried
from aigne_hub.usage.recorder import OpenCall

LOST = "lost"  # the outcome of who was cancelled
MOST_SAVED = 10.0  # hedges that quiet times leave for bad ones
MOST_ROUTES = 1024
REPEATABLE = frozenset({Kind.chat, Kind.embedding})  # what is asked twice and cancelled once leaves nothing behind

Ask = Callable[[Attempt], Awaitable[Exchange]]
Another = Callable[[], Awaitable[Attempt | None]]


class Line:
    """The targets that a call has left, and the attempts of it that failed."""

    __slots__ = ("targets", "tried")

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets: Iterator[Target] = iter(targets)
        self.tried: list[Tried] = []

    def put_back(self, target: Target) -> None:
        """It is next after all."""
        self.targets = chain((target,), self.targets)


class Runner:
    """One attempt of a race. It has spoken when it has an `exchange`; without an `attempt` nobody was found yet."""

    __slots__ = ("attempt", "began_s", "ended_s", "error", "exchange", "is_dropped")

    def __init__(self, attempt: Attempt | None, began_s: float) -> None:
        self.attempt = attempt
        self.began_s = began_s
        self.ended_s = 0.0
        self.exchange: Exchange | None = None
        self.error: UpstreamFailed | None = None
        self.is_dropped = False


class Race:
    """An attempt, and the one beside it once it is asked. `lead` is who the call goes on with, or ends with."""

    __slots__ = ("first", "lead", "second")

    def __init__(self, attempt: Attempt) -> None:
        self.first, self.second = Runner(attempt, 0.0), Runner(None, 0.0)
        self.lead: Runner | None = None

    @property
    def attempt(self) -> Attempt:
        runner = self.lead or self.first
        assert runner.attempt is not None, "who was not found does not lead"
        return runner.attempt

    def exchange(self) -> Exchange:
        """Raises UpstreamFailed when nobody has spoken."""
        assert self.lead is not None, "a race was run"
        if self.lead.exchange is None:
            assert self.lead.error is not None, "a race ends when somebody has spoken, or all have failed"
            raise self.lead.error
        return self.lead.exchange


def note_race(race: Race, line: Line, record: OpenCall) -> None:
    """The record is about the attempt that the call goes on with, and has the other; who lost is the next again."""
    other = race.first if race.lead is race.second else race.second
    if other.attempt is not None:
        target, error = other.attempt.target, other.error
        record.note_attempt(
            facts_at(record, target),
            LOST if error is None else error.kind.value,
            None if error is None else error.upstream_status,
            None if error is None else f"{error.code}: {error.message}",
            began_ms=_after_ms(record, other.began_s),
            ended_ms=record.elapsed_ms if error is None else _after_ms(record, other.ended_s),
        )
        if error is None:
            line.put_back(target)
        elif may_go_on(error):
            line.tried.append(Tried(other.attempt, error))
    if race.lead is race.second:
        call, target, way = race.attempt.call, race.attempt.target, race.attempt.way
        began_ms = _after_ms(record, race.second.began_s)
        turn_record(record, call, target, upstream=way.upstream, losses=way.losses, began_ms=began_ms)


def _after_ms(record: OpenCall, time_s: float) -> int:
    return round((time_s - record.began) * 1000)


class Hedging:
    """What one worker knows of when to hedge, and how often it still may."""

    def __init__(self, conditions: Conditions, clock: Clock) -> None:
        self._conditions = conditions
        self._now = clock.monotonic
        self._streams, self._wholes = Latency(clock), Latency(clock)  # a whole answer speaks when it is made
        self._saved: dict[str, float] = {}

    async def run(self, race: Race, hedge: Hedge, call: Call, ask: Ask, another: Another) -> None:
        """Ask the first target, and when it is silent for long another one as well, until one has spoken.

        `ask` gives an exchange that has spoken, or raises UpstreamFailed. `another` gives the attempt at the other
        target, if there is one now. Who the call does not go on with is told to the conditions, and its seat and
        connection are ended.
        """
        first, second = race.first, race.second
        first.began_s = self._now()
        times = self._streams if call.is_stream else self._wholes
        after_s = times.percentile(race.attempt.target, hedge.after)
        self._save(call.model, hedge)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._run(first, ask))]
                await asyncio.wait(tasks, timeout=after_s)
                if not tasks[0].done() and self._spend(call.model):
                    tasks.append(group.create_task(self._run_beside(second, call.model, ask, another)))
                race.lead = await self._first_to_speak(tasks, first, second)
                for task in tasks:
                    task.cancel()
        finally:
            self._drop(first if race.lead is second else second)
            if race.lead is None and first.exchange is not None:
                first.exchange.close()
        self._learn(times, first, second)

    def _learn(self, times: Latency, first: Runner, second: Runner) -> None:
        """How soon they spoke. The first one, silent until it was given up, would have been later still."""
        if first.attempt is not None and (first.error is None or first.error.kind is Failure.timeout):
            times.note(first.attempt.target, (first.ended_s or self._now()) - first.began_s)
        if second.attempt is not None and second.exchange is not None:
            times.note(second.attempt.target, second.ended_s - second.began_s)

    async def _first_to_speak(self, tasks: list[asyncio.Task[None]], first: Runner, second: Runner) -> Runner:
        """Who has spoken first; or else who failed for good, or last. Who fails before is dropped at once."""
        runners = dict(zip(tasks, (first, second), strict=False))
        while True:
            done, _ = await asyncio.wait(runners, return_when=asyncio.FIRST_COMPLETED)
            ended = [one for task, one in runners.items() if task in done]
            for one in ended:
                if one.exchange is not None:
                    return one
            if len(ended) == len(runners):
                return ended[0]
            (one,) = ended
            if one.error is not None and one is first and (second.attempt is None or not may_go_on(one.error)):
                return one
            self._drop(one)
            runners = {task: one for task, one in runners.items() if task not in done}

    async def _run(self, runner: Runner, ask: Ask) -> None:
        assert runner.attempt is not None
        try:
            runner.exchange = await ask(runner.attempt)
        except UpstreamFailed as error:
            runner.error = error
        runner.ended_s = self._now()

    async def _run_beside(self, runner: Runner, route: str, ask: Ask, another: Another) -> None:
        attempt = await another()
        if attempt is None:
            self._saved[route] = self._saved.get(route, 0.0) + 1
            return
        runner.attempt, runner.began_s = attempt, self._now()
        self._conditions.began(attempt.target)
        await self._run(runner, ask)

    def _drop(self, runner: Runner) -> None:
        """The call does not go on with it."""
        attempt = runner.attempt
        if attempt is None or runner.is_dropped:
            return
        runner.is_dropped = True
        if runner.exchange is not None:
            runner.exchange.close()
        if runner.error is None:
            self._conditions.left(attempt.target)
        else:
            self._conditions.failed(attempt.target, runner.error)
        if attempt.seat is not None:
            attempt.seat.end()

    def _save(self, route: str, hedge: Hedge) -> None:
        """Each call earns its route a part of a hedge."""
        if route not in self._saved and len(self._saved) >= MOST_ROUTES:
            del self._saved[next(iter(self._saved))]
        self._saved[route] = min(self._saved.get(route, 0.0) + hedge.most, MOST_SAVED)

    def _spend(self, route: str) -> bool:
        saved = self._saved.get(route, 0.0)
        if saved < 1:
            return False
        self._saved[route] = saved - 1
        return True
