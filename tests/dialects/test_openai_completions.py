"""Completions pass on as they are, and are served by chats where there is nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types import Completion

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.call import Call, Label
from aigne_hub.dialects.chat import Message, Role, Text
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.translate import Translation
from aigne_hub.dialects.usage import Usage
from tests.dialects.openai_chat.test_streams import STREAM as CHAT_STREAM

COMPLETIONS = OpenAICompletions()
LABEL = Label(7, 9, "up/m")


def read(**fields: Any) -> Call:
    return COMPLETIONS.read_request(
        json.dumps({"model": "up/m", "prompt": "Once", **fields}).encode(), accepts_stream=False
    )


def chunk(text: str, **fields: Any) -> bytes:
    choice = {"index": 0, "text": text, "finish_reason": None}
    return b"data: " + json.dumps({"id": "c", "choices": [choice], **fields}).encode() + b"\n\n"


USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"


def test_a_request_goes_on_as_it_came() -> None:
    call = read(suffix="x", best_of=2)
    assert json.loads(COMPLETIONS.write_request(call, "m")) == {
        "model": "m", "prompt": "Once", "suffix": "x", "best_of": 2}  # fmt: skip
    assert COMPLETIONS.path(call, "m") == b"/completions"
    answer = b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}'
    assert COMPLETIONS.write_answer(answer, call, LABEL) is answer
    assert COMPLETIONS.read_usage(answer) == Usage(3, 2)
    with pytest.raises(UpstreamFailed):
        COMPLETIONS.read_usage(b"<html>")


@pytest.mark.parametrize(("asked", "shown"), [({}, b""), ({"stream_options": {"include_usage": True}}, USAGE)])
def test_a_stream_passes_and_its_usage_is_read(asked: dict[str, Any], shown: bytes) -> None:
    call = read(stream=True, **asked)
    assert json.loads(call.body)["stream_options"] == {"include_usage": True}
    stream = COMPLETIONS.open_stream(call, LABEL)
    said = chunk("Hel") + chunk('lo "usage":{ [DONE]')
    assert stream.feed(said + USAGE + DONE) + stream.finish() == said + shown + DONE
    assert stream.usage == Usage(3, 2)


def test_an_error_and_an_early_end_of_a_stream() -> None:
    stream = COMPLETIONS.open_stream(read(stream=True), LABEL)
    assert stream.feed(b'data: {"error":{"message":"boom"}}\n\n') == b""
    assert stream.error is not None
    with pytest.raises(UpstreamFailed):
        COMPLETIONS.open_stream(read(stream=True), LABEL).finish()


def test_a_chat_serves_it() -> None:
    call = read(max_tokens=5, stop="END", best_of=2, logprobs=1)
    losses = Losses()
    way = Translation(COMPLETIONS, OpenAIChat(is_hybrid=False), frozenset())
    sent = json.loads(way.write_request(call, "m"))
    assert sent == {"model": "m", "messages": [{"role": "user", "content": "Once"}], "max_tokens": 5, "stop": ["END"]}
    assert way.losses.header() == "best_of, logprobs"
    assert not losses
    answer = {"choices": [{"message": {"content": "upon"}, "finish_reason": "length"}],
              "usage": {"prompt_tokens": 3, "completion_tokens": 2}}  # fmt: skip
    way.read_usage(json.dumps(answer).encode())
    shown = Completion.model_validate_json(way.write_answer(b"", call, LABEL))
    assert (shown.choices[0].text, shown.choices[0].finish_reason, shown.model) == ("upon", "length", "m")
    assert shown.usage is not None
    assert shown.usage.total_tokens == 5


def test_a_chat_s_stream_serves_it() -> None:
    call = read(stream=True, stream_options={"include_usage": True})
    stream = Translation(COMPLETIONS, OpenAIChat(is_hybrid=False), frozenset()).open_stream(call, LABEL)
    out = (stream.feed(CHAT_STREAM) + stream.finish()).decode()
    events = [json.loads(event[6:]) for event in out.split("\n\n") if event and "[DONE]" not in event]
    assert "".join(event["choices"][0]["text"] for event in events if event["choices"]) == "Hello"
    assert events[-1]["usage"]["total_tokens"] == 5
    assert {event["object"] for event in events} == {"text_completion"}
    assert out.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("prompt", [["a", "b"], [1, 2], [""], []])
def test_what_a_chat_cannot_continue_is_refused(prompt: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        COMPLETIONS.read_chat(read(prompt=prompt))
    assert refused.value.param == "prompt"


def test_a_list_of_one_prompt_is_a_prompt() -> None:
    assert COMPLETIONS.read_chat(read(prompt=["Once"])).messages == (Message(Role.user, (Text("Once"),)),)


@pytest.mark.parametrize(
    ("fields", "param"), [({"prompt": 5}, "prompt"), ({"model": ""}, "model"), ({"max_tokens": -1}, "max_tokens")]
)
def test_what_is_wrong_is_refused_by_its_place(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**fields)
    assert refused.value.param == param
