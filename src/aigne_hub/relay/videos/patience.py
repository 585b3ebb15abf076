"""Waiting for a video while its caller waits lives here: until when, whether it is still there, what keeps it there."""

from __future__ import annotations

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.relay.leaving import CallerLeft
from aigne_hub.relay.reply import Reply

# The reference's client gives up on a head after 180 s and then asks again, for another video (contract 2.5). The
# true status is worth waiting for until shortly before that.
HEAD_AFTER_S = 150.0
_BEAT_S = 10.0
_STEP_S = 1.0


class Patience:
    """One wait of at most `total_s` seconds."""

    def __init__(self, clock: Clock, reply: Reply, total_s: float) -> None:
        self._clock = clock
        self._reply = reply
        self._total_s = total_s
        self._began = self._last = clock.monotonic()

    async def pause(self, seconds: float) -> None:
        """Sleep, but no longer than the caller is there and the wait lasts. Raises as `go_on` does."""
        left = seconds
        while left > 0:
            step = min(left, _STEP_S)
            await self._clock.sleep(step)
            left -= step
            await self.go_on()

    async def go_on(self) -> None:
        """Keep the caller waiting. Raises CallerLeft when it went, UpstreamFailed (timeout) when it was too long."""
        if self._reply.is_gone:
            raise CallerLeft
        now = self._clock.monotonic()
        if now - self._began > self._total_s:
            raise UpstreamFailed(Failure.timeout, f"the video was not made within {self._total_s:g} s, and is given up")
        if not self._reply.has_started:
            if now - self._began >= HEAD_AFTER_S:
                self._last = now
                await self._reply.begin_whole()
        elif now - self._last >= _BEAT_S:
            self._last = now
            await self._reply.send(b" ")
