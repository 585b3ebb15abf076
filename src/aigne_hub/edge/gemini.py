"""Google's door lives here: its paths name the model and what is asked of it.

Source: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from aigne_hub.base.errors import BadRequest, HubError, NotFound
from aigne_hub.dialects import sse
from aigne_hub.dialects.call import ServedDialect
from aigne_hub.dialects.gemini.counts import GeminiCount
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.gemini.embeddings import GeminiEmbeddings
from aigne_hub.dialects.gemini.errors import error_body
from aigne_hub.edge.inference import InferenceDoor
from aigne_hub.edge.reading import BodyReader, request_id_of
from aigne_hub.edge.wire import JSON, AsgiReply, Message, Receive, Scope, Send, with_google_key
from aigne_hub.house import House

_PATH = re.compile(r"(?:/ai-kit)?/v1(?:alpha|beta)?/models/(?:models/)?(?P<model>.*):(?P<action>[^:/]*)", re.DOTALL)
_BEGINNINGS = tuple([f"{mount}/{version}/models/" for mount in ("", "/ai-kit") for version in ("v1beta", "v1alpha")])
_SHARED = ("/v1/models/", "/ai-kit/v1/models/")  # below these OpenAI's models are looked up too
_ACTIONS = (":generateContent", ":streamGenerateContent", ":countTokens", ":embedContent", ":batchEmbedContents")
_LONGEST_MODEL = 200


class GeminiDoor:
    """POST to `/v1beta/models/MODEL:ACTION`, where MODEL may be `provider/model`; one dialect for each request.

    Every version of the path is the same: Google's clients differ in which they ask for.
    The key may also stand in the query as `key`. A stream that does not ask for `alt=sse` is a JSON array.
    """

    method = "POST"

    def __init__(self, house: House, reader: BodyReader) -> None:
        self._house = house
        self._reader = reader

    @staticmethod
    def owns(path: str, method: str) -> bool:
        """Whether a request is for this door; who reads a model's description is for another (models.py)."""
        if path.endswith(_ACTIONS):
            return path.startswith((*_BEGINNINGS, *_SHARED))
        return method not in ("GET", "HEAD") and path.startswith(_BEGINNINGS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"]
        try:
            asked = parse_qs(query.decode("latin-1"), max_num_fields=50) if query else {}
            dialect = _dialect_of(scope["path"])
        except ValueError:
            await self._refuse(BadRequest("the query has too many fields"), scope, receive, send)
            return
        except HubError as error:
            await self._refuse(error, scope, receive, send)
            return
        for key in asked.get("key", ()):
            scope = with_google_key(scope, key)
        if asked.get("alt") != ["sse"]:
            send = ArraySend(send)
        answer = self._house.counting.answer if isinstance(dialect, GeminiCount) else None
        door = InferenceDoor(self._house, self._reader, dialect, is_reference=False, answer=answer)
        await door(scope, receive, send)

    async def _refuse(self, error: HubError, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(dict(scope["headers"])) or str(self._house.recorder.new_id())
        await AsgiReply(receive, send, request_id).error(error, body=error_body(error))


class ArraySend:
    """The `send` of one request that turns an event stream into a JSON array; any other answer goes as it is."""

    __slots__ = ("_has_begun", "_is_stream", "_send")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_stream = False
        self._has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_stream = any(
                name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"]
            )
            if self._is_stream:
                headers = [JSON if field[0] == b"content-type" else field for field in message["headers"]]
                message = {**message, "headers": headers}
        elif self._is_stream:
            message = {**message, "body": self._members(message.get("body", b""), message.get("more_body", False))}
        await self._send(message)

    def _members(self, events: bytes, has_more: bool) -> bytes:
        written = b""
        for data in sse.datas_of(events):
            written += (b",\r\n" if self._has_begun else b"[") + data
            self._has_begun = True
        if has_more:
            return written
        return written + (b"]" if self._has_begun else b"[]")


def _dialect_of(path: str) -> ServedDialect:
    """Raises NotFound when the path asks for something else, BadRequest when it names no model."""
    found = _PATH.fullmatch(path)
    if found is None or not path.endswith(_ACTIONS):
        raise NotFound("models are asked here by " + ", ".join([action[1:] for action in _ACTIONS]))
    if not 0 < len(found["model"]) <= _LONGEST_MODEL:
        raise BadRequest("the path names no model", param="model")
    if found["action"] in ("embedContent", "batchEmbedContents"):
        return GeminiEmbeddings(found["model"], is_batch=found["action"] == "batchEmbedContents")
    if found["action"] == "countTokens":
        return GeminiCount(found["model"])
    return Gemini(found["model"], is_stream=found["action"] == "streamGenerateContent")
