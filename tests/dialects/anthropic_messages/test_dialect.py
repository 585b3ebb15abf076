"""Messages with Messages at the other side: edited in place, and passed on as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import Call, Label
from aigne_hub.dialects.usage import Usage
from tests.dialects.anthropic_messages.test_streams import STREAM, delta, event

MESSAGES = AnthropicMessages()
LABEL = Label(7, 9)
BODY = b'{"model": "anthropic/claude-x", "max_tokens": 5,  "messages": [{"role": "user", "content": "hi"}], "new": 1}'


def read(body: bytes = BODY) -> Call:
    return MESSAGES.read_request(body, accepts_stream=False)


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(BODY), **fields}).encode()


def test_the_body_is_the_caller_s_but_for_the_model() -> None:
    call = read()
    assert MESSAGES.write_request(call, "claude-x") == BODY.replace(b"anthropic/claude-x", b"claude-x")
    assert call.body is BODY
    assert MESSAGES.path(call, "claude-x") == b"/messages"


def test_a_key_in_the_body_does_not_go_on() -> None:
    call = read(changed(access_token="blocklet-x"))
    assert call.body_token == "blocklet-x"
    assert b"blocklet-x" not in MESSAGES.write_request(call, "m")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": [{"role": "robot", "content": ""}]}, "messages[0].role"),
        ({"temperature": 2}, "temperature"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t9"}]}]},
            "messages[0].content[0].tool_use_id",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {
                "type": "base64", "media_type": "image/png", "data": "@"}}]}]},
            "messages[0].content[0].source.data",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_never_leaves(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(changed(**fields))
    assert refused.value.param == param


def test_an_answer_passes_as_it_is() -> None:
    answer = b'{"type":"message","content":[],"usage":{"input_tokens":3,"output_tokens":1},"new":1}'
    assert MESSAGES.write_answer(answer, read(), LABEL) is answer
    assert MESSAGES.read_usage(answer) == Usage(3, 1)


@pytest.mark.parametrize("size", [1, 3, 50, 100_000])
def test_a_stream_passes_as_it_is_and_its_end_waits(size: int) -> None:
    stream = MESSAGES.open_stream(read(), LABEL)
    passed = b"".join([stream.feed(STREAM[at : at + size]) for at in range(0, len(STREAM), size)])
    assert b"message_stop" not in passed
    assert passed + stream.finish() == STREAM
    assert stream.usage == Usage(9, 7, 4)


def test_an_error_event_is_kept_for_the_relay() -> None:
    stream = MESSAGES.open_stream(read(), LABEL)
    assert stream.feed(event("error", error={"type": "overloaded_error", "message": "busy"})) == b""
    assert stream.error is not None


def test_words_about_errors_are_words() -> None:
    stream = MESSAGES.open_stream(read(), LABEL)
    stream.feed(STREAM[:300])
    said = delta(0, type="text_delta", text="an error, message_stop and message_start")
    assert stream.feed(said).endswith(said)
    assert stream.error is None


def test_a_stream_that_is_cut_short_is_broken() -> None:
    stream = MESSAGES.open_stream(read(), LABEL)
    stream.feed(STREAM[:200])
    with pytest.raises(UpstreamFailed):
        stream.finish()
    with pytest.raises(UpstreamFailed, match="not one of Messages"):
        MESSAGES.open_stream(read(), LABEL).feed(b"data: error\n\n")


def test_errors_have_this_dialect_s_shape() -> None:
    error = BadRequest("no", param="messages")
    assert json.loads(MESSAGES.write_error(error))["type"] == "error"
    assert MESSAGES.write_error_event(error).startswith(b"event: error\ndata: {")


def test_what_the_hub_does_not_know_goes_on() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    said = [{"role": "assistant", "content": [use]}, {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1"}, {"type": "hologram"}]}]  # fmt: skip
    body = changed(messages=said, thinking={"type": "between_tools"}, tools=[{"type": "new_20270101"}])
    assert read(body).body == body


def test_thoughts_that_another_format_sealed_do_not_go_to_anthropic() -> None:
    mine = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    said = {"type": "text", "text": 'a word on "hub:x:y:z"'}
    foreign = [
        {"type": "thinking", "thinking": "hm", "signature": "hub:openai_responses:rs_1:enc"},
        {"type": "redacted_thinking", "data": "hub:gemini:tool=t1:ts"},
    ]
    first = {"role": "user", "content": "hub:"}
    call = read(changed(messages=[first, {"role": "assistant", "content": [*foreign, mine, said]}], new=1))
    sent = json.loads(MESSAGES.write_request(call, "m"))
    assert sent["messages"] == [first, {"role": "assistant", "content": [mine, said]}]
    assert (sent["model"], sent["new"]) == ("m", 1)
    assert b"rs_1" in call.body  # the caller's own stays as it was
