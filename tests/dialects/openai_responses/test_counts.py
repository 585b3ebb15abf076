"""OpenAI's count (https://developers.openai.com/api/reference/resources/responses/subresources/input_tokens)."""

from __future__ import annotations

import json

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.chat import Chat, Message, Role, Text
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_responses.counts import ResponsesCount

COUNT = ResponsesCount()


def test_a_count_goes_on_as_it_came_but_for_the_model() -> None:
    call = COUNT.read_request(b'{"model":"up/m","input":"hi","x":1e400}', accepts_stream=True)
    assert (call.kind, call.model, call.is_stream) == (Kind.token_count, "up/m", False)
    assert COUNT.path(call, "m") == b"/responses/input_tokens"
    assert COUNT.write_request(call, "m") == b'{"model":"m","input":"hi","x":1e400}'
    answer = b'{ "object": "response.input_tokens", "input_tokens": 14 }'
    assert COUNT.pass_count(answer) is answer
    assert json.loads(COUNT.show_count(14)) == json.loads(answer)
    with pytest.raises(BadRequest, match="no input"):
        COUNT.read_request(b'{"model":"up/m"}', accepts_stream=False)


def test_another_dialect_s_chat_is_written_without_what_no_count_takes() -> None:
    call = COUNT.read_request(b'{"model":"up/m","input":"hi"}', accepts_stream=False)
    chat = Chat((Message(Role.system, (Text("s"),)), Message(Role.user, (Text("hi"),))))
    assert json.loads(COUNT.write_count(chat, call, "gpt-5", Losses(), frozenset())) == {
        "model": "gpt-5",
        "instructions": "s",
        "input": [{"role": "user", "content": "hi"}],
    }
