"""Doubao's pictures. The shapes are those of https://www.volcengine.com/docs/82379/1541523."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.pictures import Made, MadePicture, PictureWish
from aigne_hub.dialects.seedream import Seedream
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL

MODEL = "doubao-seedream-4-5-251128"
URL = f"data:image/png;base64,{PIXEL}"


def wished(wish: PictureWish) -> tuple[Any, Losses]:
    losses = Losses()
    drawing = Seedream().write_wish(wish, MODEL, losses)
    assert (drawing.path, drawing.content_type) == (b"/images/generations", None)
    return json.loads(drawing.body), losses


def test_a_wish_is_told_nearly_in_openai_s_words() -> None:
    asked, losses = wished(PictureWish("a cat", {"size": "2K", "seed": 3, "n": 1}))
    assert asked == {
        "model": MODEL,
        "prompt": "a cat",
        "response_format": "b64_json",
        "watermark": False,
        "size": "2K",
        "seed": 3,
    }
    assert not losses


def test_several_are_drawn_as_a_group_and_addresses_are_asked_for() -> None:
    asked, losses = wished(PictureWish("a cat", {"n": 3, "watermark": True, "quality": "high"}, wants_url=True))
    assert asked == {
        "model": MODEL,
        "prompt": "a cat",
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": 3},
        "response_format": "url",
        "watermark": True,
    }
    assert losses.items() == {"n": "approximated", "quality": "dropped"}


@pytest.mark.parametrize(("pictures", "shown"), [((PICTURE,), URL), ((PICTURE, PICTURE), [URL, URL])])
def test_pictures_to_be_edited_go_along(pictures: Any, shown: Any) -> None:
    asked, losses = wished(PictureWish("a hat", {}, pictures, has_mask=True))
    assert asked["image"] == shown
    assert losses.items() == {"mask": "dropped"}


def test_what_was_made_is_read_and_what_failed_beside_it_left_out() -> None:
    answer = {
        "model": MODEL,
        "created": 1757321139,
        "data": [
            {"b64_json": PIXEL, "size": "2048x2048"},
            {"error": {"code": "OutputImageSensitiveContentDetected", "message": "No."}},
            {"url": "https://tos.example/a.jpeg", "size": "2048x2048"},
        ],
        "usage": {"generated_images": 2, "output_tokens": 6240, "total_tokens": 6240},
    }
    made = Seedream().read_made(json.dumps(answer).encode())
    assert made == Made((MadePicture(data=PIXEL), MadePicture(url="https://tos.example/a.jpeg")), Usage(0, 6240))


def test_nothing_made_is_a_refusal_in_the_provider_s_words() -> None:
    with pytest.raises(UpstreamFailed, match=r"no picture was made: No\.") as refused:
        Seedream().read_made(b'{"data": [{"error": {"code": "x", "message": "No."}}]}')
    assert refused.value.status == 400


def test_what_is_no_answer_is_malformed() -> None:
    with pytest.raises(UpstreamFailed) as failed:
        Seedream().read_made(b'{"data": "x"}')
    assert failed.value.kind is Failure.malformed
