"""Where the time of one call goes lives here, for callers who are told by a `Server-Timing` header.

A call has none of it unless the setting is on. Source: https://www.w3.org/TR/server-timing/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


class Leg:
    """When what of one attempt happened, as far as it came."""

    __slots__ = ("_timing", "began_s", "dialled_s", "ended_s", "heard_s", "sent_s")

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self.began_s: float | None = None
        self.dialled_s: float | None = None
        self.sent_s: float | None = None
        self.heard_s: float | None = None
        self.ended_s: float | None = None

    def begin(self) -> None:
        """The attempt is made."""
        self.began_s = self._timing.now()
        if self._timing.first is None:
            self._timing.first = self

    def dial(self) -> None:
        """It is waited for a connection."""
        self.dialled_s = self._timing.now()

    def send(self) -> None:
        """The request has been written; again, when it had to be sent once more."""
        self.sent_s = self._timing.now()

    def hear(self) -> None:
        """The head of the provider's answer has come; or of a stream the first event, which counts instead."""
        self.heard_s = self._timing.now()

    def hear_nothing(self) -> None:
        """The caller's head goes out though no event has come."""
        self.heard_s = None

    def fail(self) -> None:
        self.ended_s = self._timing.now()

    def tell(self) -> None:
        """It is the attempt that the call ends with."""
        self._timing.last = self


class Timing:
    """Where the time of one call goes, from when its head was at the door; `now` gives seconds of a monotonic clock."""

    __slots__ = ("_arrived_s", "_read_s", "first", "last", "now")

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._arrived_s = now()
        self._read_s: float | None = None
        self.first: Leg | None = None
        self.last: Leg | None = None

    def read(self) -> None:
        """It is known who calls and for what."""
        self._read_s = self.now()

    def leg(self) -> Leg:
        """An attempt that may be made."""
        return Leg(self)

    def only_leg(self) -> Leg:
        """The attempt of a call that has one."""
        self.last = Leg(self)
        return self.last

    def header(self) -> bytes | None:
        """What is known when the head of the answer is written, which is now; None of a call that was not read."""
        if self._read_s is None:
            return None
        return b", ".join([b"%b;dur=%.3f" % (name, seconds * 1000) for name, seconds in self._phases(self.now())])

    def _phases(self, now_s: float) -> Iterator[tuple[bytes, float]]:
        """In order, in seconds. They do not overlap, unless all attempts failed: then `attempts` is all their time."""
        read_s, first, last = self._read_s, self.first, self.last
        assert read_s is not None, "a call is read before it is answered"
        yield b"access", read_s - self._arrived_s
        if first is not None and first.began_s is not None:
            yield b"plan", first.began_s - read_s
            if last is not None and (last is not first or last.ended_s is not None):
                until_s = last.began_s if last.ended_s is None else last.ended_s
                if until_s is not None:
                    yield b"attempts", until_s - first.began_s
        if last is not None and last.dialled_s is not None and last.sent_s is not None:
            yield b"connect", last.sent_s - last.dialled_s
            if last.heard_s is not None:
                yield b"first_byte", last.heard_s - last.sent_s
        yield b"total", now_s - self._arrived_s
