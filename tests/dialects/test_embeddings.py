"""Embeddings: OpenAI's shape passes, the native shape is translated both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.call import Kind, Label
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.usage import Usage

DIALECT = Embeddings()
ANSWER = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -1]}],
    "model": "e",
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
TOKENS = st.lists(st.integers(0, 100_000), min_size=1, max_size=5)


def read(body: dict[str, Any]) -> Any:
    return DIALECT.read_request(json.dumps(body).encode(), accepts_stream=False)


@given(TEXT | TOKENS | st.lists(TEXT, min_size=1) | st.lists(TOKENS, min_size=1), TEXT)
def test_a_request_goes_through_with_only_its_model_changed(given_input: Any, model: str) -> None:
    body = {"input": given_input, "model": model, "encoding_format": "base64", "x": 1}
    call = read(body)
    assert (call.kind, call.model, call.is_native) == (Kind.embedding, model, False)
    assert json.loads(DIALECT.write_request(call, "e")) == {**body, "model": "e"}


@pytest.mark.parametrize("given_input", ["hi", ["hi", "ho"]])
def test_a_native_request_becomes_openais(given_input: Any) -> None:
    call = read({"input": {"input": given_input, "modelOptions": {"model": "up/e"}}})
    assert (call.model, call.is_native) == ("up/e", True)
    assert json.loads(DIALECT.write_request(call, "e")) == {"model": "e", "input": given_input}


def test_a_native_answer_is_made_of_openais() -> None:
    call = read({"model": "up/e", "input": {"input": "hi"}})
    assert json.loads(DIALECT.write_answer(json.dumps(ANSWER).encode(), call, Label(9, 0))) == {
        "embeddings": [[0.25, -1]],
        "usage": {"inputTokens": 4, "modelCallId": "9"},
        "model": "e",
        "modelWithProvider": "up/e",
    }


def test_openais_answer_passes_as_it_is() -> None:
    body = json.dumps(ANSWER).encode()
    assert DIALECT.write_answer(body, read({"model": "e", "input": "x"}), Label(9, 0)) is body
    assert DIALECT.read_usage(body) == Usage(4, 0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"input": "hi"}, "Model is required for embedding"),
        ({"input": {"input": "hi"}}, "Model is required for embedding"),
        ({"model": "e"}, "missing required field `input`"),
        ({"model": "e", "input": ""}, "the input is empty"),
        ({"model": "e", "input": []}, "the input is empty"),
        ({"model": "e", "input": 7}, "input"),
        ({"model": "e", "input": [True]}, "input"),
        ({"model": "e", "input": {"input": 7}}, "input"),
        ({"model": "e", "input": "x", "encoding_format": "hex"}, "encoding_format"),
        ({"model": "e", "input": "x", "dimensions": 0}, "dimensions"),
    ],
)
def test_a_wrong_request_is_refused(body: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        read(body)


def test_a_key_in_the_body_is_found_and_not_sent_on() -> None:
    call = read({"model": "e", "input": "x", "access_token": "blocklet-1"})
    assert call.body_token == "blocklet-1"
    assert b"blocklet-1" not in DIALECT.write_request(call, "e")


def test_an_answer_of_another_kind_is_a_failure() -> None:
    with pytest.raises(UpstreamFailed, match="not a list of embeddings"):
        DIALECT.read_usage(b'{"data":7}')
