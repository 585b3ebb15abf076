"""OpenAI's formats that come as forms with files live here: sound to text, and pictures to be edited.

Sources: https://platform.openai.com/docs/api-reference/audio/createTranscription, …/createTranslation and
https://platform.openai.com/docs/api-reference/images/createEdit
"""

from __future__ import annotations

import msgspec

from aigne_hub.base.errors import BadRequest, HubError
from aigne_hub.dialects import multipart, sse
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.call import Call, Kind, Label, Stream
from aigne_hub.dialects.inlined import Inlined, pictures
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.openai_json import WireAnswer, read_usage
from aigne_hub.dialects.usage import Usage

_LONGEST_NAME = 200


class _Timed(WireAnswer):
    duration: float | None = None


_read_answer = msgspec.json.Decoder(_Timed).decode


class OpenAIForm:
    """One such format. The form goes on as it came, with another model."""

    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None
    is_json = False  # a transcript may be asked for as text or subtitles

    def __init__(self, name: str, path: bytes, kind: Kind, *, file: str, wrong: tuple[str, ...]) -> None:
        """`wrong` are the families of media types that its file is surely not of; of many a client knows none."""
        self.name = name
        self._path = path
        self._kind = kind
        self._file = file
        self._wrong = wrong

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        parts = multipart.parts_of(body)
        model = multipart.text_of(body, parts, "model")
        if not model or len(model) > _LONGEST_NAME:
            raise BadRequest("the form names no model", param="model")
        files = [part for part in parts if part.is_file and part.name.removesuffix("[]") == self._file]
        if not files:
            raise BadRequest(f"the form has no file named {self._file}", param=self._file)
        for file in files:
            if file.mime.partition("/")[0] in self._wrong:
                raise BadRequest(f"the file named {self._file} cannot be of the type {file.mime}", param=self._file)
        boundary = body[2 : body.index(b"\r\n")]
        kind = b'multipart/form-data; boundary="%b"' % boundary
        wanted = multipart.text_of(body, parts, "response_format") if self._kind is Kind.image else None
        return Call(
            self._kind, model, body, content_type=kind, wants_url=wanted == "url", wants_bytes=wanted == "b64_json"
        )

    def path(self, call: Call, model: str) -> bytes:
        return self._path

    def write_request(self, call: Call, model: str) -> bytes:
        body = multipart.replaced(call.body, multipart.parts_of(call.body), "model", model.encode())
        # Such models answer with bytes, and refuse to be told.
        if (call.wants_url or call.wants_bytes) and "gpt-image" in model:
            return multipart.without(body, multipart.parts_of(body), "response_format")
        return body

    def read_usage(self, answer: bytes) -> Usage | None:
        """What the answer says of it, when it is JSON; subtitles and text say nothing."""
        try:
            read = _read_answer(answer)
        except UNREADABLE:
            return None
        usage = read_usage(read, self._kind)
        if read.duration is None:
            return usage
        return msgspec.structs.replace(usage or Usage(), seconds=read.duration)

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return answer

    def unpack(self, answer: bytes, call: Call) -> Inlined | None:
        return pictures(answer)

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("such calls are never streamed")

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))


_NO_SOUND, _NO_PICTURE = ("text", "image", "font"), ("text", "audio", "video", "font")
TRANSCRIPTIONS = OpenAIForm("openai_transcriptions", b"/audio/transcriptions", Kind.audio, file="file", wrong=_NO_SOUND)
TRANSLATIONS = OpenAIForm("openai_translations", b"/audio/translations", Kind.audio, file="file", wrong=_NO_SOUND)
IMAGE_EDITS = OpenAIForm("openai_image_edits", b"/images/edits", Kind.image, file="image", wrong=_NO_PICTURE)
