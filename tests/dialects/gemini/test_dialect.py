"""Gemini with Gemini at the other side: passed on as it is (https://ai.google.dev/api/generate-content)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.call import Call, Label
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.usage import Usage
from tests.dialects.gemini.test_streams import ERROR, STREAM, event

GEMINI = Gemini("google/gemini-x")
LABEL = Label(7, 9)
BODY = b'{"contents": [ {"role":"model", "parts":[{"text":"h\\u00e9"}]},{"parts":{"text":"hi"}} ], "new": 1e400}'


def read(body: bytes = BODY, *, is_stream: bool = False) -> Call:
    return Gemini("google/gemini-x", is_stream=is_stream).read_request(body, accepts_stream=False)


def test_the_body_is_the_caller_s_byte_for_byte() -> None:
    call = read()
    assert GEMINI.write_request(call, "gemini-x") is BODY
    assert (call.model, call.is_stream) == ("google/gemini-x", False)
    assert GEMINI.path(call, "gemini-x") == b"/models/gemini-x:generateContent"
    assert GEMINI.path(read(is_stream=True), "gemini-x") == b"/models/gemini-x:streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/gemini-x", b"/models/gemini-x:generateContent"),
        ("tunedModels/mine", b"/tunedModels/mine:generateContent"),
        ("../files/x?y#z", b"/models/..%2Ffiles%2Fx%3Fy%23z:generateContent"),
    ],
)
def test_a_model_s_name_is_one_step_of_the_path(model: str, path: bytes) -> None:
    assert GEMINI.path(read(), model) == path


def test_neither_a_key_nor_another_model_in_the_body_goes_on() -> None:
    body = (
        b'{"model":"models/other","mode\\u006c":"x","contents":[{"parts":[{"text":"hi"}]}],"access_token":"blocklet-x"}'
    )
    call = read(body)
    assert call.body_token == "blocklet-x"
    assert GEMINI.write_request(call, "m") == b'{"contents":[{"parts":[{"text":"hi"}]}]}'


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"contents": []}, "contents"),
        ({"contents": "hi"}, "contents"),
        ({"generationConfig": {"temperature": 3}}, "generationConfig.temperature"),
        (
            {"contents": [{"parts": [{"functionResponse": {"name": "f"}}]}]},
            "contents[0].parts[0].functionResponse.name",
        ),
        (
            {"contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "@"}}]}]},
            "contents[0].parts[0].inlineData.data",
        ),
    ],
)
def test_what_is_wrong_never_leaves(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(json.dumps({"contents": [{"parts": [{"text": "hi"}]}], **fields}).encode())
    assert refused.value.param == param


def test_an_answer_passes_as_it_is() -> None:
    answer = b'{"candidates":[],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1},"new":1}'
    assert GEMINI.write_answer(answer, read(), LABEL) is answer
    assert GEMINI.read_usage(answer) == Usage(3, 1)


WITH_LINE_FEEDS = STREAM.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("cut", range(1, len(STREAM)))
def test_a_stream_passes_as_it_is_and_its_end_waits(cut: int) -> None:
    stream = GEMINI.open_stream(read(), LABEL)
    passed = stream.feed(STREAM[:cut]) + stream.feed(STREAM[cut:])
    assert b"finishReason" not in passed
    assert passed + stream.finish() == WITH_LINE_FEEDS
    assert stream.usage == Usage(9, 7, reasoning=4)


def test_the_last_blank_line_need_not_come() -> None:
    stream = GEMINI.open_stream(read(), LABEL)
    assert stream.feed(STREAM.rstrip()) + stream.finish() == WITH_LINE_FEEDS
    assert stream.usage == Usage(9, 7, reasoning=4)


def test_of_what_comes_after_the_first_reason_only_the_newest_waits() -> None:
    first, second, third = event(finish="STOP"), event({"text": "x"}, index=1), event(finish="STOP", index=1)
    stream = GEMINI.open_stream(read(), LABEL)
    assert stream.feed(first) == b""
    assert stream.feed(second) == first.replace(b"\r", b"")
    assert stream.feed(third + b": keep-alive\n\n") == second.replace(b"\r", b"") + b": keep-alive\n\n"
    assert stream.finish() == third.replace(b"\r", b"")


def test_an_error_event_is_kept_for_the_relay() -> None:
    said = b"data: " + json.dumps(ERROR).encode() + b"\n\n"
    stream = GEMINI.open_stream(read(), LABEL)
    assert stream.feed(said + STREAM) == b""
    assert stream.error is not None
    late = GEMINI.open_stream(read(), LABEL)
    late.feed(said.rstrip())
    with pytest.raises(UpstreamFailed, match="overloaded"):
        late.finish()


def test_a_stream_that_is_cut_short_is_broken() -> None:
    stream = GEMINI.open_stream(read(), LABEL)
    stream.feed(STREAM[:300])
    with pytest.raises(UpstreamFailed, match="before its end"):
        stream.finish()
    with pytest.raises(UpstreamFailed, match="not one of Gemini"):
        GEMINI.open_stream(read(), LABEL).feed(b"data: error\n\n")


def test_errors_have_this_dialect_s_shape() -> None:
    error = BadRequest("no", param="contents")
    assert json.loads(GEMINI.write_error(error))["error"]["status"] == "INVALID_ARGUMENT"
    assert GEMINI.write_error_event(error).startswith(b'data: {"error":{')
