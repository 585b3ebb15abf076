"""Anthropic's count (https://platform.claude.com/docs/en/api/messages/count_tokens)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.anthropic_messages.counts import AnthropicCount
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat, Message, Reasoning, Role, Text
from aigne_hub.dialects.fidelity import Losses
from tests.dialects.chats import WEATHER

COUNT = AnthropicCount()
HI = {"role": "user", "content": "hi"}


def read(**more: Any) -> Call:
    body = json.dumps({"model": "up/m", "messages": [HI], **more}).encode()
    return COUNT.read_request(body, accepts_stream=False)


def test_a_count_goes_on_as_it_came_but_for_the_model() -> None:
    call = COUNT.read_request(
        b'{ "model":"up/m", "messages":[{"role":"user","content":"h\\u00e9"}],"x":1e400}', accepts_stream=False
    )
    assert (call.kind, call.model, call.is_stream) == (Kind.token_count, "up/m", False)
    assert COUNT.path(call, "m") == b"/messages/count_tokens"
    assert COUNT.write_request(call, "m") == call.body.replace(b"up/m", b"m")
    answer = b'{ "input_tokens": 14, "context_management": {} }'
    assert COUNT.pass_count(answer) is answer
    assert COUNT.read_count(answer) == 14
    assert json.loads(COUNT.show_count(14)) == {"input_tokens": 14}


def test_a_key_in_the_body_stays_here() -> None:
    call = read(access_token="blocklet-x")
    assert (call.body_token, b"blocklet" in call.body) == ("blocklet-x", False)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"messages": []}, "messages"),
        ({"model": ""}, "model"),
        ({"tools": {}}, "tools"),
        (
            {"messages": [HI, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x"}]}]},
            "messages[1].content[0]",
        ),
    ],
)
def test_what_is_no_request_is_refused_by_its_place(more: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**more)
    assert (refused.value.param or "").startswith(param)


def test_another_dialect_s_chat_is_written_without_what_no_count_takes() -> None:
    losses = Losses()
    chat = Chat((Message(Role.system, (Text("s"),)), Message(Role.user, (Text("hi"),))), tools=(WEATHER,))
    body = json.loads(COUNT.write_count(chat, read(), "claude-sonnet-4-6", losses, frozenset()))
    assert body == {
        "model": "claude-sonnet-4-6",
        "system": "s",
        "messages": [HI],
        "tools": [{"name": "weather", "description": WEATHER.description, "input_schema": WEATHER.schema}],
    }
    assert not losses


def test_a_message_read_for_a_count_needs_no_limit() -> None:
    chat = COUNT.read_chat(read(thinking={"type": "enabled", "budget_tokens": 2000}))
    assert (chat.max_output, chat.reasoning) == (None, Reasoning(budget=2000))
