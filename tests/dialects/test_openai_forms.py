"""Forms with files go on as they came, with another model."""

from __future__ import annotations

import httpx
import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Kind, Label
from aigne_hub.dialects.openai_forms import IMAGE_EDITS, TRANSCRIPTIONS, TRANSLATIONS, OpenAIForm
from aigne_hub.dialects.usage import Usage


def form(data: dict[str, str], *files: str, kind: str = "application/octet-stream") -> tuple[bytes, bytes]:
    request = httpx.Request(
        "POST", "http://x", data=data, files=[(name, ("a.bin", b"\x00\r\n\xff", kind)) for name in files]
    )
    return request.read(), request.headers["content-type"].encode()


@pytest.mark.parametrize(
    ("dialect", "file", "kind", "path"),
    [
        (TRANSCRIPTIONS, "file", Kind.audio, b"/audio/transcriptions"),
        (TRANSLATIONS, "file", Kind.audio, b"/audio/translations"),
        (IMAGE_EDITS, "image", Kind.image, b"/images/edits"),
        (IMAGE_EDITS, "image[]", Kind.image, b"/images/edits"),
    ],
)
def test_a_form_goes_on_as_it_came(dialect: OpenAIForm, file: str, kind: Kind, path: bytes) -> None:
    body, content_type = form({"model": "up/whisper", "prompt": "x"}, file)
    call = dialect.read_request(body, accepts_stream=False)
    assert (call.kind, call.model, dialect.path(call, "w")) == (kind, "up/whisper", path)
    assert dialect.write_request(call, "whisper") == body.replace(b"up/whisper", b"whisper")
    boundary = content_type.rpartition(b"boundary=")[2]
    assert call.content_type == b'multipart/form-data; boundary="' + boundary + b'"'
    assert dialect.write_answer(b"raw", call, Label(1, 2)) == b"raw"


@pytest.mark.parametrize(("data", "files", "param"), [({}, ["file"], "model"), ({"model": "m"}, ["other"], "file")])
def test_what_is_needed_must_be_there(data: dict[str, str], files: list[str], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        TRANSCRIPTIONS.read_request(form(data, *files)[0], accepts_stream=False)
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("dialect", "file", "right", "wrong"),
    [
        (TRANSCRIPTIONS, "file", ("audio/wav", "video/mp4", "application/ogg"), ("text/plain", "Image/PNG; x=1")),
        (TRANSLATIONS, "file", ("audio/mpeg",), ("text/html",)),
        (IMAGE_EDITS, "image", ("image/png", "application/octet-stream"), ("text/plain", "audio/wav")),
    ],
)
def test_a_file_of_a_wrong_type_is_refused(
    dialect: OpenAIForm, file: str, right: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    for kind in right:
        assert dialect.read_request(form({"model": "m"}, file, kind=kind)[0], accepts_stream=False).model == "m"
    for kind in wrong:
        with pytest.raises(BadRequest, match="cannot be of the type") as refused:
            dialect.read_request(form({"model": "m"}, file, kind=kind)[0], accepts_stream=False)
        assert refused.value.param == file


def test_what_was_used_if_the_answer_says_so() -> None:
    assert TRANSCRIPTIONS.read_usage(b'{"text":"hi","duration":2.5}') == Usage(seconds=2.5)
    usage = b'{"text":"hi","usage":{"input_tokens":7,"output_tokens":3,"total_tokens":10}}'
    assert TRANSCRIPTIONS.read_usage(usage) == Usage(7, 3)
    assert TRANSCRIPTIONS.read_usage(b"1\n00:00:00,000 --> 00:00:01,000\nhi\n") is None
