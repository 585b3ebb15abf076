"""Google's countTokens (https://ai.google.dev/api/tokens)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat, Message, Role, Text
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.counts import GeminiCount

COUNT = GeminiCount("up/m")
CONTENTS = [{"parts": [{"text": "hi"}], "role": "user"}]
SYSTEM = {"parts": [{"text": "s"}], "role": "user"}
TOLD = (Message(Role.system, (Text("s"),)), Message(Role.user, (Text("hi"),)))


def read(body: dict[str, Any]) -> Call:
    return COUNT.read_request(json.dumps(body).encode(), accepts_stream=False)


def test_contents_alone_go_on_as_they_came() -> None:
    call = COUNT.read_request(b'{ "contents":[{"parts":[{"text":"h\\u00e9"}]}] ,"x":[1]}', accepts_stream=False)
    assert (call.kind, call.model) == (Kind.token_count, "up/m")
    assert COUNT.path(call, "m") == b"/models/m:countTokens"
    assert COUNT.write_request(call, "m") is call.body
    answer = b'{ "totalTokens": 14, "promptTokensDetails": [] }'
    assert COUNT.pass_count(answer) is answer
    assert COUNT.read_count(answer) == 14
    assert json.loads(COUNT.show_count(14)) == {"totalTokens": 14}


@pytest.mark.parametrize("name", ["generateContentRequest", "generate_content_request"])
def test_a_whole_request_names_the_provider_s_model(name: str) -> None:
    whole = {"model": "models/up/m", "contents": CONTENTS, "systemInstruction": SYSTEM}
    call = read({name: whole, "access_token": "blocklet-x"})
    assert (call.body_token, b"blocklet" in call.body) == ("blocklet-x", False)
    assert json.loads(COUNT.write_request(call, "m")) == {name: {**whole, "model": "models/m"}}
    assert json.loads(COUNT.write_request(call, "tunedModels/m"))[name]["model"] == "tunedModels/m"
    assert COUNT.read_chat(call).messages == TOLD


def test_what_stands_beside_the_contents_is_read_too() -> None:
    assert COUNT.read_chat(read({"contents": CONTENTS, "systemInstruction": SYSTEM})).messages == TOLD


@pytest.mark.parametrize(
    "body", [{}, {"contents": None}, {"generateContentRequest": {}}, {"generateContentRequest": 1}]
)
def test_what_is_no_request_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        read(body)


def test_another_dialect_s_chat_is_a_whole_request() -> None:
    losses = Losses()
    body = COUNT.write_count(Chat(TOLD), read({"contents": CONTENTS}), "gemini-2.5-flash", losses, frozenset())
    assert json.loads(body) == {
        "generateContentRequest": {
            "model": "models/gemini-2.5-flash",
            "contents": CONTENTS,
            "systemInstruction": SYSTEM,
        }
    }
    assert not losses
