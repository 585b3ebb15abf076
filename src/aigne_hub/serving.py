"""Serving lives here: one worker in this process, or many in processes of their own on one socket."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from aigne_hub.app import Hub
from aigne_hub.base.clock import Clock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.logs import set_up
from aigne_hub.edge.protocol import guarded_protocol
from aigne_hub.edge.socket_protocol import LARGEST_MESSAGE, PING_S, SocketProtocol
from aigne_hub.settings import BadSetting, Settings
from aigne_hub.workers import Workers

_BACKLOG = 4096
_COLLECT_EVERY = 20_000  # net new objects
_KEEP_ALIVE_S = 75


def serve(settings: Settings, on_ready: Callable[[str], None]) -> int:
    """Serve until stopped; `on_ready` gets the hub's address once every worker accepts calls.

    Returns the process's exit code. Raises BadSetting when the address cannot be listened on.
    """
    listening = listen(settings)
    url = address_of(settings, listening)
    if settings.workers == 1:
        return serve_here(settings, listening, lambda: on_ready(url))
    return Workers(settings.workers, listening, lambda: on_ready(url), stop_s=settings.stop_s).run()


def address_of(settings: Settings, listening: socket.socket) -> str:
    if settings.public_url:
        return settings.public_url
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(settings: Settings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise BadSetting(
            f"HUB_HOST and HUB_PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        ) from error
    return listening


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it has started, and for which being asked to stop is no failure."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # What start-up made lives as long as the process: the collector need not visit it again.
            # Calls make no cycles to speak of, so that it may come less often, too.
            gc.collect()
            gc.freeze()
            gc.set_threshold(_COLLECT_EVERY, 20, 50)
            self._on_start()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in good order at SIGTERM and SIGINT, and then end with 0; uvicorn would raise them again."""
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGTERM, signal.SIGINT)
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def config_of(settings: Settings, *, clock: Clock | None = None) -> uvicorn.Config:
    protocol = guarded_protocol(Deadlines(), header_limit=settings.header_limit, header_s=settings.body_s)
    return uvicorn.Config(
        Hub(settings, clock=clock),
        http=protocol,
        interface="asgi3",
        ws=SocketProtocol,
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(settings.stop_s),
    )


def serve_here(settings: Settings, listening: socket.socket, on_start: Callable[[], object]) -> int:
    """One worker, in this process."""
    set_up(settings.log_level, as_json=logs_as_json(settings))
    server = _Server(config_of(settings), on_start)
    server.run([listening])
    return 0 if server.started else 3


def logs_as_json(settings: Settings) -> bool:
    return settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
