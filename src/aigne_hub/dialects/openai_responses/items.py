"""Input items of Responses live here: messages, tool calls, their outputs and thoughts, read and written.

Source: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
"""

from __future__ import annotations

from typing import Any

from msgspec import structs

from aigne_hub.dialects import cache_marks, media, seals
from aigne_hub.dialects.cache_marks import Marker
from aigne_hub.dialects.chat import (
    Citation,
    Media,
    MediaKind,
    Message,
    Part,
    Refusal,
    Role,
    Seal,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.fields import Fields, wrong

NAME = "openai_responses"

_ROLES = frozenset({"system", "developer", "user", "assistant"})
_TEXTS = frozenset({"input_text", "output_text", "text"})
_OF_TOOL = "tool="  # before a tool use's id, when a seal belongs to it
_AUTO = "auto"  # the detail of a picture when nothing is said of it; written out, as the format demands
_BETWEEN_SUMMARIES = "\n\n"


def check_roles(items: list[dict[str, Any]]) -> None:
    """Look at who speaks in each message of a request that goes on as it is. Raises BadRequest."""
    for i, item in enumerate(items):
        if item.get("type") in (None, "message"):
            Fields(item, f"input[{i}]").one_of("role", _ROLES)


class ItemReader:
    """Reads the items of one request; knows which tool calls there were, and what it could not place.

    `knows_all` says whether every earlier call stands in the request: an output without its call is refused then.
    `life` is that of a cache mark which does not say its own.
    """

    def __init__(self, *, knows_all: bool, life: str = "30m") -> None:
        self.unknown: list[str] = []
        self._life = life
        self._knows_all = knows_all
        self._calls: set[str] = set()
        self._seals: dict[str, Seal] = {}  # of tool uses, by their ids
        self._messages: list[Message] = []
        self._said: list[Part] = []  # by the model, since somebody else spoke

    def messages(self, items: list[Any]) -> tuple[Message, ...]:
        """What the model says in items that follow each other is one message. Raises BadRequest."""
        for i, item in enumerate(items):
            self._item(Fields(item, f"input[{i}]"))
        self._close()
        return tuple(self._messages)

    def _item(self, f: Fields) -> None:
        kind = f.text("type")
        role = f.one_of("role", _ROLES) if kind in (None, "message") else None
        if role is not None:
            self._message(f, Role(role))
        elif kind == "function_call":
            id = f.need_text("call_id")
            self._calls.add(id)
            self._said.append(ToolUse(id, f.need_text("name"), f.text("arguments") or "{}", self._seals.get(id)))
        elif kind == "function_call_output":
            self._close()
            self._messages.append(Message(Role.tool, (self._output(f),)))
        elif kind == "reasoning":
            self._reasoning(f)
        elif kind == "image_generation_call":
            self._picture(f)
        elif kind == "message":
            raise wrong(f.at("role"), "this is missing")
        elif kind is None and f.text("id") is None:
            raise wrong(f.at("type"), "this is missing")
        else:
            self.unknown.append(f"input.{kind or 'item_reference'}")

    def _close(self) -> None:
        if self._said:
            self._messages.append(Message(Role.assistant, tuple(self._said)))
            self._said = []

    def _message(self, f: Fields, role: Role) -> None:
        parts = self._content(f, "content")
        if role is Role.assistant:
            self._said += parts
            return
        self._close()
        self._messages.append(Message(role, parts))

    def _output(self, f: Fields) -> ToolResult:
        id = f.need_text("call_id")
        if self._knows_all and id not in self._calls:
            raise wrong(f.at("call_id"), f"no earlier function call has the id {id}")
        parts = self._content(f, "output")
        result = ToolResult(id, tuple([part for part in parts if isinstance(part, (Text, Media))]))
        return cache_marks.marked_result(result)

    def _reasoning(self, f: Fields) -> None:
        summary = f.list("summary") or f.list("content") or ()
        said = [one.get("text") for one in summary if isinstance(one, dict)]
        text = _BETWEEN_SUMMARIES.join([one for one in said if isinstance(one, str)])
        id, value = f.text("id"), f.text("encrypted_content")
        seal = None if not value else seals.read(value, NAME)
        if seal is not None and seal.id is not None and seal.id.startswith(_OF_TOOL):
            self._seals[seal.id.removeprefix(_OF_TOOL)] = Seal(seal.of, seal.value)
        elif seal is not None and seal.of == NAME and seal.id is None:
            self._said.append(Thinking(text, Seal(NAME, seal.value, id)))
        elif text or seal is not None:
            self._said.append(Thinking(text, seal))

    def _picture(self, f: Fields) -> None:
        data = f.text("result")
        mime = f"image/{f.text('output_format') or 'png'}"
        if data and mime in media.IMAGE_KINDS:
            self._said.append(media.checked(Media(MediaKind.image, mime=mime, data=data), f.at("result")))
        else:
            self.unknown.append("input.image_generation_call")

    def _content(self, f: Fields, name: str) -> tuple[Part, ...]:
        content = f.any(name)
        if content is None:
            raise wrong(f.at(name), "this is missing")
        if isinstance(content, str):
            return (Text(content),)
        if not isinstance(content, list):
            raise wrong(f.at(name), "a string or a list of parts is expected here")
        place = f.at(name)
        found = [self._part(Fields(part, f"{place}[{i}]")) for i, part in enumerate(content)]
        return tuple([part for part in found if part is not None])

    def _part(self, f: Fields) -> Part | None:
        kind = f.need_text("type")
        cache = cache_marks.read_breakpoint(f, self._life)
        if kind in _TEXTS:
            found = [read_annotation(one) for one in f.list("annotations") or ()]
            return Text(f.need_text("text"), cache, tuple([one for one in found if one is not None]))
        if kind == "refusal":
            return Refusal(f.need_text("refusal"))
        if kind == "input_image":
            return _image(f, cache)
        if kind == "input_file":
            return _file(f, cache)
        if kind == "input_audio":
            audio = f.need_fields("input_audio")
            mime = media.audio_type(audio.text("format") or "wav")
            return media.checked(Media(MediaKind.audio, mime=mime, data=audio.need_text("data")), audio.at("data"))
        self.unknown.append(f"content.{kind}")
        return None


def _image(f: Fields, cache: str | None) -> Media:
    id, detail = f.text("file_id"), f.text("detail")
    detail = None if detail == _AUTO else detail
    if id is not None:
        return Media(MediaKind.image, file_id=id, detail=detail, cache=cache)
    return media.image_of(f.need_text("image_url"), f.at("image_url"), detail=detail, cache=cache)


def _file(f: Fields, cache: str | None) -> Media:
    id, url, data, name = f.text("file_id"), f.text("file_url"), f.text("file_data"), f.text("filename")
    if id is not None:
        return Media(MediaKind.file, file_id=id, name=name, cache=cache)
    if url is not None:
        found = media.media_of(url, MediaKind.file, f.at("file_url"))
    elif data is None:
        raise wrong(f.place, "a file has a file_id, a file_url or file_data")
    elif data.startswith("data:"):
        found = media.media_of(data, MediaKind.file, f.at("file_data"))
    else:
        found = media.checked(Media(MediaKind.file, data=data), f.at("file_data"))
    return Media(MediaKind.file, mime=found.mime, data=found.data, url=found.url, name=name, cache=cache)


def write_items(
    messages: tuple[Message, ...], losses: Losses, quirks: frozenset[str], mark: Marker | None
) -> list[dict[str, Any]]:
    """The items for a provider that takes such cache marks, if any; what they cannot carry goes to `losses`."""
    items: list[dict[str, Any]] = []
    for message in messages:
        if message.name is not None:
            losses.dropped("messages.name")
        if message.role is Role.tool:
            items += [_written_output(part, losses, mark) for part in message.parts if isinstance(part, ToolResult)]
        elif message.role is Role.assistant:
            _write_assistant(message, items, losses, quirks)
        else:
            items.append({"role": message.role.value, "content": _written_content(message.parts, losses, mark)})
    return items


def _write_assistant(message: Message, items: list[dict[str, Any]], losses: Losses, quirks: frozenset[str]) -> None:
    said: list[Text | Refusal] = []
    if any(cache_marks.mark_of(part) is not None for part in message.parts):
        losses.approximated(cache_marks.FIELD)  # what the model said takes no marks
    for part in message.parts:
        if isinstance(part, (Text, Refusal)):
            said.append(part)
            continue
        _write_said(said, items)
        said = []
        if isinstance(part, ToolUse):
            call = {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": part.arguments}
            items.append(call)
        elif isinstance(part, Thinking):
            item = _written_thinking(part, losses, quirks)
            items += [] if item is None else [item]
        else:
            losses.dropped("messages.media")
    _write_said(said, items)


def _write_said(said: list[Text | Refusal], items: list[dict[str, Any]]) -> None:
    if len(said) == 1 and isinstance(said[0], Text) and not said[0].citations:
        items.append({"type": "message", "role": "assistant", "content": said[0].text})
    elif said:
        content = [written_said(part) for part in said]
        items.append(message_item(f"msg_{len(items)}", content, "completed"))


def _written_thinking(thought: Thinking, losses: Losses, quirks: frozenset[str]) -> dict[str, Any] | None:
    seal = thought.seal
    if seal is not None and seal.of == NAME:
        # The item's id is inside what is encrypted: another is refused, none is not.
        id = {} if seal.id is None else {"id": seal.id}
        return {"type": "reasoning", **id, "summary": summary_of(thought.text), "encrypted_content": seal.value}
    if "reasoning_content" in quirks and thought.text:
        content = [{"type": "reasoning_text", "text": thought.text}]
        return {"type": "reasoning", "summary": [], "content": content}
    losses.dropped("thinking")
    return None


def _written_output(result: ToolResult, losses: Losses, mark: Marker | None) -> dict[str, Any]:
    if result.is_error:
        losses.dropped("tool_result.is_error")
    life = cache_marks.mark_of(result)
    parts: tuple[Part, ...] = result.parts
    if life is not None:
        parts = (*parts[:-1], structs.replace(parts[-1], cache=life)) if parts else (Text("", cache=life),)
    output = _written_content(parts, losses, mark) if parts else ""
    return {"type": "function_call_output", "call_id": result.id, "output": output}


def _written_content(parts: tuple[Part, ...], losses: Losses, mark: Marker | None) -> str | list[dict[str, Any]]:
    is_marked = any(cache_marks.mark_of(part) is not None for part in parts)
    if is_marked and mark is None:
        losses.approximated(cache_marks.FIELD)  # the provider finds what to cache by itself
    if len(parts) == 1 and isinstance(parts[0], Text) and not (is_marked and mark):
        return parts[0].text
    written: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Text):
            one: dict[str, Any] | None = {"type": "input_text", "text": part.text}
        elif isinstance(part, Media):
            one = _written_media(part, losses)
        else:
            losses.dropped(f"messages.{type(part).__name__.lower()}")
            continue
        if one is not None:
            written.append({**one, **mark(part.cache, losses)} if mark and part.cache is not None else one)
    return written


def _written_media(part: Media, losses: Losses) -> dict[str, Any] | None:
    if part.kind is MediaKind.image:
        written: dict[str, Any] = {"type": "input_image", "detail": part.detail or _AUTO}
        if part.file_id is not None:
            written["file_id"] = part.file_id
        else:
            written["image_url"] = part.url if part.url is not None else media.data_url(part)
        return written
    if part.kind is not MediaKind.file:
        losses.dropped(f"messages.{part.kind.value}")
        return None
    if part.file_id is not None:
        written = {"type": "input_file", "file_id": part.file_id}
    elif part.url is not None:
        written = {"type": "input_file", "file_url": part.url}
    else:
        name = part.name or ("document.pdf" if part.mime == "application/pdf" else "file")
        return {"type": "input_file", "filename": name, "file_data": media.data_url(part)}
    return written if part.name is None else {**written, "filename": part.name}


def message_item(id: str, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
    """A message of the model, as answers have it."""
    return {"id": id, "type": "message", "status": status, "role": "assistant", "content": content}


def written_said(part: Text | Refusal) -> dict[str, Any]:
    """A part of what a model said."""
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    annotations = [write_annotation(citation, len(part.text)) for citation in part.citations]
    return {"type": "output_text", "text": part.text, "annotations": annotations}


def summary_of(text: str) -> list[dict[str, Any]]:
    return [{"type": "summary_text", "text": text}] if text else []


def reasoning_item(id: str, thought: Thinking) -> dict[str, Any]:
    """A thought for a client; a foreign seal, or one of an item with another id, is wrapped."""
    item: dict[str, Any] = {"id": id, "type": "reasoning", "summary": summary_of(thought.text)}
    seal = thought.seal
    if seal is not None:
        is_own = seal.of == NAME and seal.id in (None, id)
        item["encrypted_content"] = seal.value if is_own else seals.shown(seal, NAME)
    return item


def tool_seal(use_id: str, seal: Seal) -> Thinking:
    """The thought that carries a tool use's foreign seal through a client and back."""
    return Thinking("", Seal(seal.of, seal.value, _OF_TOOL + use_id))


def read_annotation(annotation: Any) -> Citation | None:
    """OpenAI's url_citation; those of files lead nowhere outside its own store."""
    if not isinstance(annotation, dict) or annotation.get("type") != "url_citation":
        return None
    url, title = annotation.get("url"), annotation.get("title")
    start, end = annotation.get("start_index"), annotation.get("end_index")
    return Citation(
        url=url if isinstance(url, str) else None,
        title=title if isinstance(title, str) else None,
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
    )


def unread(annotation: Any) -> list[str]:
    """How an annotation is named that is no url_citation."""
    kind = annotation.get("type") if isinstance(annotation, dict) else None
    return [kind] if isinstance(kind, str) and kind != "url_citation" else []


def write_annotation(citation: Citation, length: int) -> dict[str, Any]:
    """The format demands a place; whoever cites without one cites for the whole text, of this length."""
    return {
        "type": "url_citation",
        "url": citation.url or "",
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": length if citation.end is None else citation.end,
    }
