"""What the calls of one worker find of models' availability lives here, until it is written down for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.catalog.statuses.entries import Fault, ModelKey, StatusChange, fault_of
from aigne_hub.dialects.call import Kind

MOST_WAITING = 1024
CONFIRMED_MS = 60_000  # what is known to be down is said so again after this time, and not by every call


class Availability:
    """Only changes count, so that a success where all is well costs a look at what is empty.

    `kind_of` tells the kind of a target's model, and None of one that no listing shows: callers may name any model, and
    nobody is told of those.
    """

    def __init__(self, board: StatusBoard, clock: Clock, kind_of: Callable[[Target], Kind | None]) -> None:
        self._board = board
        self._now_ms = clock.now_ms
        self._kind_of = kind_of
        self._noticed: dict[ModelKey, StatusChange] = {}
        self._told: frozenset[ModelKey] = frozenset()  # written down just now: the board may not show it yet

    def succeeded(self, target: Target) -> None:
        if self._noticed or self._told or self._board.down:
            key = (target.provider.id, target.model)
            if key in self._board.down or key in self._told:
                self._note(key, target, None)
            else:
                self._noticed.pop(key, None)  # it failed a moment ago, and nobody has heard of it yet

    def failed(self, target: Target, error: UpstreamFailed) -> None:
        fault = fault_of(error)
        if fault is None:
            return
        key = (target.provider.id, target.model)
        known = self._board.down.get(key)
        if known is None or key in self._told or self._now_ms() - known.seen_ms >= CONFIRMED_MS:
            self._note(key, target, fault)
        else:
            self._noticed.pop(key, None)

    def noticed(self) -> list[StatusChange]:
        """What is to be written down; it stays until `settle` hears of it."""
        return list(self._noticed.values())

    def settle(self, written: Sequence[StatusChange]) -> None:
        """These are written down, unless calls have found something else since; whatever was before is on the board."""
        for one in written:
            if self._noticed.get(one.key) is one:
                del self._noticed[one.key]
        self._told = frozenset([one.key for one in written])

    def _note(self, key: ModelKey, target: Target, fault: Fault | None) -> None:
        old = self._noticed.get(key)
        if old is not None and old.fault == fault:
            return
        kind = self._kind_of(target)
        if kind is not None and (old is not None or len(self._noticed) < MOST_WAITING):
            self._noticed[key] = StatusChange(*key, kind, fault)
