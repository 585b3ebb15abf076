"""The door of listeners lives here: a WebSocket on which the hub tells of models that come and go (contract 2.11).

What it tells is in the list of models that everybody may read, and it takes nothing: so it asks nobody who they are,
looks at no cookie, and a page of any site may listen.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from aigne_hub.base.errors import HubError, NotFound, TooMany, Unavailable
from aigne_hub.base.throttle import Throttle
from aigne_hub.catalog.listing import TYPES
from aigne_hub.catalog.statuses.entries import StatusChange
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.edge.reading import address_of
from aigne_hub.edge.socket_protocol import SOCKET_PATHS
from aigne_hub.edge.wire import JSON, Receive, Scope, Send
from aigne_hub.house import House

EVENT = "model.status.updated"
MOST_LISTENERS = 500  # of a worker
MOST_OF_ADDRESS = 20
MOST_WAITING = 256  # messages that a listener has not read yet: whoever is slower is let go
_MESSAGES, _MESSAGES_S = 60, 60.0  # that a listener may send, heartbeats and the like

_END = ""  # after what a listener still has to read

_write = msgspec.json.Encoder().encode


class SocketDoor:
    """All listeners of one worker."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._listeners: set[asyncio.Queue[str]] = set()
        self._of_address: Counter[str] = Counter()
        house.statuses.listen(self._tell)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = address_of(scope, dict(scope["headers"]), self._house.settings.trusted_proxies) or ""
        await receive()  # that somebody wants to listen
        try:
            self._refuse(scope, address)
        except HubError as error:
            await _refuse(scope, send, error)
            return
        queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._listeners.add(queue)
        self._of_address[address] += 1
        try:
            await send({"type": "websocket.accept"})
            await self._serve(queue, receive, send)
        finally:
            self._listeners.discard(queue)
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def _refuse(self, scope: Scope, address: str) -> None:
        if scope["path"].encode() not in SOCKET_PATHS:
            raise NotFound("there is no WebSocket at this path")
        if len(self._listeners) >= MOST_LISTENERS:
            raise Unavailable("this hub has as many listeners as it takes", retry_after=60)
        if self._of_address[address] >= MOST_OF_ADDRESS:
            raise TooMany(f"an address has at most {MOST_OF_ADDRESS} listeners", retry_after=60)

    async def _serve(self, queue: asyncio.Queue[str], receive: Receive, send: Send) -> None:
        """Until the listener goes, talks too much, or does not keep up."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_push(queue, send)), group.create_task(self._hear_out(receive))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _hear_out(self, receive: Receive) -> None:
        """Read and forget what a listener says, until it goes; one that never stops is let go."""
        throttle = Throttle(_MESSAGES, _MESSAGES_S)
        while (await receive())["type"] != "websocket.disconnect":
            try:
                throttle.take(0, self._house.clock.monotonic())
            except TooMany:
                return

    def _tell(self, changes: Sequence[StatusChange]) -> None:
        if not self._listeners:
            return
        messages = [text for change in changes if (text := self._message(change)) is not None]
        for queue in list(self._listeners):
            for text in messages:
                _put(queue, text)

    def _message(self, change: StatusChange) -> str | None:
        """None of what the list of models does not show."""
        provider = next((one for one in self._house.catalog.providers() if one.id == change.provider_id), None)
        if provider is None or change.kind not in TYPES:
            return None
        fault = change.fault
        data: dict[str, Any] = {
            "provider": provider.name,
            "model": change.model,
            "available": fault is None,
            "error": None if fault is None else {"code": fault.code, "message": fault.message},
            "type": change.kind.value,
        }
        return _write({"event": EVENT, "data": data}).decode()


def _put(queue: asyncio.Queue[str], text: str) -> None:
    """Without waiting; a listener that is behind gets nothing more, and its end as soon as it has read so far."""
    if queue.qsize() < MOST_WAITING - 1:
        queue.put_nowait(text)
    elif not queue.full():
        queue.put_nowait(_END)


async def _push(queue: asyncio.Queue[str], send: Send) -> None:
    with suppress(OSError):  # the listener has gone, and whoever hears it out ends it
        while text := await queue.get():
            await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": 1013, "reason": "too slow"})


async def _refuse(scope: Scope, send: Send, error: HubError) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1013})
        return
    headers = [JSON] if error.retry_after is None else [JSON, (b"retry-after", b"%d" % error.retry_after)]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": error_body(error)})
