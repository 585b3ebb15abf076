"""Chat Completions lives here: OpenAI's own shape, and the hybrid that the reference's clients need.

Sources: https://platform.openai.com/docs/api-reference/chat (request, answer, streaming) and
contract 2.3 for the hybrid: an OpenAI answer that also carries the reference's older fields.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import BadRequest, Failure, HubError, UpstreamFailed
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.bodies import read_checked, read_object
from aigne_hub.dialects.call import Call, Kind, Usage
from aigne_hub.dialects.openai_errors import error_body, error_of_event
from aigne_hub.dialects.openai_legacy import LEGACY_NAMES, hybrid_answer, hybrid_chunk, modernised

DEFAULT_MODEL = "openai/gpt-5-mini"  # what the reference falls back to (contract 2.3)
DONE = sse.event(b"[DONE]")

_Temperature = Annotated[float, Meta(ge=0, le=2)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Penalty = Annotated[float, Meta(ge=-2, le=2)]
_Count = Annotated[int, Meta(ge=1)]


class _ToolCall(Struct):
    id: str | UnsetType = UNSET
    type: str | UnsetType = UNSET


class _Message(Struct):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | UnsetType | None = UNSET
    tool_calls: list[_ToolCall] | UnsetType | None = UNSET


class _StreamOptions(Struct):
    include_usage: bool | UnsetType | None = UNSET


class _Tool(Struct):
    type: str


class _Request(Struct):
    """What the hub checks of a request; every other field passes unseen."""

    model: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    messages: Annotated[list[_Message], Meta(min_length=1)] | UnsetType = UNSET
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


class _Details(Struct):
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None


class _Answer(Struct):
    choices: list[msgspec.Raw]
    usage: _Usage | None = None


class _Chunk(Struct):
    choices: list[msgspec.Raw] | UnsetType = UNSET
    usage: _Usage | UnsetType | None = UNSET
    error: msgspec.Raw | UnsetType = UNSET


_read_request = msgspec.json.Decoder(_Request).decode
_read_answer = msgspec.json.Decoder(_Answer).decode
_read_chunk = msgspec.json.Decoder(_Chunk).decode
_read_any = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


class OpenAIChat:
    """Chat Completions. `is_hybrid` serves the reference's clients: camelCase in, older fields out."""

    upstream_path = b"/chat/completions"

    def __init__(self, *, is_hybrid: bool) -> None:
        self._is_hybrid = is_hybrid

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        if self._is_hybrid and any(name in body for name in LEGACY_NAMES):
            body = modernised(read_object(body))
        view = read_checked(body, _read_request)
        if view.messages is UNSET and view.prompt is UNSET:
            raise BadRequest("the request has no messages", param="messages")
        if view.messages is not UNSET and view.prompt is not UNSET:
            raise BadRequest("the request has both messages and prompt: give one of them", param="prompt")
        if view.model is UNSET and not self._is_hybrid:
            raise BadRequest("the request names no model", param="model")
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

    def write_request(self, call: Call, model: str) -> bytes:
        return splice.replace_model(call.body, call.model, _write(model))

    def read_usage(self, answer: bytes) -> Usage | None:
        try:
            return _usage(_read_answer(answer).usage)
        except msgspec.MsgspecError as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is not a chat completion") from error

    def write_answer(self, answer: bytes, call: Call, call_id: int) -> bytes:
        return hybrid_answer(_read_any(answer), call_id) if self._is_hybrid else answer

    def open_stream(self, call: Call, call_id: int) -> ChatStream:
        return ChatStream(wants_usage=call.wants_usage, hybrid_id=call_id if self._is_hybrid else None)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))

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

    def __init__(self, *, wants_usage: bool, hybrid_id: int | None) -> None:
        self.usage: Usage | None = None
        self.error: HubError | None = None
        self._wants_usage = wants_usage
        self._hybrid_id = hybrid_id
        self._splitter = sse.EventSplitter()
        self._is_done = False

    def feed(self, data: bytes) -> bytes:
        whole = self._splitter.feed(data)
        if self._hybrid_id is None and not (
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
        return DONE

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
        except msgspec.MsgspecError as error:
            raise UpstreamFailed(Failure.malformed, "the provider sent an event that is not a chat chunk") from error
        if chunk.error is not UNSET and bytes(chunk.error) != b"null":
            self.error = error_of_event(data)
            return b""
        if isinstance(chunk.usage, _Usage):
            self.usage = _usage(chunk.usage)
            if not chunk.choices and not self._wants_usage:
                return b""
        return event if self._hybrid_id is None else sse.event(hybrid_chunk(_read_any(data), self._hybrid_id))


def _usage(usage: _Usage | None) -> Usage | None:
    if usage is None or usage.prompt_tokens is None:
        return None
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    reasoning = usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details else None
    # Cached tokens are inside prompt_tokens here; the buckets of Usage are disjoint.
    return Usage(max(0, usage.prompt_tokens - (cached or 0)), usage.completion_tokens, cached, reasoning)


def _with_usage(body: bytes) -> bytes:
    """The caller's own stream options, with usage asked for."""
    for member in splice.members_of(body):
        if member.name == "stream_options" and body[member.value : member.value + 1] == b"{":
            return splice.edit(body[member.value : member.end], {"include_usage": b"true"})
    return b'{"include_usage":true}'
