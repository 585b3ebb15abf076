"""The native format as a door serves it lives here."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from aigne_hub.base.errors import HubError
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.bodies import UNREADABLE, read_object
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Chat
from aigne_hub.dialects.native import answers
from aigne_hub.dialects.native.read_request import NAME, read_chat
from aigne_hub.dialects.openai_errors import error_body

_write = msgspec.json.Encoder().encode


class Native:
    """Native chat: served, never spoken to a provider."""

    name = NAME
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = sse.KEEP_ALIVE
    lacks = answers.LACKS

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        given: dict[str, Any] = read_object(body)
        token = given.pop("access_token", None)
        model, chat, is_stream = read_chat(given)
        wanted: dict[str, Any] = given["input"]
        return Call(
            Kind.chat,
            model,
            body,
            is_stream=is_stream,
            is_native=True,
            body_token=token if isinstance(token, str) else None,
            chat=chat,
            wants_url=wanted.get("outputFileType") == "url",
        )

    def read_chat(self, call: Call) -> Chat:
        assert call.chat is not None
        return call.chat

    def show_answer(self, answer: Answer, call: Call, label: Label) -> bytes:
        return _write(answers.write_answer(answer, label, wants_json=_wants_json(call)))

    def open_writer(self, call: Call, label: Label) -> answers.Writer:
        return answers.Writer(label, wants_json=_wants_json(call))

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        shown = {"message": error.message, "type": error.type, "code": error.code}
        return sse.named_event(b"error", _write(shown))


class _Shape(Struct):
    input: Raw | UnsetType = UNSET


_read_shape = msgspec.json.Decoder(_Shape).decode


def is_native(body: bytes) -> bool:
    """Whether a body is in this format: it has an `input` at its top (contract 2.4)."""
    if splice.find_quoted(body, b'"input"') < 0:
        return False
    try:
        return _read_shape(body).input is not UNSET
    except UNREADABLE:
        return False  # whoever reads it next says what is wrong


def _wants_json(call: Call) -> bool:
    return call.chat is not None and call.chat.format is not None
