"""Google's pictures live here: Gemini's image models by generateContent, Imagen by predict; called, never served.

Sources: https://ai.google.dev/gemini-api/docs/image-generation and https://ai.google.dev/gemini-api/docs/imagen
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.dialect import model_path
from aigne_hub.dialects.gemini.usage import WireUsage, read_usage
from aigne_hub.dialects.openai_errors import safe
from aigne_hub.dialects.picture_sizes import pixels_of, shape_of
from aigne_hub.dialects.pictures import Drawing, Made, MadePicture, PictureWish, leave, malformed, refused

NAME = "gemini_images"

_GEMINI_RATIOS = ((1, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 5), (5, 4), (9, 16), (16, 9), (21, 9))
_IMAGEN_RATIOS = ((1, 1), (3, 4), (4, 3), (9, 16), (16, 9))
_MOST_SAMPLES = 4
_SIZES = {"1k": "1K", "2k": "2K", "4k": "4K"}
_NATIVE = 1024  # pixels of the side of a square that a model draws when nothing is said
_LARGE, _LARGEST = 1600, 3200  # sides from which on 2K and 4K are nearer
_FRAME_OF_IMAGEN = {"aspectRatio": "aspectRatio", "imageSize": "sampleImageSize"}
_OF_IMAGEN = (
    ("seed", "seed"),
    ("negative_prompt", "negativePrompt"),
    ("person_generation", "personGeneration"),
)
_FORMATS = {"png": "image/png", "jpeg": "image/jpeg"}

_write = msgspec.json.Encoder().encode


class _Blob(Struct, rename="camel"):
    data: str
    mime_type: str | None = None


class _Part(Struct, rename="camel"):
    text: str | None = None
    thought: bool = False
    inline_data: _Blob | None = None


class _Content(Struct):
    parts: list[_Part] = []


class _Candidate(Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None


class _Feedback(Struct, rename="camel"):
    block_reason: str | None = None
    block_reason_message: str | None = None


class _Prediction(Struct, rename="camel"):
    bytes_base64_encoded: str | None = None
    mime_type: str | None = None
    rai_filtered_reason: str | None = None


class _Answer(Struct, rename="camel"):
    """Of either way: which it is shows in what is there."""

    candidates: list[_Candidate] = []
    prompt_feedback: _Feedback | None = None
    usage_metadata: WireUsage | None = None
    predictions: list[_Prediction] = []


_read = msgspec.json.Decoder(_Answer).decode


class GeminiPictures:
    """The model's name tells which way it is called."""

    name = NAME

    def write_wish(self, wish: PictureWish, model: str, losses: Losses) -> Drawing:
        if "imagen" in model.rpartition("/")[2]:
            return Drawing(model_path(model, "predict"), _write(_imagen(wish, model, losses)))
        return Drawing(model_path(model, "generateContent"), _write(_gemini(wish, model, losses)))

    def read_made(self, answer: bytes) -> Made:
        try:
            read = _read(answer)
        except UNREADABLE as error:
            raise malformed() from error
        pictures = (*_of_candidates(read), *_of_predictions(read))
        if not pictures:
            raise refused(_why(read))
        return Made(pictures, read_usage(read.usage_metadata))


def _gemini(wish: PictureWish, model: str, losses: Losses) -> dict[str, Any]:
    fields = dict(wish.fields)
    parts: list[dict[str, Any]] = [{"text": wish.prompt}]
    parts += [{"inlineData": {"mimeType": one.mime, "data": one.data}} for one in wish.pictures]
    if fields.pop("n", 1) > 1:
        losses.dropped("n")  # such a model draws as many as it was told in words
    if wish.has_mask:
        losses.dropped("mask")
    config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
    frame = _frame(fields, _GEMINI_RATIOS, losses, is_sized="gemini-2" not in model)
    if frame:
        config["imageConfig"] = frame
    if type(fields.get("seed")) is int:
        config["seed"] = fields.pop("seed")
    leave(fields, losses)
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}


def _imagen(wish: PictureWish, model: str, losses: Losses) -> dict[str, Any]:
    if wish.pictures:
        raise BadRequest("Imagen draws and does not edit: use a Gemini image model", param="image")
    fields = dict(wish.fields)
    n = fields.pop("n", 1)  # without a word it draws four
    if n > _MOST_SAMPLES:
        losses.approximated("n")
    parameters: dict[str, Any] = {"sampleCount": min(n, _MOST_SAMPLES), "includeRaiReason": True}
    frame = _frame(fields, _IMAGEN_RATIOS, losses, is_sized="fast" not in model)
    parameters |= {_FRAME_OF_IMAGEN[name]: value for name, value in frame.items()}
    parameters |= {written: fields.pop(name) for name, written in _OF_IMAGEN if name in fields}
    kind = _FORMATS.get(str(fields.get("output_format")))
    if kind is not None:
        del fields["output_format"]
        parameters["outputOptions"] = {"mimeType": kind}
    leave(fields, losses)
    return {"instances": [{"prompt": wish.prompt}], "parameters": parameters}


def _frame(
    fields: dict[str, Any], ratios: tuple[tuple[int, int], ...], losses: Losses, *, is_sized: bool
) -> dict[str, str]:
    """Shape and size in Google's words. Pixels are told by both, and met exactly by the plain square alone."""
    size, ratio = fields.pop("size", None), fields.pop("aspect_ratio", None)
    frame: dict[str, str] = {}
    if isinstance(size, str) and size.lower() in _SIZES:
        frame["imageSize"] = _SIZES[size.lower()]
        size = None
    wished, name = (size, "size") if ratio is None else (ratio, "aspect_ratio")
    if wished is None:
        return frame
    shape = shape_of(str(wished), ratios)
    if shape is None:
        losses.dropped(name)
        return frame
    frame["aspectRatio"] = f"{shape.ratio[0]}:{shape.ratio[1]}"
    pixels = pixels_of(str(wished))
    side = 0.0 if pixels is None else (pixels[0] * pixels[1]) ** 0.5
    if is_sized and side >= _LARGE:
        frame["imageSize"] = "4K" if side >= _LARGEST else "2K"
    if not shape.is_same or pixels not in (None, (_NATIVE, _NATIVE)):
        losses.approximated(name)
    return frame


def _of_candidates(read: _Answer) -> list[MadePicture]:
    parts = [part for one in read.candidates if one.content for part in one.content.parts if not part.thought]
    blobs = [part.inline_data for part in parts if part.inline_data]
    return [MadePicture(data=blob.data, mime=blob.mime_type) for blob in blobs]


def _of_predictions(read: _Answer) -> list[MadePicture]:
    return [
        MadePicture(data=one.bytes_base64_encoded, mime=one.mime_type)
        for one in read.predictions
        if one.bytes_base64_encoded
    ]


def _why(read: _Answer) -> str:
    """The provider's words for why there is no picture."""
    feedback = read.prompt_feedback
    if feedback is not None and feedback.block_reason:
        return safe(feedback.block_reason_message or feedback.block_reason)
    filtered = [one.rai_filtered_reason for one in read.predictions if one.rai_filtered_reason]
    if filtered:
        return safe(filtered[0])
    for one in read.candidates:
        said = " ".join([part.text for part in (one.content.parts if one.content else []) if part.text])
        if said or one.finish_message or one.finish_reason:
            return safe(one.finish_message or said or f"the model ended with {one.finish_reason}")
    return ""
