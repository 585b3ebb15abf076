"""The door of models lives here: which there are, and one of them, in the shape of the client that asks.

Sources: https://platform.openai.com/docs/api-reference/models, https://platform.claude.com/docs/en/api/models/list and
https://ai.google.dev/api/models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import msgspec
import structlog

from aigne_hub.access.bearer import find_bearer
from aigne_hub.access.identity import Caller
from aigne_hub.access.identity import Scope as Right
from aigne_hub.base.errors import BadRequest, HubError, NotFound
from aigne_hub.catalog.listing import anthropic_entry, find_listed, google_entry, named_once, openai_entry, with_faults
from aigne_hub.catalog.snapshot import ListedModel
from aigne_hub.dialects.anthropic_messages.errors import error_body as anthropic_error
from aigne_hub.dialects.gemini.errors import error_body as google_error
from aigne_hub.dialects.openai_errors import error_body as openai_error
from aigne_hub.edge.challenge import challenge
from aigne_hub.edge.reading import Fields, address_of, request_id_of
from aigne_hub.edge.refusals import note_refusal
from aigne_hub.edge.wire import AsgiReply, Receive, Scope, Send, fault, with_google_key
from aigne_hub.house import House

log = structlog.get_logger()

_PATH = re.compile(r"(?:/ai-kit)?/(?P<base>v1|api/v2|v1beta|v1alpha)/models(?:/(?P<model>.+))?", re.DOTALL)
_KEY = re.compile(rb"(?:^|&)key=")  # Google's other place for a key
_MOST = 1000  # models on a page, at Anthropic and at Google
_LONGEST_MODEL = 300

_write = msgspec.json.Encoder().encode

Query = dict[str, str]
Models = list[ListedModel]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one maker's clients are told of models: a page of a list, one model, an error."""

    page: Callable[[Models, Query], dict[str, Any]]
    entry: Callable[[ListedModel], dict[str, Any]]
    error: Callable[[HubError], bytes]


class ModelsDoor:
    """GET of `/v1/models` and of `/v1/models/MODEL`, by its id or its bare name; also below Google's versions."""

    method = "GET"

    def __init__(self, house: House) -> None:
        self._house = house

    @staticmethod
    def owns(path: str) -> bool:
        return "/models" in path and _PATH.fullmatch(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = dict(scope["headers"])
        request_id = request_id_of(fields) or str(self._house.recorder.new_id())
        reply = AsgiReply(receive, send, request_id)
        path = _PATH.fullmatch(scope["path"])
        assert path is not None
        shape = _shape_of(path["base"], fields, scope["query_string"])
        try:
            query = _query(scope)
            caller = await self._identify(scope, fields, query)
            listed = named_once(with_faults(self._house.catalog.models(), self._house.statuses.down))
            models = [one for one in listed if caller.rights.allows_model(one.id, one.name)]
            shown = shape.page(models, query) if path["model"] is None else shape.entry(_one(models, path["model"]))
            await reply.json(200, _write(shown))
        except HubError as error:
            await reply.error(error, challenge(scope, self._house.settings, error), body=shape.error(error))
            await note_refusal(self._house, scope, fields, request_id, error)
        except Exception:  # a fault of ours: the caller gets an error object, the log the trace
            log.exception("request broke", path=scope["path"])
            await reply.error(fault(), body=shape.error(fault()))

    async def _identify(self, scope: Scope, fields: Fields, query: Query) -> Caller:
        address = address_of(scope, fields, self._house.settings.trusted_proxies)
        headers = with_google_key(scope, query.get("key"))["headers"]
        caller = await self._house.identify(find_bearer(headers, scope["query_string"], None), address)
        caller.require(Right.models_read)
        return caller


def _shape_of(base: str, fields: Fields, query: bytes) -> Shape:
    """Below /v1 all makers list: Anthropic's clients are known by their version, Google's by where their key is."""
    if base in ("v1beta", "v1alpha") or (
        base == "v1" and (b"x-goog-api-key" in fields or _KEY.search(query) is not None)
    ):
        return _GOOGLE
    return _ANTHROPIC if b"anthropic-version" in fields else _OPENAI


def _one(models: Models, name: str) -> ListedModel:
    found = find_listed(models, name.removeprefix("models/")) if len(name) <= _LONGEST_MODEL else None
    if found is None:
        raise NotFound(f"The model '{name[:_LONGEST_MODEL]}' does not exist", code="model_not_found", param="model")
    return found


def _openai_page(models: Models, _query: Query) -> dict[str, Any]:
    return {"object": "list", "data": [openai_entry(model) for model in models]}


def _anthropic_page(models: Models, query: Query) -> dict[str, Any]:
    limit = min(_count(query, "limit", 20), _MOST)
    if "before_id" in query:
        end = _place(models, query["before_id"], "before_id")
        start = max(0, end - limit)
        has_more = start > 0
    else:
        start = _place(models, query["after_id"], "after_id") + 1 if "after_id" in query else 0
        end = start + limit
        has_more = end < len(models)
    data = [anthropic_entry(model) for model in models[start:end]]
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"data": data, "has_more": has_more, "first_id": first, "last_id": last}


def _google_page(models: Models, query: Query) -> dict[str, Any]:
    """A page's token is the model it ends with."""
    size = min(_count(query, "pageSize", 50), _MOST)
    start = _place(models, query["pageToken"], "pageToken") + 1 if query.get("pageToken") else 0
    page: dict[str, Any] = {"models": [google_entry(model) for model in models[start : start + size]]}
    if start + size < len(models):
        page["nextPageToken"] = models[start + size - 1].id
    return page


def _count(query: Query, name: str, default: int) -> int:
    value = query.get(name, "") or str(default)
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value) > 0):
        raise BadRequest(f"{name} is a whole number from 1 to {_MOST}", param=name)
    return int(value)


def _place(models: Models, id_: str, name: str) -> int:
    """Where a model stands in the list; one that went meanwhile breaks the paging, and that is told."""
    for i, model in enumerate(models):
        if model.id == id_:
            return i
    raise BadRequest(f"{name} is of no model that is listed: begin anew", param=name)


def _query(scope: Scope) -> Query:
    try:
        asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
    except ValueError:
        raise BadRequest("the query has too many fields") from None
    return {name: values[-1] for name, values in asked.items()}


_OPENAI = Shape(_openai_page, openai_entry, openai_error)
_ANTHROPIC = Shape(_anthropic_page, anthropic_entry, anthropic_error)
_GOOGLE = Shape(_google_page, google_entry, google_error)
