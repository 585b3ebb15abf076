"""Google's pictures: Gemini's by generateContent, Imagen's by predict.

The shapes are those of https://ai.google.dev/gemini-api/docs/image-generation and
https://ai.google.dev/gemini-api/docs/imagen.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest, Failure, UpstreamFailed
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.pictures import GeminiPictures
from aigne_hub.dialects.pictures import Made, MadePicture, PictureWish
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL

GEMINI, GEMINI_3, IMAGEN = "gemini-2.5-flash-image", "gemini-3-pro-image", "imagen-4.0-generate-001"
BLOB = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}


def wished(wish: PictureWish, model: str) -> tuple[bytes, Any, dict[str, str]]:
    losses = Losses()
    drawing = GeminiPictures().write_wish(wish, model, losses)
    assert drawing.content_type is None
    return drawing.path, json.loads(drawing.body), losses.items()


def made(**answer: Any) -> Made:
    return GeminiPictures().read_made(json.dumps(answer).encode())


def test_gemini_is_asked_for_content_with_a_picture_in_it() -> None:
    wish = PictureWish("a hat on it", {"size": "1024x1024", "n": 1}, (PICTURE,))
    path, body, lost = wished(wish, GEMINI)
    assert path == b"/models/gemini-2.5-flash-image:generateContent"
    assert body == {
        "contents": [{"role": "user", "parts": [{"text": "a hat on it"}, BLOB]}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "1:1"}},
    }
    assert lost == {}


def test_imagen_is_asked_for_a_prediction() -> None:
    fields = {"n": 2, "size": "16:9", "negative_prompt": "dogs", "seed": 4, "output_format": "jpeg"}
    path, body, lost = wished(PictureWish("a cat", fields), IMAGEN)
    assert path == b"/models/imagen-4.0-generate-001:predict"
    assert body == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {
            "sampleCount": 2,
            "includeRaiReason": True,
            "aspectRatio": "16:9",
            "negativePrompt": "dogs",
            "seed": 4,
            "outputOptions": {"mimeType": "image/jpeg"},
        },
    }
    assert lost == {}


@pytest.mark.parametrize(
    ("model", "fields", "frame", "lost"),
    [
        (GEMINI, {"size": "1536x1024"}, {"aspectRatio": "3:2"}, {"size": "approximated"}),
        (GEMINI, {"size": "4096x4096"}, {"aspectRatio": "1:1"}, {"size": "approximated"}),
        (GEMINI_3, {"size": "4096x4096"}, {"aspectRatio": "1:1", "imageSize": "4K"}, {"size": "approximated"}),
        (GEMINI_3, {"size": "2k", "aspect_ratio": "21:9"}, {"aspectRatio": "21:9", "imageSize": "2K"}, {}),
        (GEMINI_3, {"size": "large"}, None, {"size": "dropped"}),
        (GEMINI, {"quality": "high", "style": "vivid"}, None, {"quality": "dropped", "style": "dropped"}),
        (GEMINI, {"n": 2}, None, {"n": "dropped"}),
    ],
)  # fmt: skip
def test_sizes_are_told_as_shapes(model: str, fields: dict[str, Any], frame: Any, lost: dict[str, str]) -> None:
    _, body, found = wished(PictureWish("a cat", fields), model)
    assert body["generationConfig"].get("imageConfig") == frame
    assert found == lost


def test_imagen_s_own_limits() -> None:
    _, body, lost = wished(PictureWish("a", {"n": 9, "size": "2048x2048", "output_format": "webp"}), IMAGEN)
    assert body["parameters"] == {
        "sampleCount": 4, "includeRaiReason": True, "aspectRatio": "1:1", "sampleImageSize": "2K",
    }  # fmt: skip
    assert lost == {"n": "approximated", "size": "approximated", "output_format": "dropped"}
    with pytest.raises(BadRequest, match="does not edit"):
        wished(PictureWish("a", {}, (PICTURE,)), IMAGEN)


def test_a_mask_finds_no_place() -> None:
    assert wished(PictureWish("a", {}, (PICTURE,), has_mask=True), GEMINI)[2] == {"mask": "dropped"}


def test_what_was_made_is_read_without_what_was_only_thought() -> None:
    parts = [{"text": "Thinking", "thought": True}, {**BLOB, "thought": True}, {"text": "Here."}, BLOB]
    answer = made(
        candidates=[{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        usageMetadata={"promptTokenCount": 7, "candidatesTokenCount": 1290, "totalTokenCount": 1297},
    )
    assert answer == Made((MadePicture(data=PIXEL, mime="image/png"),), Usage(7, 1290))
    predicted = made(predictions=[{"mimeType": "image/png", "bytesBase64Encoded": PIXEL}, {"raiFilteredReason": "no"}])
    assert predicted == Made((MadePicture(data=PIXEL, mime="image/png"),))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "PROHIBITED_CONTENT"),
        ({"candidates": [{"finishReason": "IMAGE_SAFETY", "finishMessage": "Not this one."}]}, "Not this one."),
        ({"candidates": [{"finishReason": "NO_IMAGE"}]}, "the model ended with NO_IMAGE"),
        ({"candidates": [{"content": {"parts": [{"text": "I only talk."}]}, "finishReason": "STOP"}]}, "I only talk."),
        ({"predictions": [{"raiFilteredReason": "Unable to show it. Code 58061214."}]}, "Unable to show it."),
        ({}, "the provider's rules forbid it"),
    ],
)
def test_no_picture_is_a_refusal_that_says_why(answer: dict[str, Any], why: str) -> None:
    with pytest.raises(UpstreamFailed) as refused:
        made(**answer)
    assert (refused.value.kind, refused.value.status) == (Failure.rejected, 400)
    assert why in refused.value.message


def test_what_is_no_answer_is_malformed() -> None:
    with pytest.raises(UpstreamFailed) as failed:
        GeminiPictures().read_made(b'{"candidates": 1}')
    assert failed.value.kind is Failure.malformed
