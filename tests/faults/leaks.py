"""What is left of calls in this process, where the hub under test runs too: tasks, sockets, objects."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from dataclasses import dataclass

from aigne_hub.edge.wire import AsgiReply
from aigne_hub.outbound import Exchange
from aigne_hub.relay.attempt import Attempt, Wish
from aigne_hub.usage.recorder import OpenCall
from tests.tokenizer.processes import tokenizers_of

_OF_A_CALL = (AsgiReply, Attempt, Exchange, OpenCall, Wish)
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Traces:
    """A look at the process."""

    tasks: frozenset[asyncio.Task[object]]
    sockets: int
    objects: Counter[str]

    def left_since(self, before: Traces) -> dict[str, object]:
        """What is there now and was not before."""
        return {
            **{f"task {task.get_coro()}": 1 for task in self.tasks - before.tasks if not task.done()},
            **({"sockets": self.sockets - before.sockets} if self.sockets > before.sockets else {}),
            **(self.objects - before.objects),
        }


def look() -> Traces:
    gc.collect()
    objects = Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, _OF_A_CALL))
    kept = len(tokenizers_of(os.getpid()))  # each has a socket for as long as it lives, which is of no call
    return Traces(frozenset(asyncio.all_tasks()), _sockets() - kept, objects)


async def assert_nothing_left(before: Traces) -> None:
    """Whatever calls had is given back within some seconds."""
    left: dict[str, object] = {}
    for _ in range(int(_PATIENCE_S / 0.1)):
        left = look().left_since(before)
        if not left:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"left behind: {left}")


def _sockets() -> int:
    count = 0
    for one in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{one}").startswith("socket:")
        except FileNotFoundError:
            continue  # of the listing itself
    return count
