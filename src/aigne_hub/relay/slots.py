"""Slots live here: how many calls run at once at a provider and with a credential, and who waits for one to end.

Each worker counts its own. A target without such a limit has nothing to do with any of it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Unavailable
from aigne_hub.catalog.entries import CredentialId, ProviderId, Target
from aigne_hub.relay.reply import Reply

_AGAIN_S = 5
_Id = TypeVar("_Id", ProviderId, CredentialId)


class Slot:
    """A place at a target, until it is ended; ending it again does nothing."""

    __slots__ = ("_slots", "target")

    def __init__(self, slots: Slots, target: Target) -> None:
        self._slots: Slots | None = slots
        self.target = target

    def end(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back(self.target)


class _Waiter:
    """A call that waits for a slot at any of its targets; in line at each of their providers that had room for it."""

    __slots__ = ("lines", "slot", "targets")

    def __init__(self, targets: Sequence[Target], slot: asyncio.Future[Slot | None]) -> None:
        self.targets = targets
        self.slot = slot
        self.lines: list[_Line] = []

    def leave(self) -> None:
        for line in self.lines:
            line.pop(self, None)


_Line = dict[_Waiter, None]  # first come, first served


class Slots:
    """The slots of one worker."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._at: Counter[ProviderId] = Counter()
        self._with: Counter[CredentialId] = Counter()
        self._lines: dict[ProviderId, _Line] = {}

    @property
    def running(self) -> int:
        """Slots that are taken, at all providers."""
        return self._at.total()

    @property
    def waiting(self) -> int:
        return len({waiter for line in self._lines.values() for waiter in line})

    def take(self, target: Target) -> Slot | None:
        """A slot at a target that has a limit; None when all are taken.

        A slot is never free while somebody waits who could have it, so nobody is passed by this.
        """
        if not self._is_free(target):
            return None
        self._at[target.provider.id] += 1
        self._with[target.credential_id] += 1
        return Slot(self, target)

    async def wait(self, targets: Sequence[Target], reply: Reply) -> Slot:
        """A slot at the first of these targets that has one: now, or when one is given back.

        Raises Unavailable (`busy`) when too many wait already, when it takes too long, and when the caller hangs up.
        """
        slot = next((slot for slot in map(self.take, targets) if slot is not None), None)
        if slot is not None:
            return slot
        waiter = _Waiter(targets, asyncio.get_running_loop().create_future())
        longest_s = self._line_up(waiter)
        if not waiter.lines:
            raise _busy(targets, "no more may wait for one to end")
        ticket = self._deadlines.set(longest_s, lambda: _give_up(waiter))
        reply.when_gone(lambda: _give_up(waiter))
        try:
            slot = await waiter.slot
        except asyncio.CancelledError:
            if waiter.slot.done() and not waiter.slot.cancelled() and (given := waiter.slot.result()) is not None:
                given.end()
            raise
        finally:
            self._deadlines.drop(ticket)
            self._leave(waiter)
        if slot is None:
            raise _busy(targets, f"none ended within {longest_s:g} s")
        return slot

    async def obtain(self, target: Target, reply: Reply) -> Slot | None:
        """A slot at the only target of a call, waited for if need be; None when it has no limit. Raises as `wait`."""
        if target.limits is None or not target.limits.has_slots:
            return None
        return self.take(target) or await self.wait([target], reply)

    def give_back(self, target: Target) -> None:
        """A slot has ended: it is for whoever has waited longest and could have it."""
        _less(self._at, target.provider.id)
        _less(self._with, target.credential_id)
        self._serve(target.provider.id)

    def _is_free(self, target: Target) -> bool:
        limits = target.limits
        assert limits is not None, "a target without limits has no slots"
        at, with_ = limits.at_provider, limits.with_credential
        return (at is None or self._at[target.provider.id] < at) and (
            with_ is None or self._with[target.credential_id] < with_
        )

    def _line_up(self, waiter: _Waiter) -> float:
        """Stand in line wherever there is room; the longest that is waited, in seconds."""
        longest_s = 0.0
        for target in waiter.targets:
            assert target.limits is not None
            line = self._lines.setdefault(target.provider.id, {})
            if waiter not in line and len(line) < target.limits.queue:
                line[waiter] = None
                waiter.lines.append(line)
                longest_s = max(longest_s, target.limits.queue_s)
        self._sweep(waiter.targets)
        return longest_s

    def _serve(self, provider_id: ProviderId) -> None:
        for waiter in self._lines.get(provider_id, ()):
            if waiter.slot.done():
                continue  # it gave up this very moment
            for target in waiter.targets:
                if target.provider.id == provider_id and (slot := self.take(target)) is not None:
                    waiter.slot.set_result(slot)
                    self._leave(waiter)
                    return

    def _leave(self, waiter: _Waiter) -> None:
        waiter.leave()
        self._sweep(waiter.targets)

    def _sweep(self, targets: Sequence[Target]) -> None:
        """Forget lines in which nobody stands."""
        for target in targets:
            if not self._lines.get(target.provider.id, True):
                del self._lines[target.provider.id]


def _less(counter: Counter[_Id], id_: _Id) -> None:
    counter[id_] -= 1
    if not counter[id_]:
        del counter[id_]


def _give_up(waiter: _Waiter) -> None:
    if not waiter.slot.done():
        waiter.slot.set_result(None)


def _busy(targets: Sequence[Target], reason: str) -> Unavailable:
    names = ", ".join(dict.fromkeys([target.provider.name for target in targets[:5]]))
    message = f"as many calls run at {names} as may at once, and {reason}: try again soon"
    return Unavailable(message, code="busy", retry_after=_AGAIN_S)
