"""Many workers live here: started on one listening socket, watched, restarted, and stopped together."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType

import structlog

log = structlog.get_logger()

_LEAST_LIFE_S = 1.0  # a worker that dies sooner is restarted no more often than this
_KILL_AFTER_S = 10.0  # beyond the time that calls may take to finish


class Workers:
    """Worker processes of one hub.

    Each gets the listening socket and a pipe: it writes a byte there when it accepts calls, and stops
    when its standard input ends, which is when this process is gone, however it went.
    """

    def __init__(self, count: int, listening: socket.socket, on_ready: Callable[[], None], *, stop_s: float) -> None:
        self._count = count
        self._listening = listening
        self._on_ready = on_ready
        self._stop_s = stop_s
        self._workers: list[subprocess.Popen[bytes]] = []
        self._ready_in, self._ready_out = os.pipe()
        self._is_stopping = False
        self._is_ready = False

    def run(self) -> int:
        """Keep the workers running until SIGTERM or SIGINT; 0, or 3 when they could not start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._workers = [self._start() for _ in range(self._count)]
        waiting = self._count
        with selectors.DefaultSelector() as selector:
            selector.register(self._ready_in, selectors.EVENT_READ)
            while not self._is_stopping:
                if selector.select(timeout=0.1):
                    waiting -= len(os.read(self._ready_in, 64))
                    if waiting <= 0 and not self._is_ready:
                        self._is_ready = True
                        self._on_ready()
                self._replace_dead()
        self._await_end()
        return 0 if self._is_ready else 3

    def _start(self) -> subprocess.Popen[bytes]:
        handles = (self._listening.fileno(), self._ready_out)
        return subprocess.Popen(
            [sys.executable, "-m", "aigne_hub.worker", *map(str, handles)], stdin=subprocess.PIPE, pass_fds=handles
        )

    def _replace_dead(self) -> None:
        for place, worker in enumerate(self._workers):
            code = worker.poll()
            if code is None or self._is_stopping:
                continue
            if not self._is_ready:  # what keeps one from starting keeps all
                log.error("worker could not start", pid=worker.pid, code=code)
                self._is_stopping = True
                return
            log.error("worker died", pid=worker.pid, code=code)
            time.sleep(_LEAST_LIFE_S)
            self._workers[place] = self._start()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _await_end(self) -> None:
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + self._stop_s + _KILL_AFTER_S
        for worker in self._workers:
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("worker did not stop and was killed", pid=worker.pid)
                worker.kill()
                worker.wait()
