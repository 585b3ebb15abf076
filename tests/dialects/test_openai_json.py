"""OpenAI's small formats: the model in its place, the rest as it came, and what was used."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.openai_json import IMAGES, MODERATIONS, RERANK, SPEECH, OpenAIJson
from aigne_hub.dialects.usage import Usage

GOOD: list[tuple[OpenAIJson, dict[str, Any], Kind, bytes]] = [
    (IMAGES, {"prompt": "a cat", "n": 2}, Kind.image, b"/images/generations"),
    (MODERATIONS, {"input": "words"}, Kind.moderation, b"/moderations"),
    (RERANK, {"query": "q", "documents": ["a", "b"]}, Kind.rerank, b"/rerank"),
    (SPEECH, {"input": "hello", "voice": "alloy"}, Kind.audio, b"/audio/speech"),
]


def read(dialect: OpenAIJson, **fields: Any) -> Call:
    return dialect.read_request(json.dumps({"model": "up/x", **fields}).encode(), accepts_stream=False)


@pytest.mark.parametrize(("dialect", "fields", "kind", "path"), GOOD)
def test_a_request_goes_on_as_it_came(dialect: OpenAIJson, fields: dict[str, Any], kind: Kind, path: bytes) -> None:
    call = read(dialect, **fields, new=1)
    assert (call.kind, call.model, call.is_stream, dialect.path(call, "x")) == (kind, "up/x", False, path)
    assert json.loads(dialect.write_request(call, "x")) == {"model": "x", **fields, "new": 1}
    assert dialect.write_answer(b"raw", call, Label(1, 2)) == b"raw"


@pytest.mark.parametrize(("dialect", "fields", "kind", "path"), GOOD)
def test_what_is_needed_must_be_there(dialect: OpenAIJson, fields: dict[str, Any], kind: Kind, path: bytes) -> None:
    for missing in fields:
        if missing == "n":
            continue
        with pytest.raises(BadRequest) as refused:
            read(dialect, **{name: value for name, value in fields.items() if name != missing})
        assert refused.value.param == missing
    with pytest.raises(BadRequest, match="no model"):
        dialect.read_request(json.dumps(fields).encode(), accepts_stream=False)


@pytest.mark.parametrize(
    ("dialect", "fields", "param"),
    [
        (IMAGES, {"prompt": "", "n": 1}, "prompt"),
        (IMAGES, {"prompt": "x", "n": 11}, "n"),
        (IMAGES, {"prompt": "x", "stream": True}, "stream"),
        (RERANK, {"query": "q", "documents": []}, "documents"),
        (SPEECH, {"input": 5, "voice": "x"}, "input"),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(dialect: OpenAIJson, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(dialect, **fields)
    assert refused.value.param == param


def test_a_key_in_the_body_does_not_go_on() -> None:
    call = read(MODERATIONS, input="x", access_token="blocklet-x")
    assert call.body_token == "blocklet-x"
    assert b"blocklet" not in call.body


@pytest.mark.parametrize(
    ("dialect", "answer", "usage"),
    [
        (IMAGES, {"data": [{}, {}]}, Usage(images=2)),
        (IMAGES, {"data": [{}], "usage": {"input_tokens": 9, "output_tokens": 100}}, Usage(9, 100, images=1)),
        (RERANK, {"results": [], "usage": {"prompt_tokens": 5, "total_tokens": 5}}, Usage(5, 0)),
        (RERANK, {"results": [], "usage": {"total_tokens": 7}}, Usage(7, 0)),
        (MODERATIONS, {"results": []}, None),
    ],
)
def test_what_was_used(dialect: OpenAIJson, answer: dict[str, Any], usage: Usage | None) -> None:
    assert dialect.read_usage(json.dumps(answer).encode()) == usage


def test_sound_says_nothing_of_its_use_and_no_answer_is_said_to_be_none() -> None:
    assert SPEECH.read_usage(b"\x00\xff") is None
    with pytest.raises(UpstreamFailed):
        IMAGES.read_usage(b"<html>")


@pytest.mark.parametrize(
    ("answer", "usage"),
    [
        # https://docs.cohere.com/reference/rerank
        ({"meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}}, None),
        ({"meta": {"tokens": {"input_tokens": 150.0, "output_tokens": 0}}}, Usage(150, 0)),
        # https://docs.siliconflow.com/en/api-reference/rerank/create-rerank
        ({"tokens": {"input_tokens": 12, "output_tokens": 3}}, Usage(12, 3)),
        ({"meta": {"tokens": {"input_tokens": 150, "output_tokens": 10, "image_tokens": 0}}}, Usage(150, 10)),
        # https://docs.together.ai/reference/rerank-1, https://jina.ai/reranker
        ({"usage": {"prompt_tokens": 7, "completion_tokens": 0, "total_tokens": 7}}, Usage(7, 0)),
        ({"usage": {"total_tokens": 9}}, Usage(9, 0)),
        ({"meta": None, "usage": None}, None),
    ],
)
def test_what_a_reranking_used_is_found_wherever_its_provider_counts_it(
    answer: dict[str, Any], usage: Usage | None
) -> None:
    results = [{"index": 1, "relevance_score": 0.9}]
    assert RERANK.read_usage(json.dumps({"id": "r", "results": results, **answer}).encode()) == usage
