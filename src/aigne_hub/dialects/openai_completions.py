"""Completions, the older format with a prompt, live here: passed on in place, or served as a chat.

Source: https://platform.openai.com/docs/api-reference/completions/create
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.bodies import UNREADABLE, read_checked, read_object
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import (
    Answer,
    Chat,
    Ended,
    Event,
    Message,
    Refusal,
    RefusalPiece,
    Role,
    Started,
    Text,
    TextPiece,
    Used,
)
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.openai_chat.answers import WireUsage, read_usage, write_finish, write_usage
from aigne_hub.dialects.openai_chat.dialect import ChatStream
from aigne_hub.dialects.openai_chat.read_request import read_stop
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.showing import APPROXIMATED, DROPPED, MEDIA, Lacks
from aigne_hub.dialects.usage import Usage

NAME = "openai_completions"
# It shows text, and a refusal's words as such.
LACKS: Lacks = {
    **dict.fromkeys(("refusal", "finish.refusal"), APPROXIMATED),
    **dict.fromkeys((*MEDIA, "citations", "thinking", "thinking.seal", "tool_use", "tool_use.seal"), DROPPED),
    **dict.fromkeys(("stop_sequence", "logprobs", "finish.pause"), DROPPED),
}
DONE = sse.event(b"[DONE]")

_write = msgspec.json.Encoder().encode
_USAGE_ASKED = b'"stream_options":{"include_usage":true}'


class _StreamOptions(Struct):
    include_usage: bool | UnsetType | None = UNSET


class _Request(Struct):
    model: Annotated[str, Meta(min_length=1, max_length=200)]
    prompt: str | list[Any]
    stream: bool | UnsetType | None = UNSET
    stream_options: _StreamOptions | UnsetType | None = UNSET
    max_tokens: Annotated[int, Meta(ge=0)] | UnsetType | None = UNSET
    access_token: str | UnsetType = UNSET


class _Answer(Struct):
    usage: WireUsage | None = None


_read_request = msgspec.json.Decoder(_Request).decode
_read_answer = msgspec.json.Decoder(_Answer).decode


class OpenAICompletions:
    """Completions."""

    name = NAME
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = sse.KEEP_ALIVE
    is_json = True
    lacks = LACKS

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        view = read_checked(body, _read_request)
        token = None if view.access_token is UNSET else view.access_token
        if token is not None:
            body = splice.edit(body, {"access_token": None})
        is_stream = view.stream is True
        wants_usage = isinstance(view.stream_options, _StreamOptions) and view.stream_options.include_usage is True
        if is_stream and view.stream_options is UNSET:
            body = splice.insert_first(body, _USAGE_ASKED)
        return Call(Kind.chat, view.model, body, is_stream=is_stream, wants_usage=wants_usage, body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return b"/completions"

    def write_request(self, call: Call, model: str) -> bytes:
        return splice.replace_model(call.body, call.model, _write(model))

    def read_usage(self, answer: bytes) -> Usage | None:
        try:
            read = _read_answer(answer)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is not a completion") from error
        return read_usage(read.usage)

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return answer

    def open_stream(self, call: Call, label: Label) -> ChatStream:
        return ChatStream(wants_usage=call.wants_usage, hybrid=None)  # framed and ended as chunks of chats are

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))

    # With a chat at the other side:

    def read_chat(self, call: Call) -> Chat:
        """The prompt as a user's message. Raises BadRequest for what a chat cannot continue."""
        f = Fields(read_object(call.body))
        f.drop("model", "stream", "stream_options")
        prompt = f.any("prompt")
        if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
            prompt = prompt[0]
        if not isinstance(prompt, str) or not prompt:
            raise wrong("prompt", "one string is expected here: the model's provider has chats alone")
        stop = f.any("stop")
        logprobs = f.whole("logprobs", 0, 5)
        return Chat(
            messages=(Message(Role.user, (Text(prompt),)),),
            max_output=f.whole("max_tokens", 1),
            temperature=f.number("temperature", 0, 2),
            top_p=f.number("top_p", 0, 1),
            stop=read_stop(stop),
            seed=f.whole("seed"),
            n=f.whole("n", 1, 128),
            presence_penalty=f.number("presence_penalty", -2, 2),
            frequency_penalty=f.number("frequency_penalty", -2, 2),
            logit_bias=f.object("logit_bias"),
            user=f.text("user"),
            unknown=(*f.rest(), *(("logprobs",) if logprobs is not None else ())),
        )

    def show_answer(self, answer: Answer, call: Call, label: Label) -> bytes:
        choices = []
        for index, candidate in enumerate(answer.candidates):
            text = "".join([part.text for part in candidate.parts if isinstance(part, Text | Refusal)])
            choices.append(_choice(index, text, write_finish(candidate.finish)))
        shown = {**_head(call, label), "choices": choices}
        if answer.usage is not None:
            shown["usage"] = write_usage(answer.usage)
        return _write(shown)

    def open_writer(self, call: Call, label: Label) -> Writer:
        return Writer(_head(call, label), wants_usage=call.wants_usage)


class Writer:
    """Writes a stream of completions."""

    def __init__(self, head: dict[str, Any], *, wants_usage: bool) -> None:
        self._head = head
        self._wants_usage = wants_usage
        self._usage: Usage | None = None

    def write(self, events: list[Event]) -> bytes:
        return b"".join([self._event(event) for event in events])

    def finish(self) -> bytes:
        if not self._wants_usage or self._usage is None:
            return DONE
        return sse.event(_write({**self._head, "choices": [], "usage": write_usage(self._usage)})) + DONE

    def _event(self, event: Event) -> bytes:
        if isinstance(event, Started):
            self._head["model"] = event.model or self._head["model"]
        elif isinstance(event, Used):
            self._usage = event.usage
        elif isinstance(event, TextPiece | RefusalPiece):
            return sse.event(_write({**self._head, "choices": [_choice(event.choice, event.text, None)]}))
        elif isinstance(event, Ended):
            choice = _choice(event.choice, "", write_finish(event.finish))
            return sse.event(_write({**self._head, "choices": [choice]}))
        return b""


def _head(call: Call, label: Label) -> dict[str, Any]:
    return {
        "id": f"cmpl-{label.id}",
        "object": "text_completion",
        "created": label.created_s,
        "model": label.target.partition("/")[2] or call.model,
    }


def _choice(index: int, text: str, finish: str | None) -> dict[str, Any]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}
