"""Requests of Chat Completions live here, read into the middle.

Source: https://platform.openai.com/docs/api-reference/chat/create; `reasoning_content` and `reasoning_details`
are what DeepSeek's, llama.cpp's and OpenRouter's own pages add to it.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, structs

from aigne_hub.dialects import cache_marks, effort, media, seals
from aigne_hub.dialects.bodies import read_object
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Media,
    MediaKind,
    Message,
    Part,
    Reasoning,
    Refusal,
    Role,
    Seal,
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.structured import checked_schema

NAME = "openai_chat"

_CHOOSINGS = frozenset(one.value for one in Choosing)
_CHECKED_PARTS = frozenset({"image_url", "input_audio"})
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


def read_chat(body: bytes) -> Chat:
    """Raises BadRequest that names the place where the body is not a request."""
    f = Fields(read_object(body))
    f.drop("model", "stream", "stream_options", "access_token", "store")
    known: set[str] = set()
    unknown: list[str] = []
    life = cache_marks.read_options(f, unknown)
    messages = f.each("messages", lambda message: _message(message, known, life))
    if not messages:
        raise wrong("messages", "at least one message is expected here")
    logprobs = f.flag("logprobs")
    top = f.whole("top_logprobs", 0, 20)
    limit = f.whole("max_completion_tokens", 1)
    old_limit = f.whole("max_tokens", 1)
    stop = f.any("stop")
    said_effort = f.one_of("reasoning_effort", effort.EFFORTS)
    return Chat(
        messages=messages,
        tools=f.each("tools", _tool),
        tool_choice=_choice(f),
        parallel_tools=f.flag("parallel_tool_calls"),
        format=_format(f),
        reasoning=None if said_effort is None else Reasoning(effort=said_effort),
        max_output=old_limit if limit is None else limit,
        temperature=f.number("temperature", 0, 2),
        top_p=f.number("top_p", 0, 1),
        top_k=f.whole("top_k", 0),
        stop=read_stop(stop),
        seed=f.whole("seed"),
        n=f.whole("n", 1, 128),
        presence_penalty=f.number("presence_penalty", -2, 2),
        frequency_penalty=f.number("frequency_penalty", -2, 2),
        logprobs=(top or 0) if logprobs else None,
        logit_bias=f.object("logit_bias"),
        user=f.text("user"),
        metadata=f.object("metadata"),
        tier=f.text("service_tier"),
        verbosity=f.text("verbosity"),
        cache_key=f.text("prompt_cache_key"),
        unknown=(*f.rest(), *unknown),
    )


class _ToolCall(Struct):
    id: str | UnsetType = UNSET
    type: str | UnsetType = UNSET


class WireMessage(Struct):
    """A message as far as it is looked at before it goes on."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | UnsetType | None = UNSET
    tool_calls: list[_ToolCall] | UnsetType | None = UNSET
    tool_call_id: str | UnsetType | None = UNSET

    @property
    def uses(self) -> list[str]:
        """The ids of its tool calls."""
        calls = self.tool_calls or ()
        return [call.id for call in calls if isinstance(call.id, str)]


def check(messages: list[WireMessage]) -> None:
    """Look through the messages of a request that goes on as it is; what the hub does not know may stand there.

    Raises BadRequest that names an orphan tool result, or an inline file that is none.
    """
    known: set[str] = set()
    for i, message in enumerate(messages):
        known.update(message.uses)
        if message.role == "tool" and message.tool_call_id not in known:
            raise wrong(f"messages[{i}].tool_call_id", f"no earlier tool call has the id {message.tool_call_id}")
        content = message.content
        for n, part in enumerate(content if isinstance(content, list) else ()):
            kind = part.get("type")
            if isinstance(kind, str) and (kind in _CHECKED_PARTS or (kind == "file" and _is_inline(part.get("file")))):
                _part(Fields(part, f"messages[{i}].content[{n}]"), "")


def _is_inline(file: Any) -> bool:
    """Whether a file is a data URL; what else its data may be, as the address that OpenRouter takes, is not known."""
    data = file.get("file_data") if isinstance(file, dict) else None
    return isinstance(data, str) and data.startswith("data:")


def _message(f: Fields, known: set[str], life: str) -> Message:
    role = f.one_of("role", _ROLES)
    if role is None:
        raise wrong(f.at("role"), "this is missing")
    if role == "function":
        raise wrong(f.at("role"), "messages of functions are carried between like providers only: use tools")
    name = f.text("name")
    if role == "tool":
        id = f.need_text("tool_call_id")
        if id not in known:
            raise wrong(f.at("tool_call_id"), f"no earlier tool call has the id {id}")
        parts = _content(f, life)
        kept = tuple([part for part in parts if isinstance(part, (Text, Media))])
        result = ToolResult(id, kept, cache=cache_marks.read_control(f))
        return Message(Role.tool, (cache_marks.marked_result(result),))
    parts = _assistant(f, known, life) if role == "assistant" else _content(f, life)
    if not parts and role != "assistant":
        raise wrong(f.at("content"), "this is missing")
    return Message(Role(role), parts, name)


def _assistant(f: Fields, known: set[str], life: str) -> tuple[Part, ...]:
    parts: list[Part] = list(_thinking(f))
    parts += _content(f, life)
    refusal = f.text("refusal")
    if refusal is not None:
        parts.append(Refusal(refusal))
    for use in f.each("tool_calls", _tool_use):
        known.add(use.id)
        parts.append(use)
    return tuple(parts)


def _thinking(f: Fields) -> list[Thinking]:
    text = f.text("reasoning_content")
    other = f.text("reasoning")
    details = f.list("reasoning_details")
    if not details:
        said = text if text is not None else other
        return [] if said is None else [Thinking(said)]
    found = []
    for detail in details:
        if not isinstance(detail, dict):
            continue
        value = detail.get("signature") or detail.get("data")
        seal = seals.read(value, NAME) if isinstance(value, str) else None
        said = detail.get("text") or detail.get("summary") or ""
        if isinstance(said, str) and (said or seal is not None):
            found.append(Thinking(said, seal))
    return found


def _content(f: Fields, life: str) -> tuple[Part, ...]:
    content = f.any("content")
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list):
        raise wrong(f.at("content"), "a string or a list of parts is expected here")
    place = f.at("content")
    return tuple([_part(Fields(part, f"{place}[{i}]"), life) for i, part in enumerate(content)])


def _part(f: Fields, life: str) -> Part:
    """`life` is that of a cache mark which does not say its own."""
    kind = f.need_text("type")
    mark = cache_marks.read_control(f) or cache_marks.read_breakpoint(f, life)
    if kind == "text":
        return Text(f.need_text("text"), cache=mark)
    if kind == "refusal":
        return Refusal(f.need_text("refusal"))
    if kind == "image_url":
        image = f.need_fields("image_url")
        return media.image_of(image.need_text("url"), image.at("url"), detail=image.text("detail"), cache=mark)
    if kind == "video_url":
        video = f.need_fields("video_url")
        return structs.replace(media.media_of(video.need_text("url"), MediaKind.video, video.at("url")), cache=mark)
    if kind == "input_audio":
        audio = f.need_fields("input_audio")
        mime = media.audio_type(audio.text("format") or "wav")
        sound = Media(MediaKind.audio, mime=mime, data=audio.need_text("data"), cache=mark)
        return media.checked(sound, audio.at("data"))
    if kind == "file":
        return structs.replace(_file(f.need_fields("file")), cache=mark)
    raise wrong(f.at("type"), f"parts of the type {kind} are not known")


def _file(f: Fields) -> Media:
    id, name, data = f.text("file_id"), f.text("filename"), f.text("file_data")
    if id is not None:
        return Media(MediaKind.file, file_id=id, name=name)
    if data is None:
        raise wrong(f.place, "a file has a file_id or file_data")
    if data.startswith("data:"):
        return media.media_of(data, MediaKind.file, f.at("file_data"), name=name)
    return media.checked(Media(MediaKind.file, data=data, name=name), f.at("file_data"))


def _tool_use(f: Fields) -> ToolUse:
    function = f.need_fields("function")
    seal = None
    extra = f.object("extra_content")
    google = extra.get("google") if extra else None
    if isinstance(google, dict) and isinstance(google.get("thought_signature"), str):
        seal = Seal("gemini", google["thought_signature"])
    return ToolUse(f.need_text("id"), function.need_text("name"), function.text("arguments") or "{}", seal)


def _tool(f: Fields) -> Tool:
    kind = f.need_text("type")
    if kind != "function":
        raise wrong(f.at("type"), f"tools of the type {kind} are carried between like providers only")
    function = f.need_fields("function")
    return Tool(
        function.need_text("name"),
        function.text("description"),
        function.object("parameters"),
        function.flag("strict"),
        cache_marks.read_control(f),
    )


def _choice(f: Fields) -> Choosing | str | None:
    choice = f.any("tool_choice")
    if choice is None:
        return None
    if isinstance(choice, str) and choice in _CHOOSINGS:
        return Choosing(choice)
    if isinstance(choice, dict):
        return Fields(choice, "tool_choice").need_fields("function").need_text("name")
    raise wrong("tool_choice", "auto, none, required or a function's name is expected here")


def _format(f: Fields) -> Format | None:
    given = f.fields("response_format")
    if given is None:
        return None
    kind = given.need_text("type")
    if kind == "text":
        return None
    if kind == "json_object":
        return Format()
    if kind != "json_schema":
        raise wrong(given.at("type"), "text, json_object or json_schema is expected here")
    schema = given.need_fields("json_schema")
    wanted = checked_schema(schema.object("schema") or {}, schema.at("schema"))
    return Format(wanted, schema.text("name"), schema.text("description"), schema.flag("strict"))


def read_stop(stop: Any) -> tuple[str, ...]:
    """The words that end an answer, said as one string or several. Raises BadRequest."""
    if stop is None:
        return ()
    if isinstance(stop, str):
        return (stop,)
    if isinstance(stop, list) and all(isinstance(one, str) for one in stop):
        return tuple(stop)
    raise wrong("stop", "a string or a list of strings is expected here")
