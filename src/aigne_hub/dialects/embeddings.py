"""Embeddings live here: OpenAI's shape, and the reference's native one.

Sources: https://platform.openai.com/docs/api-reference/embeddings and contract 2.6.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import BadRequest, Failure, HubError, UpstreamFailed
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.bodies import UNREADABLE, read_checked
from aigne_hub.dialects.call import Call, Kind, Label, Stream
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.usage import Usage

_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class _NativeOptions(Struct):
    model: _Name | UnsetType = UNSET


class _NativeInput(Struct, rename="camel"):
    input: str | list[str]
    model_options: _NativeOptions | UnsetType = UNSET


class _Request(Struct):
    input: str | list[str | int | list[int]] | dict[str, Any]
    model: _Name | UnsetType = UNSET
    encoding_format: Literal["float", "base64"] | UnsetType | None = UNSET
    dimensions: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    access_token: str | UnsetType = UNSET


class _Usage(Struct):
    prompt_tokens: int | None = None


class _Answer(Struct):
    data: list[msgspec.Raw]
    usage: _Usage | None = None


class _Vector(Struct):
    embedding: msgspec.Raw


class _Vectors(Struct):
    data: list[_Vector]
    usage: _Usage | None = None


_read_request = msgspec.json.Decoder(_Request).decode
_read_answer = msgspec.json.Decoder(_Answer).decode
_read_vectors = msgspec.json.Decoder(_Vectors).decode
_write = msgspec.json.Encoder().encode


class Embeddings:
    """Embeddings, never streamed. An `input` that is an object makes the call a native one."""

    name = "openai_embeddings"
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None
    is_json = True

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        view = read_checked(body, _read_request)
        token = None if view.access_token is UNSET else view.access_token
        if isinstance(view.input, dict):
            return self._native(view.input, view.model, token)
        if view.model is UNSET:
            raise BadRequest("Model is required for embedding", param="model")
        if not view.input:
            raise BadRequest("the input is empty", param="input")
        if token is not None:
            body = splice.edit(body, {"access_token": None})
        return Call(Kind.embedding, view.model, body, body_token=token)

    def path(self, call: Call, model: str) -> bytes:
        return b"/embeddings"

    def write_request(self, call: Call, model: str) -> bytes:
        return splice.replace_model(call.body, call.model, _write(model))

    def read_usage(self, answer: bytes) -> Usage | None:
        try:
            usage = _read_answer(answer).usage
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is not a list of embeddings") from error
        return Usage(input=usage.prompt_tokens, output=0) if usage and usage.prompt_tokens is not None else None

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        if not call.is_native:
            return answer
        vectors = _read_vectors(answer)
        shown: dict[str, Any] = {"embeddings": [vector.embedding for vector in vectors.data]}
        if vectors.usage and vectors.usage.prompt_tokens is not None:
            given = vectors.usage.prompt_tokens
            shown["usage"] = {"inputTokens": given} | label.marks(Usage(input=given, output=0))
        return _write({**shown, "model": call.model.rpartition("/")[2], "modelWithProvider": call.model})

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("embeddings are never streamed")

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))

    @staticmethod
    def _native(given: dict[str, Any], model: str | UnsetType, token: str | None) -> Call:
        try:
            native = msgspec.convert(given, _NativeInput)
        except msgspec.ValidationError as error:
            raise BadRequest(f"Validation error: input: {error}", param="input") from None
        if model is UNSET:
            model = native.model_options.model if native.model_options is not UNSET else UNSET
        if model is UNSET:
            raise BadRequest("Model is required for embedding", param="model")
        body = _write({"model": model, "input": native.input})
        return Call(Kind.embedding, model, body, is_native=True, body_token=token)
