"""Anthropic's count of a message's tokens lives here.

Source: https://platform.claude.com/docs/en/api/messages/count_tokens, which takes a request of Messages without what
tells how to answer, and answers `{"input_tokens": 14}`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from aigne_hub.dialects import splice
from aigne_hub.dialects.anthropic_messages import read_request
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.bodies import read_checked
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat
from aigne_hub.dialects.counts import read_number
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.structured import check_tools


class _Message(Struct):
    role: Literal["user", "assistant", "system"]
    content: str | list[dict[str, Any]]


class _Request(Struct):
    model: Annotated[str, Meta(min_length=1, max_length=200)]
    messages: Annotated[list[_Message], Meta(min_length=1)]
    system: str | list[dict[str, Any]] | UnsetType | None = UNSET
    tools: list[dict[str, Any]] | UnsetType | None = UNSET
    access_token: str | UnsetType = UNSET


class _Answer(Struct):
    input_tokens: int


_read_request = msgspec.json.Decoder(_Request).decode


class AnthropicCount(AnthropicMessages):
    """The same words as a message's, at another path."""

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        view = read_checked(body, _read_request)
        token = None if view.access_token is UNSET else view.access_token
        if token is not None:
            body = splice.edit(body, {"access_token": None})
        read_request.check([message.content for message in view.messages], view.model)
        check_tools(view.tools or (), "input_schema")
        return Call(Kind.token_count, view.model, body, body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return b"/messages/count_tokens"

    def pass_count(self, answer: bytes) -> bytes:
        self.read_count(answer)
        return answer

    def show_count(self, tokens: int) -> bytes:
        return b'{"input_tokens":%d}' % tokens

    def read_count(self, answer: bytes) -> int:
        return read_number(answer, _Answer, "input_tokens")

    def write_count(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        limited = structs.replace(chat, max_output=1)  # a message needs a limit of output, a count has none
        return splice.edit(self.write_chat(limited, call, model, losses, quirks), {"max_tokens": None})
