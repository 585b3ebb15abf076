"""Chat Completions: reading requests, answers and streams; in OpenAI's shape and in the hybrid one."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.openai_chat.dialect import DEFAULT_MODEL, OpenAIChat
from aigne_hub.dialects.usage import Usage
from tests.upstream import COMPLETION, chunk, chunks_of, events_of

PLAIN, HYBRID = OpenAIChat(is_hybrid=False), OpenAIChat(is_hybrid=True)
MESSAGES = [{"role": "user", "content": "hi"}]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
EXTRA = st.dictionaries(
    TEXT.filter(lambda name: name.startswith("x")), st.none() | st.integers() | TEXT | st.lists(TEXT), max_size=4
)
ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool"])
MESSAGE = st.fixed_dictionaries(
    {
        "role": ROLES,
        "content": st.none() | TEXT | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": TEXT})),
    }
)


def read(body: dict[str, Any], dialect: OpenAIChat = PLAIN, *, accepts_stream: bool = False) -> Call:
    return dialect.read_request(json.dumps(body).encode(), accepts_stream=accepts_stream)


def sent(call: Call, dialect: OpenAIChat = PLAIN) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(dialect.write_request(call, "m"))
    return body


@given(st.lists(MESSAGE, min_size=1, max_size=5), EXTRA, TEXT.filter(bool))
def test_a_request_goes_through_with_only_its_model_changed(
    messages: list[dict[str, Any]], extra: dict[str, Any], model: str
) -> None:
    body = {**extra, "model": model, "messages": messages}
    call = read(body)
    assert (call.kind, call.model, call.is_stream) == (Kind.chat, model, False)
    assert sent(call) == {**body, "model": "m"}
    assert call.body == json.dumps(body).encode()


@given(EXTRA, st.sampled_from([None, {}, {"include_usage": False}, {"include_usage": None, "other": 1}]))
def test_a_streamed_request_asks_for_usage_and_keeps_the_callers_options(
    extra: dict[str, Any], options: dict[str, Any] | None
) -> None:
    body = {**extra, "model": "x", "messages": MESSAGES, "stream": True}
    if options is not None:
        body["stream_options"] = options
    call = read(body)
    assert call.is_stream and not call.wants_usage
    assert sent(call) == {**body, "model": "m", "stream_options": {**(options or {}), "include_usage": True}}


def test_a_caller_who_asks_for_usage_is_left_alone() -> None:
    body = {"model": "x", "messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}}
    call = read(body)
    assert call.wants_usage
    assert call.body == json.dumps(body).encode()


def test_an_accepted_stream_is_one_only_for_the_references_clients() -> None:
    body = {"model": "x", "messages": MESSAGES}
    assert not read(body, accepts_stream=True).is_stream
    call = read(body, HYBRID, accepts_stream=True)
    assert call.is_stream and call.wants_usage
    assert sent(call, HYBRID) == {**body, "model": "m", "stream": True, "stream_options": {"include_usage": True}}


def test_the_older_names_become_the_newer() -> None:
    call = read(
        {
            "model": "x",
            "topP": 0.5,
            "maxTokens": 9,
            "presencePenalty": 1,
            "frequencyPenalty": -1,
            "toolChoice": "auto",
            "tools": [],
            "responseFormat": {"type": "json_schema", "jsonSchema": {"name": "o", "schema": {}}},
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "imageUrl": {"url": "https://x.example/a"}}]},
                {"role": "assistant", "toolCalls": [{"id": "1", "type": "function", "function": {"name": "f"}}]},
                {"role": "tool", "toolCallId": "1", "content": "ok"},
            ],
        },
        HYBRID,
    )
    assert sent(call, HYBRID) == {
        "model": "m",
        "top_p": 0.5,
        "max_tokens": 9,
        "presence_penalty": 1,
        "frequency_penalty": -1,
        "tool_choice": "auto",
        "response_format": {"type": "json_schema", "json_schema": {"name": "o", "schema": {}}},
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.example/a"}}]},
            {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "ok"},
        ],
    }


def test_a_prompt_is_a_message_and_a_model_is_assumed_on_the_references_paths() -> None:
    call = read({"prompt": "hi"}, HYBRID)
    assert call.model == DEFAULT_MODEL
    assert sent(call, HYBRID) == {"messages": MESSAGES, "model": "m"}
    with pytest.raises(BadRequest, match="names no model"):
        read({"messages": MESSAGES})


def test_a_key_in_the_body_is_found_and_not_sent_on() -> None:
    call = read({"model": "x", "messages": MESSAGES, "access_token": "blocklet-1"})
    assert call.body_token == "blocklet-1"
    assert sent(call) == {"model": "m", "messages": MESSAGES}
    assert "blocklet-1" not in repr(call)


def test_the_older_answer_is_added_to_the_newer() -> None:
    call = read({"model": "x", "messages": MESSAGES}, HYBRID)
    answer = json.loads(HYBRID.write_answer(json.dumps(COMPLETION).encode(), call, Label(77, 0)))
    assert {**answer, "usage": None} == {
        **COMPLETION,
        "role": "assistant",
        "text": "Hello",
        "content": "Hello",
        "usage": None,
    }
    assert answer["usage"] == {
        "prompt_tokens": 12,
        "completion_tokens": 3,
        "total_tokens": 15,
        "promptTokens": 12,
        "completionTokens": 3,
        "totalTokens": 15,
        "inputTokens": 12,
        "outputTokens": 3,
        "modelCallId": "77",
    }


def test_tool_calls_have_their_older_name_too() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    answer = {**COMPLETION, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    shown = json.loads(HYBRID.write_answer(json.dumps(answer).encode(), read({"prompt": "x"}, HYBRID), Label(1, 0)))
    assert (shown["toolCalls"], shown["text"], shown["content"]) == (calls, "", "")


def run(dialect: OpenAIChat, pieces: list[bytes], *, wants_usage: bool = False) -> tuple[bytes, Usage | None]:
    body = {"model": "x", "messages": MESSAGES, "stream": True, "stream_options": {"include_usage": wants_usage}}
    stream = dialect.open_stream(read(body, dialect), Label(7, 0))
    out = b"".join([stream.feed(piece) for piece in pieces])
    assert stream.error is None
    return out + stream.finish(), stream.usage


@given(st.lists(TEXT, max_size=5), st.lists(st.integers(0, 3000), max_size=20), st.booleans())
def test_a_stream_cut_anywhere_passes_unchanged(text: list[str], cuts: list[int], spaced: bool) -> None:
    separators = (", ", ": ") if spaced else (",", ":")
    events = [b"data: " + json.dumps(one, separators=separators).encode() + b"\n\n" for one in chunks_of(text)]
    whole = b"".join([*events, b"data: [DONE]\n\n"])
    at = [0, *sorted(cut % len(whole) for cut in cuts), len(whole)]
    out, usage = run(PLAIN, [whole[a:b] for a, b in pairwise(at)], wants_usage=True)
    assert out == whole
    assert usage == Usage(12, 3, None, None)


def test_words_that_look_like_marks_are_only_words() -> None:
    text = ["[DONE]", '"usage":{', '"error"', "data: [DONE]"]
    events = events_of(chunks_of(text))
    out, usage = run(PLAIN, events)
    assert out == b"".join([*events[:-2], events[-1]])
    assert usage is not None


def test_a_last_chunk_that_has_words_and_usage_keeps_both() -> None:
    last = chunk(choices=[{"index": 0, "delta": {"content": "!"}}], usage={"prompt_tokens": 1, "completion_tokens": 2})
    events = events_of([last])
    assert run(PLAIN, events) == (b"".join(events), Usage(1, 2, None, None))


def test_what_comes_after_the_end_is_dropped() -> None:
    events = events_of(chunks_of(["a"]))
    out, _ = run(PLAIN, [*events, b'data: {"choices":[]}\n\n'], wants_usage=True)
    assert out == b"".join(events)


def test_comments_pass() -> None:
    events = [b": keep-alive\n\n", *events_of(chunks_of(["a"]))]
    assert run(PLAIN, events, wants_usage=True)[0] == b"".join(events)


def test_an_end_without_its_blank_line_is_an_end() -> None:
    events = events_of(chunks_of(["a"]), done=False)
    assert run(PLAIN, [*events, b"data: [DONE]"], wants_usage=True)[0].endswith(b"data: [DONE]\n\n")


def test_a_stream_that_stops_short_is_a_failure() -> None:
    stream = PLAIN.open_stream(read({"model": "x", "messages": MESSAGES}), Label(7, 0))
    stream.feed(b"".join(events_of(chunks_of(["a"]), done=False)))
    with pytest.raises(UpstreamFailed, match="before its end"):
        stream.finish()


def test_hybrid_chunks_have_a_delta_and_no_null() -> None:
    chunks = [{**one, "error": None, "usage": one.get("usage")} for one in chunks_of(["Hel", "lo"])]
    out, usage = run(HYBRID, events_of(chunks))
    events = [json.loads(line[6:]) for line in out.decode().split("\n\n") if line and line != "data: [DONE]"]
    deltas = [event["delta"] for event in events if "delta" in event]
    assert deltas == [{"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo"}]
    assert events[-1]["usage"]["promptTokens"] == 12 and events[-1]["choices"] == []
    assert all(event[name] is not None for event in events for name in ("usage", "delta", "error") if name in event)
    assert out.endswith(b"data: [DONE]\n\n") and usage == Usage(12, 3, None, None)


def test_an_answer_of_another_kind_is_no_completion() -> None:
    for answer in (b"", b"[]", b"{}", b'{"choices":{}}', b"<html>"):
        with pytest.raises(UpstreamFailed, match="not a chat completion"):
            PLAIN.read_usage(answer)


def test_a_chunk_of_another_kind_is_a_failure() -> None:
    stream = PLAIN.open_stream(read({"model": "x", "messages": MESSAGES}), Label(7, 0))
    with pytest.raises(UpstreamFailed, match="not a chat chunk"):
        stream.feed(b'data: {"usage":{"prompt_tokens":"many"},"choices":[]}\n\n')


USE = {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f"}}]}
PICTURE = {"type": "image_url", "image_url": {"url": "https://x.example/a"}}
ODD = {"role": "user", "content": [{"type": "hologram", "x": 1}, PICTURE]}


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([{"role": "tool", "tool_call_id": "c9", "content": ""}], "messages[0].tool_call_id"),
        ([USE, {"role": "tool", "tool_call_id": "c2", "content": ""}], "messages[1].tool_call_id"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,@"}}]}],
            "messages[0].content[0].image_url.url",
        ),
        (
            [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "@", "format": "wav"}}]}],
            "messages[0].content[0].input_audio.data",
        ),
    ],
)
def test_what_is_wrong_within_never_leaves(messages: list[Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read({"model": "x", "messages": messages})
    assert refused.value.param == param


def test_what_the_hub_does_not_know_goes_on() -> None:
    body = {"model": "x", "messages": [ODD, USE, {"role": "tool", "tool_call_id": "c1", "content": ""}]}
    assert json.loads(read({**body, "tools": [{"type": "custom", "custom": {}}]}).body)["messages"] == body["messages"]
