"""OpenAI's small formats live here: JSON in, one whole answer out, and only the model to be put in its place.

Sources: https://platform.openai.com/docs/api-reference/images/create, …/moderations, …/audio/createSpeech;
rerank as Jina, Cohere and llama.cpp have it (https://docs.cohere.com/reference/rerank).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import BadRequest, Failure, HubError, UpstreamFailed
from aigne_hub.dialects import splice, sse
from aigne_hub.dialects.bodies import UNREADABLE, read_checked
from aigne_hub.dialects.call import Call, Kind, Label, Stream
from aigne_hub.dialects.inlined import Inlined, pictures
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode
_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class _Body(Struct):
    model: _Name | UnsetType = UNSET
    access_token: str | UnsetType = UNSET


class _ImageRequest(_Body):
    prompt: Annotated[str, Meta(min_length=1)] | UnsetType = UNSET
    n: Annotated[int, Meta(ge=1, le=10)] | UnsetType | None = UNSET
    stream: bool | UnsetType | None = UNSET
    response_format: Any = UNSET


class _SpeechRequest(_Body):
    input: Annotated[str, Meta(min_length=1)] | UnsetType = UNSET
    voice: str | dict[str, Any] | UnsetType = UNSET


class _ModerationRequest(_Body):
    input: str | list[Any] | UnsetType = UNSET


class _RerankRequest(_Body):
    query: str | UnsetType = UNSET
    documents: Annotated[list[Any], Meta(min_length=1)] | UnsetType = UNSET
    top_n: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET


class _ImageDetails(Struct):
    image_tokens: int | None = None
    text_tokens: int | None = None


class WireUsage(Struct):
    """Both spellings: images and audio say input and output, rerank says prompt."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    prompt_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: _ImageDetails | None = None


class _Tokens(Struct):
    input_tokens: float | None = None
    output_tokens: float | None = None


class _Meta(Struct):
    tokens: _Tokens | None = None


class WireAnswer(Struct):
    """Who reranks as Cohere does counts in `meta` (https://docs.cohere.com/reference/rerank), SiliconFlow once in
    `tokens` (https://docs.siliconflow.com/en/api-reference/rerank/create-rerank), all others in `usage`.
    """

    usage: WireUsage | None = None
    tokens: _Tokens | None = None
    meta: _Meta | None = None
    data: list[msgspec.Raw] | None = None

    @property
    def counted(self) -> _Tokens | None:
        return self.tokens or (None if self.meta is None else self.meta.tokens)


_read_answer = msgspec.json.Decoder(WireAnswer).decode


class OpenAIJson:
    """One such format. `needed` are the fields without which a request makes no sense."""

    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None

    def __init__(
        self, name: str, path: bytes, kind: Kind, shape: type[_Body], *, needed: tuple[str, ...], is_json: bool = True
    ) -> None:
        self.name = name
        self.is_json = is_json
        self._path = path
        self._kind = kind
        self._read = msgspec.json.Decoder(shape).decode
        self._needed = needed

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        view = read_checked(body, self._read)
        for name in ("model", *self._needed):
            if getattr(view, name) is UNSET:
                raise BadRequest(f"the request has no {name}", param=name)
        if getattr(view, "stream", None) is True:
            raise BadRequest("pictures are answered whole: leave stream out", param="stream")
        assert isinstance(view.model, str)
        token = None if view.access_token is UNSET else view.access_token
        if token is not None:
            body = splice.edit(body, {"access_token": None})
        wanted = getattr(view, "response_format", None) if self._kind is Kind.image else None
        return Call(
            self._kind,
            view.model,
            body,
            body_token=token,
            wants_url=wanted == "url",
            wants_bytes=wanted == "b64_json",
        )

    def path(self, call: Call, model: str) -> bytes:
        return self._path

    def write_request(self, call: Call, model: str) -> bytes:
        body = splice.replace_model(call.body, call.model, _write(model))
        # Such models answer with bytes, and refuse to be told.
        if (call.wants_url or call.wants_bytes) and "gpt-image" in model:
            return splice.edit(body, {"response_format": None})
        return body

    def read_usage(self, answer: bytes) -> Usage | None:
        if not self.is_json:
            return None
        try:
            return read_usage(_read_answer(answer), self._kind)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is not what was asked for") from error

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return answer

    def unpack(self, answer: bytes, call: Call) -> Inlined | None:
        return pictures(answer)

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("such calls are never streamed")

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))


def read_usage(answer: WireAnswer, kind: Kind) -> Usage | None:
    """Tokens if the provider counts them; of pictures also how many there are."""
    usage, counted = answer.usage, answer.counted
    images = len(answer.data) if kind is Kind.image and answer.data is not None else None
    if usage is None and counted is not None and counted.input_tokens is not None:
        return Usage(input=int(counted.input_tokens), output=int(counted.output_tokens or 0), images=images)
    if usage is None:
        return None if images is None else Usage(images=images)
    given = usage.input_tokens if usage.input_tokens is not None else usage.prompt_tokens
    if given is None:
        given = usage.total_tokens
    return Usage(input=given, output=usage.output_tokens or 0, images=images)


IMAGES = OpenAIJson("openai_images", b"/images/generations", Kind.image, _ImageRequest, needed=("prompt",))
MODERATIONS = OpenAIJson("openai_moderations", b"/moderations", Kind.moderation, _ModerationRequest, needed=("input",))
RERANK = OpenAIJson("rerank", b"/rerank", Kind.rerank, _RerankRequest, needed=("query", "documents"))
SPEECH = OpenAIJson(
    "openai_speech", b"/audio/speech", Kind.audio, _SpeechRequest, needed=("input", "voice"), is_json=False
)
