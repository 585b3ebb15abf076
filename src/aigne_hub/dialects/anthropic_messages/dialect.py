"""Messages as a door serves it and a provider takes it lives here.

Sources: https://platform.claude.com/docs/en/api/messages/create (request, answer) and
https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.anthropic_messages import answers, read_request, streams, write_request
from aigne_hub.dialects.anthropic_messages.blocks import NAME
from aigne_hub.dialects.anthropic_messages.errors import error_body
from aigne_hub.dialects.beginning import Beginning
from aigne_hub.dialects.bodies import UNREADABLE, read_checked
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Chat
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_errors import error_of_event
from aigne_hub.dialects.structured import check_format, check_tools
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode

# What needs the slow, thorough look before it may go on: results of tools, and inline files.
# Those of files first: where one is found the rest is not looked for, and to look through a file takes long.
_MARKS = (b'"base64"', b'"tool_result"')
_WRAPPED = b'"hub:'  # how a seal begins that is of another format


class _Message(Struct):
    role: Literal["user", "assistant", "system"]
    content: str | list[dict[str, Any]]


class _Request(Struct):
    """What the hub checks of a request; every other field passes unseen."""

    model: Annotated[str, Meta(min_length=1, max_length=200)]
    messages: Annotated[list[_Message], Meta(min_length=1)]
    max_tokens: Annotated[int, Meta(ge=1)]
    stream: bool | UnsetType | None = UNSET
    temperature: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    top_p: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    system: str | list[dict[str, Any]] | UnsetType | None = UNSET
    tools: list[dict[str, Any]] | UnsetType | None = UNSET
    output_config: dict[str, Any] | UnsetType | None = UNSET
    access_token: str | UnsetType = UNSET


_read_request = msgspec.json.Decoder(_Request).decode


class AnthropicMessages:
    """Messages."""

    name = NAME
    passed_headers: tuple[bytes, ...] = (b"anthropic-beta", b"anthropic-version")
    keep_alive: bytes | None = sse.named_event(b"ping", b'{"type": "ping"}')
    is_json = True
    lacks = answers.LACKS

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        view = read_checked(body, _read_request)
        token = None if view.access_token is UNSET else view.access_token
        if token is not None:
            body = splice.edit(body, {"access_token": None})
        if any(mark in body for mark in _MARKS):
            read_request.check([message.content for message in view.messages], view.model)
        if view.output_config:
            check_format(view.output_config, "output_config", "format", "schema")
        check_tools(view.tools or (), "input_schema")
        return Call(Kind.chat, view.model, body, is_stream=view.stream is True, wants_usage=True, body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return b"/messages"

    def write_request(self, call: Call, model: str) -> bytes:
        is_wrapped = splice.find_quoted(call.body, _WRAPPED) >= 0
        body = read_request.without_foreign_thoughts(call.body) if is_wrapped else call.body
        return splice.replace_model(body, call.model, _write(model))

    def read_usage(self, answer: bytes) -> Usage | None:
        return answers.read_wire_usage(answer)

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return answer

    def open_stream(self, call: Call, label: Label) -> MessageStream:
        return MessageStream(lambda: self.open_writer(call, label).begin())

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.named_event(b"error", error_body(error))

    # With another dialect at the other side:

    def read_chat(self, call: Call) -> Chat:
        return read_request.read_chat(call.body)

    def write_chat(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        return write_request.write_chat(chat, model, losses, is_stream=call.is_stream)

    def read_answer(self, body: bytes) -> Answer:
        return answers.read_answer(body)

    def show_answer(self, answer: Answer, call: Call, label: Label) -> bytes:
        return _write(answers.write_answer(answer, id=f"msg_{label.id}", model=call.model))

    def open_reader(self) -> streams.Reader:
        return streams.Reader()

    def open_writer(self, call: Call, label: Label) -> streams.Writer:
        return streams.Writer(id=f"msg_{label.id}", model=call.model)


class MessageStream:
    """A streamed answer that passes as it is, but for its last event, which waits for the record.

    `begin` writes its first event, where the provider leaves it out.
    """

    def __init__(self, begin: Callable[[], bytes]) -> None:
        self.usage: Usage | None = None
        self.error: HubError | None = None
        self._splitter = sse.EventSplitter()
        self._beginning = Beginning("message_start", begin)
        self._so_far = streams.UsageSoFar()
        self._last: bytes | None = None

    def feed(self, data: bytes) -> bytes:
        whole = self._splitter.feed(data)
        begin = b"" if self._beginning.is_there else self._beginning.missing(whole)
        return begin + self._passed(whole)

    def _passed(self, whole: bytes) -> bytes:
        if not (
            b"message_start" in whole
            or b"message_delta" in whole
            or b"message_stop" in whole
            or b"error" in whole
            or self._last is not None
        ):
            return whole
        return b"".join([self._take(event) for event in sse.split_events(whole)])

    def finish(self) -> bytes:
        if self._last is None:
            raise UpstreamFailed(Failure.broken, "the provider ended the stream before its end")
        return self._last

    def _take(self, event: bytes) -> bytes:
        data = sse.data_of(event)
        if data is None:
            return event
        if self._last is not None or self.error is not None:
            return b""
        try:
            read = streams.read_event(data)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider sent an event that is not one of Messages") from error
        if read.type == "error":
            self.error = error_of_event(data)
            return b""
        usage = read.message.usage if read.message is not None else read.usage
        if usage is not None:
            self.usage = self._so_far.take(usage) or self.usage
        if read.type == "message_stop":
            self._last = event
            return b""
        return event
