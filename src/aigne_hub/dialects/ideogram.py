"""Ideogram's pictures live here: forms to version 3 of its API, which answers with addresses; called, never served.

Sources: https://developer.ideogram.ai/api-reference/api-reference/generate-v3 and …/remix-v3
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from aigne_hub.dialects import multipart
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import Media
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_errors import safe
from aigne_hub.dialects.picture_sizes import pixels_of, shape_of
from aigne_hub.dialects.pictures import Drawing, Made, MadePicture, PictureWish, leave, malformed, refused

NAME = "ideogram_images"

_MOST = 8
_RATIOS = (
    (1, 1), (1, 2), (1, 3), (2, 3), (3, 4), (4, 5), (9, 16), (10, 16),
    (2, 1), (3, 1), (3, 2), (4, 3), (5, 4), (16, 9), (16, 10),
)  # fmt: skip
_SQUARE = "1024x1024"
_SPEEDS = {"low": "TURBO", "medium": "DEFAULT", "standard": "DEFAULT", "high": "QUALITY", "hd": "QUALITY"}
# Its own words, which pass as they are.
_OWN = frozenset(
    {
        "aspect_ratio",
        "image_weight",
        "magic_prompt",
        "negative_prompt",
        "rendering_speed",
        "resolution",
        "seed",
        "style_type",
    }
)


class _Image(Struct):
    url: str | None = None
    prompt: str | None = None


class _Answer(Struct):
    data: list[_Image]


_read = msgspec.json.Decoder(_Answer).decode


class Ideogram:
    """A picture that is given is remixed; it takes one."""

    name = NAME

    def write_wish(self, wish: PictureWish, model: str, losses: Losses) -> Drawing:
        form = {"prompt": wish.prompt, **_form(dict(wish.fields), losses)}
        if wish.has_mask:
            losses.dropped("mask")
        if len(wish.pictures) > 1:
            losses.approximated("image")
        files = [_file(picture) for picture in wish.pictures[:1]]
        content_type, body = multipart.written(form, files)
        path = f"/{quote(model, safe='')}/{'remix' if files else 'generate'}"
        return Drawing(path.encode("ascii"), body, content_type)

    def read_made(self, answer: bytes) -> Made:
        try:
            found = _read(answer).data
        except UNREADABLE as error:
            raise malformed() from error
        pictures = tuple([MadePicture(url=one.url, prompt=safe(one.prompt or "")) for one in found if one.url])
        if not pictures:
            raise refused("the provider holds what it drew for unsafe")
        return Made(pictures)


def _form(fields: dict[str, Any], losses: Losses) -> dict[str, str]:
    form: dict[str, str] = {}
    n = fields.pop("n", 1)
    if n > 1:
        form["num_images"] = str(min(n, _MOST))
    if n > _MOST:
        losses.approximated("n")
    _put_size(form, fields, losses)
    speed = _SPEEDS.get(str(fields.get("quality")))
    if speed is not None:
        del fields["quality"]
        form["rendering_speed"] = speed
        losses.approximated("quality")
    for name in _OWN & fields.keys():
        if isinstance(fields[name], str | int):
            form[name] = str(fields.pop(name))
    leave(fields, losses)
    return form


def _put_size(form: dict[str, str], fields: dict[str, Any], losses: Losses) -> None:
    """The plain square is drawn as it is wished; of other sizes the shape. Its own two words for it come first."""
    size = fields.pop("size", None)
    if size is None or "aspect_ratio" in fields or "resolution" in fields:
        return
    if size == _SQUARE:
        form["resolution"] = _SQUARE
        return
    shape = shape_of(str(size), _RATIOS)
    if shape is None:
        losses.dropped("size")
        return
    form["aspect_ratio"] = f"{shape.ratio[0]}x{shape.ratio[1]}"
    if not shape.is_same or pixels_of(str(size)) is not None:
        losses.approximated("size")


def _file(picture: Media) -> multipart.File:
    assert picture.data is not None and picture.mime is not None
    kind = picture.mime.rpartition("/")[2]
    return multipart.File("image", f"0.{kind}", picture.mime, base64.b64decode(picture.data))
