"""Pictures in the middle: wishes read from bodies of OpenAI's, and what was made shown as OpenAI shows it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects import multipart
from aigne_hub.dialects.call import Call, Label
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.inlined import InlineFile, Linking, Unpacking
from aigne_hub.dialects.openai_forms import IMAGE_EDITS
from aigne_hub.dialects.openai_json import IMAGES
from aigne_hub.dialects.pictures import Drawing, Made, MadePicture, PictureBridge, PictureWish, read_wish
from aigne_hub.dialects.reference_images import ReferenceImages
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL

LABEL = Label(1, 1700000000, "up/m")
PNG = base64.b64decode(PIXEL)


class Painter:
    """A provider of made-up words: lines of addresses and of base64."""

    name = "painter"

    def write_wish(self, wish: PictureWish, model: str, losses: Losses) -> Drawing:
        return Drawing(b"/" + model.encode(), wish.prompt.encode(), b"text/plain")

    def read_made(self, answer: bytes) -> Made:
        lines = answer.decode().split()
        pictures = [MadePicture(url=one) if ":" in one else MadePicture(data=one, mime="image/png") for one in lines]
        return Made(tuple(pictures), Usage(3, 4))


def asked(**body: Any) -> Call:
    return IMAGES.read_request(json.dumps({"model": "up/m", "prompt": "a cat", **body}).encode(), accepts_stream=False)


def form(fields: dict[str, str], files: list[multipart.File]) -> Call:
    return IMAGE_EDITS.read_request(multipart.written(fields, files)[1], accepts_stream=False)


def bridge(call: Call, served: Any = IMAGES) -> PictureBridge:
    carrier = PictureBridge(served, Painter(), Losses())
    assert (carrier.write_request(call, "m"), carrier.path(call, "m")) == (b"a cat", b"/m")
    assert carrier.content_type == b"text/plain"
    return carrier


def test_a_wish_is_read_from_json() -> None:
    wish = read_wish(asked(n=2, size="auto", quality="", user=None, response_format="url", seed=3))
    assert wish == PictureWish("a cat", {"n": 2, "seed": 3}, wants_url=True)
    edit = read_wish(asked(image=[f"data:image/png;base64,{PIXEL}"], mask="x"))
    assert (edit.pictures, edit.has_mask, edit.fields) == ((PICTURE,), True, {})


def test_a_wish_is_read_from_a_form() -> None:
    files = [multipart.File("image[]", "a", "image/png", PNG), multipart.File("image[]", "b", "image/png", PNG)]
    fields = {"model": "up/m", "prompt": "a hat", "n": "2", "size": "auto", "response_format": "b64_json"}
    call = form(fields, [*files, multipart.File("mask", "m", "image/png", PNG)])
    assert call.wants_bytes
    assert read_wish(call) == PictureWish("a hat", {"n": 2}, (PICTURE, PICTURE), has_mask=True)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"image": "https://x.example/a.png"}, "image[0]"),
        ({"image": [3]}, "image[0]"),
        ({"image": "data:image/png;base64,@@"}, "image[0]"),
        ({"image": [f"data:image/png;base64,{PIXEL}"] * 17}, "image"),
    ],
)
def test_a_wish_that_cannot_be_read_is_refused(body: dict[str, Any], place: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_wish(asked(**body))
    assert refused.value.param == place


@pytest.mark.parametrize("n", ["0", "11", "x", "-1", "9999999"])
def test_a_form_s_count_is_checked(n: str) -> None:
    call = form({"model": "up/m", "prompt": "p", "n": n}, [multipart.File("image", "a", "image/png", PNG)])
    with pytest.raises(BadRequest) as refused:
        read_wish(call)
    assert refused.value.param == "n"


def test_a_form_needs_a_prompt_and_pictures_that_are_some() -> None:
    with pytest.raises(BadRequest, match="no prompt"):
        read_wish(form({"model": "up/m"}, [multipart.File("image", "a", "image/png", PNG)]))
    with pytest.raises(BadRequest) as refused:
        read_wish(form({"model": "up/m", "prompt": "p"}, [multipart.File("image", "a", "image/png", b"BM......")]))
    assert refused.value.param == "image[0]"


def test_what_was_made_is_shown_as_openai_shows_it() -> None:
    carrier = bridge(asked())
    answer = f"{PIXEL} https://x.example/a".encode()
    assert carrier.read_usage(answer) == Usage(3, 4, images=2)
    assert json.loads(carrier.write_answer(answer, asked(), LABEL)) == {
        "created": 1700000000,
        "data": [{"b64_json": PIXEL}, {"url": "https://x.example/a"}],
        "output_format": "png",
        "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    }


def test_the_reference_s_formats_are_kept() -> None:
    given = {"input": {"prompt": "a cat", "modelOptions": {"model": "up/m"}, "outputFileType": "file"}}
    call = ReferenceImages().read_request(json.dumps(given).encode(), accepts_stream=False)
    assert (call.wants_url, call.wants_bytes) == (False, True)
    shown = json.loads(bridge(call, ReferenceImages()).write_answer(PIXEL.encode(), call, LABEL))
    assert shown["images"] == [{"type": "file", "data": PIXEL, "mimeType": "image/png", "filename": "0.png"}]
    assert (shown["modelWithProvider"], shown["usage"]["outputTokens"]) == ("up/m", 4)


def test_bytes_are_put_at_addresses_and_addresses_filled_with_bytes() -> None:
    answer = f"{PIXEL} https://x.example/a https://x.example/b".encode()
    carrier = bridge(asked())
    assert isinstance(carrier, Unpacking) and isinstance(carrier, Linking)
    inlined = carrier.unpack(answer, asked())
    assert inlined is not None
    assert inlined.files == (InlineFile(PIXEL, "image/png", "0.png"),)
    inlined.with_urls(["https://hub.example/1"])
    linked = carrier.linked(answer, asked())
    assert linked is not None
    assert linked.urls == ("https://hub.example/1", "https://x.example/a", "https://x.example/b")
    linked.with_files([None, InlineFile(PIXEL, "image/png", "1.png"), None])
    shown = json.loads(carrier.write_answer(answer, asked(), LABEL))
    assert shown["data"] == [{"url": "https://hub.example/1"}, {"b64_json": PIXEL}, {"url": "https://x.example/b"}]
    assert bridge(asked()).linked(PIXEL.encode(), asked()) is None
    assert bridge(asked()).unpack(b"https://x.example/a", asked()) is None
