"""The few threads that wait for the disk live here, so that the loop does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_THREADS = 4


class Threads:
    """A pool of its own: a slow disk holds up no lookup of a name."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="files")

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `work`. When cancelled, a work that has begun goes on to its end."""
        return await asyncio.wrap_future(self._pool.submit(work, *args, **kwargs))

    def leave(self, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have `work` done some time soon; nobody waits for it."""
        self._pool.submit(work, *args, **kwargs)

    def close(self) -> None:
        """Returns when all is done that was begun or left."""
        self._pool.shutdown()
