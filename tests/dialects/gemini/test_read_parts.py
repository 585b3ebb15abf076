"""Parts of requests are read, and functions' results find their calls (https://ai.google.dev/api/caching#Part)."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import Media, MediaKind, Part, Seal, Text, Thinking, ToolResult, ToolUse
from aigne_hub.dialects.gemini.read_parts import PartReader
from aigne_hub.dialects.gemini.spelling import GoogleFields
from tests.dialects.chats import PICTURE, PIXEL

FILE = "https://generativelanguage.googleapis.com/v1beta/files/abc"


def read(*parts: dict[str, Any], reader: PartReader | None = None) -> tuple[Part, ...]:
    return (reader or PartReader()).parts(GoogleFields({"parts": list(parts)}, "contents[0]"))


@pytest.mark.parametrize(
    ("wire", "part"),
    [
        ({"text": "hi"}, Text("hi")),
        ({"text": "hi", "thoughtSignature": "c2ln"}, Text("hi", seal=Seal("gemini", "c2ln"))),
        ({"text": "hm", "thought": True}, Thinking("hm")),
        ({"text": "hm", "thought": True, "thought_signature": "c2ln"}, Thinking("hm", Seal("gemini", "c2ln"))),
        ({"thoughtSignature": "c2ln"}, Thinking("", Seal("gemini", "c2ln"))),
        ({"inlineData": {"mimeType": "image/png", "data": PIXEL}}, PICTURE),
        ({"inline_data": {"mime_type": "IMAGE/PNG", "data": PIXEL.replace("+", "-").rstrip("=")}}, PICTURE),
        ({"fileData": {"fileUri": "gs://b/x.mp4", "mimeType": "video/mp4"}},
         Media(MediaKind.video, mime="video/mp4", url="gs://b/x.mp4")),
        ({"fileData": {"fileUri": "https://x.example/a.png"}}, Media(MediaKind.image, url="https://x.example/a.png")),
        ({"fileData": {"fileUri": "https://youtu.be/x"}}, Media(MediaKind.video, url="https://youtu.be/x")),
        ({"fileData": {"fileUri": FILE, "mimeType": "application/pdf"}},
         Media(MediaKind.file, mime="application/pdf", file_id=FILE)),
        ({"functionCall": {"name": "f"}}, ToolUse("call_0", "f", "{}")),
        ({"functionCall": {"name": "f", "id": "x", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
         ToolUse("x", "f", '{"a":1}', Seal("gemini", "c2ln"))),
    ],
)  # fmt: skip
def test_every_kind_of_part(wire: dict[str, Any], part: Part) -> None:
    assert read(wire) == (part,)


def test_results_find_their_calls_by_id_or_by_name_in_order() -> None:
    calls = [{"functionCall": {"name": name} | more} for name, more in (("f", {}), ("g", {"id": "x"}), ("f", {}))]
    results = [
        {"functionResponse": {"name": "f", "response": {"output": "1"}}},
        {"functionResponse": {"name": "renamed", "id": "x", "response": {"error": "2"}}},
        {"functionResponse": {"name": "f", "id": "unheard-of", "response": {"result": {"a": 3}}}},
    ]
    found = read(*calls, *results)[3:]
    assert found == (
        ToolResult("call_0", (Text("1"),)),
        ToolResult("x", (Text("2"),), is_error=True),
        ToolResult("call_2", (Text('{"a":3}'),)),
    )


@pytest.mark.parametrize(
    ("response", "parts"),
    [
        ({}, ()),
        ({"output": ""}, (Text(""),)),
        ({"output": [1]}, (Text("[1]"),)),
        ({"temperature": 3, "unit": "C"}, (Text('{"temperature":3,"unit":"C"}'),)),
    ],
)
def test_what_a_function_gave(response: dict[str, Any], parts: tuple[Text, ...]) -> None:
    call = {"functionCall": {"name": "f"}}
    assert read(call, {"functionResponse": {"name": "f", "response": response}})[1] == ToolResult("call_0", parts)


def test_pictures_that_a_function_gave() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": PIXEL, "displayName": "a.png"}}
    response = {"name": "f", "response": {"output": "see"}, "parts": [picture, {"other": 1}], "scheduling": "SILENT"}
    reader = PartReader()
    result = read({"functionCall": {"name": "f"}}, {"functionResponse": response}, reader=reader)[1]
    named = Media(MediaKind.image, mime="image/png", data=PIXEL, name="a.png")
    assert result == ToolResult("call_0", (Text("see"), named))
    assert reader.unknown == [
        "contents.parts.functionResponse.parts.other",
        "contents.parts.functionResponse.scheduling",
    ]


def test_what_has_no_place_is_named() -> None:
    reader = PartReader()
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    assert read(code, {"text": "x", "videoMetadata": {"fps": 1}}, reader=reader) == (Text("x"),)
    assert reader.unknown == ["contents.parts.executableCode", "contents.parts.videoMetadata"]


@pytest.mark.parametrize(
    ("wire", "param"),
    [
        ({}, "contents[0].parts[0]"),
        ({"text": 5}, "contents[0].parts[0].text"),
        ({"functionCall": {}}, "contents[0].parts[0].functionCall.name"),
        ({"functionCall": {"name": "f", "args": "{}"}}, "contents[0].parts[0].functionCall.args"),
        ({"functionResponse": {"name": "f", "response": {}}}, "contents[0].parts[0].functionResponse.name"),
        ({"inlineData": {"data": PIXEL}}, "contents[0].parts[0].inlineData.mimeType"),
        ({"inlineData": {"mimeType": "image/png", "data": "@@@@"}}, "contents[0].parts[0].inlineData.data"),
        ({"inlineData": {"mimeType": "image/tiff", "data": PIXEL}}, "contents[0].parts[0].inlineData.data"),
        ({"fileData": {"fileUri": "file:///etc/passwd"}}, "contents[0].parts[0].fileData.fileUri"),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(wire: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(wire)
    assert refused.value.param == param
