"""Requests for videos in OpenAI's format live here: checked, and read into the middle where that is needed.

Source: https://developers.openai.com/api/reference/resources/videos/methods/create
"""

from __future__ import annotations

import base64
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects import media, multipart, splice
from aigne_hub.dialects.bodies import read_checked, read_object
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.videos import Wish, read_seconds, read_size

DEFAULT_MODEL = "openai/sora-2"  # OpenAI's own default, and the reference's (contract 2.5)
_LONGEST_NAME = 200
_REFERENCE = "input_reference"
_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp"})
_KNOWN = frozenset({"model", "prompt", "seconds", "size", _REFERENCE})


class _Request(Struct):
    prompt: Annotated[str, Meta(min_length=1)] | UnsetType = UNSET
    model: Annotated[str, Meta(min_length=1, max_length=_LONGEST_NAME)] | UnsetType = UNSET
    seconds: str | int | None = None
    size: str | None = None
    input_reference: dict[str, Any] | str | None = None
    access_token: str | UnsetType = UNSET


_read_request = msgspec.json.Decoder(_Request).decode


def read(body: bytes) -> Call:
    """A request for a new video, as JSON or as a form. Raises BadRequest that names the field."""
    return _read_form(body) if body.startswith(b"--") else _read_json(body)


def read_remix(body: bytes) -> tuple[bytes, str | None]:
    """The body of a remix without its access token, and that. Raises BadRequest."""
    view = read_checked(body, _read_request)
    if view.prompt is UNSET:
        raise wrong("prompt", "this is missing")
    if view.access_token is UNSET:
        return body, None
    return splice.edit(body, {"access_token": None}), view.access_token


def measures_of(call: Call) -> tuple[int | None, str | None]:
    """The length in seconds and the size that a request asks for, which was read before."""
    if call.content_type is None:
        view = _read_request(call.body)
        return read_seconds(view.seconds, "seconds"), view.size
    parts = multipart.parts_of(call.body)
    seconds, size = (multipart.text_of(call.body, parts, name) for name in ("seconds", "size"))
    return read_seconds(seconds, "seconds"), size


def wish_of(call: Call) -> Wish:
    """What a request that was read before wishes for. Raises BadRequest for a reference that only its maker knows."""
    if call.content_type is None:
        return _wish_of_json(call.body)
    body, parts = call.body, multipart.parts_of(call.body)
    url = multipart.text_of(body, parts, f"{_REFERENCE}[image_url]")
    file = next((body[part.start : part.end] for part in parts if part.is_file and part.name == _REFERENCE), None)
    image = None
    if file is not None:
        image = Media(MediaKind.image, mime=_picture_type(file[:16]), data=base64.b64encode(file).decode())
    elif url is not None:
        image = _needed_bytes(media.image_of(url, _REFERENCE))
    unknown = [part.name for part in parts if part.name.partition("[")[0] not in _KNOWN]
    if any(part.name == f"{_REFERENCE}[file_id]" for part in parts):
        raise _unknown_file()
    return Wish(
        prompt=multipart.text_of(body, parts, "prompt") or "",
        seconds=read_seconds(multipart.text_of(body, parts, "seconds"), "seconds"),
        size=multipart.text_of(body, parts, "size"),
        image=image,
        unknown=tuple(dict.fromkeys(unknown)),
    )


def _read_json(body: bytes) -> Call:
    view = read_checked(body, _read_request)
    if view.prompt is UNSET:
        raise wrong("prompt", "this is missing")
    read_seconds(view.seconds, "seconds")
    read_size(view.size, "size")
    if view.input_reference is not None:
        _check_reference(view.input_reference)
    token = None if view.access_token is UNSET else view.access_token
    if token is not None:
        body = splice.edit(body, {"access_token": None})
    model = view.model
    if model is UNSET:
        model = DEFAULT_MODEL
        body = splice.edit(body, {"model": b'"%b"' % model.encode()})
    return Call(Kind.video, model, body, body_token=token)


def _read_form(body: bytes) -> Call:
    parts = multipart.parts_of(body)
    if not multipart.text_of(body, parts, "prompt"):
        raise wrong("prompt", "this is missing")
    read_seconds(multipart.text_of(body, parts, "seconds"), "seconds")
    read_size(multipart.text_of(body, parts, "size"), "size")
    for part in parts:
        if part.is_file and part.name == _REFERENCE:
            _picture_type(body[part.start : part.start + 16])
    model = multipart.text_of(body, parts, "model")
    if model is None:
        model = DEFAULT_MODEL
        body = multipart.begun_with(body, "model", model)
    if not 0 < len(model) <= _LONGEST_NAME:
        raise wrong("model", f"a name of 1 to {_LONGEST_NAME} letters is expected here")
    boundary = body[2 : body.index(b"\r\n")]
    return Call(Kind.video, model, body, content_type=b'multipart/form-data; boundary="%b"' % boundary)


def _wish_of_json(body: bytes) -> Wish:
    f = Fields(read_object(body))
    given = f.any(_REFERENCE)
    f.drop("model")
    return Wish(
        prompt=f.need_text("prompt"),
        seconds=read_seconds(f.any("seconds"), "seconds"),
        size=f.text("size"),
        image=None if given is None else _needed_bytes(_check_reference(given)),
        unknown=f.rest(),
    )


def _check_reference(given: dict[str, Any] | str) -> Media:
    """A picture by its address, its bytes or a file's id. Raises BadRequest."""
    if isinstance(given, str):
        return media.image_of(given, _REFERENCE)
    f = Fields(given, _REFERENCE)
    url, file = f.text("image_url"), f.text("file_id")
    if url is not None:
        return media.image_of(url, f.at("image_url"))
    if file is None:
        raise wrong(_REFERENCE, "an image_url or a file_id is expected here")
    return Media(MediaKind.image, file_id=file)


def _needed_bytes(image: Media) -> Media:
    if image.file_id is not None:
        raise _unknown_file()
    return image


def _unknown_file() -> BadRequest:
    return wrong(_REFERENCE, "this model's provider does not know that file: send the picture's bytes")


def _picture_type(beginning: bytes) -> str:
    """Raises BadRequest for a file that does not begin as a picture does."""
    mime = media.sniffed(base64.b64encode(beginning).decode())
    if mime not in _PICTURES:
        raise wrong(_REFERENCE, "a PNG, JPEG or WebP picture is expected here")
    return mime
