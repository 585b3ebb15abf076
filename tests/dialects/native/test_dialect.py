"""The native format at the door: which bodies are in it, and what its calls carry."""

from __future__ import annotations

import json

import pytest

from aigne_hub.base.errors import BadRequest, Failure, UpstreamFailed
from aigne_hub.dialects.native.dialect import Native, is_native

NATIVE = Native()
INPUT = {"messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"input":{"messages":[]}}', True),
        (b'{"messages":[{"role":"user","content":"the \\"input\\" field"}]}', False),
        (b'{"messages":[{"input":1}]}', False),
        (b'{"input"', False),
        (b'["input"]', False),
        (b"", False),
    ],
)
def test_a_body_with_an_input_is_native(body: bytes, answer: bool) -> None:
    assert is_native(body) is answer


def test_a_call_is_read_once_and_keeps_no_key() -> None:
    body = json.dumps({"model": "p/m", "input": INPUT, "access_token": "blocklet-x", "options": {"streaming": True}})
    call = NATIVE.read_request(body.encode(), accepts_stream=False)
    assert (call.model, call.is_stream, call.is_native, call.body_token) == ("p/m", True, True, "blocklet-x")
    assert NATIVE.read_chat(call) is call.chat


def test_a_stream_is_asked_for_in_the_body_alone() -> None:
    call = NATIVE.read_request(json.dumps({"input": INPUT}).encode(), accepts_stream=True)
    assert call.is_stream is False


def test_errors_before_and_within_a_stream() -> None:
    error = BadRequest("no", param="input")
    assert json.loads(NATIVE.write_error(error))["error"]["message"] == "no"
    event = NATIVE.write_error_event(UpstreamFailed(Failure.broken, "gone"))
    assert event == b'event: error\ndata: {"message":"gone","type":"upstream_error","code":"upstream_broken"}\n\n'
