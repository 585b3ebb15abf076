"""Items of Responses become messages and back; what only one provider could read is named or refused."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import (
    Citation,
    Media,
    MediaKind,
    Message,
    Part,
    Refusal,
    Role,
    Seal,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_responses.items import (
    NAME,
    ItemReader,
    read_annotation,
    reasoning_item,
    summary_of,
    tool_seal,
    write_annotation,
    write_items,
)
from tests.dialects.chats import PICTURE, PIXEL

CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
USE = ToolUse("c1", "f", '{"a":1}')


def read(*items: Any, knows_all: bool = True) -> tuple[Message, ...]:
    return ItemReader(knows_all=knows_all).messages(list(items))


def user(**part: Any) -> dict[str, Any]:
    return {"role": "user", "content": [part]}


def said(part: dict[str, Any]) -> Part:
    return read(user(**part))[0].parts[0]


def written(*messages: Message, quirks: frozenset[str] = frozenset()) -> tuple[list[dict[str, Any]], str]:
    losses = Losses()
    return write_items(messages, losses, quirks, None), losses.header()


def test_what_the_model_says_in_a_row_is_one_message() -> None:
    assert read(
        {"role": "developer", "content": "be brief"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "blob"},
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "wait", "annotations": []},
                {"type": "refusal", "refusal": "no"},
            ],
        },
        CALL,
        {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
        {"role": "assistant", "content": "done"},
    ) == (
        Message(Role.developer, (Text("be brief"),)),
        Message(Role.user, (Text("hi"),)),
        Message(Role.assistant, (Thinking("", Seal(NAME, "blob", "rs_1")), Text("wait"), Refusal("no"), USE)),
        Message(Role.tool, (ToolResult("c1", (Text("sunny"),)),)),
        Message(Role.assistant, (Text("done"),)),
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}, Text("x", "30m")),
        ({"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}, PICTURE),
        (
            {"type": "input_image", "image_url": "https://x.example/a.png", "detail": "low"},
            Media(MediaKind.image, url="https://x.example/a.png", detail="low"),
        ),
        ({"type": "input_image", "file_id": "f1"}, Media(MediaKind.image, file_id="f1")),
        ({"type": "input_file", "file_id": "f1"}, Media(MediaKind.file, file_id="f1")),
        (
            {"type": "input_file", "file_url": "https://x.example/a.pdf"},
            Media(MediaKind.file, url="https://x.example/a.pdf"),
        ),
        (
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
            Media(MediaKind.file, mime="application/pdf", data="AAAA", name="a.pdf"),
        ),
        ({"type": "input_file", "file_data": "AAAA"}, Media(MediaKind.file, data="AAAA")),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            Media(MediaKind.audio, mime="audio/mpeg", data="AAAA"),
        ),
    ],
)
def test_parts_of_a_message(part: dict[str, Any], expected: Part) -> None:
    assert said(part) == expected


def test_a_tool_s_output_may_have_pictures() -> None:
    output = [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PIXEL}"},
    ]
    result = read(CALL, {"type": "function_call_output", "call_id": "c1", "output": output})[1]
    assert result.parts == (ToolResult("c1", (Text("see"), PICTURE)),)
    assert written(Message(Role.assistant, (USE,)), result)[0][1]["output"] == output


def test_a_picture_that_was_made_is_the_model_s() -> None:
    item = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PIXEL}
    assert read(item) == (Message(Role.assistant, (PICTURE,)),)
    reader = ItemReader(knows_all=True)
    assert reader.messages([{**item, "result": None}]) == ()
    assert reader.unknown == ["input.image_generation_call"]


@pytest.mark.parametrize(
    ("value", "thought"),
    [
        ("blob", Thinking("hm", Seal(NAME, "blob", "rs_1"))),
        ("hub:anthropic_messages::sig", Thinking("hm", Seal("anthropic_messages", "sig"))),
        ("hub:anthropic_messages:redacted:a:b", Thinking("hm", Seal("anthropic_messages", "a:b", "redacted"))),
        ("hub:openai_responses:rs_9:blob", Thinking("hm", Seal(NAME, "blob", "rs_9"))),
        (None, Thinking("hm")),
    ],
)
def test_a_thought_comes_back_with_its_seal(value: str | None, thought: Thinking) -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
    if value is not None:
        item["encrypted_content"] = value
    assert read(item) == (Message(Role.assistant, (thought,)),)
    assert reasoning_item("rs_1", thought) == item


def test_the_parts_of_a_summary_are_one_text_and_thoughts_in_full_are_read_too() -> None:
    parts = [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]
    assert read({"type": "reasoning", "summary": parts})[0].parts == (Thinking("a\n\nb"),)
    full = [{"type": "reasoning_text", "text": "hm"}]
    assert read({"type": "reasoning", "summary": [], "content": full})[0].parts == (Thinking("hm"),)
    assert read({"type": "reasoning", "id": "rs_1", "summary": []}) == ()


def test_a_tool_use_gets_its_own_seal_back() -> None:
    seal = Seal("gemini", "sig")
    item = reasoning_item("rs_1", tool_seal("c1", seal))
    assert read(item, CALL) == (Message(Role.assistant, (ToolUse("c1", "f", '{"a":1}', seal),)),)


@pytest.mark.parametrize(
    ("items", "place"),
    [
        ([{"type": "function_call_output", "call_id": "c9", "output": ""}], "input[0].call_id"),
        ([CALL, {"type": "function_call_output", "call_id": "c1"}], "input[1].output"),
        ([{"type": "function_call", "name": "f"}], "input[0].call_id"),
        ([{"type": "function_call", "call_id": "c1"}], "input[0].name"),
        ([{"role": "robot", "content": "x"}], "input[0].role"),
        ([{"type": "message", "content": "x"}], "input[0].role"),
        ([{"role": "user"}], "input[0].content"),
        ([{"role": "user", "content": 5}], "input[0].content"),
        ([{"content": "x"}], "input[0].type"),
        (["x"], "input[0]"),
        ([user(type="input_text")], "input[0].content[0].text"),
        ([user(type="input_image")], "input[0].content[0].image_url"),
        ([user(type="input_image", image_url="data:image/png;base64,@@@@")], "input[0].content[0].image_url"),
        ([user(type="input_image", image_url="data:text/html;base64,AAAA")], "input[0].content[0].image_url"),
        ([user(type="input_image", image_url="file:///etc/passwd")], "input[0].content[0].image_url"),
        ([user(type="input_file", filename="x")], "input[0].content[0]"),
        ([user(type="input_file", file_data="@")], "input[0].content[0].file_data"),
        ([user(type="input_audio", input_audio={"data": "@"})], "input[0].content[0].input_audio.data"),
        ([{"type": "image_generation_call", "result": "@"}], "input[0].result"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(items: list[Any], place: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(*items)
    assert refused.value.param == place


def test_an_output_may_be_of_a_call_that_the_provider_keeps() -> None:
    output = {"type": "function_call_output", "call_id": "c9", "output": ""}
    assert read(output, knows_all=False)[0].role is Role.tool


def test_what_has_no_place_is_named() -> None:
    reader = ItemReader(knows_all=True)
    reader.messages(
        [{"id": "msg_1"}, {"type": "item_reference", "id": "x"}, {"type": "web_search_call"}, user(type="x")]
    )
    assert reader.unknown == ["input.item_reference", "input.item_reference", "input.web_search_call", "content.x"]


def test_messages_are_written_as_items() -> None:
    thought = Thinking("hm", Seal(NAME, "blob", "rs_1"))
    items, lost = written(
        Message(Role.user, (Text("hi"), PICTURE)),
        Message(Role.assistant, (thought, Text("a"), Refusal("no"), USE, Text("b"))),
        Message(Role.tool, (ToolResult("c1", ()),)),
    )
    assert lost == ""
    assert items == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "hi"},
                {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PIXEL}"},
            ],
        },
        {"type": "reasoning", "id": "rs_1", "summary": summary_of("hm"), "encrypted_content": "blob"},
        {
            "id": "msg_2",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "a", "annotations": []},
                {"type": "refusal", "refusal": "no"},
            ],
        },
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
        {"type": "message", "role": "assistant", "content": "b"},
        {"type": "function_call_output", "call_id": "c1", "output": ""},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        (Media(MediaKind.file, mime="application/pdf", data="AAAA"), ""),
        (Media(MediaKind.file, url="https://x.example/a.pdf", name="a.pdf"), ""),
        (Media(MediaKind.file, file_id="f1"), ""),
        (Media(MediaKind.image, file_id="f1", detail="low"), ""),
        (Media(MediaKind.audio, mime="audio/wav", data="AAAA"), "messages.audio"),
        (Media(MediaKind.video, url="https://x.example/a.mp4"), "messages.video"),
        (Text("x", "5m"), "cache_control=approximated"),
        (Thinking("x"), "messages.thinking"),
    ],
)
def test_media_are_written_or_told(part: Part, lost: str) -> None:
    items, header = written(Message(Role.user, (Text("x"), part)))
    assert header == lost
    assert len(items[0]["content"]) == (1 if lost.startswith("messages") else 2)


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        (Message(Role.assistant, (Thinking("hm"), Text("x"))), "thinking"),
        (Message(Role.assistant, (Thinking("", Seal("gemini", "x")), Text("x"))), "thinking"),
        (Message(Role.assistant, (PICTURE, Text("x"))), "messages.media"),
        (Message(Role.user, (Text("x"),), "Ann"), "messages.name"),
        (Message(Role.tool, (ToolResult("c1", (Text("x"),), is_error=True),)), "tool_result.is_error"),
        (Message(Role.tool, (ToolResult("c1", (Text("x"),), cache="5m"),)), "cache_control=approximated"),
    ],
)
def test_what_cannot_be_said_is_told(message: Message, lost: str) -> None:
    items, header = written(message)
    assert (len(items), header) == (1, lost)


def test_thoughts_in_full_go_to_who_takes_them() -> None:
    items, lost = written(Message(Role.assistant, (Thinking("hm"),)), quirks=frozenset({"reasoning_content"}))
    assert items == [{"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}]
    assert lost == ""
    assert read(*items)[0].parts == (Thinking("hm"),)


def test_citations_have_a_place() -> None:
    assert write_annotation(Citation("https://x.example"), 7) == {
        "type": "url_citation", "url": "https://x.example", "title": "", "start_index": 0, "end_index": 7,
    }  # fmt: skip
    cited = Citation("https://x.example", "X", start=1, end=3)
    assert read_annotation(write_annotation(cited, 7)) == cited
    assert read_annotation({"type": "file_citation", "file_id": "f"}) is None
    assert read_annotation(5) is None
