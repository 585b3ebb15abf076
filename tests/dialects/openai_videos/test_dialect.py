"""OpenAI's Videos at a provider: the caller's own request edited, or a wish written anew."""

from __future__ import annotations

import base64
import json

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects import multipart
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_videos.dialect import OpenAIVideos, Remix
from aigne_hub.dialects.videos import Stage, Video, Wish
from tests.dialects.chats import PICTURE, PIXEL
from tests.dialects.openai_videos.test_requests import form

DIALECT = OpenAIVideos()


def test_the_same_dialect_changes_only_the_model() -> None:
    body = b'{"model":"openai/sora-2","prompt":"a"}'
    asked = DIALECT.edited(DIALECT.read_request(body, accepts_stream=False), "sora-2")
    assert (asked.path, asked.body) == (b"/videos", b'{"model":"sora-2","prompt":"a"}')
    given = form({"model": "openai/sora-2", "prompt": "a"}, base64.b64decode(PIXEL))
    asked = DIALECT.edited(DIALECT.read_request(given, accepts_stream=False), "sora-2")
    assert asked.body == given.replace(b"openai/sora-2", b"sora-2")


def test_a_wish_is_written_as_json() -> None:
    losses = Losses()
    asked = DIALECT.write_wish(Wish("a cat", seconds=4, size="1280x720"), "sora-2", losses)
    assert json.loads(asked.body) == {"model": "sora-2", "prompt": "a cat", "seconds": "4", "size": "1280x720"}
    assert not losses


def test_a_picture_is_written_as_a_form_and_an_address_as_json() -> None:
    asked = DIALECT.write_wish(Wish("a cat", image=PICTURE), "sora-2", Losses())
    parts = multipart.parts_of(asked.body)
    assert multipart.text_of(asked.body, parts, "prompt") == "a cat"
    assert asked.body[parts[-1].start : parts[-1].end] == base64.b64decode(PIXEL)
    url = "https://x.example/a.png"
    asked = DIALECT.write_wish(Wish("a", image=Media(MediaKind.image, url=url)), "sora-2", Losses())
    assert json.loads(asked.body)["input_reference"] == {"image_url": url}


def test_what_there_is_no_word_for_is_told() -> None:
    losses = Losses()
    wish = Wish("a", size="1080p", aspect_ratio="9:16", negative_prompt="b", last_image=PICTURE, unknown=("seed",))
    asked = DIALECT.write_wish(wish, "sora-2", losses)
    assert json.loads(asked.body)["size"] == "1080x1920"
    assert losses.header() == "size=approximated, negativePrompt, lastFrame, seed"
    losses = Losses()
    DIALECT.write_wish(Wish("a", size="480p"), "sora-2", losses)
    DIALECT.write_wish(Wish("a", aspect_ratio="16:9"), "sora-2", losses)
    assert losses.header() == "size, aspectRatio"


def test_the_paths_of_a_job() -> None:
    video = Video("v1", Stage.completed)
    assert (DIALECT.status_path("v1"), DIALECT.delete_path("v1")) == (b"/videos/v1", b"/videos/v1")
    assert DIALECT.content_paths(video) == (b"/videos/v1/content",)
    assert DIALECT.content_paths(video, "thumbnail") == (b"/videos/v1/content?variant=thumbnail",)
    with pytest.raises(BadRequest):
        DIALECT.content_paths(video, "a&b")


def test_a_remix_names_no_model() -> None:
    remix = Remix(7)
    call = remix.read_request(b'{"prompt":"bluer"}', accepts_stream=False)
    asked = remix.remixed(call, "v1")
    assert (asked.path, asked.body, remix.source) == (b"/videos/v1/remix", b'{"prompt":"bluer"}', 7)
