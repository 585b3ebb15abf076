"""Content blocks of Messages live here: text, media, thinking and tools, read from requests and written.

Source: https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects import cache_marks, media, seals
from aigne_hub.dialects.arguments import as_object
from aigne_hub.dialects.chat import Citation, Media, MediaKind, Part, Refusal, Seal, Text, Thinking, ToolResult, ToolUse
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.fields import Fields, wrong

NAME = "anthropic_messages"
REDACTED = "redacted"  # a seal's id, when it came as a block of its own and not as a signature
_OF_TOOL = "tool="  # before a tool use's id, when a seal belongs to it

_write = msgspec.json.Encoder().encode


class BlockReader:
    """Reads the blocks of one request; knows which tool uses there were, and what it could not place."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self.pictures: list[tuple[str, Media]] = []  # with their places
        self._uses: set[str] = set()
        self._seals: dict[str, Seal] = {}  # of tool uses, by their ids

    def content(self, f: Fields, name: str = "content") -> tuple[Part, ...]:
        """The parts of a string or a list of blocks."""
        content = f.any(name)
        if content is None:
            raise wrong(f.at(name), "this is missing")
        if isinstance(content, str):
            return (Text(content),)
        if not isinstance(content, list):
            raise wrong(f.at(name), "a string or a list of blocks is expected here")
        place = f.at(name)
        found = [self._block(Fields(block, f"{place}[{i}]")) for i, block in enumerate(content)]
        return tuple([part for part in found if part is not None])

    def _block(self, f: Fields) -> Part | None:
        kind = f.need_text("type")
        cache = cache_marks.read_control(f)
        if kind == "text":
            return Text(f.need_text("text"), cache=cache)
        if kind == "image":
            source = f.need_fields("source")
            picture = _source(source, MediaKind.image, cache=cache)
            self.pictures.append((source.place, picture))
            return picture
        if kind == "document":
            return _document(f, cache)
        if kind == "thinking":
            signature = f.text("signature")
            return Thinking(f.text("thinking") or "", None if not signature else seals.read(signature, NAME))
        if kind == "redacted_thinking":
            return self._redacted(f.need_text("data"))
        if kind == "tool_use":
            return self._use(f, cache)
        if kind == "tool_result":
            return self._result(f, cache)
        self.unknown.append(f"content.{kind}")
        return None

    def _redacted(self, data: str) -> Thinking | None:
        seal = seals.read(data, NAME)
        if seal.of != NAME and seal.id is not None and seal.id.startswith(_OF_TOOL):
            self._seals[seal.id.removeprefix(_OF_TOOL)] = Seal(seal.of, seal.value)
            return None
        return Thinking("", Seal(NAME, data, REDACTED) if seal.of == NAME and seal.value == data else seal)

    def _use(self, f: Fields, cache: str | None) -> ToolUse:
        id = f.need_text("id")
        self._uses.add(id)
        return ToolUse(id, f.need_text("name"), _write(f.object("input") or {}).decode(), self._seals.get(id), cache)

    def _result(self, f: Fields, cache: str | None) -> ToolResult:
        id = f.need_text("tool_use_id")
        if id not in self._uses:
            raise wrong(f.at("tool_use_id"), f"no earlier tool use has the id {id}")
        content = f.any("content")
        parts = () if content is None else self.content(Fields({"content": content}, f.place))
        kept = tuple([part for part in parts if isinstance(part, (Text, Media))])
        return ToolResult(id, kept, f.flag("is_error") is True, cache=cache)


def _source(f: Fields, kind: MediaKind, *, cache: str | None, name: str | None = None) -> Media:
    where = f.need_text("type")
    if where == "base64":
        mime = f.need_text("media_type")
        return media.checked(Media(kind, mime=mime, data=f.need_text("data"), name=name, cache=cache), f.at("data"))
    if where == "url":
        found = media.media_of(f.need_text("url"), kind, f.at("url"), name=name)
        return Media(kind, mime=found.mime, data=found.data, url=found.url, name=name, cache=cache)
    if where == "file":
        return Media(kind, file_id=f.need_text("file_id"), name=name, cache=cache)
    raise wrong(f.at("type"), "base64, url or file is expected here")


def _document(f: Fields, cache: str | None) -> Part:
    name = f.text("title")
    source = f.need_fields("source")
    plain = source.at("type")
    kind = source.text("type")
    if kind == "text":
        return Text(source.need_text("data"), cache=cache)
    if kind == "content":
        inner = source.any("content")
        texts = [inner] if isinstance(inner, str) else [b.get("text", "") for b in inner or () if isinstance(b, dict)]
        return Text("\n".join(texts), cache=cache)
    if kind is None:
        raise wrong(plain, "this is missing")
    rest = {name: source.any(name) for name in ("media_type", "data", "url", "file_id")}
    return _source(Fields({"type": kind, **rest}, source.place), MediaKind.file, cache=cache, name=name)


def write_parts(parts: tuple[Part, ...], losses: Losses) -> list[dict[str, Any]]:
    """The blocks of a message for a provider."""
    written: list[dict[str, Any]] = []
    for part in parts:
        block = _written(part, losses)
        if block is not None:
            cache = getattr(part, "cache", None)
            if cache is not None:
                block["cache_control"] = {"type": "ephemeral", **cache_marks.ttl(cache, losses)}
            written.append(block)
    return written


def _written(part: Part, losses: Losses) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text} if part.text else None  # empty blocks are refused
    if isinstance(part, Media):
        return _written_media(part, losses)
    if isinstance(part, Thinking):
        if part.seal is None or part.seal.of != NAME:
            losses.dropped("thinking")  # without Anthropic's own signature the block is refused
            return None
        return written_thinking(part)
    if isinstance(part, ToolUse):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": as_object(part.arguments)}
    if isinstance(part, ToolResult):
        result: dict[str, Any] = {"type": "tool_result", "tool_use_id": part.id}
        if len(part.parts) == 1 and isinstance(part.parts[0], Text) and part.parts[0].cache is None:
            result["content"] = part.parts[0].text
        elif part.parts:
            result["content"] = write_parts(part.parts, losses)
        if part.is_error:
            result["is_error"] = True
        return result
    assert isinstance(part, Refusal)
    return {"type": "text", "text": part.text}


def _written_media(part: Media, losses: Losses) -> dict[str, Any] | None:
    if part.kind is MediaKind.image:
        kind = "image"
    elif part.kind is MediaKind.file and (part.data is None or part.mime in ("application/pdf", None)):
        kind = "document"
    elif part.kind is MediaKind.file and (part.mime or "").startswith("text/") and part.data is not None:
        text = media.text_of(part.data)
        return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}}
    else:
        losses.dropped(f"messages.{part.kind.value}")
        return None
    if part.data is not None:
        mime = part.mime or "application/pdf"
        source = {"type": "base64", "media_type": mime, "data": part.data}
    elif part.url is not None:
        source = {"type": "url", "url": part.url}
    else:
        losses.dropped(f"messages.{part.kind.value}_id")  # an id means nothing to another provider
        return None
    written: dict[str, Any] = {"type": kind, "source": source}
    if kind == "document" and part.name is not None:
        written["title"] = part.name
    return written


def written_thinking(thought: Thinking) -> dict[str, Any]:
    """A thought with its seal, for a client or for Anthropic; a foreign seal is wrapped."""
    seal = thought.seal
    if seal is None:
        return {"type": "thinking", "thinking": thought.text, "signature": ""}
    if seal.of == NAME and seal.id == REDACTED:
        return {"type": "redacted_thinking", "data": seal.value}
    if not thought.text and seal.of != NAME:
        return {"type": "redacted_thinking", "data": seals.shown(seal, NAME)}
    return {"type": "thinking", "thinking": thought.text, "signature": seals.shown(seal, NAME)}


def written_tool_seal(use_id: str, seal: Seal) -> dict[str, Any]:
    """The block that carries a tool use's foreign seal through a client and back."""
    return {"type": "redacted_thinking", "data": seals.shown(Seal(seal.of, seal.value, _OF_TOOL + use_id), NAME)}


def read_citation(wire: dict[str, Any]) -> Citation:
    """Any of Anthropic's citation locations; those of documents count characters of the document."""

    def text(name: str) -> str | None:
        value = wire.get(name)
        return value if isinstance(value, str) else None

    return Citation(
        url=text("url") or text("source"), title=text("title") or text("document_title"), quote=text("cited_text")
    )


def write_citation(citation: Citation) -> dict[str, Any]:
    return {
        "type": "web_search_result_location",
        "url": citation.url or "",
        "title": citation.title,
        "cited_text": citation.quote or "",
        "encrypted_index": "",
    }
