"""The middle's events are written as OpenAI writes them; its own client's types and a reader of ours judge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    Media,
    MediaKind,
    MediaMade,
    RefusalPiece,
    Seal,
    Started,
    TextPiece,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Used,
)
from aigne_hub.dialects.openai_responses.answers import echo
from aigne_hub.dialects.openai_responses.streams import Reader
from aigne_hub.dialects.openai_responses.write_stream import Writer
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL
from tests.dialects.openai_responses.test_streams import EVENTS

EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


def write(*events: Event, at_once: bool = False) -> bytes:
    writer = Writer(echo({}), id="resp_7", model="p/m", created_s=9)
    if at_once:
        return writer.write(list(events)) + writer.finish()
    return b"".join([writer.write([event]) for event in events]) + writer.finish()


def told(stream: bytes) -> list[dict[str, Any]]:
    """The events, each of which OpenAI's types have taken; their names and numbers are right."""
    found = []
    for number, event in enumerate(stream.removesuffix(b"\n\n").split(b"\n\n")):
        name, _, data = event.partition(b"\ndata: ")
        said = json.loads(data)
        assert (name, said["sequence_number"]) == (f"event: {said['type']}".encode(), number)
        assert EVENT.validate_json(data).type == said["type"]
        found.append(said)
    return found


def kinds(stream: bytes) -> list[str]:
    return [said["type"].removeprefix("response.") for said in told(stream)]


def short(said: dict[str, Any]) -> tuple[Any, ...]:
    """What an event says, without its number and the response it may hold."""
    fields = {key: value for key, value in said.items() if key not in ("type", "sequence_number", "response")}
    return (said["type"].removeprefix("response."), fields)


def test_a_message_has_its_whole_sequence() -> None:
    here = {"item_id": "msg_7_0", "output_index": 0, "content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    message = {"id": "msg_7_0", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    part = {**empty, "text": "Hello"}
    whole = {**message, "status": "completed", "content": [part]}
    events = told(write(Started(None, None), TextPiece("Hel"), TextPiece("lo"), Used(Usage(3, 1)), Ended(Finish.stop)))
    assert [short(said) for said in events] == [
        ("created", {}),
        ("in_progress", {}),
        ("output_item.added", {"output_index": 0, "item": message}),
        ("content_part.added", {**here, "part": empty}),
        ("output_text.delta", {**here, "delta": "Hel", "logprobs": []}),
        ("output_text.delta", {**here, "delta": "lo", "logprobs": []}),
        ("output_text.done", {**here, "text": "Hello", "logprobs": []}),
        ("content_part.done", {**here, "part": part}),
        ("output_item.done", {"output_index": 0, "item": whole}),
        ("completed", {}),
    ]
    assert (events[0]["response"]["status"], events[0]["response"]["output"]) == ("in_progress", [])
    assert events[0]["response"]["usage"] is None
    end = events[-1]["response"]
    assert (end["id"], end["model"], end["status"], end["output"]) == ("resp_7", "p/m", "completed", [whole])
    assert end["usage"]["total_tokens"] == 4
    assert Response.model_validate(end).output_text == "Hello"


def test_a_tool_use_has_its_whole_sequence() -> None:
    here = {"item_id": "fc_7_0", "output_index": 0}
    item = {
        "id": "fc_7_0",
        "type": "function_call",
        "status": "in_progress",
        "call_id": "c1",
        "name": "f",
        "arguments": "",
    }
    whole = {**item, "status": "completed", "arguments": '{"a":1}'}
    events = told(
        write(ToolStarted(0, "c1", "f"), ArgumentsPiece(0, '{"a":'), ArgumentsPiece(0, "1}"), Ended(Finish.tools))
    )
    assert [short(said) for said in events[2:-1]] == [
        ("output_item.added", {"output_index": 0, "item": item}),
        ("function_call_arguments.delta", {**here, "delta": '{"a":'}),
        ("function_call_arguments.delta", {**here, "delta": "1}"}),
        ("function_call_arguments.done", {**here, "arguments": '{"a":1}'}),
        ("output_item.done", {"output_index": 0, "item": whole}),
    ]
    assert events[-1]["response"]["output"] == [whole]


def test_a_thought_has_its_whole_sequence() -> None:
    here = {"item_id": "rs_7_0", "output_index": 0, "summary_index": 0}
    item = {"id": "rs_7_0", "type": "reasoning", "summary": []}
    part = {"type": "summary_text", "text": "hmm"}
    whole = {**item, "summary": [part], "encrypted_content": "hub:anthropic_messages::sig"}
    seal = ThinkingSealed(Seal("anthropic_messages", "sig"))
    events = told(write(ThinkingPiece("hm"), ThinkingPiece("m"), seal, TextPiece("x"), Ended(Finish.stop)))
    assert [short(said) for said in events[2:9]] == [
        ("output_item.added", {"output_index": 0, "item": item}),
        ("reasoning_summary_part.added", {**here, "part": {"type": "summary_text", "text": ""}}),
        ("reasoning_summary_text.delta", {**here, "delta": "hm"}),
        ("reasoning_summary_text.delta", {**here, "delta": "m"}),
        ("reasoning_summary_text.done", {**here, "text": "hmm"}),
        ("reasoning_summary_part.done", {**here, "part": part}),
        ("output_item.done", {"output_index": 0, "item": whole}),
    ]
    assert [item["id"] for item in events[-1]["response"]["output"]] == ["rs_7_0", "msg_7_1"]


def test_a_thought_without_a_seal_ends_where_words_begin() -> None:
    stream = write(ThinkingPiece("hm"), TextPiece("x"), Ended(Finish.stop))
    assert kinds(stream)[5:9] == ["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done",
                                  "output_item.added"]  # fmt: skip
    assert "encrypted_content" not in told(stream)[-1]["response"]["output"][0]


def test_a_seal_alone_is_a_thought_without_words() -> None:
    own, foreign = Seal("openai_responses", "blob", "rs_1"), Seal("anthropic_messages", "data", "redacted")
    events = told(write(ThinkingSealed(own), ThinkingSealed(foreign), Ended(Finish.stop)))
    assert [said["type"] for said in events[2:6]] == ["response.output_item.added", "response.output_item.done"] * 2
    first, second = events[-1]["response"]["output"]
    assert first == {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "blob"}
    assert (second["id"], second["encrypted_content"]) == ("rs_7_1", "hub:anthropic_messages:redacted:data")


def test_a_tool_s_seal_comes_before_it() -> None:
    events = told(write(ToolStarted(0, "c1", "f", Seal("gemini", "g")), Ended(Finish.tools)))
    sealed, call = events[-1]["response"]["output"]
    assert sealed["encrypted_content"] == "hub:gemini:tool=c1:g"
    assert (call["id"], call["arguments"]) == ("fc_7_1", "{}")


def test_arguments_may_come_in_turns_and_words_between() -> None:
    stream = write(
        ToolStarted(0, "c1", "f"),
        ToolStarted(1, "c2", "g"),
        ArgumentsPiece(0, "A"),
        TextPiece("x"),
        ArgumentsPiece(1, "B"),
        ArgumentsPiece(0, "C"),
        ArgumentsPiece(9, "nobody's"),
        Ended(Finish.tools),
    )
    first, second, message = told(stream)[-1]["response"]["output"]
    assert (first["arguments"], second["arguments"], message["content"][0]["text"]) == ("AC", "B", "x")


def test_words_and_a_refusal_are_parts_of_one_message() -> None:
    events = told(write(TextPiece("x"), RefusalPiece("n"), RefusalPiece("o"), Ended(Finish.refusal)))
    assert [part["type"] for part in events[-1]["response"]["output"][0]["content"]] == ["output_text", "refusal"]
    refused = [said for said in events if "refusal" in said["type"]]
    assert [said["content_index"] for said in refused] == [1, 1, 1]
    assert refused[-1]["refusal"] == "no"
    assert events[-1]["type"] == "response.completed"


def test_citations_are_told_as_they_come() -> None:
    cited = Cited(Citation("https://x.example", "X"))
    events = told(write(TextPiece("abc"), cited, TextPiece("d"), cited, Ended(Finish.stop)))
    told_of = [said for said in events if said["type"].endswith("annotation.added")]
    assert [(said["annotation_index"], said["annotation"]["end_index"]) for said in told_of] == [(0, 3), (1, 4)]
    assert len(events[-1]["response"]["output"][0]["content"][0]["annotations"]) == 2


def test_a_picture_is_an_item() -> None:
    events = told(write(MediaMade(PICTURE), MediaMade(Media(MediaKind.audio, data="x")), Ended(Finish.stop)))
    assert (events[2]["item"]["result"], events[3]["item"]["result"]) == (None, PIXEL)
    assert len(events[-1]["response"]["output"]) == 1


@pytest.mark.parametrize(
    ("finish", "reason"), [(Finish.length, "max_output_tokens"), (Finish.filter, "content_filter")]
)
def test_an_answer_that_was_cut_short_is_incomplete(finish: Finish, reason: str) -> None:
    end = told(write(TextPiece("x"), ToolStarted(0, "c1", "f"), Ended(finish)))[-1]
    assert end["type"] == "response.incomplete"
    assert (end["response"]["status"], end["response"]["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert [item["status"] for item in end["response"]["output"]] == ["completed", "incomplete"]


def test_an_answer_without_words_is_one() -> None:
    assert kinds(write()) == ["created", "in_progress", "completed"]
    assert kinds(write(Started("a", "b"), Ended(Finish.stop))) == ["created", "in_progress", "completed"]


def test_there_is_room_for_the_first_candidate_until_it_ends() -> None:
    stream = write(TextPiece("x"), TextPiece("y", choice=1), Ended(Finish.stop), TextPiece("z"))
    assert told(stream)[-1]["response"]["output"][0]["content"][0]["text"] == "x"


def test_the_tier_is_said_at_the_end() -> None:
    assert told(write(Used(Usage(1, 1, tier="flex"))))[-1]["response"]["service_tier"] == "flex"


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_written_is_read_as_the_same(at_once: bool) -> None:
    """But for a seal's id, which is wrapped where the thought has got another."""
    stream = write(*EVENTS, at_once=at_once)
    told(stream)
    reader = Reader()
    found = reader.feed(stream) + reader.finish()
    wrapped = ThinkingSealed(Seal("openai_responses", "hub:openai_responses:rs_1:whole", "rs_7_0"))
    assert found == [wrapped if isinstance(one, ThinkingSealed) else one for one in EVENTS]
