"""Requests of Responses live here, read into the middle.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects import cache_marks, effort, seals, splice
from aigne_hub.dialects.bodies import read_object
from aigne_hub.dialects.chat import Chat, Choosing, Format, Message, Reasoning, Role, Text, Tool
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.openai_responses.items import NAME, ItemReader
from aigne_hub.dialects.structured import checked_schema

ENCRYPTED = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"

_write = msgspec.json.Encoder().encode

_CHOOSINGS = frozenset(one.value for one in Choosing)
# What stands in the keeping of one provider, and means nothing to another.
_KEPT = ("previous_response_id", "conversation", "prompt")


def read_chat(body: bytes) -> Chat:
    """Raises BadRequest that names the place where the body is not a request, or where it leans on a store."""
    f = Fields(read_object(body))
    f.drop("model", "stream", "stream_options", "access_token", "store")
    for name in _KEPT:
        if f.any(name) is not None:
            raise wrong(name, "this model's provider keeps no such thing: send the items themselves as input")
    if f.flag("background"):
        raise wrong("background", "this model's provider answers at once only")
    unknown: list[str] = []
    instructions = f.text("instructions")
    messages = _messages(f, unknown)
    if instructions is not None:
        messages = (Message(Role.system, (Text(instructions),)), *messages)
    included = _included(f, unknown)
    top = f.whole("top_logprobs", 0, 20)
    form, verbosity = _text(f, unknown)
    user, identifier = f.text("user"), f.text("safety_identifier")
    tools = tuple([tool for tool in f.each("tools", lambda tool: _tool(tool, unknown)) if tool is not None])
    if f.text("truncation") == "auto":
        unknown.append("truncation")
    return Chat(
        messages=messages,
        tools=tools,
        tool_choice=_choice(f, unknown),
        parallel_tools=f.flag("parallel_tool_calls"),
        format=form,
        reasoning=_reasoning(f, unknown),
        max_output=f.whole("max_output_tokens", 1),
        temperature=f.number("temperature", 0, 2),
        top_p=f.number("top_p", 0, 1),
        top_k=f.whole("top_k", 0),
        logprobs=(top or 0) if top or LOGPROBS in included else None,
        user=user if identifier is None else identifier,
        metadata=f.object("metadata"),
        tier=f.text("service_tier"),
        verbosity=verbosity,
        cache_key=f.text("prompt_cache_key"),
        unknown=(*f.rest(), *dict.fromkeys(unknown)),
    )


def check_items(body: bytes) -> None:
    """Look through the items of a request that goes on as it is. Raises BadRequest that names the place."""
    f = Fields(read_object(body))
    leans = any(f.any(name) is not None for name in _KEPT)
    given = f.any("input")
    if isinstance(given, list):
        ItemReader(knows_all=not leans and not any(map(_is_reference, given))).messages(given)


def without_foreign_thoughts(body: bytes) -> bytes:
    """The request without the thoughts of other formats' models, which OpenAI can neither read nor let pass.

    A client has them when another model answered before in the same conversation.
    """
    given = read_object(body).get("input")
    if not isinstance(given, list):
        return body
    kept = [item for item in given if not _is_foreign(item)]
    return body if len(kept) == len(given) else splice.edit(body, {"input": _write(kept)})


def _is_foreign(item: Any) -> bool:
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return False
    value = item.get("encrypted_content")
    return isinstance(value, str) and seals.read(value, NAME).of != NAME


def _messages(f: Fields, unknown: list[str]) -> tuple[Message, ...]:
    given = f.any("input")
    life = cache_marks.read_options(f, unknown)
    if isinstance(given, str):
        return (Message(Role.user, (Text(given),)),)
    if not isinstance(given, list):
        raise wrong("input", "a string or a list of items is expected here")
    reader = ItemReader(knows_all=True, life=life)
    messages = reader.messages(given)
    if not messages:
        raise wrong("input", "at least one item is expected here")
    unknown += reader.unknown
    return messages


def _is_reference(item: Any) -> bool:
    return isinstance(item, dict) and (item.get("type") == "item_reference" or item.keys() == {"id"})


def _included(f: Fields, unknown: list[str]) -> list[Any]:
    included = f.list("include") or []
    unknown += [f"include.{one}" for one in included if one not in (ENCRYPTED, LOGPROBS)]
    return included


def _tool(f: Fields, unknown: list[str]) -> Tool | None:
    kind = f.need_text("type")
    if kind != "function":
        unknown.append(f"tools.{kind}")  # a tool that the provider runs, or one without a schema
        return None
    return Tool(f.need_text("name"), f.text("description"), f.object("parameters"), f.flag("strict"))


def _choice(f: Fields, unknown: list[str]) -> Choosing | str | None:
    choice = f.any("tool_choice")
    if choice is None:
        return None
    if isinstance(choice, str) and choice in _CHOOSINGS:
        return Choosing(choice)
    if not isinstance(choice, dict):
        raise wrong("tool_choice", "auto, none, required or a function's name is expected here")
    given = Fields(choice, "tool_choice")
    kind = given.need_text("type")
    if kind == "function":
        return given.need_text("name")
    unknown.append(f"tool_choice.{kind}")
    if kind == "allowed_tools":
        return Choosing.required if given.text("mode") == "required" else Choosing.auto
    return None


def _text(f: Fields, unknown: list[str]) -> tuple[Format | None, str | None]:
    text = f.fields("text")
    if text is None:
        return None, None
    verbosity = text.text("verbosity")
    form = text.fields("format")
    unknown += [f"text.{name}" for name in text.rest()]
    kind = "text" if form is None else form.need_text("type")
    if form is None or kind == "text":
        return None, verbosity
    if kind == "json_object":
        return Format(), verbosity
    if kind != "json_schema":
        raise wrong(form.at("type"), "text, json_object or json_schema is expected here")
    schema = form.object("schema")
    if schema is None:
        raise wrong(form.at("schema"), "this is missing")
    checked_schema(schema, form.at("schema"))
    return Format(schema, form.text("name"), form.text("description"), form.flag("strict")), verbosity


def _reasoning(f: Fields, unknown: list[str]) -> Reasoning | None:
    given = f.fields("reasoning")
    if given is None:
        return None
    said = given.one_of("effort", effort.EFFORTS)
    summary, older = given.text("summary"), given.text("generate_summary")
    unknown += [f"reasoning.{name}" for name in given.rest()]
    if said is None and summary is None and older is None:
        return None
    return Reasoning(effort=said, summary=older if summary is None else summary)
