"""A form is read without being taken apart, and only one field of it is changed."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.multipart import Part, parts_of, replaced, text_of


def form(data: dict[str, str], file: bytes = b"\x00\r\n--x\xff") -> bytes:
    """As a real client writes it."""
    request = httpx.Request("POST", "http://x", data=data, files={"file": ("a.wav", file, "audio/wav")})
    return request.read()


def test_fields_and_files_are_found() -> None:
    body = form({"model": "up/whisper", "language": "en"})
    parts = parts_of(body)
    assert [(part.name, part.is_file) for part in parts] == [("model", False), ("language", False), ("file", True)]
    assert text_of(body, parts, "model") == "up/whisper"
    assert text_of(body, parts, "file") is None
    assert text_of(body, parts, "prompt") is None


@given(st.binary(max_size=200), st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=20))
def test_all_but_the_field_stays_as_it_was(file: bytes, value: str) -> None:
    body = form({"model": "old", "prompt": value}, file)
    parts = parts_of(body)
    changed = replaced(body, parts, "model", b"newer")
    assert text_of(changed, parts_of(changed), "model") == "newer"
    assert replaced(changed, parts_of(changed), "model", b"old") == body


def test_a_field_that_is_there_twice_is_replaced_twice() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\na\r\n' * 2 + b"--b--\r\n"
    assert replaced(body, parts_of(body), "model", b"z").count(b"\r\n\r\nz\r\n") == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"--b\r\n",
        b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\na',
        b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\na\r\n--b',
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n' * 300 + b"--b--\r\n",
    ],
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parts_of(body)
    assert refused.value.code == "invalid_form"


def test_fields_are_text_and_not_too_long() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n\xff\xfe\r\n--b--\r\n'
    with pytest.raises(BadRequest, match="not UTF-8"):
        text_of(body, parts_of(body), "model")
    with pytest.raises(BadRequest, match="too long"):
        text_of(b"", [Part("model", 0, 200_000, False)], "model")
