"""A hub in processes of its own, as an operator starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

from tests.environment import environment


@dataclass
class ServingHub:
    """`aigne-hub serve`, running. `said` is its standard output until it was ready, and a moment after."""

    process: subprocess.Popen[str]
    url: str
    said: list[str] = field(default_factory=list)
    log: Queue[str] = field(default_factory=Queue)  # lines of standard error

    def log_lines(self) -> list[str]:
        """What has been logged since the last call of this."""
        return [self.log.get_nowait() for _ in range(self.log.qsize())]

    @property
    def first_key(self) -> str | None:
        found = re.search(r"^ {2}(blocklet-\S+)$", "\n".join(self.said), re.MULTILINE)
        return found[1] if found else None

    def children(self) -> list[int]:
        """Processes of the hub besides the first."""
        return _children(self.process.pid)

    @contextmanager
    def only(self, worker: int) -> Iterator[None]:
        """Hold every other worker still, so that whatever is asked is asked of this one."""
        others = [pid for pid in self.children() if pid != worker]
        try:
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def serving_hub(data_dir: Path, *words: str, port: int = 0, **variables: str) -> Iterator[ServingHub]:
    """Start a hub and wait until it says that it is ready; it is gone at the end, however the test went."""
    variables = {"local_model": "off", "log_level": "error", **variables}
    command = [sys.executable, "-m", "aigne_hub.cli.main", "serve", "--port", str(port), "--data-dir", str(data_dir)]
    process = subprocess.Popen(
        [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**variables)
    )
    try:
        yield _ready(process)
    finally:
        family = _descendants(process.pid) if process.poll() is None else []
        process.kill()
        process.wait(10)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _ready(process: subprocess.Popen[str]) -> ServingHub:
    lines: Queue[str] = Queue()
    assert process.stdout is not None and process.stderr is not None
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    hub = ServingHub(process, "")
    while not hub.url:
        try:
            line = lines.get(timeout=60)
        except Empty:
            raise AssertionError(f"the hub did not become ready: {hub.said}") from None
        if line == "":
            raise AssertionError(f"the hub ended: {hub.said} {process.stderr.read()}")
        hub.said.append(line.rstrip("\n"))
        if found := re.fullmatch(r"aigne-hub ready on (\S+)", hub.said[-1]):
            hub.url = found[1]
    threading.Thread(target=_read, args=(process.stderr, hub.log), daemon=True).start()
    try:
        while True:
            hub.said.append(lines.get(timeout=0.3).rstrip("\n"))
    except Empty:
        return hub


def _read(stream: Iterator[str], lines: Queue[str]) -> None:
    try:
        for line in stream:
            lines.put(line)
    except ValueError:
        pass  # the test has closed it
    lines.put("")


def _children(pid: int) -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _parent(int(name)) == pid]


def _descendants(pid: int) -> list[int]:
    return [one for child in _children(pid) for one in (child, *_descendants(child))]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def is_running(pid: int) -> bool:
    """Whether a process lives; one that is dead and not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
