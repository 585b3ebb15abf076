"""Parts are written for Google (https://ai.google.dev/gemini-api/docs/thought-signatures)."""

from __future__ import annotations

from typing import Any

import pytest
from google.genai.types import Part as GooglePart

from aigne_hub.dialects.chat import Media, MediaKind, Part, Refusal, Seal, Text, Thinking, ToolResult, ToolUse
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.signatures import UNSIGNED
from aigne_hub.dialects.gemini.write_parts import PartWriter
from tests.dialects.chats import PICTURE, PIXEL

MINE, FOREIGN = Seal("gemini", "c2ln"), Seal("anthropic_messages", "sig")
PNG = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
FILE = "https://generativelanguage.googleapis.com/v1beta/files/abc"


def said(*parts: Part, model: str = "gemini-3-flash") -> tuple[list[dict[str, Any]], str]:
    losses = Losses()
    written = PartWriter(model, losses).said(parts)
    for one in written:
        GooglePart.model_validate(one)
    return written, losses.header()


def call(id: str, name: str = "f", **more: Any) -> dict[str, Any]:
    return {"functionCall": {"id": id, "name": name, "args": {}}, **more}


@pytest.mark.parametrize(
    ("parts", "written", "lost"),
    [
        ((Text("hi"), Text("")), [{"text": "hi"}], ""),
        ((Text("hi", seal=MINE),), [{"text": "hi", "thoughtSignature": "c2ln"}], ""),
        ((Text("hi", seal=FOREIGN),), [{"text": "hi"}], ""),
        ((Text("hi", cache="5m"),), [{"text": "hi"}], "cache_control=approximated"),
        ((Refusal("No."),), [{"text": "No."}], ""),
        ((Thinking("hm", MINE),), [{"text": "hm", "thought": True, "thoughtSignature": "c2ln"}], ""),
        ((Thinking("hm"),), [{"text": "hm", "thought": True}], ""),
        ((Thinking("hm", FOREIGN), Text("x")), [{"text": "x"}], "thinking"),
        ((Thinking("", MINE), Text("x")), [{"text": "x", "thoughtSignature": "c2ln"}], ""),
        ((Text("x"), Thinking("", MINE)), [{"text": "x"}, {"text": "", "thoughtSignature": "c2ln"}], ""),
        ((PICTURE,), [PNG], ""),
        ((Media(MediaKind.file, data=PIXEL),), [PNG], ""),
        ((Media(MediaKind.image, url="https://x.example/a.png"),),
         [{"fileData": {"fileUri": "https://x.example/a.png"}}], ""),
        ((Media(MediaKind.file, mime="application/pdf", file_id=FILE),),
         [{"fileData": {"fileUri": FILE, "mimeType": "application/pdf"}}], ""),
        ((Media(MediaKind.file, file_id="file_1"),), [], "messages.file_id"),
        ((Media(MediaKind.video, url="s3://b/x.mp4"),), [], "messages.video_url"),
    ],
)  # fmt: skip
def test_what_is_said(parts: tuple[Part, ...], written: list[dict[str, Any]], lost: str) -> None:
    assert said(*parts) == (written, lost)


def test_the_first_of_calls_made_at_once_is_signed() -> None:
    own = (ToolUse("a", "f", "{}", MINE), ToolUse("b", "f", "{}"))
    assert said(*own) == ([call("a", thoughtSignature="c2ln"), call("b")], "")
    others = (ToolUse("a", "f", "{}", FOREIGN), ToolUse("b", "f", "{}"))
    unsigned = [call("a", thoughtSignature=UNSIGNED), call("b")]
    assert said(*others) == (unsigned, "thought_signature=approximated")
    assert said(*others, model="gemini-2.5-flash") == ([call("a"), call("b")], "")


def test_arguments_are_an_object() -> None:
    written, _ = said(ToolUse("a", "f", "oops", MINE))
    assert written[0]["functionCall"]["args"] == {"_": "oops"}


def result(*parts: Text | Media, model: str = "gemini-3-flash", **fields: Any) -> tuple[list[dict[str, Any]], str]:
    losses = Losses()
    writer = PartWriter(model, losses)
    writer.said((ToolUse("a", "f", "{}", MINE),))
    written = writer.result(ToolResult("a", parts, **fields))
    GooglePart.model_validate(written[0])
    return written, losses.header()


def told(**response: Any) -> dict[str, Any]:
    return {"functionResponse": {"id": "a", "name": "f", "response": response}}


def test_what_a_function_gave() -> None:
    assert result(Text("1"), Text("2")) == ([told(output="1\n2")], "")
    assert result(Text("no"), is_error=True) == ([told(error="no")], "")
    assert result() == ([told()], "")
    assert result(Text("1"), cache="5m")[1] == "cache_control=approximated"
    assert result(name="g")[0][0]["functionResponse"]["name"] == "g"


def test_pictures_that_a_function_gave() -> None:
    new, lost = result(Text("see"), PICTURE)
    assert (new[0]["functionResponse"]["parts"], len(new), lost) == ([PNG], 1, "")
    old = result(Text("see"), PICTURE, model="gemini-2.5-flash")
    assert old == ([told(output="see"), PNG], "tool_result.media=approximated")
