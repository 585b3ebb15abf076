"""A form is read without being taken apart, and only one field of it is changed."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.multipart import File, Part, begun_with, parts_of, replaced, text_of, without, written


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


@given(st.binary(max_size=200), st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=20))
def test_a_field_is_taken_out_and_the_rest_stays_as_it_was(file: bytes, value: str) -> None:
    body = form({"model": "m", "prompt": value}, file)
    boundary = body[: body.index(b"\r\n")]
    more = begun_with(body, "response_format", value)
    field = b'Content-Disposition: form-data; name="response_format"\r\n\r\nurl\r\n'
    last = more.replace(boundary + b"--", b"%b\r\n%b%b--" % (boundary, field, boundary))
    assert without(last, parts_of(last), "response_format") == body
    assert without(body, parts_of(body), "response_format") == body


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


@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_form_that_is_written_is_read_as_it_was_meant(file: bytes, value: str) -> None:
    kind, body = written({"prompt": value, "model": "m"}, (File("picture", "a.png", "image/png", file),))
    parts = parts_of(body)
    assert kind == b"multipart/form-data; boundary=" + body[2 : body.index(b"\r\n")]
    assert [part.name for part in parts] == ["prompt", "model", "picture"]
    assert (text_of(body, parts, "prompt"), text_of(body, parts, "model")) == (value, "m")
    assert body[parts[2].start : parts[2].end] == file


def test_no_value_ends_its_own_part() -> None:
    once, _ = written({"prompt": "x", "model": "cheap"}, ())
    boundary = once.rpartition(b"=")[2].decode()
    evil = f'x\r\n--{boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\ndear\r\n--{boundary}--'
    _, body = written({"prompt": evil, "model": "cheap"}, ())
    assert text_of(body, parts_of(body), "model") == "cheap"


def test_a_field_can_be_put_before_the_others() -> None:
    body = form({"prompt": "hi"})
    more = begun_with(body, "model", "m")
    assert text_of(more, parts_of(more), "model") == "m"
    assert more.endswith(body)
