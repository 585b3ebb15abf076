"""Embeddings of Google's live here: embedContent and batchEmbedContents, by themselves and beside OpenAI's.

Sources: https://ai.google.dev/api/embeddings and https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import base64
import struct
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from aigne_hub.base.errors import BadRequest, Failure, HubError, UpstreamFailed
from aigne_hub.dialects import sse
from aigne_hub.dialects.bodies import UNREADABLE, read_object
from aigne_hub.dialects.call import Call, Kind, Label, Stream
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.dialect import model_path, resource_name
from aigne_hub.dialects.gemini.errors import error_body
from aigne_hub.dialects.gemini.spelling import GoogleFields
from aigne_hub.dialects.gemini.usage import WireUsage
from aigne_hub.dialects.usage import Usage

NAME = "gemini_embeddings"

_MOST_TEXTS = 2048

_write = msgspec.json.Encoder().encode


class _Vector(Struct):
    values: list[float]


class _Vectors(Struct, rename="camel"):
    embeddings: list[_Vector] | None = None
    embedding: _Vector | None = None
    usage_metadata: WireUsage | None = None

    @property
    def usage(self) -> Usage | None:
        count = None if self.usage_metadata is None else self.usage_metadata.prompt_token_count
        return None if count is None else Usage(count, 0)


class _OpenAIVector(Struct):
    embedding: list[float]
    index: int = 0


class _OpenAIVectors(Struct):
    data: list[_OpenAIVector]


class _OpenAIAsked(Struct):
    input: str | list[str | int | list[int]]
    dimensions: int | None = None
    encoding_format: str | None = None
    user: str | None = None


_read = msgspec.json.Decoder(_Vectors).decode
_read_openai = msgspec.json.Decoder(_OpenAIVectors).decode


class GeminiEmbeddings:
    """batchEmbedContents, or embedContent of one text, of one model; never streamed."""

    name = NAME
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None
    is_json = True

    def __init__(self, model: str = "", *, is_batch: bool = True) -> None:
        self._model = model
        self.is_batch = is_batch

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        """The hub's own call of it: requests without a model, which the path names."""
        f = GoogleFields(read_object(body))
        token = f.text("accessToken")
        given = f.list("requests") if self.is_batch else [{name: f.any(name) for name in f.rest()}]
        if not given or len(given) > _MOST_TEXTS:
            raise BadRequest(f"from 1 to {_MOST_TEXTS} requests are expected here", param="requests")
        requests = []
        for i, one in enumerate(given):
            request = GoogleFields(one, f"requests[{i}]")
            request.drop("model")
            if request.fields("content") is None:
                raise BadRequest("the content is missing", param=f"requests[{i}].content")
            requests.append({name: value for name, value in one.items() if name != "model" and value is not None})
        return Call(Kind.embedding, self._model, _write({"requests": requests}), body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return model_path(model, "batchEmbedContents" if self.is_batch else "embedContent")

    def write_request(self, call: Call, model: str) -> bytes:
        named = [{"model": resource_name(model), **request} for request in requests_of(call)]
        return _write({"requests": named} if self.is_batch else named[0])

    def read_usage(self, answer: bytes) -> Usage | None:
        return _decoded(answer).usage

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return answer

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("embeddings are never streamed")

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))


class OpenAIAtGoogle:
    """A call in OpenAI's words that Google answers."""

    is_json = True

    def __init__(self, losses: Losses) -> None:
        self._losses = losses

    def path(self, call: Call, model: str) -> bytes:
        return model_path(model, "batchEmbedContents")

    def write_request(self, call: Call, model: str) -> bytes:
        """Raises BadRequest for token numbers, which are of another model's making."""
        asked = msgspec.json.decode(call.body, type=_OpenAIAsked)
        if asked.user is not None:
            self._losses.dropped("user")
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        requests = []
        for text in texts:
            if not isinstance(text, str):
                raise BadRequest("this model's provider takes texts, not tokens", param="input")
            request: dict[str, Any] = {"model": resource_name(model), "content": {"parts": [{"text": text}]}}
            if asked.dimensions is not None:
                request["outputDimensionality"] = asked.dimensions
            requests.append(request)
        return _write({"requests": requests})

    def read_usage(self, answer: bytes) -> Usage | None:
        return _decoded(answer).usage

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        found = _decoded(answer)
        is_packed = msgspec.json.decode(call.body, type=_OpenAIAsked).encoding_format == "base64"
        data = [
            {"object": "embedding", "index": i, "embedding": _packed(one.values) if is_packed else one.values}
            for i, one in enumerate(found.embeddings or [])
        ]
        count = 0 if found.usage is None else found.usage.all_input
        usage = {"prompt_tokens": count, "total_tokens": count}
        shown = _write({"object": "list", "data": data, "model": call.model, "usage": usage})
        return Embeddings().write_answer(shown, call, label)

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("embeddings are never streamed")


class GoogleAtOpenAI:
    """A call in Google's words that a provider answers that speaks as OpenAI does."""

    is_json = True

    def __init__(self, losses: Losses, *, is_batch: bool) -> None:
        self._losses = losses
        self._is_batch = is_batch

    def path(self, call: Call, model: str) -> bytes:
        return b"/embeddings"

    def write_request(self, call: Call, model: str) -> bytes:
        """Raises BadRequest when a content holds something else than text."""
        requests = [GoogleFields(request, f"requests[{i}]") for i, request in enumerate(requests_of(call))]
        asked: dict[str, Any] = {"model": model, "input": [_text_of(request) for request in requests]}
        dimensions = requests[0].count("outputDimensionality", 1)
        if dimensions is not None:
            asked["dimensions"] = dimensions
        for request in requests:
            request.drop("outputDimensionality")
            for name in request.rest():
                self._losses.dropped(f"requests.{name}")
        return _write(asked)

    def read_usage(self, answer: bytes) -> Usage | None:
        return Embeddings().read_usage(answer)

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        try:
            found = _read_openai(answer).data
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is not a list of embeddings") from error
        if len(found) != len(requests_of(call)):
            raise UpstreamFailed(Failure.malformed, "the provider's answer has not an embedding for each text")
        vectors = [{"values": one.embedding} for one in sorted(found, key=lambda one: one.index)]
        shown: dict[str, Any] = {"embeddings": vectors} if self._is_batch else {"embedding": vectors[0]}
        usage = self.read_usage(answer)
        if usage is not None:
            shown["usageMetadata"] = {"promptTokenCount": usage.all_input, "totalTokenCount": usage.all_input}
        return _write(shown)

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("embeddings are never streamed")


class _Named(Protocol):
    name: str


def bridge(served: _Named, called: str, losses: Losses) -> OpenAIAtGoogle | GoogleAtOpenAI | None:
    """What carries embeddings from one of the two formats to the other; None for any other pair."""
    if isinstance(served, Embeddings) and called == NAME:
        return OpenAIAtGoogle(losses)
    if isinstance(served, GeminiEmbeddings) and called == Embeddings.name:
        return GoogleAtOpenAI(losses, is_batch=served.is_batch)
    return None


def requests_of(call: Call) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = msgspec.json.decode(call.body)["requests"]
    return requests


def _text_of(request: GoogleFields) -> str:
    content = request.fields("content")
    assert content is not None
    return "\n".join(content.each("parts", lambda part: part.need_text("text")))


def _decoded(answer: bytes) -> _Vectors:
    try:
        found = _read(answer)
    except UNREADABLE as error:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not one of embeddings") from error
    if found.embeddings is None and found.embedding is None:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not one of embeddings")
    return found


def _packed(values: list[float]) -> str:
    """Floats of 32 bits, little end first, in base64: OpenAI's other form."""
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
