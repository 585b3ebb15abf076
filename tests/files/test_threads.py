"""Work that waits for the disk is done off the loop, and done to its end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aigne_hub.files.threads import Threads

pytestmark = pytest.mark.anyio


async def test_work_is_done_elsewhere_and_its_errors_come_back() -> None:
    threads = Threads()
    assert await threads.run(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    threads.close()


async def test_what_was_left_is_done_before_the_end() -> None:
    threads = Threads()
    done: list[int] = []
    for n in range(100):
        threads.leave(done.append, n)
    await asyncio.to_thread(threads.close)
    assert sorted(done) == list(range(100))
