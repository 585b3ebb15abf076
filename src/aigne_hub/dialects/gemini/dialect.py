"""Gemini as a door serves it and a provider takes it lives here.

Source: https://ai.google.dev/api/generate-content. The path names the model and whether the answer streams, so a
door makes one of these for each of its requests.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import HubError
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.bodies import read_checked, read_object
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Chat
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini import answers, read_request, streams, write_request
from aigne_hub.dialects.gemini.errors import error_body
from aigne_hub.dialects.gemini.signatures import NAME
from aigne_hub.dialects.gemini.usage import read_usage
from aigne_hub.dialects.openai_errors import error_of_event
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode

# What needs the slow, thorough look before it may go on: results of functions, inline files, and schemas.
# Those of files first: where one is found the rest is not looked for, and to look through a file takes long.
_MARKS = (
    b'"inlineData"', b'"inline_data"', b'"functionResponse"', b'"function_response"', b'"functionDeclarations"',
    b'"function_declarations"', b'Schema"', b'_schema"',
)  # fmt: skip
_COLLECTIONS = ("models/", "tunedModels/")


class _Content(Struct):
    parts: list[dict[str, Any]] | dict[str, Any] | UnsetType = UNSET
    role: str | UnsetType = UNSET


class _Config(Struct, rename="camel"):
    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType | None = UNSET
    top_p: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    max_output_tokens: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET


class _Request(Struct):
    """What the hub checks of a request; every other field passes unseen."""

    contents: Annotated[list[_Content], Meta(min_length=1)] | _Content
    generationConfig: _Config | UnsetType | None = UNSET  # noqa: N815
    model: msgspec.Raw | UnsetType = UNSET
    access_token: str | UnsetType = UNSET


_read_request = msgspec.json.Decoder(_Request).decode


class Gemini:
    """generateContent, and streamGenerateContent as server-sent events, of one model."""

    name = NAME
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None  # Google's own clients take nothing but data
    is_json = True
    lacks = answers.LACKS

    def __init__(self, model: str = "", *, is_stream: bool = False) -> None:
        self._model = model
        self._is_stream = is_stream

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        view = read_checked(body, _read_request)
        token = None if view.access_token is UNSET else view.access_token
        if token is not None or view.model is not UNSET:
            # The path says which model is meant; a provider shall not see that the body says another.
            body = splice.edit(body, {"access_token": None, "model": None})
        contents = view.contents if isinstance(view.contents, list) else [view.contents]
        read_request.check_roles([content.role or "user" for content in contents])
        if any(mark in body for mark in _MARKS):
            read_request.check(read_object(body))
        return Call(Kind.chat, self._model, body, is_stream=self._is_stream, wants_usage=True, body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return model_path(model, "streamGenerateContent?alt=sse" if call.is_stream else "generateContent")

    def write_request(self, call: Call, model: str) -> bytes:
        return call.body

    def read_usage(self, answer: bytes) -> Usage | None:
        return answers.read_wire_usage(answer)

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return answer

    def open_stream(self, call: Call, label: Label) -> GeminiStream:
        return GeminiStream()

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))

    # With another dialect at the other side:

    def read_chat(self, call: Call) -> Chat:
        return read_request.read_chat(call.body)

    def write_chat(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        return write_request.write_chat(chat, model, losses)

    def read_answer(self, body: bytes) -> Answer:
        return answers.read_answer(body)

    def show_answer(self, answer: Answer, call: Call, label: Label) -> bytes:
        return _write(answers.write_answer(answer, id=str(label.id), model=call.model))

    def open_reader(self) -> streams.Reader:
        return streams.Reader()

    def open_writer(self, call: Call, label: Label) -> streams.Writer:
        return streams.Writer(id=str(label.id), model=call.model)


def model_path(model: str, action: str) -> bytes:
    """Where Google is asked for an action of a model, whose name is one step of the path whatever it holds."""
    collection, _, name = resource_name(model).partition("/")
    return f"/{collection}/{quote(name, safe='')}:{action}".encode("ascii")


def resource_name(model: str) -> str:
    """A model's name as it stands in a body, with the collection it is of."""
    return model if model.startswith(_COLLECTIONS) else f"models/{model}"


class GeminiStream:
    """A streamed answer that passes as it is, but for its last event, which waits for the record.

    Which event is the last shows only at the end: once one said why the answer ends, the newest waits.
    """

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.error: HubError | None = None
        self._splitter = sse.EventSplitter()
        self._last: bytes | None = None

    def feed(self, data: bytes) -> bytes:
        whole = self._splitter.feed(data)
        return b"".join([self._take(event) for event in sse.split_events(whole)]) if whole else b""

    def finish(self) -> bytes:
        rest = self._splitter.rest()
        passed = self._take(rest.rstrip(b"\n") + b"\n\n") if streams.last_event(rest) is not None else b""
        if self.error is not None:
            raise self.error
        if self._last is None:
            raise streams.unfinished(rest)
        return passed + self._last

    def _take(self, event: bytes) -> bytes:
        data = sse.data_of(event)
        if data is None:
            return event
        if self.error is not None:
            return b""
        read = streams.read_event(data)
        if read.error is not None:
            self.error = error_of_event(data)
            return b""
        self.usage = read_usage(read.usage_metadata) or self.usage
        if self._last is None and not read.is_ending:
            return event
        passed, self._last = self._last or b"", event
        return passed
