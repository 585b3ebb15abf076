"""The keeper of the tokenizer lives here: one child process in a worker, started when it is first needed."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from aigne_hub.base.clock import Clock
from aigne_hub.tokenizer.frames import NUMBER, frame_of

log = structlog.get_logger()

IDLE_S = 300.0  # a provider that tells no usage is asked again soon, or it is not in use
FIRST_S = 2.0  # who waits for the start: it takes 0.2 s, and several times that on a busy machine
NEXT_S = 0.25  # who waits for an answer: the worst 64 Ki letters take 0.03 s
MOST_WAITING = 32  # a hundredth of a second each is what can be had within NEXT_S
_PATIENCE_S = 5.0  # a child that is silent for longer is killed; nobody waits for it any more
_FIRST_PAUSE_S = 1.0  # between two starts …
_LONGEST_PAUSE_S = 60.0  # … where no child has answered yet
_COMMAND = (sys.executable, "-P", "-m", "aigne_hub.tokenizer.child")


class Tokenizer:
    """Counts tokens in a child process. A thread of its own talks to it, so that nothing here holds the loop up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="tokenizer")
        self._child: _Child | None = None
        self._is_closed = False
        self._waiting = 0
        self._last_s = 0.0  # when it was last asked
        self._number = 0  # of requests so far
        self._running: int | None = None  # the number of the one that the child works on
        self._late: int | None = None  # the number of one that was waited for in vain
        self._not_before_s = 0.0  # when a child may be started next
        self._pause_s = _FIRST_PAUSE_S

    async def count(self, texts: Sequence[str]) -> int | None:
        """How many tokens `texts` are together; None when that cannot be told within the limits.

        The caller bounds the texts. While one request is late, others do not wait.
        """
        is_late = self._running is not None and self._running == self._late
        if is_late or self._is_closed or self._waiting >= MOST_WAITING:
            return None
        self._last_s = self._clock.monotonic()
        limit_s = NEXT_S if self._child is not None and self._child.has_answered else FIRST_S
        frame = frame_of(texts)
        self._waiting += 1
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, frame)
        except TimeoutError:
            self._late = self._running
            return None
        finally:
            self._waiting -= 1

    async def end_idle(self) -> None:
        """End a child that was not asked for a while: its memory is free again."""
        is_idle = not self._waiting and self._clock.monotonic() - self._last_s >= IDLE_S
        if self._child is not None and is_idle and not self._is_closed:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._end)

    def close(self) -> None:
        """End the child; whoever waits for it is told nothing."""
        self._is_closed = True
        if self._child is not None:
            self._child.kill()
        if self._number:
            self._pool.submit(self._end)
        self._pool.shutdown(wait=False)

    def _ask(self, frame: bytes) -> int | None:
        self._number += 1
        self._running = self._number
        try:
            if self._child is not None and self._child.is_dead:
                self._end()
            child = self._child or self._start()
            if child is None:
                return None
            tokens = child.count(frame)
            self._pause_s = _FIRST_PAUSE_S
        except OSError as error:  # it could not be started, has died or hangs
            log.warning("tokenizer failed", error=type(error).__name__)
            self._end()
            return None
        finally:
            self._running = None
        return tokens

    def _start(self) -> _Child | None:
        """A new child, unless the last one was started just now. Raises OSError."""
        now_s = self._clock.monotonic()
        if self._is_closed or now_s < self._not_before_s:
            return None
        self._not_before_s = now_s + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._child = _Child()
        log.info("tokenizer started", pid=self._child.pid)
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            log.info("tokenizer ended", pid=child.pid, code=child.end())


class _Child:
    """One child process. Its methods block."""

    def __init__(self) -> None:
        self.has_answered = False
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(_PATIENCE_S)
        try:
            # A session of its own: Ctrl-C at the terminal is for the hub, which then ends the child. The environment
            # holds the import path and none of the hub's secrets. What it complains of may be texts: nobody reads it.
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                _COMMAND,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        except OSError:
            self._socket.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_dead(self) -> bool:
        return self._process.poll() is not None

    def count(self, frame: bytes) -> int:
        """Raises OSError when the child is gone, or says nothing for _PATIENCE_S."""
        self._socket.sendall(frame)
        answer = self._socket.recv(NUMBER.size)
        if len(answer) < NUMBER.size:
            raise ConnectionResetError
        self.has_answered = True
        return int(NUMBER.unpack(answer)[0])

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> int:
        """The exit code, negative for a signal."""
        self._socket.close()
        self._process.kill()
        return self._process.wait()
