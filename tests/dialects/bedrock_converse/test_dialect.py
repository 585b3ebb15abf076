"""Converse at the provider's side of calls in other dialects."""

from __future__ import annotations

import json

import pytest

from aigne_hub.dialects.bedrock_converse.dialect import BedrockConverse
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.translate import Translation
from aigne_hub.dialects.usage import Usage
from tests.dialects.bedrock_converse.test_answers import STREAM, answer

CONVERSE, CHAT = BedrockConverse(), OpenAIChat(is_hybrid=False)


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("amazon.nova-pro-v1:0", b"/model/amazon.nova-pro-v1%3A0/converse"),
        ("arn:aws:bedrock:us-east-1::x/y", b"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Ax%2Fy/converse"),
    ],
)
def test_the_model_stands_in_the_path(model: str, path: bytes) -> None:
    assert CONVERSE.path(Call(Kind.chat, "x", b""), model) == path
    assert CONVERSE.path(Call(Kind.chat, "x", b"", is_stream=True), model) == path + b"-stream"


def test_a_chat_call_and_its_stream_cross() -> None:
    body = json.dumps({"model": "bedrock/m", "messages": [{"role": "user", "content": "hi"}]}).encode()
    call = CHAT.read_request(body, accepts_stream=False)
    way = Translation(CHAT, CONVERSE, frozenset())
    assert json.loads(way.write_request(call, "m")) == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    assert way.read_usage(answer({"text": "Hello"})) == Usage(9, 7, 4, cache_write_5m=5)
    shown = json.loads(way.write_answer(b"", call, Label(7, 9, "bedrock/m")))
    assert shown["choices"][0]["message"]["content"] == "Hello"
    stream = way.open_stream(call, Label(7, 9, "bedrock/m"))
    out = stream.feed(STREAM) + stream.finish()
    assert b'"content":"Hel"' in out
    assert out.endswith(b"data: [DONE]\n\n")
