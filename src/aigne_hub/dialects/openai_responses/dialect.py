"""Responses as a door serves it and a provider takes it lives here.

Sources: https://platform.openai.com/docs/api-reference/responses/create (request, answer) and
https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import BadRequest, Failure, HubError, UpstreamFailed
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.beginning import Beginning
from aigne_hub.dialects.bodies import UNREADABLE, read_checked, read_object
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Chat
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.openai_responses import answers, read_request, streams, write_request, write_stream
from aigne_hub.dialects.openai_responses.items import NAME, check_roles
from aigne_hub.dialects.structured import check_format, check_tools
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode

# What needs the slow, thorough look before it may go on: outputs of tools, and inline files.
# Those of files first: where one is found the rest is not looked for, and to look through a file takes long.
_MARKS = (b";base64,", b'"file_data"', b'"input_audio"', b'"function_call_output"')
_WRAPPED = b'"hub:'  # how a seal begins that is of another format
# What is in events that the hub has to read.
_READ = (b'"response.completed"', b'"response.incomplete"', b'"response.failed"', b'"error"')


class _Request(Struct):
    """What the hub checks of a request; every other field passes unseen."""

    model: Annotated[str, Meta(min_length=1, max_length=200)]
    input: str | Annotated[list[dict[str, Any]], Meta(min_length=1)] | UnsetType | None = UNSET
    prompt: dict[str, Any] | UnsetType | None = UNSET
    previous_response_id: str | UnsetType | None = UNSET
    conversation: str | dict[str, Any] | UnsetType | None = UNSET
    instructions: str | UnsetType | None = UNSET
    stream: bool | UnsetType | None = UNSET
    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType | None = UNSET
    top_p: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    max_output_tokens: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    tools: list[dict[str, Any]] | UnsetType | None = UNSET
    tool_choice: str | dict[str, Any] | UnsetType | None = UNSET
    text: dict[str, Any] | UnsetType | None = UNSET
    reasoning: dict[str, Any] | UnsetType | None = UNSET
    access_token: str | UnsetType = UNSET


_read_request = msgspec.json.Decoder(_Request).decode


class OpenAIResponses:
    """Responses."""

    name = NAME
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = sse.KEEP_ALIVE
    is_json = True
    lacks = answers.LACKS

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        view = read_checked(body, _read_request)
        if not (view.input or view.prompt or view.previous_response_id or view.conversation):
            raise BadRequest("the request has no input", param="input")
        token = None if view.access_token is UNSET else view.access_token
        if token is not None:
            body = splice.edit(body, {"access_token": None})
        if isinstance(view.input, list):
            check_roles(view.input)
        if any(mark in body for mark in _MARKS):
            read_request.check_items(body)
        if view.text:
            check_format(view.text, "text", "format", "schema")
        check_tools(view.tools or (), "parameters")
        return Call(Kind.chat, view.model, body, is_stream=view.stream is True, wants_usage=True, body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return b"/responses"

    def write_request(self, call: Call, model: str) -> bytes:
        is_wrapped = splice.find_quoted(call.body, _WRAPPED) >= 0
        body = read_request.without_foreign_thoughts(call.body) if is_wrapped else call.body
        return splice.replace_model(body, call.model, _write(model))

    def read_usage(self, answer: bytes) -> Usage | None:
        return answers.read_wire_usage(answer)

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return answer

    def open_stream(self, call: Call, label: Label) -> ResponseStream:
        return ResponseStream(lambda: self.open_writer(call, label).begin())

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        # Its number is the hub's own: the provider's are not counted, and nothing comes after it.
        shown = {"code": error.code, "message": error.message, "param": error.param, "sequence_number": 0}
        return sse.named_event(b"error", _write({"type": "error", **shown}))

    # With another dialect at the other side:

    def read_chat(self, call: Call) -> Chat:
        return read_request.read_chat(call.body)

    def write_chat(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        return write_request.write_chat(chat, model, losses, quirks, is_stream=call.is_stream)

    def read_answer(self, body: bytes) -> Answer:
        return answers.read_answer(body)

    def show_answer(self, answer: Answer, call: Call, label: Label) -> bytes:
        echoed = answers.echo(read_object(call.body))
        return _write(
            answers.write_answer(answer, echoed, id=_id(label), model=call.model, created_s=label.created_s)
        )  # fmt: skip

    def open_reader(self) -> streams.Reader:
        return streams.Reader()

    def open_writer(self, call: Call, label: Label) -> write_stream.Writer:
        echoed = answers.echo(read_object(call.body))
        return write_stream.Writer(echoed, id=_id(label), model=call.model, created_s=label.created_s)


class ResponseStream:
    """A streamed answer that passes as it is, but for its last event, which waits for the record.

    `begin` writes its first event, where the provider leaves it out.
    """

    def __init__(self, begin: Callable[[], bytes]) -> None:
        self.usage: Usage | None = None
        self.error: HubError | None = None
        self._splitter = sse.EventSplitter()
        self._beginning = Beginning("response.created", begin)
        self._last: bytes | None = None

    def feed(self, data: bytes) -> bytes:
        whole = self._splitter.feed(data)
        begin = b"" if self._beginning.is_there else self._beginning.missing(whole)
        return begin + self._passed(whole)

    def _passed(self, whole: bytes) -> bytes:
        if self._last is None and not any(mark in whole for mark in _READ):
            return whole
        return b"".join([self._take(event) for event in sse.split_events(whole)])

    def finish(self) -> bytes:
        if self._last is None:
            raise UpstreamFailed(Failure.broken, "the provider ended the stream before its end")
        return self._last

    def _take(self, event: bytes) -> bytes:
        """What the caller gets of one event."""
        data = sse.data_of(event)
        if data is None:
            return event
        if self._last is not None or self.error is not None:
            return b""
        try:
            read = streams.read_event(data)
        except UNREADABLE as error:
            raise UpstreamFailed(
                Failure.malformed, "the provider sent an event that is not one of Responses"
            ) from error
        self.error = streams.error_of(read, data)
        if read.response is not None:
            self.usage = answers.read_usage(read.response.usage, read.response.service_tier) or self.usage
        if self.error is not None:
            return b""
        if read.type in streams.ENDS:
            self._last = event
            return b""
        return event


def _id(label: Label) -> str:
    return f"resp_{label.id}"
