"""Chat Completions lives here: OpenAI's own shape, and the hybrid that the reference's clients need.

Sources: https://platform.openai.com/docs/api-reference/chat (request, answer, streaming) and
contract 2.3 for the hybrid: an OpenAI answer that also carries the reference's older fields.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import BadRequest, Failure, HubError, UpstreamFailed
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.bodies import UNREADABLE, read_checked, read_object
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Chat
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_chat import answers, read_request, streams, write_request
from aigne_hub.dialects.openai_chat.answers import WireUsage, read_usage
from aigne_hub.dialects.openai_chat.legacy import LEGACY_NAMES, hybrid_answer, hybrid_chunk, modernised
from aigne_hub.dialects.openai_chat.read_request import WireMessage
from aigne_hub.dialects.openai_errors import error_body, error_of_event
from aigne_hub.dialects.structured import check_format, check_tools
from aigne_hub.dialects.usage import Usage

DEFAULT_MODEL = "openai/gpt-5-mini"  # what the reference falls back to (contract 2.3)

_Temperature = Annotated[float, Meta(ge=0, le=2)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Penalty = Annotated[float, Meta(ge=-2, le=2)]
_Count = Annotated[int, Meta(ge=1)]


class _StreamOptions(Struct):
    include_usage: bool | UnsetType | None = UNSET


class _Tool(Struct):
    type: str
    function: dict[str, Any] | UnsetType | None = UNSET


class _Request(Struct):
    """What the hub checks of a request; every other field passes unseen."""

    model: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    messages: Annotated[list[WireMessage], Meta(min_length=1)] | UnsetType = UNSET
    prompt: str | UnsetType = UNSET
    stream: bool | UnsetType | None = UNSET
    stream_options: _StreamOptions | UnsetType | None = UNSET
    temperature: _Temperature | UnsetType | None = UNSET
    top_p: _Share | UnsetType | None = UNSET
    presence_penalty: _Penalty | UnsetType | None = UNSET
    frequency_penalty: _Penalty | UnsetType | None = UNSET
    max_tokens: _Count | UnsetType | None = UNSET
    max_completion_tokens: _Count | UnsetType | None = UNSET
    n: Annotated[int, Meta(ge=1, le=128)] | UnsetType | None = UNSET
    tools: list[_Tool] | UnsetType | None = UNSET
    tool_choice: str | dict[str, Any] | UnsetType | None = UNSET
    response_format: dict[str, Any] | UnsetType | None = UNSET
    access_token: str | UnsetType = UNSET


class _Answer(Struct):
    choices: list[msgspec.Raw]
    usage: WireUsage | None = None


class _Chunk(Struct):
    choices: list[msgspec.Raw] | UnsetType = UNSET
    usage: WireUsage | UnsetType | None = UNSET
    error: msgspec.Raw | UnsetType = UNSET


_read_request = msgspec.json.Decoder(_Request).decode
_read_answer = msgspec.json.Decoder(_Answer).decode
_read_chunk = msgspec.json.Decoder(_Chunk).decode
_read_any = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


class OpenAIChat:
    """Chat Completions. `is_hybrid` serves the reference's clients: camelCase in, older fields out."""

    name = read_request.NAME
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = sse.KEEP_ALIVE
    is_json = True
    lacks = answers.LACKS

    def __init__(self, *, is_hybrid: bool) -> None:
        self._is_hybrid = is_hybrid

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        if self._is_hybrid and any(splice.find_quoted(body, name) >= 0 for name in LEGACY_NAMES):
            body = modernised(read_object(body))
        view = read_checked(body, _read_request)
        if view.messages is UNSET and view.prompt is UNSET:
            raise BadRequest("the request has no messages", param="messages")
        if view.messages is not UNSET and view.prompt is not UNSET:
            raise BadRequest("the request has both messages and prompt: give one of them", param="prompt")
        if view.model is UNSET and not self._is_hybrid:
            raise BadRequest("the request names no model", param="model")
        # Results of tools and inline files need a thorough look before they may go on.
        if b'"image_url"' in body or b'"tool_call_id"' in body or b'"input_audio"' in body or b'"file_data"' in body:
            read_request.check(view.messages or [])
        if view.response_format:
            check_format(view.response_format, "response_format", "json_schema", "schema")
        check_tools([{"function": tool.function or None} for tool in view.tools or ()], "function", "parameters")
        is_stream = view.stream is True or (self._is_hybrid and accepts_stream)
        asked = view.stream_options.include_usage if isinstance(view.stream_options, _StreamOptions) else None
        return Call(
            kind=Kind.chat,
            model=DEFAULT_MODEL if view.model is UNSET else view.model,
            body=self._edited(body, view, is_stream=is_stream, has_usage=asked is True),
            is_stream=is_stream,
            wants_usage=self._is_hybrid or asked is True,
            body_token=None if view.access_token is UNSET else view.access_token,
        )

    def path(self, call: Call, model: str) -> bytes:
        return b"/chat/completions"

    def write_request(self, call: Call, model: str) -> bytes:
        return splice.replace_model(call.body, call.model, _write(model))

    def read_usage(self, answer: bytes) -> Usage | None:
        try:
            return read_usage(_read_answer(answer).usage)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is not a chat completion") from error

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return hybrid_answer(_read_any(answer), label) if self._is_hybrid else answer

    def open_stream(self, call: Call, label: Label) -> ChatStream:
        return ChatStream(wants_usage=call.wants_usage, hybrid=label if self._is_hybrid else None)

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))

    # With another dialect at the other side:

    def read_chat(self, call: Call) -> Chat:
        return read_request.read_chat(call.body)

    def write_chat(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        return write_request.write_chat(chat, model, losses, quirks, is_stream=call.is_stream)

    def read_answer(self, body: bytes) -> Answer:
        return answers.read_answer(body)

    def show_answer(self, answer: Answer, call: Call, label: Label) -> bytes:
        shown = answers.write_answer(answer, id=_id(label), model=call.model, created_s=label.created_s)
        return hybrid_answer(shown, label) if self._is_hybrid else _write(shown)

    def open_reader(self) -> streams.Reader:
        return streams.Reader()

    def open_writer(self, call: Call, label: Label) -> streams.Writer:
        return streams.Writer(
            id=_id(label),
            model=call.model,
            created_s=label.created_s,
            wants_usage=call.wants_usage,
            finished=(lambda chunk, usage: hybrid_chunk(chunk, label, usage)) if self._is_hybrid else _plain,
        )

    @staticmethod
    def _edited(body: bytes, view: _Request, *, is_stream: bool, has_usage: bool) -> bytes:
        """The body as any provider may get it, but for the model's name."""
        changes: dict[str, bytes | None] = {}
        if view.access_token is not UNSET:
            changes["access_token"] = None
        if view.prompt is not UNSET:
            changes |= {"prompt": None, "messages": _write([{"role": "user", "content": view.prompt}])}
        if view.model is UNSET:
            changes["model"] = _write(DEFAULT_MODEL)
        if is_stream and view.stream is not True:
            changes["stream"] = b"true"
        if is_stream and not has_usage:
            if view.stream_options is UNSET and not changes:
                return splice.insert_first(body, b'"stream_options":{"include_usage":true}')
            changes["stream_options"] = _with_usage(body)
        return splice.edit(body, changes) if changes else body


class ChatStream:
    """A streamed answer. Plain: events pass as they are; hybrid: each is given the older fields.

    The usage event that the hub asked for is taken out unless the caller asked for it too.
    """

    def __init__(self, *, wants_usage: bool, hybrid: Label | None) -> None:
        self.usage: Usage | None = None
        self.error: HubError | None = None
        self._wants_usage = wants_usage
        self._hybrid = hybrid
        self._splitter = sse.EventSplitter()
        self._is_done = False

    def feed(self, data: bytes) -> bytes:
        whole = self._splitter.feed(data)
        if self._hybrid is None and not (
            b'"usage":{' in whole
            or b"[DONE]" in whole
            or b'"error"' in whole
            or b'"usage": {' in whole
            or self._is_done
        ):
            return whole
        return b"".join([self._take(event) for event in sse.split_events(whole)])

    def finish(self) -> bytes:
        rest = self._splitter.rest().strip()
        if not self._is_done and rest == b"data: [DONE]":
            self._is_done = True
        if not self._is_done:
            raise UpstreamFailed(Failure.broken, "the provider ended the stream before its end")
        return streams.DONE

    def _take(self, event: bytes) -> bytes:
        """What the caller gets of one event."""
        data = sse.data_of(event)
        if data is None:
            return event
        if self._is_done or self.error is not None:
            return b""
        if data == b"[DONE]":
            self._is_done = True
            return b""
        try:
            chunk = _read_chunk(data)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider sent an event that is not a chat chunk") from error
        if chunk.error is not UNSET and bytes(chunk.error) != b"null":
            self.error = error_of_event(data)
            return b""
        if isinstance(chunk.usage, WireUsage):
            self.usage = read_usage(chunk.usage)
            if not chunk.choices and not self._wants_usage:
                return b""
        return event if self._hybrid is None else sse.event(hybrid_chunk(_read_any(data), self._hybrid, self.usage))


def _id(label: Label) -> str:
    return f"chatcmpl-{label.id}"


def _plain(chunk: dict[str, Any], _usage: Usage | None) -> bytes:
    return _write(chunk)


def _with_usage(body: bytes) -> bytes:
    """The caller's own stream options, with usage asked for."""
    for member in splice.members_of(body):
        if member.name == "stream_options" and body[member.value : member.value + 1] == b"{":
            return splice.edit(body[member.value : member.end], {"include_usage": b"true"})
    return b'{"include_usage":true}'
