"""Embeddings in Google's words and in OpenAI's stand for each other (https://ai.google.dev/api/embeddings)."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.gemini.embeddings import GeminiEmbeddings
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.pairing import Pair, pair
from aigne_hub.dialects.usage import Usage

LABEL = Label(7, 9)
BATCH, SINGLE = GeminiEmbeddings("up/e"), GeminiEmbeddings("up/e", is_batch=False)
VECTORS = {"embeddings": [{"values": [0.5, -1]}, {"values": [0.25, 2]}], "usageMetadata": {"promptTokenCount": 4}}
OPENAI = {
    "data": [{"embedding": [0.25, 2], "index": 1}, {"embedding": [0.5, -1], "index": 0}],
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}


def request(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "models/up/e", "content": {"parts": [{"text": text}]}, **more}


def read(dialect: GeminiEmbeddings, body: dict[str, Any]) -> Call:
    return dialect.read_request(json.dumps(body).encode(), accepts_stream=False)


def test_google_s_own_call_goes_on_with_the_model_named_anew() -> None:
    call = read(BATCH, {"requests": [request("a", taskType="X"), request("b")], "access_token": "blocklet-x"})
    assert (call.kind, call.model, call.body_token) == (Kind.embedding, "up/e", "blocklet-x")
    assert BATCH.path(call, "e") == b"/models/e:batchEmbedContents"
    assert json.loads(BATCH.write_request(call, "models/e")) == {
        "requests": [{**request("a", taskType="X"), "model": "models/e"}, {**request("b"), "model": "models/e"}]
    }
    answer = json.dumps(VECTORS).encode()
    assert BATCH.write_answer(answer, call, LABEL) is answer
    assert BATCH.read_usage(answer) == Usage(4, 0)
    one = read(SINGLE, {"content": {"parts": {"text": "a"}}, "output_dimensionality": 2})
    assert SINGLE.path(one, "e") == b"/models/e:embedContent"
    assert json.loads(SINGLE.write_request(one, "e")) == {
        "model": "models/e",
        "content": {"parts": {"text": "a"}},
        "outputDimensionality": 2,
    }
    assert SINGLE.read_usage(b'{"embedding":{"values":[1]}}') is None


@pytest.mark.parametrize("body", [{}, {"requests": []}, {"requests": [{}]}, {"requests": [request("a")] * 2049}])
def test_what_is_wrong_never_leaves(body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=r"requests|content"):
        read(BATCH, body)


def openai_call(**body: Any) -> tuple[Pair, Call]:
    call = Embeddings().read_request(json.dumps({"model": "up/e", **body}).encode(), accepts_stream=False)
    return pair(Embeddings(), call, "e", ("gemini", "gemini_embeddings"), frozenset()), call


def test_openai_s_call_at_google() -> None:
    way, call = openai_call(input=["a", "b"], dimensions=2, user="u")
    assert (way.upstream, way.is_same) == ("gemini_embeddings", False)
    assert way.carrier.path(call, "e") == b"/models/e:batchEmbedContents"
    sent = json.loads(way.body)
    named = [{**request(text), "model": "models/e", "outputDimensionality": 2} for text in ("a", "b")]
    assert (sent, way.losses.header()) == ({"requests": named}, "user")
    answer = json.dumps(VECTORS).encode()
    assert way.carrier.read_usage(answer) == Usage(4, 0)
    assert json.loads(way.carrier.write_answer(answer, call, LABEL)) == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, -1.0]},
            {"object": "embedding", "index": 1, "embedding": [0.25, 2.0]},
        ],
        "model": "up/e",
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    }


def test_vectors_may_be_asked_for_as_bytes() -> None:
    way, call = openai_call(input="a", encoding_format="base64")
    shown = json.loads(way.carrier.write_answer(b'{"embeddings":[{"values":[0.5,-1]}]}', call, LABEL))
    assert struct.unpack("<2f", base64.b64decode(shown["data"][0]["embedding"])) == (0.5, -1)


def test_tokens_of_another_model_are_refused() -> None:
    for tokens in ([1, 2], [[1, 2]]):
        with pytest.raises(BadRequest, match="not tokens"):
            openai_call(input=tokens)


def test_google_s_call_at_a_provider_that_speaks_as_openai() -> None:
    call = read(BATCH, {"requests": [request("a", outputDimensionality=2), request("b", taskType="X")]})
    way = pair(BATCH, call, "e", ("openai_chat", "openai_embeddings"), frozenset())
    assert (way.carrier.path(call, "e"), way.upstream) == (b"/embeddings", "openai_embeddings")
    assert json.loads(way.body) == {"model": "e", "input": ["a", "b"], "dimensions": 2}
    assert way.losses.header() == "requests.taskType"
    answer = json.dumps(OPENAI).encode()
    assert json.loads(way.carrier.write_answer(answer, call, LABEL)) == {
        "embeddings": VECTORS["embeddings"],
        "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
    }
    one = read(SINGLE, {"content": {"parts": [{"text": "a"}]}})
    single = pair(SINGLE, one, "e", ("openai_embeddings",), frozenset())
    shown = single.carrier.write_answer(b'{"data":[{"embedding":[1.5]}]}', one, LABEL)
    assert json.loads(shown) == {"embedding": {"values": [1.5]}}


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"data":5}', b'{"embeddings":[{}]}', b'{"data":[]}'])
def test_what_is_no_answer_is_said_to_be_none(answer: bytes) -> None:
    call = read(SINGLE, {"content": {"parts": [{"text": "a"}]}})
    with pytest.raises(UpstreamFailed):
        SINGLE.read_usage(answer)
    way = pair(SINGLE, call, "e", ("openai_embeddings",), frozenset())
    with pytest.raises(UpstreamFailed):
        way.carrier.write_answer(answer, call, LABEL)


def test_a_chat_is_no_embedding() -> None:
    with pytest.raises(BadRequest, match="does not serve such calls"):
        pair(OpenAIChat(is_hybrid=False), Call(Kind.chat, "up/m", b"{}"), "m", ("gemini_embeddings",), frozenset())
