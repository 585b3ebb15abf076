"""An answer that several requests follow lives here: what of it has come is kept, and each takes it at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aigne_hub.base.errors import BadRequest, HubError, Unavailable
from aigne_hub.claims.store import State
from aigne_hub.db.writer import Steps
from aigne_hub.dialects.sse import split_events
from aigne_hub.relay.reply import Reply

LARGEST_KEPT = 8 << 20  # bytes of one answer
_WINDOW = 1 << 20  # of an answer that is not kept, for those who follow it
_BUDGET = 256 << 20  # of all answers that run, in one worker

CutEvent = Callable[[HubError], bytes]
Keep = Callable[["Shared"], Steps]


class Budget:
    """The bytes that all shared answers of one worker hold."""

    def __init__(self, limit: int = _BUDGET) -> None:
        self.left = limit


class Shared:
    """The answer of one call (relay/reply.py), which outlives whoever asked for it first.

    The events of a stream get ids, counted from 1, by which its caller comes back to it (WHATWG HTML 9.2). Nobody who
    follows it holds up another, or the call: who is too slow for an answer that is too large to be kept is cut.
    """

    is_gone = False  # its callers come and go, and are expected back

    def __init__(self, call_id: int, request: bytes, budget: Budget) -> None:
        self.call_id = call_id
        self.request = request
        self.has_started = False
        self.is_kept = True  # until it is too large
        self.is_replayed = False
        self.state = State.running
        self.head: dict[str, str] = {}
        self.media_type: bytes | None = None
        self.keep: Keep | None = None
        self.is_settled = False
        self.sent = 0
        self._sign = b""  # of life, in a silence: for who follows just then, and no part of the answer
        self._signs = 0
        self._budget = budget
        self._held = 0
        self._blocks: list[bytes] = []
        self._first = 1  # the number of the first that is held
        self._last: list[bytes] = []
        self._is_over = False
        self._error: HubError | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self, name: bytes, value: str) -> None:
        self.head[name.decode("ascii")] = value

    def watch(self) -> None: ...

    def when_gone(self, act: Callable[[], None]) -> None: ...

    async def whole(self, body: bytes, content_type: bytes | None = None) -> None:
        if not self._last:
            self.last(body, content_type)
        self._end()

    async def begin(self) -> None:
        self.begin_soon()

    def begin_soon(self) -> None:
        self._start(State.events)

    async def begin_whole(self) -> None:
        self._start(State.late)

    async def send(self, events: bytes) -> None:
        self.sent += 1
        self._add(self._numbered(events))

    def send_soon(self, events: bytes) -> None:
        self._sign = events
        self._signs += 1
        self._wake()

    async def finish(self, events: bytes) -> None:
        if not self._last:
            self.last(events)
        self._end()

    def last(self, body: bytes, content_type: bytes | None = None) -> None:
        """The end of the answer is known, and follows when the call is on record; without a beginning, all of it."""
        if not self.has_started:
            self.state, self.media_type = State.whole, content_type
        self._last = self._numbered(body)
        self._hold(sum(map(len, self._last)))

    def steps(self) -> Steps:
        """What is written with the call's own record."""
        self.is_settled = True
        return () if self.keep is None else self.keep(self)

    @property
    def content(self) -> bytes | None:
        """All of the answer; None when nothing has been said, or it is too large."""
        if not self.is_kept or not (self.has_started or self._last):
            return None
        return b"".join([*self._blocks, *self._last])

    @property
    def is_empty(self) -> bool:
        """Whether nothing of an answer was said."""
        return not (self._last or any(self.state is not State.events or b"data:" in one for one in self._blocks))

    @property
    def is_complete(self) -> bool:
        """Whether its end is known."""
        return bool(self._last)

    def load(self, state: State, head: dict[str, str], media_type: bytes | None, content: bytes) -> None:
        """Be what was kept of an answer."""
        self.is_replayed = True
        self.head, self.media_type = head, media_type
        self._error = _stopped() if state is State.cut else None
        self._start(State.events if state is State.cut else state)
        self._blocks = split_events(content) if self.state is State.events else [content]
        self._end()

    def fail(self, error: HubError) -> None:
        """The call ended without an answer; or within it, and what there is of it is all."""
        if not self._is_over:
            self._error = error
            self._end()

    def free(self) -> None:
        self._budget.left += self._held
        self._held = 0

    async def follow(self, reply: Reply, cut: CutEvent, *, after: int, is_first: bool) -> None:
        """Pass the answer on from the event after that number. Raises HubError while nothing has left."""
        reply.when_gone(self._wake)
        while not (self.has_started or self._is_over or reply.is_gone):
            await self._more()
        for name, value in self.head.items():
            reply.tell(name.encode("ascii"), value)
        if not is_first or self.is_replayed:
            reply.tell(b"idempotent-replayed", "true")
            reply.tell(b"x-hub-original-call", str(self.call_id))
        if reply.is_gone:
            return
        if not self.has_started:
            raise self._error or _stopped()
        if self.state is State.whole:
            await reply.whole(b"".join(self._blocks), self.media_type)
            return
        await self._follow_events(reply, cut, after if self.state is State.events else 0)

    async def _follow_events(self, reply: Reply, cut: CutEvent, after: int) -> None:
        at = after + 1
        self._refuse_out_of_reach(at)
        await (reply.begin() if self.state is State.events else reply.begin_whole())
        signs = self._signs
        while not reply.is_gone:
            if at < self._first:
                await reply.finish(cut(_too_slow()))
                return
            blocks, is_over, error = self._blocks[at - self._first :], self._is_over, self._error
            at += len(blocks)
            if is_over:
                await reply.finish(b"".join(blocks) + (b"" if error is None else cut(error)))
                return
            if blocks:
                await reply.send(b"".join(blocks))
            elif signs != self._signs:
                signs = self._signs
                await reply.send(self._sign)
            else:
                await self._more()

    def _refuse_out_of_reach(self, at: int) -> None:
        if at < self._first:
            raise BadRequest(
                f"the stream cannot be resumed there: its events before {self._first} are not kept",
                code="not_resumable",
                param="last-event-id",
            )
        if at > self._first + len(self._blocks):
            raise BadRequest(
                "the stream cannot be resumed there: it has not had so many events",
                code="not_resumable",
                param="last-event-id",
            )

    def _numbered(self, events: bytes) -> list[bytes]:
        if self.state is not State.events:
            return [events] if events else []
        start = self._first + len(self._blocks)
        return [b"id: %d\n%b" % (start + place, event) for place, event in enumerate(split_events(events))]

    def _start(self, state: State) -> None:
        if not self.has_started:
            self.has_started, self.state = True, state
            self._wake()

    def _add(self, blocks: Sequence[bytes]) -> None:
        self._blocks += blocks
        self._hold(sum(map(len, blocks)))
        if not self.is_kept:
            self._narrow()
        self._wake()

    def _hold(self, size: int) -> None:
        self._held += size
        self._budget.left -= size
        if self._held > LARGEST_KEPT or self._budget.left < 0:
            self.is_kept = False

    def _narrow(self) -> None:
        dropped = size = 0
        while self._held - size > _WINDOW and dropped < len(self._blocks) - 1:
            size += len(self._blocks[dropped])
            dropped += 1
        del self._blocks[:dropped]
        self._first += dropped
        self._held -= size
        self._budget.left += size

    def _end(self) -> None:
        self._blocks += self._last
        self._last = []
        if self._error is None:
            self.has_started = True
        self._is_over = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for one in waiting:
            if not one.done():
                one.set_result(None)

    async def _more(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)


def _stopped() -> HubError:
    return Unavailable("the hub stopped before the call ended", retry_after=1)


def _too_slow() -> HubError:
    return Unavailable("the answer is too large to be kept, and was not taken soon enough", code="too_slow")
