"""A call crosses between Responses and the other dialects with its meaning, its thoughts and its tools."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response

from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import Call, Label
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from aigne_hub.dialects.translate import Translation
from aigne_hub.dialects.usage import Usage
from tests.dialects.anthropic_messages.test_streams import STREAM as MESSAGE_STREAM
from tests.dialects.chats import PIXEL
from tests.dialects.openai_chat.test_streams import STREAM as CHAT_STREAM
from tests.dialects.openai_responses.test_answers import USAGE, WIRE
from tests.dialects.openai_responses.test_streams import STREAM
from tests.dialects.openai_responses.test_write_stream import told

Chat = OpenAIChat | AnthropicMessages | OpenAIResponses

CHAT, MESSAGES, RESPONSES = OpenAIChat(is_hybrid=False), AnthropicMessages(), OpenAIResponses()
LABEL = Label(7, 9)
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}


def crossing(served: Chat, called: Chat, body: dict[str, Any]) -> tuple[Translation, Call, Any]:
    call = served.read_request(json.dumps(body).encode(), accepts_stream=False)
    translation = Translation(served, called, frozenset())
    return translation, call, json.loads(translation.write_request(call, "m"))


def test_a_responses_call_at_a_chat_provider() -> None:
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}
    content = [{"type": "input_text", "text": "what is it?"}, picture]
    way, call, sent = crossing(RESPONSES, CHAT, {
        "model": "p/m",
        "instructions": "be brief",
        "input": [{"role": "user", "content": content}],
        "tools": [FUNCTION, {"type": "web_search"}],
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}},
        "reasoning": {"effort": "low"},
        "max_output_tokens": 50,
        "stream": True,
    })  # fmt: skip
    assert sent == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "be brief"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "what is it?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                ],
            },
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
        "reasoning_effort": "low",
        "max_tokens": 50,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert way.losses.header() == "tools.web_search"
    assert way.path(call, "m") == b"/chat/completions"


@pytest.mark.parametrize(
    ("called", "stream", "usage"), [(CHAT, CHAT_STREAM, Usage(3, 2)), (MESSAGES, MESSAGE_STREAM, Usage(9, 7, 4))]
)
def test_streams_of_others_are_told_as_responses(called: Chat, stream: bytes, usage: Usage) -> None:
    for size in (1, 7, 100_000):
        way, call, _ = crossing(RESPONSES, called, {"model": "p/m", "input": "hi", "tools": [FUNCTION], "stream": True})
        open_stream = way.open_stream(call, LABEL)
        shown = b"".join([open_stream.feed(stream[at : at + size]) for at in range(0, len(stream), size)])
        assert b"response.completed" not in shown
        events = told(shown + open_stream.finish())
        end = Response.model_validate(events[-1]["response"])
        assert (end.status, end.tools[0].type) == ("completed", "function")
        assert open_stream.usage == usage
        assert end.usage is not None
        assert end.usage.total_tokens == usage.total


def test_a_responses_stream_is_told_as_the_others() -> None:
    body = {"model": "p/m", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}], "stream": True}
    way, call, sent = crossing(MESSAGES, RESPONSES, body)
    assert sent == {
        "model": "m", "input": [{"role": "user", "content": "hi"}], "store": False, "max_output_tokens": 20,
        "stream": True,
    }  # fmt: skip
    stream = way.open_stream(call, LABEL)
    shown = stream.feed(STREAM) + stream.finish()
    assert b'"thinking_delta","thinking":"hm"' in shown
    assert b'"signature":"hub:openai_responses:rs_1:whole"' in shown
    assert b'"stop_reason":"tool_use"' in shown
    assert b'"input_tokens":10' in shown
    way, call, _ = crossing(CHAT, RESPONSES, {**body, "stream_options": {"include_usage": True}})
    stream = way.open_stream(call, LABEL)
    shown = stream.feed(STREAM) + stream.finish()
    assert b'"content":"Hel"' in shown
    assert b'"prompt_tokens":20,"completion_tokens":9' in shown
    assert shown.endswith(b"data: [DONE]\n\n")


def answer_of(called: Chat, turn: int) -> dict[str, Any]:
    """What a provider says in a turn: a thought that it seals, if it can, and a tool to call."""
    id, arguments = f"t{turn}", json.dumps({"n": turn})
    if isinstance(called, AnthropicMessages):
        thought = {"type": "thinking", "thinking": f"hm{turn}", "signature": f"sig{turn}"}
        hidden = {"type": "redacted_thinking", "data": f"data{turn}"}
        use: dict[str, Any] = {"type": "tool_use", "id": id, "name": "f", "input": {"n": turn}}
        usage = {"input_tokens": 1, "output_tokens": 1}
        return {"type": "message", "content": [thought, hidden, use], "stop_reason": "tool_use", "usage": usage}
    if isinstance(called, OpenAIChat):
        use = {"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}}
        said = {"reasoning_content": f"hm{turn}", "tool_calls": [use]}
        return {"choices": [{"message": said, "finish_reason": "tool_calls"}]}
    summary = [{"type": "summary_text", "text": f"hm{turn}"}]
    output = [
        {"type": "reasoning", "id": f"rs_{turn}", "summary": summary, "encrypted_content": f"blob{turn}"},
        {"type": "function_call", "id": f"fc_{turn}", "call_id": id, "name": "f", "arguments": arguments},
    ]
    return {**WIRE, "output": output, "usage": USAGE}


def asked_of(served: Chat, said: list[dict[str, Any]]) -> dict[str, Any]:
    if isinstance(served, OpenAIResponses):
        return {"model": "p/m", "input": said, "tools": [FUNCTION]}
    return {"model": "p/m", "max_tokens": 99, "messages": said}


def said_back(served: Chat, shown: Any, id: str) -> list[dict[str, Any]]:
    """What a client sends back: the answer as it got it, and what its tool gave."""
    if isinstance(served, OpenAIResponses):
        return [*shown["output"], {"type": "function_call_output", "call_id": id, "output": "ok"}]
    if isinstance(served, OpenAIChat):
        return [shown["choices"][0]["message"], {"role": "tool", "tool_call_id": id, "content": "ok"}]
    result = {"type": "tool_result", "tool_use_id": id, "content": "ok"}
    return [{"role": "assistant", "content": shown["content"]}, {"role": "user", "content": [result]}]


def test_the_provider_gets_its_thoughts_back_as_it_gave_them() -> None:
    way, call, _ = crossing(MESSAGES, RESPONSES, asked_of(MESSAGES, [{"role": "user", "content": "go"}]))
    way.read_usage(json.dumps(answer_of(RESPONSES, 0)).encode())
    shown = json.loads(way.write_answer(b"", call, LABEL))
    said = [{"role": "user", "content": "go"}, *said_back(MESSAGES, shown, "t0")]
    sent = crossing(MESSAGES, RESPONSES, asked_of(MESSAGES, said))[2]
    given = answer_of(RESPONSES, 0)["output"]
    assert sent["input"][1] == given[0]
    assert sent["input"][2] == {name: value for name, value in given[1].items() if name != "id"} | {
        "arguments": '{"n":0}'
    }
    assert sent["include"] == ["reasoning.encrypted_content"]
