"""The part of docs/fidelity.md that is about answers, made by showing every feature to a caller of each dialect."""

from __future__ import annotations

import base64
import json
from typing import Any

from aigne_hub.dialects import sse
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Chat
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.pairing import CHATS
from aigne_hub.dialects.showing import OF_ANSWER, Showing
from aigne_hub.dialects.usage import Usage
from tests.dialects.answer_features import FEATURES, PLAIN, Feature, streamed

DOORS: dict[str, Any] = {
    **{name: dialect for name, dialect in CHATS.items() if hasattr(dialect, "show_answer")},
    "native": Native(),
    "openai_completions": OpenAICompletions(),
}
CALL = Call(Kind.chat, "up/m", b'{"model":"up/m","input":"hi"}', wants_usage=True, chat=Chat(()))
LABEL = Label(7, 1760000000, "up/m")
BUCKETS = {
    "fresh input": Usage(input=70, output=5),
    "read from a cache": Usage(input=3, output=5, cache_read=70),
    "written to a cache, five minutes": Usage(input=3, output=5, cache_write_5m=70),
    "written to a cache, an hour": Usage(input=3, output=5, cache_write_1h=70),
    "sound in": Usage(input=3, output=5, audio_input=70),
    "output": Usage(input=3, output=70),
    "thoughts": Usage(input=3, output=5, reasoning=70),
    "sound out": Usage(input=3, output=5, audio_output=70),
}

HEAD = """## What of an answer is shown

An answer of a provider that speaks the caller's dialect goes on as it came. Of all others, what the caller's own
format has no word for is dropped or said in one near it; which provider answered makes no difference. Of a whole answer
`x-hub-dropped` tells of it, as `answer.` and the thing; a stream's head has left by then, so the call's record has it
alone. `x-hub-strict` is about requests: nobody knows what an answer will say.
"""
OWN: dict[str, list[dict[str, Any]]] = {
    "openai_chat": [
        {
            "choices": [
                {"message": {"function_call": {"name": "f", "arguments": "{}"}}, "finish_reason": "function_call"}
            ]
        },
        {"choices": [{"message": {"audio": {"id": "a", "data": "aGk=", "transcript": "hi"}}, "finish_reason": "stop"}]},
        {"choices": [{"message": {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}}]},
    ],
    "anthropic_messages": [
        {
            "type": "message",
            "content": [
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
                {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {}},
            ],
        }
    ],
    "openai_responses": [
        {
            "object": "response",
            "status": "completed",
            "output": [
                {"type": "web_search_call", "id": "w", "status": "completed"},
                {"type": "file_search_call", "id": "f", "status": "completed"},
                {"type": "code_interpreter_call", "id": "c", "status": "completed"},
                {"type": "mcp_call", "id": "m"},
                {
                    "type": "message",
                    "content": [
                        {"type": "output_text", "text": "x", "annotations": [{"type": "file_citation", "file_id": "f"}]}
                    ],
                },
            ],
        }
    ],
    "gemini": [
        {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {"executableCode": {"language": "PYTHON", "code": "1"}},
                            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
                        ]
                    },
                    "groundingMetadata": {"searchEntryPoint": {"renderedContent": "<b>"}},
                }
            ]
        }
    ],
    "bedrock_converse": [
        {
            "output": {"message": {"role": "assistant", "content": [{"image": {"format": "png", "source": {}}}]}},
            "stopReason": "end_turn",
        }
    ],
}
"""What providers say in words of their own, by the pages that the dialects' readers name."""

UNKNOWN = """### What no caller is shown

These things providers say in words of their own, for which the hub's shape in the middle has no place. They are
dropped for every caller of another dialect, and told of in the same way.
"""
USED = """### How what was used is told

The record has every bucket, and calls are priced by it; this is what the answer itself tells of them. Nothing here is
in `x-hub-dropped`. *In another*: the tokens are counted, in a number that holds others too.
"""


def shown(door: str, answer: Answer, *, is_stream: bool) -> tuple[bytes, Losses]:
    """The answer as a caller gets it, and what was told to be lost."""
    losses, dialect = Losses(), DOORS[door]
    showing = Showing(dialect.lacks, losses)
    if not is_stream:
        showing.answer(answer)
        body: bytes = dialect.show_answer(answer, CALL, LABEL)
        return body, losses
    writer, out = dialect.open_writer(CALL, LABEL), b""
    for event in streamed(answer):
        showing.events([event])
        out += writer.write([event])
    return out + writer.finish(), losses


def is_shown(door: str, feature: Feature, *, is_stream: bool) -> bool:
    """Whether the mark stands in what the caller gets, or it is not the plain answer if there is no mark."""
    body, _ = shown(door, feature.answer, is_stream=is_stream)
    if not feature.mark:
        return body != shown(door, _without(feature), is_stream=is_stream)[0]
    wrapped = base64.b64encode(b"hub:elsewhere::" + feature.mark.encode()).rstrip(b"=")
    return feature.mark.encode() in body or wrapped in body


def _without(feature: Feature) -> Answer:
    return FEATURES["what is cited"].answer if "citations.place" in feature.things else PLAIN


def verdict(door: str, feature: Feature, *, is_stream: bool) -> str:
    if not is_shown(door, feature, is_stream=is_stream):
        return "dropped"
    how = shown(door, feature.answer, is_stream=is_stream)[1].items()
    return next((how[OF_ANSWER + thing] for thing in feature.things if OF_ANSWER + thing in how), "carried")


def told(door: str, usage: Usage, *, is_stream: bool) -> str:
    """What becomes of the 70 tokens of one bucket."""
    body, _ = shown(door, Answer("id_7", "m-1", PLAIN.candidates, usage), is_stream=is_stream)
    values = json.loads(body) if not is_stream else [json.loads(one) for one in sse.datas_of(body) if one != b"[DONE]"]
    numbers = _numbers(values)
    if 70 in numbers:
        return "carried"
    return "in another" if numbers & {73, 75, 78} else "dropped"


def _numbers(value: Any) -> set[int]:
    if isinstance(value, dict):
        return {number for one in value.values() for number in _numbers(one)}
    if isinstance(value, list):
        return {number for one in value for number in _numbers(one)}
    return {value} if isinstance(value, int) else set()


def unknown_to_all(dialect: str) -> list[str]:
    """What of this provider dialect's own things has no place in the middle, as it is told of."""
    return [thing for body in OWN[dialect] for thing in CHATS[dialect].read_answer(json.dumps(body).encode()).unknown]


SHOWN = {"carried": "**carried**", "approximated": "approximated", "dropped": "*dropped*", "in another": "*in another*"}


def page() -> str:
    rows = [_row(name, [_cell(verdict, door, feature) for door in DOORS]) for name, feature in FEATURES.items()]
    used = [_row(name, [_cell(told, door, usage) for door in DOORS]) for name, usage in BUCKETS.items()]
    head = [f"| | {' | '.join(DOORS)} |", "|---" * (len(DOORS) + 1) + "|"]
    unknown = [f"| {name} | {', '.join(f'`answer.{one}`' for one in unknown_to_all(name))} |" for name in OWN]
    named = ["| provider's dialect | dropped |", "|---|---|", *unknown]
    return "\n".join([HEAD, *head, *rows, "", UNKNOWN, *named, "", USED, *head, *used, ""])


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _cell(judge: Any, door: str, what: Any) -> str:
    whole, piecemeal = (SHOWN[judge(door, what, is_stream=is_stream)] for is_stream in (False, True))
    return whole if whole == piecemeal else f"{whole}, streamed {piecemeal}"
