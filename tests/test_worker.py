"""One worker of many: it stops in good order when its parent is gone."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from aigne_hub.db.migrate import upgrade
from tests.environment import environment


def test_a_worker_says_that_it_serves_and_stops_with_its_parents_pipe(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'hub.db'}")
    ready_in, ready_out = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        handles = (listening.fileno(), ready_out)
        worker = subprocess.Popen(
            [sys.executable, "-m", "aigne_hub.worker", *map(str, handles)],
            stdin=subprocess.PIPE,
            pass_fds=handles,
            env=environment(data_dir=str(tmp_path), local_model="off", log_level="error"),
        )
        try:
            assert os.read(ready_in, 1) == b"1"
            assert all(is_closed_for_children(worker.pid, handle) for handle in handles)
            assert worker.stdin is not None
            worker.stdin.close()
            assert worker.wait(20) == 0
        finally:
            worker.kill()
            worker.wait()
            os.close(ready_in)
            os.close(ready_out)


def is_closed_for_children(pid: int, handle: int) -> bool:
    flags = re.search(r"^flags:\s*(\d+)$", Path(f"/proc/{pid}/fdinfo/{handle}").read_text(), re.MULTILINE)
    assert flags is not None
    return bool(int(flags[1], 8) & os.O_CLOEXEC)


def test_a_worker_told_to_stop_ends_without_complaint(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'hub.db'}")
    ready_in, ready_out = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        handles = (listening.fileno(), ready_out)
        worker = subprocess.Popen(
            [sys.executable, "-m", "aigne_hub.worker", *map(str, handles)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=handles,
            env=environment(data_dir=str(tmp_path), local_model="off", log_level="error"),
        )
        try:
            assert os.read(ready_in, 1) == b"1"
            worker.terminate()
            assert worker.wait(20) == 0
            assert worker.stderr is not None
            assert b"Fatal" not in worker.stderr.read()
        finally:
            worker.kill()
            worker.communicate()
            os.close(ready_in)
            os.close(ready_out)
