"""Responses with Responses at the other side: edited in place, and passed on as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import ResponseErrorEvent

from aigne_hub.base.errors import BadRequest, Failure, UpstreamFailed
from aigne_hub.dialects.call import Call, Label
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from aigne_hub.dialects.usage import Usage
from tests.dialects.openai_responses.test_answers import WIRE
from tests.dialects.openai_responses.test_streams import BEGUN, STREAM, completed, delta, event

RESPONSES = OpenAIResponses()
LABEL = Label(7, 9)
BODY = b'{"input": "hi",  "model": "openai/gpt-x", "store": true, "previous_response_id": null, "new": 1e400}'
OUTPUT = {"type": "function_call_output", "call_id": "c9", "output": "x"}
USED = Usage(input=10, output=5, cache_read=8, reasoning=4, cache_write_5m=2, tier="default")


def read(body: bytes = BODY) -> Call:
    return RESPONSES.read_request(body, accepts_stream=True)


def changed(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "input": "hi", **fields}).encode()


def test_the_body_is_the_caller_s_but_for_the_model() -> None:
    call = read()
    assert RESPONSES.write_request(call, "gpt-x") == BODY.replace(b"openai/gpt-x", b"gpt-x")
    assert call.body is BODY
    assert (call.is_stream, call.wants_usage) == (False, True)
    assert RESPONSES.path(call, "gpt-x") == b"/responses"
    assert read(changed(stream=True)).is_stream


def test_thoughts_of_another_format_s_model_do_not_go_on() -> None:
    """Nobody but who sealed them can read them, and OpenAI refuses what it cannot read."""
    own = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "blob"}
    foreign = {**own, "id": "rs_7_0", "encrypted_content": "hub:anthropic_messages::sig"}
    said = {"role": "user", "content": "hub:"}
    sent = RESPONSES.write_request(read(changed(input=[own, foreign, said])), "x")
    assert json.loads(sent) == {"model": "x", "input": [own, said]}
    for same in (changed(input=[own, said]), changed(input="hub:anthropic_messages::sig")):
        assert RESPONSES.write_request(read(same), "m") == same


def test_a_key_in_the_body_does_not_go_on() -> None:
    call = read(changed(access_token="blocklet-x"))
    assert call.body_token == "blocklet-x"
    assert b"blocklet-x" not in RESPONSES.write_request(call, "m")


@pytest.mark.parametrize(
    "fields",
    [
        {"input": [OUTPUT], "previous_response_id": "resp_1"},
        {"input": [{"type": "item_reference", "id": "fc_1"}, OUTPUT]},
        {"input": None, "prompt": {"id": "p"}},
        {"input": None, "conversation": {"id": "c"}},
        {"tools": [{"type": "web_search"}], "background": True},
    ],
)
def test_what_the_provider_keeps_may_be_leaned_on(fields: dict[str, Any]) -> None:
    body = changed(**fields)
    assert RESPONSES.write_request(read(body), "m") == body


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 5}, "input"),
        ({"model": ""}, "model"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"stream": "yes"}, "stream"),
        ({"input": [OUTPUT]}, "input[0].call_id"),
        (
            {"input": [{"role": "user", "content": [
                {"type": "input_image", "image_url": "data:image/png;base64,@"}]}]},
            "input[0].content[0].image_url",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "@"}]}]},
            "input[0].content[0].file_data",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_never_leaves(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(changed(**fields))
    assert refused.value.param == param


def test_an_answer_passes_as_it_is() -> None:
    answer = json.dumps(WIRE).encode()
    assert RESPONSES.write_answer(answer, read(), LABEL) is answer
    assert RESPONSES.read_usage(answer) == USED


def test_a_stream_passes_as_it_is_wherever_it_is_cut_and_its_end_waits() -> None:
    for size in (1, 2, 3, 50, 100_000):
        stream = RESPONSES.open_stream(read(), LABEL)
        passed = b"".join([stream.feed(STREAM[at : at + size]) for at in range(0, len(STREAM), size)])
        assert b"response.completed" not in passed
        assert passed + stream.finish() == STREAM
        assert (stream.usage, stream.error) == (USED, None)


def test_an_end_that_is_incomplete_is_an_end() -> None:
    end = event("response.incomplete", response={**WIRE, "status": "incomplete"})
    stream = RESPONSES.open_stream(read(), LABEL)
    assert stream.feed(b": hello\n\n" + BEGUN + end + b"data: [DONE]\n\n") == b": hello\n\n" + BEGUN
    assert (stream.finish(), stream.usage) == (end, USED)


@pytest.mark.parametrize(
    "said",
    [
        event("error", code="x", message="busy", param=None, sequence_number=1),
        event("response.failed", response={**WIRE, "status": "failed", "error": {"code": "x", "message": "busy"}}),
    ],
)
def test_an_error_event_is_kept_for_the_relay(said: bytes) -> None:
    stream = RESPONSES.open_stream(read(), LABEL)
    assert stream.feed(said + BEGUN) == b""
    assert stream.error is not None
    assert "busy" in stream.error.message


def test_words_about_ends_are_words() -> None:
    said = delta("output_text", 'an "error" is not "response.completed"', "msg_1")
    stream = RESPONSES.open_stream(read(), LABEL)
    assert stream.feed(BEGUN + said) == BEGUN + said
    assert stream.error is None


def test_a_stream_that_is_cut_short_is_broken() -> None:
    stream = RESPONSES.open_stream(read(), LABEL)
    stream.feed(STREAM[:200])
    with pytest.raises(UpstreamFailed, match="before its end"):
        stream.finish()
    with pytest.raises(UpstreamFailed, match="not one of Responses"):
        RESPONSES.open_stream(read(), LABEL).feed(b'data: "error"\n\n')
    assert RESPONSES.open_stream(read(), LABEL).feed(BEGUN + completed()) == BEGUN


def test_errors_have_this_dialect_s_shape() -> None:
    error = UpstreamFailed(Failure.overloaded, "busy")
    assert json.loads(RESPONSES.write_error(error))["error"]["message"] == "busy"
    said = RESPONSES.write_error_event(error)
    assert said.startswith(b"event: error\ndata: ")
    shown = ResponseErrorEvent.model_validate_json(said.partition(b"data: ")[2])
    assert (shown.code, shown.message, shown.param) == ("upstream_overloaded", "busy", None)
