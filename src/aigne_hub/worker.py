"""One worker process of many: `python -m aigne_hub.worker SOCKET READY`, started by workers.py."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

from aigne_hub.serving import serve_here
from aigne_hub.settings import read_settings


def main(arguments: list[str]) -> int:
    listening, ready = socket.socket(fileno=int(arguments[0])), int(arguments[1])
    for handle in (listening.fileno(), ready):
        os.set_inheritable(handle, False)  # the local model, this process's child, has no use for them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent stops its workers
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    return serve_here(read_settings(), listening, lambda: os.write(ready, b"1"))


def _stop_with_parent() -> None:
    # Not through sys.stdin, whose lock would stop the interpreter from ending while this thread waits.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
