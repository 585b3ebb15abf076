"""A call crosses between Gemini and the other dialects with its meaning, its signatures and its tools.

Source: https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from google import genai
from google.genai import types

from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Message,
    Reasoning,
    Role,
    Seal,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.gemini.signatures import standard
from aigne_hub.dialects.gemini.spelling import camel
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from aigne_hub.dialects.translate import Translation
from aigne_hub.dialects.usage import Usage
from tests.dialects.anthropic_messages.test_streams import STREAM as MESSAGE_STREAM
from tests.dialects.chats import PICTURE, PIXEL, SCHEMA, WEATHER
from tests.dialects.gemini.test_streams import STREAM
from tests.dialects.openai_chat.test_streams import STREAM as CHAT_STREAM
from tests.upstream import Upstream, whole

Dialect = OpenAIChat | AnthropicMessages | OpenAIResponses | Gemini

CHAT, MESSAGES, RESPONSES, GEMINI = OpenAIChat(is_hybrid=False), AnthropicMessages(), OpenAIResponses(), Gemini("p/m")
LABEL = Label(7, 9)
MODEL = "gemini-3-flash"


def crossing(served: Dialect, called: Dialect, body: dict[str, Any]) -> tuple[Translation, Call, Any]:
    call = served.read_request(json.dumps(body).encode(), accepts_stream=False)
    translation = Translation(served, called, frozenset())
    return translation, call, json.loads(translation.write_request(call, MODEL))


def signature(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def answer_of(called: Dialect, turn: int) -> dict[str, Any]:
    """What a provider says in a turn: a thought, and two tools to call, signed as the provider does."""
    if isinstance(called, AnthropicMessages):
        thought = {"type": "thinking", "thinking": f"hm{turn}", "signature": f"sig{turn}"}
        uses = [{"type": "tool_use", "id": f"t{turn}{i}", "name": "f", "input": {"n": turn}} for i in (0, 1)]
        usage = {"input_tokens": 1, "output_tokens": 1}
        return {"type": "message", "content": [thought, *uses], "stop_reason": "tool_use", "usage": usage}
    parts: list[dict[str, Any]] = [{"text": f"hm{turn}", "thought": True}]
    for i in (0, 1):
        parts.append({"functionCall": {"id": f"t{turn}{i}", "name": "f", "args": {"n": turn}}})
    parts[1]["thoughtSignature"] = signature(f"sig{turn}")
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1}
    content = {"parts": parts, "role": "model"}
    return {
        "candidates": [{"content": content, "finishReason": "STOP"}],
        "usageMetadata": usage,
        "responseId": f"r{turn}",
    }


def asked_of(served: Dialect, said: list[dict[str, Any]]) -> dict[str, Any]:
    function = {"name": "f", "parameters": {"type": "object"}}
    if isinstance(served, Gemini):
        return {"contents": said, "tools": [{"functionDeclarations": [function]}]}
    if isinstance(served, OpenAIResponses):
        return {"model": "p/m", "input": said, "tools": [{"type": "function", "strict": False, **function}]}
    return {"model": "p/m", "max_tokens": 99, "messages": said}


def first_of(served: Dialect) -> dict[str, Any]:
    return (
        {"role": "user", "parts": [{"text": "go"}]} if isinstance(served, Gemini) else {"role": "user", "content": "go"}
    )


def said_back(served: Dialect, shown: Any, ids: list[str]) -> list[dict[str, Any]]:
    """What a client sends back: the answer as it got it, and what its tools gave."""
    if isinstance(served, Gemini):
        answer = types.GenerateContentResponse.model_validate(shown)
        assert answer.candidates is not None
        content = answer.candidates[0].content
        assert content is not None
        results: list[dict[str, Any]] = [
            {"functionResponse": {"id": id, "name": "f", "response": {"output": "ok"}}} for id in ids
        ]
        model = content.model_dump(mode="json", by_alias=True, exclude_none=True)
        return [model, {"role": "user", "parts": results}]
    if isinstance(served, OpenAIResponses):
        return [*shown["output"], *[{"type": "function_call_output", "call_id": id, "output": "ok"} for id in ids]]
    if isinstance(served, OpenAIChat):
        results = [{"role": "tool", "tool_call_id": id, "content": "ok"} for id in ids]
        return [shown["choices"][0]["message"], *results]
    blocks = [{"type": "tool_result", "tool_use_id": id, "content": "ok"} for id in ids]
    return [{"role": "assistant", "content": shown["content"]}, {"role": "user", "content": blocks}]


def test_google_gets_its_turn_back_as_it_gave_it() -> None:
    way, call, _ = crossing(MESSAGES, GEMINI, asked_of(MESSAGES, [first_of(MESSAGES)]))
    given = answer_of(GEMINI, 0)
    way.read_usage(json.dumps(given).encode())
    shown = json.loads(way.write_answer(b"", call, LABEL))
    said = [first_of(MESSAGES), *said_back(MESSAGES, shown, ["t00", "t01"])]
    sent = crossing(MESSAGES, GEMINI, asked_of(MESSAGES, said))[2]
    assert sent["contents"][1] == given["candidates"][0]["content"]


@pytest.mark.parametrize(
    ("called", "stream", "usage"), [(CHAT, CHAT_STREAM, Usage(3, 2)), (MESSAGES, MESSAGE_STREAM, Usage(9, 7, 4))]
)
def test_streams_of_others_are_told_as_google_s(called: Dialect, stream: bytes, usage: Usage) -> None:
    for size in (1, 7, 100_000):
        served = Gemini("p/m", is_stream=True)
        way, call, sent = crossing(served, called, asked_of(served, [first_of(served)]))
        assert sent["stream"] is True
        opened = way.open_stream(call, LABEL)
        shown = b"".join([opened.feed(stream[at : at + size]) for at in range(0, len(stream), size)])
        assert b"finishReason" not in shown
        told = (shown + opened.finish()).decode().strip().split("\n\n")
        events = [types.GenerateContentResponse.model_validate_json(one.removeprefix("data: ")) for one in told]
        assert "".join([event.text or "" for event in events if not event.function_calls]) == "Hello"
        assert next(call.args for event in events for call in event.function_calls or ()) == {"a": 1}
        assert opened.usage == usage


def test_google_s_stream_is_told_as_the_others() -> None:
    body = {"model": "p/m", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}], "stream": True}
    way, call, _ = crossing(MESSAGES, GEMINI, body)
    assert way.path(call, "m") == b"/models/m:streamGenerateContent?alt=sse"
    opened = way.open_stream(call, LABEL)
    shown = opened.feed(STREAM) + opened.finish()
    assert b'"thinking_delta","thinking":"hm"' in shown
    assert b'"data":"hub:gemini::dGV4dA=="' in shown
    assert b'"data":"hub:gemini:tool=call_r1_0:c2ln"' in shown
    assert b'"stop_reason":"tool_use"' in shown


USER = Message(Role.user, (Text("what is it?"), PICTURE))
FULL = Chat(
    (
        Message(Role.system, (Text("be brief"),)),
        USER,
        Message(Role.assistant, (Thinking("hm"), ToolUse("c1", "weather", '{"city":"Paris"}', Seal("gemini", "c2ln")))),
        Message(Role.tool, (ToolResult("c1", (Text("sunny"),)),)),
    ),
    tools=(WEATHER,),
    tool_choice=Choosing.auto,
    format=Format(SCHEMA),
    reasoning=Reasoning("low"),
    max_output=99,
    temperature=0.5,
    top_p=0.5,
    top_k=3,
    stop=("END",),
    seed=1,
    n=1,
)


async def sent_by_google_s_client(upstream: Upstream, contents: Any, config: types.GenerateContentConfig) -> Any:
    upstream.script = whole(answer_of(GEMINI, 0))
    options = types.HttpOptions(base_url=upstream.url.removesuffix("/v1"))
    async with genai.Client(api_key="k", http_options=options).aio as client:
        await client.models.generate_content(model=MODEL, contents=contents, config=config)
    return upstream.asked[-1]


def spelled_alike(value: Any) -> Any:
    """That client mixes both spellings of names, and writes the other alphabet of base64."""
    if isinstance(value, list):
        return [spelled_alike(one) for one in value]
    if isinstance(value, dict):
        return {camel(name): spelled_alike(one) for name, one in value.items()}
    return PIXEL if isinstance(value, str) and standard(value) == PIXEL else value


@pytest.mark.anyio
async def test_what_google_s_own_client_sends_is_what_the_hub_writes(upstream: Upstream) -> None:
    image = types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png")
    call = types.Part(
        function_call=types.FunctionCall(id="c1", name="weather", args={"city": "Paris"}), thought_signature=b"sig"
    )
    response = types.FunctionResponse(id="c1", name="weather", response={"output": "sunny"})
    contents = [
        types.Content(role="user", parts=[types.Part(text="what is it?"), image]),
        types.Content(role="model", parts=[types.Part(text="hm", thought=True), call]),
        types.Content(role="user", parts=[types.Part(function_response=response)]),
    ]
    weather = types.FunctionDeclaration(name="weather", description=WEATHER.description, parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(
        system_instruction="be brief",
        tools=[types.Tool(function_declarations=[weather])],
        tool_config=types.ToolConfig(
            function_calling_config=types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.AUTO)
        ),
        response_mime_type="application/json",
        response_json_schema=SCHEMA,
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW, include_thoughts=True),
        max_output_tokens=99,
        temperature=0.5,
        top_p=0.5,
        top_k=3,
        stop_sequences=["END"],
        seed=1,
        candidate_count=1,
    )
    asked = await sent_by_google_s_client(upstream, contents, config)
    losses = Losses()
    here = Call(Kind.chat, MODEL, b"")
    written = json.loads(GEMINI.write_chat(FULL, here, MODEL, losses, frozenset()))
    assert spelled_alike(asked.json) == written
    assert asked.path.endswith(GEMINI.path(here, MODEL).decode())
    assert not losses
    plain = await sent_by_google_s_client(upstream, "hi", types.GenerateContentConfig())
    hi = Chat((Message(Role.user, (Text("hi"),)),))
    small = json.loads(GEMINI.write_chat(hi, here, MODEL, losses, frozenset()))
    assert small == {name: value for name, value in plain.json.items() if value}
