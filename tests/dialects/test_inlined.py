"""Files within answers: found where they are, and the answer as it reads with addresses in their places."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.inlined import InlineFile, Unpacking, UnpackingStream, pictures
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_forms import IMAGE_EDITS
from aigne_hub.dialects.openai_json import IMAGES
from aigne_hub.dialects.reference_images import ReferenceImages
from aigne_hub.dialects.translate import Translation
from tests.dialects.chats import PIXEL

LABEL = Label(1, 2, "up/m")


def written(answer: Any) -> bytes:
    return json.dumps(answer).encode()


def test_pictures_are_found_and_replaced_one_by_one() -> None:
    answer = {
        "created": 1,
        "data": [{"b64_json": PIXEL, "revised_prompt": "p"}, {"url": "https://x.example/a"}, {"b64_json": "AAAA"}],
        "unheard_of": {"kept": [1]},
    }
    found = pictures(written(answer))
    assert found is not None
    assert found.files == (InlineFile(PIXEL, "image/png", "0.png"), InlineFile("AAAA", "image/png", "1.png"))
    assert json.loads(found.with_urls(["https://hub.example/1", None])) == {
        "created": 1,
        "data": [
            {"revised_prompt": "p", "url": "https://hub.example/1"},
            {"url": "https://x.example/a"},
            {"b64_json": "AAAA"},
        ],
        "unheard_of": {"kept": [1]},
        "output_format": "png",
    }


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"data":null}', b'{"data":[1,{"b64_json":5}]}', b'{"data":[{"url":"u"}]}']
)
def test_an_answer_without_pictures_in_it_has_none(answer: bytes) -> None:
    assert pictures(answer) is None


def test_what_a_picture_says_of_itself_counts_before_what_is_said_of_it() -> None:
    found = pictures(written({"data": [{"b64_json": "/9j/AAAA"}, {"b64_json": "AAAA"}], "output_format": "webp"}))
    assert found is not None
    assert [file.mime for file in found.files] == ["image/jpeg", "image/webp"]
    assert "AAAA" not in repr(found.files)


@pytest.mark.parametrize(
    ("body", "wants_url"),
    [
        ({"input": {"prompt": "p", "outputFileType": "url"}}, True),
        ({"input": {"prompt": "p", "outputFileType": "file"}}, False),
        ({"input": {"prompt": "p", "outputFileType": "local"}}, False),
        ({"input": {"prompt": "p"}}, False),
        ({"input": {"prompt": "p", "responseFormat": "url"}}, True),
        ({"prompt": "p", "response_format": "url"}, True),
        ({"prompt": "p", "responseFormat": "b64_json", "outputFileType": "url"}, False),
        ({"prompt": "p", "outputFileType": "url"}, True),
    ],
)
def test_the_reference_s_formats_tell_what_is_wanted(body: dict[str, Any], wants_url: bool) -> None:
    assert ReferenceImages().read_request(written(body), accepts_stream=False).wants_url is wants_url


def test_openai_s_formats_tell_what_is_wanted() -> None:
    def call(**fields: Any) -> Call:
        return IMAGES.read_request(written({"model": "m", "prompt": "p", **fields}), accepts_stream=False)

    assert call(response_format="url").wants_url
    for said in ("b64_json", None, 5):
        assert not call(response_format=said).wants_url
    assert not call().wants_url
    form = (
        b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n'
        b'--b\r\nContent-Disposition: form-data; name="response_format"\r\n\r\nurl\r\n'
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\nx\r\n--b--\r\n'
    )
    assert IMAGE_EDITS.read_request(form, accepts_stream=False).wants_url


def test_a_model_that_refuses_to_be_told_is_not_told() -> None:
    """OpenAI's gpt-image models answer with bytes always, and have no response_format."""
    body = b'{"model":"x", "response_format": "url","prompt":"p","new":1}'
    call = IMAGES.read_request(body, accepts_stream=False)
    assert json.loads(IMAGES.write_request(call, "gpt-image-1")) == {"model": "gpt-image-1", "prompt": "p", "new": 1}
    assert IMAGES.write_request(call, "dall-e-3") == body.replace(b'"x"', b'"dall-e-3"')


def test_only_chats_that_ask_for_addresses_want_them() -> None:
    body = {"input": {"messages": [{"role": "user", "content": "hi"}], "outputFileType": "url"}}
    assert Native().read_request(written(body), accepts_stream=False).wants_url
    body["input"]["outputFileType"] = "file"
    assert not Native().read_request(written(body), accepts_stream=False).wants_url


def test_carriers_of_pictures_and_of_chats_can_be_asked() -> None:
    translation = Translation(Native(), OpenAIChat(is_hybrid=False), frozenset())
    for carrier in (IMAGES, IMAGE_EDITS, ReferenceImages(), translation):
        assert isinstance(carrier, Unpacking)
    call = Call(Kind.chat, "m", b"")
    assert isinstance(translation.open_stream(call, LABEL), UnpackingStream)
    assert not isinstance(OpenAIChat(is_hybrid=False), Unpacking)


def test_a_native_chat_shows_addresses_in_the_places_of_its_files() -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    elsewhere = {"type": "image_url", "image_url": {"url": "https://x.example/b.png"}}
    message = {"role": "assistant", "content": "here", "images": [picture, elsewhere, picture]}
    answer = written({"id": "1", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    native = Native()
    call = native.read_request(
        written({"input": {"messages": [{"role": "user", "content": "hi"}], "outputFileType": "url"}}),
        accepts_stream=False,
    )
    translation = Translation(native, OpenAIChat(is_hybrid=False), frozenset())
    translation.read_usage(answer)
    found = translation.unpack(answer, call)
    assert found is not None
    assert [(file.mime, file.name) for file in found.files] == [("image/png", "0"), ("image/png", "1")]
    found.with_urls(["https://hub.example/0", None])
    shown = msgspec.json.decode(translation.write_answer(answer, call, LABEL))
    assert shown["text"] == "here"
    assert shown["files"] == [
        {"type": "url", "url": "https://hub.example/0", "mimeType": "image/png"},
        {"type": "url", "url": "https://x.example/b.png"},
        {"type": "file", "data": PIXEL, "mimeType": "image/png"},
    ]
