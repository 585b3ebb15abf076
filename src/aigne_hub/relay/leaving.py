"""A caller who hangs up while an attempt runs lives here: the provider is read on for a while, and then left."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Self

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import HubError
from aigne_hub.relay.record import HUNG_UP
from aigne_hub.relay.reply import Reply

_LOOKS_AFTER_S = 0.1  # most answers are there sooner, and pay nothing for the look-out


class CallerLeft(HubError):
    """The caller hung up, and its answer was not waited for any longer."""

    code = "caller_gone"

    def __init__(self) -> None:
        super().__init__(HUNG_UP)


class Leaving:
    """Around one attempt: raises CallerLeft in it when its caller has been gone for `drain_s` seconds.

    The provider bills what it makes, so the usage at the end of its answer is worth a bounded wait.
    """

    __slots__ = ("_deadlines", "_drain_s", "_has_left", "_is_over", "_reply", "_task", "_ticket")

    def __init__(self, deadlines: Deadlines, reply: Reply, drain_s: float) -> None:
        self._deadlines = deadlines
        self._reply = reply
        self._drain_s = drain_s
        self._task: asyncio.Task[object] | None = None
        self._ticket: int | None = None
        self._has_left = False
        self._is_over = False

    def __enter__(self) -> Self:
        if self._drain_s != math.inf:
            self._ticket = self._deadlines.set(_LOOKS_AFTER_S, self._look_out)
            self._task = asyncio.current_task(self._deadlines.loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._has_left and kind is asyncio.CancelledError:
            assert self._task is not None
            if self._task.uncancel() == 0:  # else the hub is stopping as well
                raise CallerLeft from None

    def end(self) -> None:
        """The answer is there: from now on nothing is left any more."""
        self._is_over = True
        if self._ticket is not None:
            self._deadlines.drop(self._ticket)

    def _look_out(self) -> None:
        self._ticket = None
        self._reply.when_gone(self._drain)

    def _drain(self) -> None:
        if self._drain_s > 0 and not self._is_over:
            self._ticket = self._deadlines.set(self._drain_s, self._leave)
        else:
            self._leave()

    def _leave(self) -> None:
        if not self._is_over and self._task is not None:
            self._has_left = True
            self._task.cancel()
