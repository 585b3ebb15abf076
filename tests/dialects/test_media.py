"""Inline files are checked before they leave, and leave as they came."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.media import (
    audio_format,
    audio_type,
    checked,
    data_url,
    image_of,
    is_base64,
    kind_of,
    media_of,
    sniffed,
    text_of,
)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_a_picture_in_a_data_url_is_taken_apart_and_put_together_again() -> None:
    picture = image_of(f"data:image/png;base64,{PIXEL}", "p", detail="low")
    assert picture == Media(MediaKind.image, mime="image/png", data=PIXEL, detail="low")
    assert data_url(picture) == f"data:image/png;base64,{PIXEL}"


def test_an_address_stays_one() -> None:
    assert image_of("https://x.example/a.png", "p").url == "https://x.example/a.png"


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png,plain",
        "data:image/png;base64,@@@@",
        "data:image/png;base64,abc",
        "data:image/png;base64,",
        "data:text/html;base64,aGk=",
        "data:;base64,aGk=",
        "ftp://x.example/a.png",
        "javascript:alert(1)",
        "/etc/passwd",
    ],
)
def test_what_is_no_picture_is_refused_by_its_place(url: str) -> None:
    with pytest.raises(BadRequest) as refused:
        image_of(url, "messages[0].content[1].image_url.url")
    assert refused.value.param == "messages[0].content[1].image_url.url"


@given(st.binary(min_size=1, max_size=300))
def test_all_base64_is_base64(data: bytes) -> None:
    assert is_base64(base64.b64encode(data).decode())


@given(st.text(max_size=40))
def test_what_the_standard_library_refuses_is_none(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
        good = bool(text) and text.isascii()
    except ValueError:
        good = False
    if not good:
        assert not is_base64(text)


@pytest.mark.parametrize("size", [98_303, 98_304, 98_305, 300_000])  # a piece that is looked at is 128 KiB
def test_a_fault_is_found_wherever_it_stands_in_a_large_file(size: int) -> None:
    data = base64.b64encode(bytes(range(256)) * (size // 256 + 1))[: size // 3 * 4].decode()
    assert is_base64(data)
    for at in {min(place, len(data) - 1) for place in (0, 131_070, 131_071, 131_072, 200_000, len(data))}:
        assert not is_base64(f"{data[:at]}*{data[at + 1 :]}"), at


def test_a_document_may_be_anything_but_not_of_a_broken_type() -> None:
    found = media_of("data:application/pdf;base64,aGk=", MediaKind.file, "p", name="a.pdf")
    assert (found.mime, found.name, found.data) == ("application/pdf", "a.pdf", "aGk=")
    with pytest.raises(BadRequest):
        checked(Media(MediaKind.file, mime="pdf", data="aGk="), "p")


def test_sound_has_openai_s_names() -> None:
    assert [audio_format(audio_type(name)) for name in ("mp3", "wav", "flac")] == ["mp3", "wav", "flac"]
    assert audio_type("mp3") == "audio/mpeg"
    assert audio_format("audio/ogg") == "ogg"


def test_the_text_of_a_file_is_read() -> None:
    assert text_of(base64.b64encode("grüß".encode()).decode()) == "grüß"
    assert text_of(base64.b64encode(b"\xff").decode()) == "\ufffd"


def test_what_a_file_is_by_its_type_or_its_beginning() -> None:
    assert [kind_of(mime) for mime in ("image/png", "audio/mpeg", "video/mp4", "application/pdf", None)] == [
        MediaKind.image,
        MediaKind.audio,
        MediaKind.video,
        MediaKind.file,
        MediaKind.file,
    ]
    assert sniffed(PIXEL) == "image/png"
    assert sniffed("aGk=") is None
