"""Ideogram's pictures. The shapes are those of https://developer.ideogram.ai/api-reference/api-reference/generate-v3."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects import multipart
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.ideogram import Ideogram
from aigne_hub.dialects.pictures import Drawing, Made, MadePicture, PictureWish
from tests.dialects.chats import PICTURE, PIXEL

# https://developer.ideogram.ai/api-reference/api-reference/remix-v3
ANSWER = {
    "created": "2000-01-23T04:56:07Z",
    "data": [
        {
            "prompt": "A photo of a cat",
            "resolution": "1280x800",
            "is_image_safe": True,
            "seed": 12345,
            "url": "https://ideogram.example/api/images/ephemeral/x.png?exp=1&sig=2",
            "style_type": "GENERAL",
        },
        {"prompt": "", "resolution": "1280x800", "is_image_safe": False, "seed": 1, "url": None},
    ],
}


def wished(wish: PictureWish) -> tuple[Drawing, dict[str, str], Losses]:
    """The request, its fields, and what was lost."""
    losses = Losses()
    drawing = Ideogram().write_wish(wish, "ideogram-v3", losses)
    parts = multipart.parts_of(drawing.body)
    texts = {part.name: drawing.body[part.start : part.end].decode() for part in parts if not part.is_file}
    return drawing, texts, losses


def test_a_wish_is_a_form() -> None:
    fields: dict[str, Any] = {"n": 2, "size": "1024x1024", "negative_prompt": "dogs", "seed": 7}
    drawing, texts, losses = wished(PictureWish("a cat", fields))
    assert drawing.path == b"/ideogram-v3/generate"
    assert drawing.content_type is not None and drawing.content_type.startswith(b"multipart/form-data; boundary=")
    assert texts == {
        "prompt": "a cat",
        "num_images": "2",
        "resolution": "1024x1024",
        "negative_prompt": "dogs",
        "seed": "7",
    }
    assert not losses


def test_a_picture_is_remixed() -> None:
    drawing, texts, losses = wished(PictureWish("a hat", {}, (PICTURE, PICTURE), has_mask=True))
    assert drawing.path == b"/ideogram-v3/remix"
    (file,) = [part for part in multipart.parts_of(drawing.body) if part.is_file]
    assert (file.name, drawing.body[file.start : file.end]) == ("image", base64.b64decode(PIXEL))
    assert texts == {"prompt": "a hat"}
    assert losses.items() == {"mask": "dropped", "image": "approximated"}


@pytest.mark.parametrize(
    ("fields", "written", "lost"),
    [
        ({"size": "1536x1024"}, {"aspect_ratio": "3x2"}, {"size": "approximated"}),
        ({"size": "16:9"}, {"aspect_ratio": "16x9"}, {}),
        ({"size": "2K"}, {}, {"size": "dropped"}),
        ({"size": "1x2", "aspect_ratio": "1x1"}, {"aspect_ratio": "1x1"}, {}),
        ({"quality": "hd"}, {"rendering_speed": "QUALITY"}, {"quality": "approximated"}),
        ({"quality": "splendid"}, {}, {"quality": "dropped"}),
        ({"n": 10}, {"num_images": "8"}, {"n": "approximated"}),
        (
            {"style": "vivid", "background": "transparent", "user": "u"},
            {},
            dict.fromkeys(("style", "background", "user"), "dropped"),
        ),
        ({"seed": [1]}, {}, {"seed": "dropped"}),
    ],
)
def test_openai_s_words_are_put_into_its_own(
    fields: dict[str, Any], written: dict[str, str], lost: dict[str, str]
) -> None:
    _, texts, losses = wished(PictureWish("a cat", fields))
    assert {name: value for name, value in texts.items() if name != "prompt"} == written
    assert losses.items() == lost


def test_a_model_s_name_is_one_step_of_the_path() -> None:
    assert Ideogram().write_wish(PictureWish("a", {}), "../v1/x y", Losses()).path == b"/..%2Fv1%2Fx%20y/generate"


def test_what_was_made_is_at_addresses() -> None:
    url = "https://ideogram.example/api/images/ephemeral/x.png?exp=1&sig=2"
    assert Ideogram().read_made(json.dumps(ANSWER).encode()) == Made((MadePicture(url=url, prompt="A photo of a cat"),))


def test_what_is_unsafe_is_a_refusal() -> None:
    with pytest.raises(UpstreamFailed) as refused:
        Ideogram().read_made(json.dumps({"data": ANSWER["data"][1:]}).encode())
    assert (refused.value.kind, refused.value.status, refused.value.code) == (Failure.rejected, 400, "content_filter")


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"data": {}}', b"<html>"])
def test_what_is_no_answer_is_malformed(answer: bytes) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        Ideogram().read_made(answer)
    assert failed.value.kind is Failure.malformed
