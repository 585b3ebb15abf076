"""OpenAI's count of a response's input tokens lives here.

Source: https://developers.openai.com/api/reference/resources/responses/subresources/input_tokens, which takes a request
of Responses without what tells how to answer, and answers `{"object": "response.input_tokens", "input_tokens": 14}`.
"""

from __future__ import annotations

from msgspec import Struct, structs

from aigne_hub.dialects import splice
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat
from aigne_hub.dialects.counts import read_number
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses


class _Answer(Struct):
    input_tokens: int


class ResponsesCount(OpenAIResponses):
    """The same words as a response's, at another path."""

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        call = super().read_request(body, accepts_stream=accepts_stream)
        return structs.replace(call, kind=Kind.token_count, is_stream=False)

    def path(self, call: Call, model: str) -> bytes:
        return b"/responses/input_tokens"

    def pass_count(self, answer: bytes) -> bytes:
        self.read_count(answer)
        return answer

    def show_count(self, tokens: int) -> bytes:
        return b'{"object":"response.input_tokens","input_tokens":%d}' % tokens

    def write_count(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        request = self.write_chat(chat, call, model, losses, quirks)
        return splice.edit(request, {"store": None, "include": None})

    def read_count(self, answer: bytes) -> int:
        return read_number(answer, _Answer, "input_tokens")
