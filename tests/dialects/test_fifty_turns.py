"""Fifty turns of thinking and tools, through every pair of dialects: no seal, no call and no argument is lost.

The caller sends back what it was shown, as its format says; the provider must get what it said, as it said it.
"""

from __future__ import annotations

import base64
import json
from typing import Any, ClassVar

import pytest

from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.bedrock_converse.dialect import BedrockConverse
from aigne_hub.dialects.call import Label
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from aigne_hub.dialects.translate import CalledChat, ServedChat, Translation

Json = dict[str, Any]

FUNCTION: Json = {"name": "f", "parameters": {"type": "object"}}


class ChatSide:
    """Chat Completions; a provider of it seals nothing, and gets its calls back."""

    dialect = OpenAIChat(is_hybrid=False)
    model = "m"
    first: ClassVar[Json] = {"role": "user", "content": "go"}

    def asked(self, said: list[Json]) -> Json:
        return {"model": "p/m", "messages": said, "tools": [{"type": "function", "function": FUNCTION}]}

    def said_back(self, shown: Any, id: str) -> list[Json]:
        return [shown["choices"][0]["message"], {"role": "tool", "tool_call_id": id, "content": "ok"}]

    def answer(self, turn: int) -> Json:
        use = {"name": "f", "arguments": json.dumps({"n": turn})}
        said = {
            "reasoning_content": f"hm{turn}",
            "tool_calls": [{"id": f"t{turn}", "type": "function", "function": use}],
        }
        return {"choices": [{"message": said, "finish_reason": "tool_calls"}]}

    def seals(self, sent: Any) -> list[str] | None:
        return None

    def calls(self, sent: Any) -> list[int]:
        uses = [use["function"] for one in sent["messages"] for use in one.get("tool_calls", [])]
        return [json.loads(use["arguments"])["n"] for use in uses]


class MessagesSide:
    dialect = AnthropicMessages()
    model = "claude-sonnet-4-6"
    first: ClassVar[Json] = {"role": "user", "content": "go"}

    def asked(self, said: list[Json]) -> Json:
        tool = {"name": "f", "input_schema": FUNCTION["parameters"]}
        return {"model": "p/m", "max_tokens": 99, "messages": said, "tools": [tool]}

    def said_back(self, shown: Any, id: str) -> list[Json]:
        result = {"type": "tool_result", "tool_use_id": id, "content": "ok"}
        return [{"role": "assistant", "content": shown["content"]}, {"role": "user", "content": [result]}]

    def answer(self, turn: int) -> Json:
        thought = {"type": "thinking", "thinking": f"hm{turn}", "signature": f"sig{turn}"}
        use = {"type": "tool_use", "id": f"t{turn}", "name": "f", "input": {"n": turn}}
        return {"type": "message", "content": [thought, use], "stop_reason": "tool_use"}

    def seals(self, sent: Any) -> list[str] | None:
        return [block["signature"] for block in self._blocks(sent) if block["type"] == "thinking"]

    def calls(self, sent: Any) -> list[int]:
        return [block["input"]["n"] for block in self._blocks(sent) if block["type"] == "tool_use"]

    def _blocks(self, sent: Any) -> list[Any]:
        return [block for one in sent["messages"] if isinstance(one["content"], list) for block in one["content"]]


class ResponsesSide:
    dialect = OpenAIResponses()
    model = "gpt-5-mini"
    first: ClassVar[Json] = {"role": "user", "content": "go"}

    def asked(self, said: list[Json]) -> Json:
        return {"model": "p/m", "input": said, "tools": [{"type": "function", "strict": False, **FUNCTION}]}

    def said_back(self, shown: Any, id: str) -> list[Json]:
        return [*shown["output"], {"type": "function_call_output", "call_id": id, "output": "ok"}]

    def answer(self, turn: int) -> Json:
        summary = [{"type": "summary_text", "text": f"hm{turn}"}]
        thought = {"type": "reasoning", "id": f"rs_{turn}", "summary": summary, "encrypted_content": f"sig{turn}"}
        use = {"type": "function_call", "id": f"fc_{turn}", "call_id": f"t{turn}", "name": "f"}
        return {
            "id": "r", "object": "response", "status": "completed", "model": "m", "created_at": 1,
            "output": [thought, {**use, "arguments": json.dumps({"n": turn})}],
        }  # fmt: skip

    def seals(self, sent: Any) -> list[str] | None:
        return [item["encrypted_content"] for item in sent["input"] if item.get("type") == "reasoning"]

    def calls(self, sent: Any) -> list[int]:
        items = [item for item in sent["input"] if item.get("type") == "function_call"]
        return [json.loads(item["arguments"])["n"] for item in items]


class GeminiSide:
    dialect = Gemini("p/m")
    model = "gemini-3-flash"
    first: ClassVar[Json] = {"role": "user", "parts": [{"text": "go"}]}

    def asked(self, said: list[Json]) -> Json:
        return {"contents": said, "tools": [{"functionDeclarations": [FUNCTION]}]}

    def said_back(self, shown: Any, id: str) -> list[Json]:
        result = {"functionResponse": {"id": id, "name": "f", "response": {"output": "ok"}}}
        return [shown["candidates"][0]["content"], {"role": "user", "parts": [result]}]

    def answer(self, turn: int) -> Json:
        use = {"functionCall": {"id": f"t{turn}", "name": "f", "args": {"n": turn}}}
        signed = {**use, "thoughtSignature": base64.b64encode(f"sig{turn}".encode()).decode()}
        content = {"role": "model", "parts": [{"text": f"hm{turn}", "thought": True}, signed]}
        return {"candidates": [{"content": content, "finishReason": "STOP"}], "responseId": f"r{turn}"}

    def seals(self, sent: Any) -> list[str] | None:
        marks = [part["thoughtSignature"] for part in self._parts(sent) if "thoughtSignature" in part]
        return [base64.b64decode(mark).decode() for mark in marks]

    def calls(self, sent: Any) -> list[int]:
        return [int(part["functionCall"]["args"]["n"]) for part in self._parts(sent) if "functionCall" in part]

    def _parts(self, sent: Any) -> list[Any]:
        return [part for turn in sent["contents"] for part in turn["parts"]]


class ConverseSide:
    dialect = BedrockConverse()
    model = "anthropic.claude-sonnet-4-6"

    def answer(self, turn: int) -> Json:
        thought = {"reasoningContent": {"reasoningText": {"text": f"hm{turn}", "signature": f"sig{turn}"}}}
        use = {"toolUse": {"toolUseId": f"t{turn}", "name": "f", "input": {"n": turn}}}
        message = {"role": "assistant", "content": [thought, use]}
        return {"output": {"message": message}, "stopReason": "tool_use"}

    def seals(self, sent: Any) -> list[str] | None:
        thoughts = [block["reasoningContent"] for block in self._blocks(sent) if "reasoningContent" in block]
        return [thought["reasoningText"]["signature"] for thought in thoughts]

    def calls(self, sent: Any) -> list[int]:
        return [block["toolUse"]["input"]["n"] for block in self._blocks(sent) if "toolUse" in block]

    def _blocks(self, sent: Any) -> list[Any]:
        return [block for one in sent["messages"] for block in one["content"]]


class NativeSide:
    """The reference's own, by its client: what it keeps of an agent's message is its text, thoughts and calls."""

    dialect = Native()
    first: ClassVar[Json] = {"role": "user", "content": "go"}

    def asked(self, said: list[Json]) -> Json:
        tools = [{"type": "function", "function": FUNCTION}]
        return {"input": {"messages": said, "tools": tools, "modelOptions": {"model": "p/m"}}}

    def said_back(self, shown: Any, id: str) -> list[Json]:
        before = [{"type": "text", "text": shown["thoughts"], "isThinking": True}, {"type": "text", "text": "so"}]
        result = {"role": "tool", "toolCallId": id, "content": "ok"}
        return [{"role": "agent", "content": before}, {"role": "agent", "toolCalls": shown["toolCalls"]}, result]


Both = ChatSide | MessagesSide | ResponsesSide | GeminiSide
Caller = Both | NativeSide
Provider = Both | ConverseSide

PROVIDERS: list[Provider] = [ChatSide(), MessagesSide(), ResponsesSide(), GeminiSide(), ConverseSide()]
CALLERS: list[Caller] = [ChatSide(), MessagesSide(), ResponsesSide(), GeminiSide(), NativeSide()]
PAIRS = [
    pytest.param(caller, provider, id=f"{caller.dialect.name} to {provider.dialect.name}")
    for caller in CALLERS
    for provider in PROVIDERS
    if caller.dialect.name != provider.dialect.name
]


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
def test_fifty_turns(caller: Caller, provider: Provider) -> None:
    served: ServedChat = caller.dialect
    called: CalledChat = provider.dialect
    said = [caller.first]
    for turn in range(50):
        call = served.read_request(json.dumps(caller.asked(said)).encode(), accepts_stream=False)
        way = Translation(served, called, frozenset())
        sent = json.loads(way.write_request(call, provider.model))
        seals = provider.seals(sent)
        assert seals is None or seals == [f"sig{n}" for n in range(turn)]
        assert provider.calls(sent) == list(range(turn))
        way.read_usage(json.dumps(provider.answer(turn)).encode())
        shown = json.loads(way.write_answer(b"", call, Label(7, 9)))
        said += caller.said_back(shown, f"t{turn}")
