"""A stream whose provider leaves its begin out begins all the same, and no other stream is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects import sse
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.beginning import Beginning
from aigne_hub.dialects.call import Label
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses

LABEL = Label(7, 9)


def event(type: str, **fields: Any) -> bytes:
    return sse.named_event(type.encode(), json.dumps({"type": type, **fields}).encode())


def beginning() -> Beginning:
    return Beginning("start", lambda: event("start", by="hub"))


def test_a_stream_that_has_its_begin_is_left_alone() -> None:
    own = beginning()
    assert own.missing(event("start") + event("said")) == b""
    assert own.is_there


def test_a_begin_comes_before_the_first_thing_that_is_said() -> None:
    own = beginning()
    assert own.missing(event("said") + event("start")) == event("start", by="hub")
    assert own.is_there


@pytest.mark.parametrize("first", [b"", b": hello\n\n", event("ping"), event("error"), event("response.failed")])
def test_what_is_no_answer_has_no_begin(first: bytes) -> None:
    """An error that comes first leaves another target to be tried, for nothing has been said yet."""
    own = beginning()
    assert own.missing(first) == b""
    assert not own.is_there
    assert own.missing(event("said")) == event("start", by="hub")


@pytest.mark.parametrize("first", [b"data: error\n\n", b"data: [1]\n\n", b'data: "x"\n\n', b"data: \xff\n\n"])
def test_what_cannot_be_read_is_for_others_to_judge(first: bytes) -> None:
    assert beginning().missing(first) == b""


def test_a_message_begins_with_the_hub_s_own_id() -> None:
    dialect = AnthropicMessages()
    call = dialect.read_request(
        b'{"model":"a/m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}',
        accepts_stream=False,
    )
    said = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    (first,) = sse.datas_of(dialect.open_stream(call, LABEL).feed(said).removesuffix(said))
    message = json.loads(first)["message"]
    assert (message["id"], message["model"], message["role"], message["content"]) == ("msg_7", "a/m", "assistant", [])


def test_a_response_begins_with_the_hub_s_own_id() -> None:
    dialect = OpenAIResponses()
    call = dialect.read_request(b'{"model":"a/m","input":"hi","stream":true}', accepts_stream=False)
    said = event("response.output_text.delta", delta="x", output_index=0, content_index=0, item_id="i")
    found = [json.loads(one) for one in sse.datas_of(dialect.open_stream(call, LABEL).feed(said).removesuffix(said))]
    assert [one["type"] for one in found] == ["response.created", "response.in_progress"]
    assert {one["response"]["id"] for one in found} == {"resp_7"}
