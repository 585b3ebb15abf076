"""The parts of contents live here, read from requests.

Sources: https://ai.google.dev/api/caching#Part and https://ai.google.dev/gemini-api/docs/function-calling
"""

from __future__ import annotations

from mimetypes import guess_type
from typing import Any, NamedTuple

import msgspec

from aigne_hub.dialects import media
from aigne_hub.dialects.chat import Media, MediaKind, Part, Text, Thinking, ToolResult, ToolUse
from aigne_hub.dialects.fields import wrong
from aigne_hub.dialects.gemini import signatures
from aigne_hub.dialects.gemini.spelling import GoogleFields

FILES = "https://generativelanguage.googleapis.com/"  # a file that was uploaded to Google: nobody else can fetch it

_VIDEO_SITES = ("https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/")

_write = msgspec.json.Encoder().encode


class _Waiting(NamedTuple):
    """A function call whose result has not been told yet."""

    id: str
    name: str


class PartReader:
    """Reads the parts of one request; knows which functions were called, and what it could not place.

    A call without an id gets one by its number. Its result is found by the id, or by the name in order.
    """

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self._count = 0
        self._waiting: list[_Waiting] = []

    def parts(self, f: GoogleFields) -> tuple[Part, ...]:
        return tuple([part for part in f.each("parts", self._part) if part is not None])

    def _part(self, f: GoogleFields) -> Part | None:
        is_thought = f.flag("thought") is True
        signature = f.text("thoughtSignature")
        seal = signatures.read(signature) if signature else None
        part: Part | None = None
        if (text := f.text("text")) is not None:
            part = Thinking(text, seal) if is_thought else Text(text, seal=seal)
        elif (call := f.fields("functionCall")) is not None:
            part = msgspec.structs.replace(self._use(call), seal=seal)
        elif (response := f.fields("functionResponse")) is not None:
            part = self._result(response)
        elif (inline := f.fields("inlineData")) is not None:
            part = _inline(inline)
        elif (file := f.fields("fileData")) is not None:
            part = _file(file)
        elif seal is not None:
            part = Thinking("", seal)
        elif not f.rest():
            raise wrong(f.place, "a part has text, inlineData, fileData, functionCall or functionResponse")
        self._note(f, "contents.parts")
        return part

    def _use(self, f: GoogleFields) -> ToolUse:
        name, given = f.need_text("name"), f.text("id")
        use = ToolUse(given or f"call_{self._count}", name, _write(f.object("args") or {}).decode())
        self._count += 1
        self._waiting.append(_Waiting(use.id, name))
        self._note(f, "contents.parts.functionCall")
        return use

    def _result(self, f: GoogleFields) -> ToolResult:
        name, id = f.text("name"), f.text("id")
        found = next((one for one in self._waiting if id and one.id == id), None)
        if found is None:
            found = next((one for one in self._waiting if one.name == name), None)
        if found is None:
            raise wrong(f.at("name"), f"no earlier function call that waits for its result is of {name or id}")
        self._waiting.remove(found)
        text, is_error = _told(f.object("response") or {})
        pictures = f.each("parts", self._pictured)
        parts = (() if text is None else (Text(text),)) + tuple([one for one in pictures if one is not None])
        self._note(f, "contents.parts.functionResponse")
        return ToolResult(found.id, parts, is_error)

    def _pictured(self, f: GoogleFields) -> Media | None:
        inline = f.fields("inlineData")
        self._note(f, "contents.parts.functionResponse.parts")
        return None if inline is None else _inline(inline)

    def _note(self, f: GoogleFields, place: str) -> None:
        self.unknown += [f"{place}.{name}" for name in f.rest()]


def _told(response: dict[str, Any]) -> tuple[str | None, bool]:
    """What a function gave, and whether that is an error: `output` and `error` are Google's names for them."""
    if not response:
        return None, False
    if len(response) == 1 and (name := next(iter(response))) in ("output", "result", "error"):
        value = response[name]
        return (value if isinstance(value, str) else _write(value).decode()), name == "error"
    return _write(response).decode(), False


def _inline(f: GoogleFields) -> Media:
    mime = f.need_text("mimeType").lower()
    data = signatures.standard(f.need_text("data"))
    return media.checked(Media(media.kind_of(mime), mime=mime, data=data, name=f.text("displayName")), f.at("data"))


def _file(f: GoogleFields) -> Media:
    uri, mime = f.need_text("fileUri"), f.text("mimeType")
    kind = MediaKind.video if uri.startswith(_VIDEO_SITES) else media.kind_of(mime or guess_type(uri)[0])
    if uri.startswith((FILES, "files/")):
        return Media(kind, mime=mime, file_id=uri)
    return Media(kind, mime=mime, url=media.media_of(uri, kind, f.at("fileUri")).url)
