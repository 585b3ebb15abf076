"""A call crosses from one dialect to another and back with its meaning, its thoughts and its tools."""

from __future__ import annotations

import json
from typing import Any

from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import Label
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.translate import Translation
from aigne_hub.dialects.usage import Usage
from tests.dialects.anthropic_messages.test_streams import STREAM as MESSAGE_STREAM
from tests.dialects.openai_chat.test_streams import STREAM as CHAT_STREAM

ChatDialect = OpenAIChat | AnthropicMessages

CHAT, HYBRID, MESSAGES = OpenAIChat(is_hybrid=False), OpenAIChat(is_hybrid=True), AnthropicMessages()
LABEL = Label(7, 9)
SAID: dict[str, Any] = {"model": "p/m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def crossing(served: ChatDialect, called: ChatDialect, **fields: Any) -> tuple[Translation, Any, Any]:
    call = served.read_request(json.dumps({**SAID, **fields}).encode(), accepts_stream=False)
    translation = Translation(served, called, frozenset())
    return translation, call, json.loads(translation.write_request(call, "m"))


def test_a_messages_call_at_a_chat_provider() -> None:
    way, call, sent = crossing(MESSAGES, CHAT, system="be brief", top_k=4, stream=True)
    assert sent == {
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "max_tokens": 9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert way.losses.header() == "top_k"
    assert way.path(call, "m") == b"/chat/completions"
    stream = way.open_stream(call, LABEL)
    shown = stream.feed(CHAT_STREAM) + stream.finish()
    assert shown.startswith(b"event: message_start\n")
    assert shown.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert stream.usage == Usage(3, 2)


def test_a_chat_call_at_a_messages_provider() -> None:
    way, call, sent = crossing(CHAT, MESSAGES, stream=True, stream_options={"include_usage": True})
    assert sent == {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "stream": True}
    stream = way.open_stream(call, LABEL)
    shown = stream.feed(MESSAGE_STREAM) + stream.finish()
    assert shown.endswith(b"data: [DONE]\n\n")
    assert b'"prompt_tokens":13,"completion_tokens":7' in shown
    assert stream.usage == Usage(9, 7, 4)


def test_a_whole_answer_is_read_once_and_shown_in_the_caller_s_shape() -> None:
    way, call, _ = crossing(HYBRID, MESSAGES)
    answer = {"type": "message", "id": "msg_1", "model": "c", "content": [{"type": "text", "text": "Hello"}],
              "stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 1}}  # fmt: skip
    assert way.read_usage(json.dumps(answer).encode()) == Usage(3, 1)
    shown = json.loads(way.write_answer(b"", call, LABEL))
    assert shown["choices"][0]["message"]["content"] == shown["text"] == "Hello"
    assert shown["usage"]["modelCallId"] == "7"
