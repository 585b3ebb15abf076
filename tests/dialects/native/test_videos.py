"""Native videos, as @aigne/aigne-hub asks for them (contract 2.5, 3.1)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.dialects.call import Label
from aigne_hub.dialects.native.videos import DEFAULT_MODEL, Film, NativeVideos
from aigne_hub.dialects.videos import Wish
from tests.dialects.chats import PICTURE, PIXEL

DIALECT = NativeVideos()


def read(given: dict[str, Any], **top: Any) -> Any:
    return DIALECT.read_request(msgspec.json.encode({"input": given, **top}), accepts_stream=False)


def test_what_the_client_sends_is_read() -> None:
    call = read(
        {
            "prompt": "a cat",
            "seconds": "4",
            "model": "openai/sora-2",
            "modelOptions": {"model": "openai/sora-2"},
            "outputFileType": "url",
            "image": {"type": "file", "data": PIXEL, "mimeType": "image/png"},
        },
        agent="$CHAT_MODEL",
        options={"streaming": False},
    )
    assert (call.kind, call.model, call.is_native, call.wants_url) == ("video", "openai/sora-2", True, True)
    assert call.video == Wish("a cat", seconds=4, image=PICTURE)


def test_the_model_is_the_first_that_is_named() -> None:
    assert read({"prompt": "a"}).model == DEFAULT_MODEL
    assert read({"prompt": "a", "modelOptions": {"model": "c"}}).model == "c"
    assert read({"prompt": "a", "model": "b", "modelOptions": {"model": "c"}}).model == "b"
    assert read({"prompt": "a", "model": "b"}, model="a", access_token="k").model == "a"


def test_options_may_say_what_the_input_does_not() -> None:
    options = {"seconds": 6, "size": "720p", "aspectRatio": "9:16", "negativePrompt": "n", "seed": 1}
    wish = read({"prompt": "a", "referenceImages": [{"type": "file", "data": PIXEL}], "modelOptions": options}).video
    assert (wish.seconds, wish.size, wish.aspect_ratio, wish.negative_prompt) == (6, "720p", "9:16", "n")
    assert (wish.references, wish.unknown) == ((PICTURE,), ("seed",))


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "input.prompt"),
        ({"prompt": ""}, "input.prompt"),
        ({"prompt": 1}, "input.prompt"),
        ({"prompt": "a", "seconds": "long"}, "input.seconds"),
        ({"prompt": "a", "seconds": 0}, "input.seconds"),
        ({"prompt": "a", "size": "wide"}, "input.size"),
        ({"prompt": "a", "outputFileType": "tape"}, "input.outputFileType"),
        ({"prompt": "a", "model": "m" * 201}, "model"),
        ({"prompt": "a", "image": {"type": "local", "path": "a.png"}}, "input.image.data"),
        ({"prompt": "a", "image": {"type": "file", "data": "?"}}, "input.image.data"),
        ({"prompt": "a", "image": 7}, "input.image"),
        ({"prompt": "a", "referenceImages": [PIXEL] * 4}, "input.referenceImages"),
    ],
)
def test_a_wrong_field_is_named(given: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(given)
    assert refused.value.param == param


def test_a_body_without_an_input_is_refused() -> None:
    with pytest.raises(BadRequest) as refused:
        DIALECT.read_request(b'{"prompt":"a"}', accepts_stream=False)
    assert refused.value.param == "input"


def test_films_are_shown_with_their_bytes_or_their_address() -> None:
    films = [Film("video/mp4", "0.mp4", data="AAAA"), Film("video/mp4", "1.mp4", url="https://hub/f")]
    shown = json.loads(DIALECT.show_films(films, 4.0, Label(9, 1, "openai/sora-2")))
    assert shown == {
        "videos": [
            {"type": "file", "data": "AAAA", "mimeType": "video/mp4", "filename": "0.mp4"},
            {"type": "url", "url": "https://hub/f", "mimeType": "video/mp4", "filename": "1.mp4"},
        ],
        "seconds": 4,
        "usage": {"inputTokens": 0, "outputTokens": 0, "modelCallId": "9"},
        "model": "sora-2",
        "modelWithProvider": "openai/sora-2",
    }


def test_an_error_is_json_also_when_the_head_went_ahead() -> None:
    assert DIALECT.write_error(NotFound("x")) == DIALECT.write_error_event(NotFound("x"))
