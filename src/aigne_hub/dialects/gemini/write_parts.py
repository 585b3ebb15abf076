"""The parts of contents live here, written for Google.

Sources: https://ai.google.dev/api/caching#Part, https://ai.google.dev/gemini-api/docs/thought-signatures and
https://ai.google.dev/gemini-api/docs/file-input-methods
"""

from __future__ import annotations

from typing import Any

from aigne_hub.dialects import media
from aigne_hub.dialects.arguments import as_object
from aigne_hub.dialects.cache_marks import FIELD
from aigne_hub.dialects.chat import Media, Part, Refusal, Seal, Text, Thinking, ToolResult, ToolUse
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini import models
from aigne_hub.dialects.gemini.read_parts import FILES
from aigne_hub.dialects.gemini.signatures import NAME, UNSIGNED


class PartWriter:
    """Writes the parts of one request; knows which function each result is of."""

    def __init__(self, model: str, losses: Losses) -> None:
        self._model = model
        self._losses = losses
        self._names: dict[str, str] = {}  # of functions, by the ids of their calls

    def said(self, parts: tuple[Part, ...]) -> list[dict[str, Any]]:
        """What a user or the model said."""
        written: list[dict[str, Any]] = []
        has_call = False
        for part in parts:
            if getattr(part, "cache", None) is not None:
                self._losses.approximated(FIELD)  # the provider finds what to cache by itself
            if isinstance(part, Text):
                _add_text(part, written)
            elif isinstance(part, Refusal):
                written.append({"text": part.text})
            elif isinstance(part, Thinking):
                self._add_thought(part, written)
            elif isinstance(part, ToolUse):
                written.append(self._call(part, is_first=not has_call))
                has_call = True
            elif isinstance(part, Media) and (one := self._media(part)) is not None:
                written.append(one)
        return written

    def result(self, result: ToolResult) -> list[dict[str, Any]]:
        """What a function gave; older models get its pictures beside it."""
        told: dict[str, Any] = {"id": result.id, "name": result.name or self._names.get(result.id, result.id)}
        texts = [part.text for part in result.parts if isinstance(part, Text)]
        told["response"] = {"error" if result.is_error else "output": "\n".join(texts)} if texts else {}
        if any(part.cache is not None for part in (result, *result.parts)):
            self._losses.approximated(FIELD)
        pictures = [one for part in result.parts if isinstance(part, Media) and (one := self._media(part)) is not None]
        if not pictures:
            return [{"functionResponse": told}]
        if models.takes_media_in_results(self._model) and all("inlineData" in picture for picture in pictures):
            return [{"functionResponse": {**told, "parts": pictures}}]
        self._losses.approximated("tool_result.media")
        return [{"functionResponse": told}, *pictures]

    def _add_thought(self, thought: Thinking, written: list[dict[str, Any]]) -> None:
        if thought.seal is not None and thought.seal.of != NAME:
            self._losses.dropped("thinking")  # what another provider sealed says nothing to this one
        elif thought.text:
            written.append(_signed({"text": thought.text, "thought": True}, thought.seal))
        elif thought.seal is not None:
            written.append(_signed({"text": ""}, thought.seal))

    def _call(self, use: ToolUse, *, is_first: bool) -> dict[str, Any]:
        """Of calls that were made at once the first is signed, and new models refuse it without a signature."""
        self._names[use.id] = use.name
        written = {"functionCall": {"id": use.id, "name": use.name, "args": as_object(use.arguments)}}
        if use.seal is not None and use.seal.of == NAME:
            return _signed(written, use.seal)
        if is_first and models.wants_signatures(self._model):
            self._losses.approximated("thought_signature")
            return _signed(written, Seal(NAME, UNSIGNED))
        return written

    def _media(self, part: Media) -> dict[str, Any] | None:
        if part.name is not None:
            self._losses.approximated(f"messages.{part.kind.value}.name")
        if part.data is not None:
            mime = part.mime or media.sniffed(part.data) or "application/octet-stream"
            return {"inlineData": {"mimeType": mime, "data": part.data}}
        uri = part.url if part.url is not None else part.file_id
        if uri is None or (part.url is None and not uri.startswith((FILES, "files/"))) or uri.startswith("s3://"):
            self._losses.dropped(f"messages.{part.kind.value}_{'url' if part.url is not None else 'id'}")
            return None
        file = {"fileUri": uri}
        if part.mime is not None:
            file["mimeType"] = part.mime
        return {"fileData": file}


def _add_text(text: Text, written: list[dict[str, Any]]) -> None:
    """Without a signature of its own a text takes the one that stands alone before it."""
    if text.text and text.seal is None and written and not written[-1].get("text", "-"):
        written[-1]["text"] = text.text
    elif text.text or text.seal is not None:
        written.append(_signed({"text": text.text}, text.seal))  # without either it would be refused


def _signed(written: dict[str, Any], seal: Seal | None) -> dict[str, Any]:
    return written if seal is None or seal.of != NAME else {**written, "thoughtSignature": seal.value}
