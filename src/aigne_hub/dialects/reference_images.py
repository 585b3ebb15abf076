"""The reference's own picture formats live here: the OpenAI-like one and the native one (contract 2.5, 2.6).

Both are OpenAI's Images with other names, so what goes to a provider is OpenAI's own request: JSON for new
pictures, a form with files when pictures are given to be edited.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects import media, multipart, sse
from aigne_hub.dialects.bodies import UNREADABLE, read_object
from aigne_hub.dialects.call import Call, Kind, Label, Stream
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.inlined import Inlined, pictures
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.openai_json import IMAGES, WireAnswer, read_usage
from aigne_hub.dialects.usage import Usage

DEFAULT_MODEL = "openai/dall-e-2"  # what the reference falls back to (contract 2.5)
_PASSED = (
    ("size", "size"),
    ("quality", "quality"),
    ("style", "style"),
    ("background", "background"),
    ("user", "user"),
)
_MOST_IMAGES = 16

_write = msgspec.json.Encoder().encode


class _Made(msgspec.Struct):
    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


class _Answer(msgspec.Struct):
    data: list[_Made]
    created: int | None = None
    usage: Any = None
    output_format: str | None = None


_read_answer = msgspec.json.Decoder(_Answer).decode
_read_wire = msgspec.json.Decoder(WireAnswer).decode


class ReferenceImages:
    """Pictures in the reference's formats; a body with an `input` is native."""

    name = IMAGES.name
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None
    is_json = True

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        given = read_object(body)
        token = given.pop("access_token", None)
        is_native = isinstance(given.get("input"), dict)
        f = Fields(given["input"], "input") if is_native else Fields(given)
        options = f.fields("modelOptions") or Fields({}, f.at("modelOptions"))
        model = (given.get("model") if is_native else None) or f.text("model") or options.text("model") or DEFAULT_MODEL
        if not isinstance(model, str):
            raise wrong("model", "a string is expected here")
        pictures = _pictures(f)
        wanted = _wanted(f)
        form = _form(f, options, model, wants_url=wanted == "url")
        content_type, written = _multipart(form, pictures) if pictures else (None, _write(form))
        return Call(
            Kind.image,
            model,
            written,
            is_native=is_native,
            body_token=token if isinstance(token, str) else None,
            content_type=content_type,
            wants_url=wanted == "url",
            wants_bytes=wanted == "bytes",
        )

    def path(self, call: Call, model: str) -> bytes:
        return b"/images/generations" if call.content_type is None else b"/images/edits"

    def write_request(self, call: Call, model: str) -> bytes:
        if call.content_type is None:
            return IMAGES.write_request(call, model)
        head = b'name="model"\r\n\r\n'
        return call.body.replace(head + call.model.encode(), head + model.encode(), 1)

    def read_usage(self, answer: bytes) -> Usage | None:
        try:
            return read_usage(_read_wire(answer), Kind.image)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is no list of pictures") from error

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        try:
            made = _read_answer(answer)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider's answer is no list of pictures") from error
        usage = self.read_usage(answer) or Usage()
        return _write(_native(made, usage, label) if call.is_native else _openai_like(made, usage, label))

    def unpack(self, answer: bytes, call: Call) -> Inlined | None:
        found = pictures(answer)
        if found is None or not call.is_native:
            return found
        return msgspec.structs.replace(found, field="outputFileType")

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("pictures are never streamed")

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))


def _wanted(f: Fields) -> str | None:
    """Whether the caller asks for addresses, `url`, or for `bytes`."""
    shape = f.text("responseFormat") or f.text("response_format")
    wanted = f.one_of("outputFileType", frozenset({"url", "file", "local"}))
    if shape not in (None, "url", "b64_json", "base64"):
        raise wrong(f.at("responseFormat"), "url or b64_json is expected here")
    if shape is None and wanted is None:
        return None
    return "url" if (shape or wanted) == "url" else "bytes"


def _form(f: Fields, options: Fields, model: str, *, wants_url: bool) -> dict[str, Any]:
    prompt = f.text("prompt")
    if not prompt:
        raise wrong(f.at("prompt"), "this is missing")
    form: dict[str, Any] = {"model": model, "prompt": prompt}
    n = f.whole("n", 1, 10)
    if n is not None:
        form["n"] = n
    for name, written in _PASSED:
        value = f.text(name) or options.text(name)
        if value is not None:
            form[written] = value
    if "dall-e" in model:  # the others answer with bytes, and refuse the field
        form["response_format"] = "url" if wants_url else "b64_json"
    return form


def _pictures(f: Fields) -> list[Media]:
    given = f.any("image")
    if given is None:
        return []
    listed = given if isinstance(given, list) else [given]
    if len(listed) > _MOST_IMAGES:
        raise wrong(f.at("image"), f"at most {_MOST_IMAGES} pictures are expected here")
    return [_picture(one, f"{f.at('image')}[{i}]") for i, one in enumerate(listed)]


def _picture(given: Any, place: str) -> Media:
    """A picture's bytes: a data URL, bare base64, or a native file part."""
    if isinstance(given, dict):
        part = Fields(given, place)
        if part.text("type") == "url":
            given = part.need_text("url")
        else:
            data = part.need_text("data")
            mime = part.text("mimeType") or media.sniffed(data)
            return media.checked(Media(MediaKind.image, mime=mime, data=data, name=part.text("filename")), place)
    if not isinstance(given, str):
        raise wrong(place, "a picture is a string or a file part")
    if given.startswith("data:"):
        return media.image_of(given, place)
    if given.startswith(("http://", "https://")):
        raise wrong(place, "a picture to be edited is sent with its bytes, not by its address")
    return media.checked(Media(MediaKind.image, mime=media.sniffed(given), data=given), place)


def _multipart(form: dict[str, Any], pictures: list[Media]) -> tuple[bytes, bytes]:
    """The form's content type, and the form."""
    field = "image" if len(pictures) == 1 else "image[]"  # dall-e-2 edits one, and knows no list
    files = [_file(field, i, picture) for i, picture in enumerate(pictures)]
    return multipart.written({name: str(value) for name, value in form.items()}, files)


def _file(field: str, number: int, picture: Media) -> multipart.File:
    assert picture.data is not None
    assert picture.mime is not None
    name = f"{number}.{picture.mime.rpartition('/')[2]}"
    return multipart.File(field, name, picture.mime, base64.b64decode(picture.data))


def _openai_like(made: _Answer, usage: Usage, label: Label) -> dict[str, Any]:
    data = []
    for one in made.data:
        shown: dict[str, Any] = {}
        if one.url is not None:
            shown["url"] = one.url
        if one.b64_json is not None:
            shown["b64_json"] = shown["b64Json"] = shown["base64"] = one.b64_json
        if one.revised_prompt is not None:
            shown["revised_prompt"] = one.revised_prompt
        data.append(shown)
    return {
        "created": made.created or label.created_s,
        "images": data,
        "data": data,
        "model": label.target.partition("/")[2],
        "usage": label.marks(usage),
    }


def _native(made: _Answer, usage: Usage, label: Label) -> dict[str, Any]:
    kind = f"image/{made.output_format or 'png'}"
    images: list[dict[str, Any]] = []
    for i, one in enumerate(made.data):
        name = f"{i}.{kind.rpartition('/')[2]}"
        if one.b64_json is not None:
            mime = media.sniffed(one.b64_json) or kind
            images.append({"type": "file", "data": one.b64_json, "mimeType": mime, "filename": name})
        elif one.url is not None:
            images.append({"type": "url", "url": one.url, "mimeType": kind, "filename": name})
    return {
        "images": images,
        "usage": {
            "inputTokens": usage.all_input,
            "outputTokens": usage.all_output,
            **label.marks(usage),
        },
        "model": label.target.partition("/")[2],
        "modelWithProvider": label.target,
    }
