"""The reference's picture formats are OpenAI's on the provider's side."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.call import Call, Label
from aigne_hub.dialects.multipart import parts_of, text_of
from aigne_hub.dialects.reference_images import ReferenceImages
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PIXEL

IMAGES = ReferenceImages()
LABEL = Label(77, 9, "openai/gpt-image-1")


def read(body: dict[str, Any]) -> Call:
    return IMAGES.read_request(json.dumps(body).encode(), accepts_stream=False)


def native(**given: Any) -> dict[str, Any]:
    return {"input": {"prompt": "a cat", "modelOptions": {"model": "openai/gpt-image-1"}, **given}, "agent": "$X"}


def test_what_the_published_client_sends_becomes_openai_s() -> None:
    call = read(native(n=1, size="1024x1024", outputFileType="url"))
    assert call.is_native
    assert json.loads(IMAGES.write_request(call, "gpt-image-1")) == {
        "model": "gpt-image-1",
        "prompt": "a cat",
        "n": 1,
        "size": "1024x1024",
    }
    assert IMAGES.path(call, "gpt-image-1") == b"/images/generations"


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ({"prompt": "x"}, "b64_json"),
        ({"prompt": "x", "responseFormat": "url"}, "url"),
        ({"prompt": "x", "response_format": "b64_json"}, "b64_json"),
        ({"input": {"prompt": "x", "outputFileType": "url"}}, "url"),
    ],
)
def test_the_old_models_are_told_how_to_answer(body: dict[str, Any], shape: str) -> None:
    call = read(body)
    assert call.model == "openai/dall-e-2"
    assert json.loads(IMAGES.write_request(call, "dall-e-2"))["response_format"] == shape


@pytest.mark.parametrize(
    "picture",
    [PIXEL, f"data:image/png;base64,{PIXEL}", [{"type": "file", "data": PIXEL, "mimeType": "image/png"}]],
)
def test_pictures_to_be_edited_go_as_files(picture: Any) -> None:
    call = read(native(image=picture))
    body = IMAGES.write_request(call, "gpt-image-1")
    parts = parts_of(body)
    assert IMAGES.path(call, "gpt-image-1") == b"/images/edits"
    assert text_of(body, parts, "model") == "gpt-image-1"
    assert text_of(body, parts, "prompt") == "a cat"
    assert [(part.name, part.is_file) for part in parts][-1] == ("image", True)
    assert body[parts[-1].start : parts[-1].start + 4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"input": {}}, "input.prompt"),
        ({"prompt": "x", "n": 11}, "n"),
        ({"prompt": "x", "responseFormat": "fax"}, "responseFormat"),
        ({"prompt": "x", "image": "https://x.example/a.png"}, "image[0]"),
        ({"prompt": "x", "image": ["@@"]}, "image[0]"),
        ({"prompt": "x", "image": [PIXEL] * 17}, "image"),
        ({"prompt": "x", "model": 5}, "model"),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(body)
    assert refused.value.param == param


def test_answers_in_both_shapes() -> None:
    answer = json.dumps(
        {"created": 5, "data": [{"b64_json": PIXEL}], "usage": {"input_tokens": 10, "output_tokens": 4}}
    )
    assert IMAGES.read_usage(answer.encode()) == Usage(10, 4, images=1)
    shown = json.loads(IMAGES.write_answer(answer.encode(), read({"prompt": "x"}), LABEL))
    assert shown["images"] == shown["data"] == [{"b64_json": PIXEL, "b64Json": PIXEL, "base64": PIXEL}]
    assert (shown["created"], shown["model"]) == (5, "gpt-image-1")
    assert json.loads(IMAGES.write_answer(answer.encode(), read(native()), LABEL)) == {
        "images": [{"type": "file", "data": PIXEL, "mimeType": "image/png", "filename": "0.png"}],
        "usage": {"inputTokens": 10, "outputTokens": 4, "modelCallId": "77"},
        "model": "gpt-image-1",
        "modelWithProvider": "openai/gpt-image-1",
    }


def test_an_address_stays_one_and_no_answer_is_said_to_be_none() -> None:
    answer = b'{"data":[{"url":"https://x.example/a.png"}]}'
    (image,) = json.loads(IMAGES.write_answer(answer, read(native()), LABEL))["images"]
    assert (image["type"], image["url"]) == ("url", "https://x.example/a.png")
    with pytest.raises(UpstreamFailed):
        IMAGES.write_answer(b'{"data":5}', read(native()), LABEL)
    with pytest.raises(UpstreamFailed):
        IMAGES.read_usage(b"<html>")


def test_no_prompt_names_another_model() -> None:
    kind = read(native(image=PIXEL)).content_type
    assert kind is not None
    end = f"\r\n--{kind.rpartition(b'=')[2].decode()}"
    evil = f'a cat{end}\r\nContent-Disposition: form-data; name="model"\r\n\r\ndear{end}'
    body = IMAGES.write_request(read(native(prompt=evil, image=PIXEL)), "gpt-image-1")
    assert [part.name for part in parts_of(body)] == ["model", "prompt", "image"]
    assert text_of(body, parts_of(body), "model") == "gpt-image-1"


def test_several_pictures_go_as_a_list() -> None:
    """https://platform.openai.com/docs/api-reference/images/createEdit: dall-e-2 takes one, and no list."""
    body = read(native(image=[PIXEL, PIXEL])).body
    assert [part.name for part in parts_of(body) if part.is_file] == ["image[]", "image[]"]


@pytest.mark.parametrize(
    ("said", "wants"),
    [
        ({}, (False, False)),
        ({"outputFileType": "url"}, (True, False)),
        ({"outputFileType": "local"}, (False, True)),
        ({"outputFileType": "url", "responseFormat": "base64"}, (False, True)),
        ({"outputFileType": "file", "responseFormat": "url"}, (True, False)),
    ],
)
def test_bytes_or_an_address_are_wanted_or_neither(said: dict[str, str], wants: tuple[bool, bool]) -> None:
    call = read(native(**said))
    assert (call.wants_url, call.wants_bytes) == wants
