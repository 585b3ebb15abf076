"""A silent stream lives here: its head is sent after a while, and then a sign of life, so that its caller stays.

Reasoning models think for minutes; proxies and clients give up on a connection on which nothing comes for one.
"""

from __future__ import annotations

from collections.abc import Callable

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.relay.reply import Reply

LOOK_S = 5.0  # a stream is looked at so often
HEAD_LOOKS = 2  # looks until the head is sent: clients give up on an answer whose head does not come
SIGN_LOOKS = 3  # looks in a row at which nothing has been sent since the one before


class Silence:
    """Looks after one stream until it is dropped. Each look costs under a microsecond, and a chunk nothing.

    `begin` sends the head. `sign` is what the caller's dialect has for a sign of life, if anything: whole events, for
    nothing but whole events is sent, so it never lands within one.
    """

    __slots__ = ("_begin", "_deadlines", "_looks", "_reply", "_sent", "_sign", "_ticket")

    def __init__(self, deadlines: Deadlines, reply: Reply, begin: Callable[[], None], sign: bytes | None) -> None:
        self._deadlines = deadlines
        self._reply = reply
        self._begin = begin
        self._sign = sign
        self._looks = 0
        self._sent = reply.sent
        self._ticket = deadlines.set(LOOK_S, self._look)

    def drop(self) -> None:
        self._deadlines.drop(self._ticket)

    def _look(self) -> None:
        self._ticket = self._deadlines.set(LOOK_S, self._look)
        reply = self._reply
        self._looks = self._looks + 1 if reply.sent == self._sent else 0
        self._sent = reply.sent
        if not reply.has_started:
            if self._looks >= HEAD_LOOKS:
                self._begin()
                self._looks = 0
        elif self._looks >= SIGN_LOOKS and self._sign is not None and not reply.is_gone:
            reply.send_soon(self._sign)
            self._looks = 0
