"""Requests for videos, as JSON and as forms: what is refused, what leaves as it came, what is read from them."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects import multipart
from aigne_hub.dialects.native.videos import NativeVideos
from aigne_hub.dialects.openai_videos.requests import DEFAULT_MODEL, read, read_remix, wish_of
from tests.dialects.chats import PICTURE, PIXEL

PNG = base64.b64decode(PIXEL)


def form(data: dict[str, str], file: bytes | None = None) -> bytes:
    """As a real client writes it."""
    files: dict[str, Any] = {name: (None, value) for name, value in data.items()}
    if file is not None:
        files["input_reference"] = ("a.png", file, "image/png")
    return httpx.Request("POST", "http://x", files=files).read()


def test_json_leaves_as_it_came() -> None:
    body = b'{"model" : "openai/sora-2","prompt":"a cat", "seconds":"8","size":"720x1280","x_new":1e40}'
    call = read(body)
    assert (call.model, call.body, call.content_type) == ("openai/sora-2", body, None)
    wish = wish_of(call)
    assert (wish.prompt, wish.seconds, wish.size, wish.image, wish.unknown) == (
        "a cat",
        8,
        "720x1280",
        None,
        ("x_new",),
    )


def test_a_form_leaves_as_it_came() -> None:
    body = form({"model": "sora-2", "prompt": "a cat", "seconds": "4", "quality": "high"}, PNG)
    call = read(body)
    assert call.body == body
    assert call.content_type is not None and call.content_type.startswith(b"multipart/form-data; boundary=")
    wish = wish_of(call)
    assert (wish.prompt, wish.seconds, wish.image, wish.unknown) == ("a cat", 4, PICTURE, ("quality",))


def test_without_a_model_it_is_openai_s_default() -> None:
    for call in (read(b'{"prompt":"a cat"}'), read(form({"prompt": "a cat"}))):
        assert call.model == DEFAULT_MODEL
        assert DEFAULT_MODEL.encode() in call.body


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "a", "model": ""}, "model"),
        ({"prompt": "a", "model": "m" * 201}, "model"),
        ({"prompt": "a", "seconds": "four"}, "seconds"),
        ({"prompt": "a", "seconds": 0}, "seconds"),
        ({"prompt": "a", "seconds": 4.5}, "seconds"),
        ({"prompt": "a", "size": "big"}, "size"),
        ({"prompt": "a", "input_reference": {}}, "input_reference"),
        ({"prompt": "a", "input_reference": {"image_url": "ftp://x"}}, "input_reference.image_url"),
        ({"prompt": "a", "input_reference": {"image_url": "data:image/png;base64,?"}}, "input_reference.image_url"),
        ({"prompt": "a", "input_reference": "cat.png"}, "input_reference"),
    ],
)
def test_a_wrong_field_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(msgspec.json.encode(body))
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("fields", "file", "param"),
    [
        ({"model": "m"}, None, "prompt"),
        ({"model": "", "prompt": "a"}, None, "model"),
        ({"prompt": "a", "seconds": "x"}, None, "seconds"),
        ({"prompt": "a", "size": "x"}, None, "size"),
        ({"prompt": "a"}, b"GIF89a", "input_reference"),
        ({"prompt": "a"}, b"", "input_reference"),
        ({"prompt": "a"}, b"MZ\x90", "input_reference"),
    ],
)
def test_a_wrong_field_of_a_form_is_named(fields: dict[str, str], file: bytes | None, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(form(fields, file))
    assert refused.value.param == param


def test_a_file_that_only_its_maker_knows_cannot_go_elsewhere() -> None:
    for body in (
        b'{"prompt":"a","input_reference":{"file_id":"file_1"}}',
        form({"prompt": "a", "input_reference[file_id]": "file_1"}),
    ):
        with pytest.raises(BadRequest, match="send the picture's bytes"):
            wish_of(read(body))


def test_a_reference_of_a_form_may_be_an_address() -> None:
    call = read(form({"prompt": "a", "input_reference[image_url]": f"data:image/png;base64,{PIXEL}"}))
    assert wish_of(call).image == PICTURE


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.text())
)
NAMES = st.sampled_from(
    ["prompt", "model", "seconds", "size", "input_reference", "image", "modelOptions", "outputFileType"]
)


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_is_asked_is_read_or_refused(given_: dict[str, Any]) -> None:
    with suppress(BadRequest):
        wish_of(read(msgspec.json.encode(given_)))
    with suppress(BadRequest):
        NativeVideos().read_request(msgspec.json.encode({"input": given_}), accepts_stream=False)


@given(st.dictionaries(NAMES, st.text()), st.binary(max_size=40), st.integers(0, 400))
def test_whatever_a_form_says_is_read_or_refused(fields: dict[str, str], file: bytes, cut: int) -> None:
    _, body = multipart.written(fields, (multipart.File("input_reference", "a.png", "image/png", file),))
    for said in (body, body[:cut] or b"--"):
        with suppress(BadRequest):
            wish_of(read(said))


def test_a_key_in_the_body_does_not_leave() -> None:
    call = read(b'{"prompt":"a","model":"m","access_token":"blocklet-x"}')
    assert (call.body_token, b"blocklet-x" in call.body) == ("blocklet-x", False)
    assert read_remix(b'{"prompt":"a","access_token":"k"}') == (b'{"prompt":"a"}', "k")
    with pytest.raises(BadRequest):
        read_remix(b"{}")
