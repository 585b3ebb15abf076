"""How long a caller is kept waiting, and by what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.relay.leaving import CallerLeft
from aigne_hub.relay.videos.patience import HEAD_AFTER_S, Patience

pytestmark = pytest.mark.anyio


class Waiting:
    """A caller's side that only counts."""

    def __init__(self) -> None:
        self.has_started = False
        self.is_gone = False
        self.beats = 0
        self.sent = 0

    def watch(self) -> None: ...

    def send_soon(self, events: bytes) -> None: ...

    def when_gone(self, act: Callable[[], None]) -> None: ...

    def tell(self, name: bytes, value: str) -> None: ...

    async def begin_whole(self) -> None:
        self.has_started = True

    async def send(self, events: bytes) -> None:
        assert not events.strip()
        self.beats += 1

    async def whole(self, body: bytes, content_type: bytes | None = None) -> None: ...

    async def begin(self) -> None: ...

    def begin_soon(self) -> None: ...

    async def finish(self, events: bytes) -> None: ...


async def test_the_head_goes_before_the_client_gives_up_and_beats_follow() -> None:
    clock, reply = StoppedClock(), Waiting()
    patience = Patience(clock, reply, 600)
    await patience.pause(HEAD_AFTER_S - 1)
    assert not reply.has_started
    await patience.pause(2)
    assert (reply.has_started, reply.beats) == (True, 0)
    await patience.pause(100)
    assert 9 <= reply.beats <= 11


async def test_a_wait_has_an_end() -> None:
    clock, reply = StoppedClock(), Waiting()
    patience = Patience(clock, reply, 20)
    await patience.pause(19)
    with pytest.raises(UpstreamFailed, match="20 s") as over:
        await patience.pause(10)
    assert (over.value.kind, over.value.status) == (Failure.timeout, 504)


async def test_a_caller_who_left_is_noticed_within_a_second() -> None:
    clock, reply = StoppedClock(), Waiting()
    patience = Patience(clock, reply, 600)
    reply.is_gone, began = True, clock.monotonic()
    with pytest.raises(CallerLeft):
        await patience.pause(10)
    assert clock.monotonic() - began <= 1
