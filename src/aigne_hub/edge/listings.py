"""The small reading doors live here: status and the hub's own health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import msgspec
import structlog

from aigne_hub.access.bearer import find_bearer
from aigne_hub.access.identity import Caller
from aigne_hub.access.identity import Scope as Right
from aigne_hub.base.errors import BadRequest, HubError
from aigne_hub.edge.challenge import challenge
from aigne_hub.edge.reading import address_of, request_id_of
from aigne_hub.edge.refusals import note_refusal
from aigne_hub.edge.wire import AsgiReply, Headers, Receive, Scope, Send, fault
from aigne_hub.house import House

HUB_DID = "z8ia3xzq2tMq8CRHfaXj1BTYJyYnEcHbqP8cJ"  # by which clients know a hub among other things (contract 1.1)

log = structlog.get_logger()

_write = msgspec.json.Encoder().encode

Answer = tuple[int, dict[str, Any]]


class ReadingDoor:
    """GET that answers with JSON; `answer` gets the house, the caller (None when unknown) and the query."""

    method = "GET"

    def __init__(
        self,
        house: House,
        answer: Callable[[House, Caller | None, dict[str, list[str]]], Awaitable[Answer]],
        *,
        needs_caller: bool,
    ) -> None:
        self._house = house
        self._answer = answer
        self._needs_caller = needs_caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = scope["headers"]
        fields = dict(headers)
        request_id = request_id_of(fields) or str(self._house.recorder.new_id())
        reply = AsgiReply(receive, send, request_id)
        try:
            caller = await self._identify(scope, headers) if self._needs_caller else None
            query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
            status, body = await self._answer(self._house, caller, query)
            await reply.json(status, _write(body))
        except ValueError:
            await reply.json(
                400, _write({"error": {"message": "the query has too many fields", "type": "invalid_request_error"}})
            )
        except HubError as error:
            await reply.error(error, challenge(scope, self._house.settings, error))
            await note_refusal(self._house, scope, fields, request_id, error)
        except Exception:  # a fault of ours: the caller gets an error object, the log the trace
            log.exception("request broke", path=scope["path"])
            await reply.error(fault())

    async def _identify(self, scope: Scope, headers: Headers) -> Caller:
        address = address_of(scope, dict(headers), self._house.settings.trusted_proxies)
        caller = await self._house.identify(find_bearer(headers, scope["query_string"], None), address)
        caller.require(Right.models_read)
        return caller


async def status(house: House, _caller: Caller | None, query: dict[str, list[str]]) -> Answer:
    """Whether a model can be called now; always 200 (contract 2.2)."""
    model = query.get("model", [""])[0]
    if not house.catalog.ready():
        return 200, {"available": False, "error": "No providers available", "code": 503}
    if model:
        try:
            route = house.catalog.route(model, None)
        except HubError as error:
            return 200, {"available": False, "error": error.message, "code": error.status}
        if all(house.statuses.fault((pool.provider_id, pool.targets[0].model)) for pool in route.pools):
            return 200, {"available": False, "error": "Model is not available", "code": 503}
    return 200, {"available": True}


async def v1_status(house: House, _caller: Caller | None, _query: dict[str, list[str]]) -> Answer:
    """Whether anything can be called (contract 2.7)."""
    return 200, {"available": bool(house.catalog.ready())}


async def no_socket(_house: House, _caller: Caller | None, _query: dict[str, list[str]]) -> Answer:
    """To who asks the path of listeners in plain HTTP."""
    raise BadRequest("this path speaks WebSocket (RFC 6455)", code="websocket_expected")


async def healthz(_house: House, _caller: Caller | None, _query: dict[str, list[str]]) -> Answer:
    """The process runs."""
    return 200, {"status": "ok"}


async def readyz(house: House, _caller: Caller | None, _query: dict[str, list[str]]) -> Answer:
    """The process can answer calls: its snapshots are loaded and the database answers."""
    missing = await house.freshness.missing()
    return (503, {"status": "not ready", "missing": missing}) if missing else (200, {"status": "ready"})


async def discovery(house: House, _caller: Caller | None, _query: dict[str, list[str]]) -> Answer:
    """How the reference's clients find the hub (contract 1.1); always asked at the origin's root."""
    url = house.settings.public_url or "/"
    mount = {"did": HUB_DID, "name": "ai-kit", "title": "AIGNE Hub", "mountPoint": "/"}
    return 200, {
        "appName": "AIGNE Hub",
        "appUrl": url,
        "prefix": "/",
        "componentId": HUB_DID,
        "componentMountPoints": [mount],
    }
