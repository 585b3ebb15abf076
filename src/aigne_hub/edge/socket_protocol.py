"""The connection of a WebSocket lives here: uvicorn's, which a listener that does not read cannot keep open."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SOCKET_PATHS = frozenset({b"/websocket", b"/ai-kit/websocket"})
LARGEST_MESSAGE = 4096  # bytes that a listener may send at once; nothing of it is read
PING_S = 20.0  # between two pings, and until the answer to each
_LINGER_S = 2.0  # for the last words to leave


class SocketProtocol(WebSocketsSansIOProtocol):
    """Closing waits until what was written has left; of a listener that does not read, not for ever."""

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.get_write_buffer_size():
            self.transport.abort()
