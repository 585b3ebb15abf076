"""Recording calls on the hot path lives here: opened in memory, written when they end or run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import astuple

from msgspec import Struct

from aigne_hub.base.clock import Clock
from aigne_hub.base.ids import IdSource
from aigne_hub.db.writer import Statement, Steps, Writer
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.said import Said
from aigne_hub.dialects.usage import Usage
from aigne_hub.usage import store
from aigne_hub.usage.records import AttemptRecord, CallId, Source, Status

_NOTED_AFTER_S = 0.25  # a call that ends sooner needs only its final row
_LONGEST_ERROR = 1000
_LONGEST_ATTEMPT_ERROR = 300
_LONGEST_DROPPED = 1000
_NO_USAGE = Usage()
_BROKEN_OFF = "the hub broke the call off"
_NOTHING_RARE = (None,) * len(store.RARE)

Price = Callable[[Usage], int]
"""What a use costs, in nano-credits."""


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a call when it begins."""

    id: CallId
    request_id: str
    user_id: int
    key_id: int
    provider_id: int
    credential_id: int
    model: str
    upstream_model: str
    kind: str
    app: str | None
    dialect: str
    upstream_dialect: str


class OpenCall:
    """A call that runs, and its attempts: the first begins with it. `settle` ends it, once.

    What its translation loses may still grow while it runs: an answer is translated as it comes.
    """

    __slots__ = (
        "_attempt_began_ms", "_is_trying", "_recorder", "also", "attempts", "began", "facts",
        "first_byte_ms", "is_noted", "is_settled", "losses", "price", "said", "seen", "started_ms", "usage",
    )  # fmt: skip

    def __init__(
        self,
        recorder: Recorder,
        facts: Facts,
        losses: Losses | None,
        price: Price | None,
        started_ms: int,
        began: float,
    ) -> None:
        self._recorder = recorder
        self.facts = facts
        self.losses = losses
        self.price = price
        self.started_ms = started_ms
        self.began = began
        self.first_byte_ms: int | None = None
        self.is_noted = False
        self.is_settled = False
        self.usage: Usage | None = None  # what is known of it so far, should the call fail yet
        self.seen: Usage | None = None  # what was told of it when it was left or broke
        self.said: Said | None = None  # so far, by a stream
        self.attempts: list[AttemptRecord] = []  # those that ended; none while the first one runs
        self.also: Callable[[], Steps] | None = None  # gives what is written in one transaction with the final record
        self._is_trying = True
        self._attempt_began_ms = 0  # after the call began

    @property
    def id(self) -> CallId:
        return self.facts.id

    def mark_first_byte(self) -> None:
        if self.first_byte_ms is None:
            self.first_byte_ms = self._recorder.elapsed_ms(self.began)

    @property
    def elapsed_ms(self) -> int:
        return self._recorder.elapsed_ms(self.began)

    @property
    def elapsed_s(self) -> float:
        return self.elapsed_ms / 1000

    @property
    def attempt_s(self) -> float:
        """Seconds since the attempt that runs, or ran last, began."""
        return (self._recorder.elapsed_ms(self.began) - self._attempt_began_ms) / 1000

    @property
    def first_byte_s(self) -> float | None:
        """Seconds that the attempt that runs took to say something; None when it has not yet."""
        return None if self.first_byte_ms is None else (self.first_byte_ms - self._attempt_began_ms) / 1000

    def end_attempt(self, outcome: str, status: int | None = None, error: str | None = None) -> None:
        """Note how the attempt that runs ended; of one that has ended, nothing more."""
        if not self._is_trying:
            return
        self._is_trying = False
        began_ms, ended_ms = self._attempt_began_ms, self._recorder.elapsed_ms(self.began)
        self.note_attempt(self.facts, outcome, status, error, began_ms=began_ms, ended_ms=ended_ms)

    def note_attempt(
        self, facts: Facts, outcome: str, status: int | None, error: str | None, *, began_ms: int, ended_ms: int
    ) -> None:
        """Note an attempt that ended beside the one that runs, or that one. Times are after the call began."""
        self.attempts.append(
            AttemptRecord(
                facts.id,
                len(self.attempts) + 1,
                facts.provider_id,
                facts.credential_id,
                facts.upstream_model,
                outcome,
                status,
                self.started_ms + began_ms,
                ended_ms - began_ms,
                error[:_LONGEST_ATTEMPT_ERROR] if error else None,
            )
        )

    def begin_attempt(
        self, facts: Facts, losses: Losses | None, price: Price | None, *, began_ms: int | None = None
    ) -> None:
        """Another target is tried, now or since `began_ms` after the call began.

        What the record says is about it from now on, and costs what it costs.
        """
        self.facts, self.losses, self.price = facts, losses, price
        self.usage = self.seen = self.said = self.first_byte_ms = None
        self._is_trying = True
        self._attempt_began_ms = self.elapsed_ms if began_ms is None else began_ms

    def settle(
        self, status: Status, usage: Usage | None, *, source: Source, error: str | None = None
    ) -> asyncio.Future[None]:
        """Queue the final record; the future resolves when it is durable, and raises Unavailable if it cannot be."""
        return self._recorder.settle(self, status, usage or _NO_USAGE, source, error)

    def break_off(self, usage: Usage | None = None, source: Source = Source.partial) -> None:
        """The last step of every call: one not settled by then was cancelled, or a fault of ours ended it."""
        if not self.is_settled:
            self.settle(Status.failed, usage, source=source, error=_BROKEN_OFF)


class Recorder:
    """Opens and settles calls. What it holds of a call ends with the call."""

    def __init__(self, writer: Writer, dialect: str, clock: Clock, ids: IdSource) -> None:
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._opening = Statement.compile(store.opening(dialect), store.COLUMNS, dialect)
        self._closing = Statement.compile(store.closing(dialect), store.COLUMNS, dialect)
        self._usual = Statement.compile(store.closing(dialect, store.USUAL), store.USUAL, dialect)
        self._attempt = Statement.compile(store.attempting(dialect), store.ATTEMPT_COLUMNS, dialect)
        self._running: dict[CallId, OpenCall] = {}

    @property
    def running(self) -> int:
        return len(self._running)

    def new_id(self) -> CallId:
        return CallId(self._ids.new())

    def open(self, facts: Facts, losses: Losses | None = None, price: Price | None = None) -> OpenCall:
        """A call that begins now, at the price of now if it has one. `losses` are what its translation loses."""
        call = OpenCall(self, facts, losses, price, self._clock.now_ms(), self._clock.monotonic())
        self._running[facts.id] = call
        return call

    def elapsed_ms(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)

    def settle(
        self, call: OpenCall, status: Status, usage: Usage, source: Source, error: str | None
    ) -> asyncio.Future[None]:
        assert not call.is_settled, "a call is settled once"
        call.is_settled = True
        self._running.pop(call.facts.id, None)
        row = self._row(call, status, usage, source)
        rare = self._rare(call, usage, error, _credits(call.price, status, usage))
        also = () if call.also is None else call.also()
        if (
            status is Status.success and not call.attempts and not also
        ):  # one attempt, and it did: the call's own row says it all
            if rare == _NOTHING_RARE and not call.is_noted:
                return self._writer.submit(self._usual, row)
            return self._writer.submit(self._closing, row + rare)
        if status is Status.success and not call.attempts:
            return self._writer.submit_all(((self._closing, row + rare), *also))
        call.end_attempt(*(("ok", 200) if status is Status.success else ("cut", None, error)))
        attempts = [(self._attempt, astuple(one)) for one in call.attempts]
        return self._writer.submit_all(((self._closing, row + rare), *attempts, *also))

    def note_running(self) -> None:
        """Queue a `processing` row for each call that has run for a while. A clock tick calls this."""
        now = self._clock.monotonic()
        for call in list(self._running.values()):
            if not call.is_noted and now - call.began >= _NOTED_AFTER_S:
                call.is_noted = True
                row = self._row(call, Status.processing, _NO_USAGE, Source.missing, is_over=False)
                noted = self._writer.submit(self._opening, row + self._rare(call, _NO_USAGE, None, None))
                noted.add_done_callback(_forget)

    def _row(
        self, call: OpenCall, status: Status, usage: Usage, source: Source, *, is_over: bool = True
    ) -> tuple[object, ...]:
        """The values of `store.USUAL`."""
        facts = call.facts
        return (
            facts.id,
            facts.request_id,
            facts.user_id,
            facts.key_id,
            facts.provider_id,
            facts.credential_id,
            facts.model,
            facts.upstream_model,
            facts.kind,
            status.value,
            call.started_ms,
            self.elapsed_ms(call.began) if is_over else None,
            call.first_byte_ms,
            usage.input,
            usage.output,
            usage.cache_read,
            usage.reasoning,
            source.value,
            facts.dialect,
            facts.upstream_dialect,
        )

    @staticmethod
    def _rare(call: OpenCall, usage: Usage, error: str | None, credits: int | None) -> tuple[object, ...]:
        """The values of `store.RARE`."""
        return (
            error[:_LONGEST_ERROR] if error else None,
            call.facts.app,
            usage.cache_write_5m,
            usage.cache_write_1h,
            usage.audio_input,
            usage.audio_output,
            usage.images,
            usage.seconds,
            usage.tool_calls,
            usage.tier,
            call.losses.header()[:_LONGEST_DROPPED] if call.losses else None,
            credits,
        )


def _credits(price: Price | None, status: Status, usage: Usage) -> int | None:
    """What a call that is over costs: a failed one nothing, unless something was made for its caller."""
    if price is None:
        return None
    return price(usage) if status is Status.success or usage.has_output else 0


def _forget(noted: asyncio.Future[None]) -> None:
    """A `processing` row that could not be written is no loss: the final row needs none."""
    if not noted.cancelled():
        noted.exception()
