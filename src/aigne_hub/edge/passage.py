"""The passage from the edge to the control plane: the same limits, ids and headers as the fast doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from aigne_hub.base.errors import HubError
from aigne_hub.edge.reading import ADDRESS, REQUEST_ID, URL, BodyReader, CallerGone, address_of, hub_url, request_id_of
from aigne_hub.edge.wire import ANY_ORIGIN, EXPOSED, AsgiReply, Message, Receive, Scope, Send
from aigne_hub.house import House

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_MOUNT = "/ai-kit"


class Passage:
    """Reads the body within limits, names the request, and hands both on."""

    def __init__(self, house: House, reader: BodyReader, inner: Asgi) -> None:
        self._house = house
        self._reader = reader
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = dict(scope["headers"])
        request_id = request_id_of(fields) or str(self._house.recorder.new_id())
        try:
            body = await self._reader.read(scope, fields, receive)
        except CallerGone:
            return
        except HubError as error:
            await AsgiReply(receive, send, request_id).error(error)
            return
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            settings = self._house.settings
            known = {
                ADDRESS: address_of(scope, fields, settings.trusted_proxies),
                URL: hub_url(scope, fields, settings),
                REQUEST_ID: request_id,
            }
            await self._inner({**unmounted(scope), **known}, _replay(body, receive), _named(send, request_id))


def unmounted(scope: Scope) -> Scope:
    """The same request without the reference's mount point before its path."""
    path: str = scope["path"]
    if path == _MOUNT or path.startswith(_MOUNT + "/"):
        path = path.removeprefix(_MOUNT) or "/"
        return {**scope, "path": path, "raw_path": path.encode()}
    return scope


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _named(send: Send, request_id: str) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(b"x-request-id", request_id.encode("ascii")), ANY_ORIGIN, EXPOSED]
            message = {**message, "headers": [*message["headers"], *own]}
        await send(message)

    return with_headers
