"""Google's countTokens lives here.

Source: https://ai.google.dev/api/tokens, which takes contents alone, or a whole request of generateContent that names
its model, and answers `{"totalTokens": 14}`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from aigne_hub.dialects import splice
from aigne_hub.dialects.bodies import read_object
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat
from aigne_hub.dialects.counts import read_number
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.fields import wrong
from aigne_hub.dialects.gemini import read_request, write_request
from aigne_hub.dialects.gemini.dialect import Gemini, model_path, resource_name
from aigne_hub.dialects.gemini.spelling import GoogleFields, camel

_WHOLE = "generateContentRequest"

_write = msgspec.json.Encoder().encode


class _Answer(Struct, rename="camel"):
    total_tokens: int


class GeminiCount(Gemini):
    """countTokens of one model."""

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        given = read_object(body)
        f = GoogleFields(given)
        token, whole = f.text("accessToken"), f.object(_WHOLE)
        asked = given if whole is None else whole
        if GoogleFields(asked).any("contents") is None:
            raise wrong("contents", "this is missing")
        read_request.check(asked)
        if token is not None or f.any("model") is not None:
            body = splice.edit(body, {"access_token": None, "accessToken": None, "model": None})
        return Call(Kind.token_count, self._model, body, body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return model_path(model, "countTokens")

    def write_request(self, call: Call, model: str) -> bytes:
        """The body as it came, but for the model that a whole request within it names."""
        for member in splice.members_of(call.body):
            whole = call.body[member.value : member.end]
            if camel(member.name) == _WHOLE and whole != b"null":
                named = splice.edit(whole, {"model": _write(resource_name(model))})
                return b"%b%b%b" % (call.body[: member.value], named, call.body[member.end :])
        return call.body

    def pass_count(self, answer: bytes) -> bytes:
        self.read_count(answer)
        return answer

    def read_chat(self, call: Call) -> Chat:
        given: dict[str, Any] = read_object(call.body)
        whole = GoogleFields(given).object(_WHOLE)
        return read_request.read_chat(call.body if whole is None else _write(whole))

    def show_count(self, tokens: int) -> bytes:
        return b'{"totalTokens":%d}' % tokens

    def write_count(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        request = write_request.write_chat(chat, model, losses)
        named = splice.insert_first(request, b'"model":' + _write(resource_name(model)))
        return b'{"%b":%b}' % (_WHOLE.encode(), named)

    def read_count(self, answer: bytes) -> int:
        return read_number(answer, _Answer, "total_tokens")
