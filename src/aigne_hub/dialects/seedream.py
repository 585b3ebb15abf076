"""Doubao's pictures live here: Seedream, nearly in OpenAI's words, with the pictures to be edited in the same request.

Source: https://www.volcengine.com/docs/82379/1541523; called, never served.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from aigne_hub.dialects import media
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_errors import safe
from aigne_hub.dialects.pictures import Drawing, Made, MadePicture, PictureWish, leave, malformed, refused
from aigne_hub.dialects.usage import Usage

NAME = "seedream_images"

_OWN = (
    "size",
    "seed",
    "guidance_scale",
    "watermark",
    "output_format",
    "sequential_image_generation",
    "sequential_image_generation_options",
    "optimize_prompt_options",
)

_write = msgspec.json.Encoder().encode


class _Trouble(Struct):
    message: str = ""


class _Image(Struct):
    url: str | None = None
    b64_json: str | None = None
    error: _Trouble | None = None


class _Used(Struct):
    output_tokens: int | None = None


class _Answer(Struct):
    data: list[_Image]
    usage: _Used | None = None


_read = msgspec.json.Decoder(_Answer).decode


class Seedream:
    """Like the reference it asks for no watermark unless the caller does, and for bytes unless for an address."""

    name = NAME

    def write_wish(self, wish: PictureWish, model: str, losses: Losses) -> Drawing:
        fields = dict(wish.fields)
        asked: dict[str, Any] = {"model": model, "prompt": wish.prompt}
        if wish.pictures:
            shown = [media.data_url(one) for one in wish.pictures]
            asked["image"] = shown if len(shown) > 1 else shown[0]
        if wish.has_mask:
            losses.dropped("mask")
        n = fields.pop("n", 1)
        if n > 1:  # the model itself decides how many it is, up to this
            asked["sequential_image_generation"] = "auto"
            asked["sequential_image_generation_options"] = {"max_images": n}
            losses.approximated("n")
        asked["response_format"] = "url" if wish.wants_url else "b64_json"
        asked["watermark"] = False
        asked |= {name: fields.pop(name) for name in _OWN if name in fields}
        leave(fields, losses)
        return Drawing(b"/images/generations", _write(asked))

    def read_made(self, answer: bytes) -> Made:
        try:
            read = _read(answer)
        except UNREADABLE as error:
            raise malformed() from error
        made = [one for one in read.data if one.b64_json or one.url]
        if not made:
            raise refused(next((safe(one.error.message) for one in read.data if one.error is not None), ""))
        pictures = tuple([MadePicture(data=one.b64_json, url=None if one.b64_json else one.url) for one in made])
        used = None if read.usage is None else read.usage.output_tokens
        return Made(pictures, None if used is None else Usage(0, used))
