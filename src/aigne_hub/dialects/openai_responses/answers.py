"""Whole answers of Responses live here, read into the middle and written from it.

Source: https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Finish,
    Media,
    MediaKind,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolUse,
)
from aigne_hub.dialects.logprobs import read_tokens
from aigne_hub.dialects.openai_errors import error_of_event
from aigne_hub.dialects.openai_responses.items import (
    NAME,
    message_item,
    read_annotation,
    reasoning_item,
    tool_seal,
    unread,
    written_said,
)
from aigne_hub.dialects.showing import APPROXIMATED, DROPPED, MEDIA, Lacks
from aigne_hub.dialects.usage import Usage

_REASONS = {"max_output_tokens": Finish.length, "content_filter": Finish.filter}
_WRITTEN_REASONS = {
    Finish.length: "max_output_tokens",
    Finish.filter: "content_filter",
    Finish.refusal: "content_filter",
}
LACKS: Lacks = {
    "finish.refusal": APPROXIMATED,
    **dict.fromkeys((*(MEDIA - {"image"}), "citations.quote", "stop_sequence", "candidates", "finish.pause"), DROPPED),
}

# Fields of a request that stand in its answer again, with what they are when the request does not say them.
_ECHOED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}

_write = msgspec.json.Encoder().encode


class InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(Struct):
    reasoning_tokens: int | None = None


class WireUsage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Content(Struct):
    """A part of a message, or of what was thought."""

    type: str
    text: str | None = None
    refusal: str | None = None
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None


class Item(Struct):
    """What is read of an output item of a kind that is known; of the others the type alone is."""

    type: str
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    content: list[Content] | None = None
    summary: list[Content] | None = None
    encrypted_content: str | None = None
    result: str | None = None
    output_format: str | None = None

    @property
    def thought(self) -> str:
        return "\n\n".join([one.text for one in self.summary or self.content or () if one.text])

    @property
    def seal(self) -> Seal | None:
        return Seal(NAME, self.encrypted_content, self.id) if self.encrypted_content else None

    @property
    def unknown(self) -> list[str]:
        """What it is, or says, that the middle has no word for."""
        if self.type not in _KNOWN:
            return [self.type]
        if self.type != "message":
            return []
        found = [one.type for one in self.content or () if one.type not in _SAID]
        return found + [name for one in self.content or () for note in one.annotations or () for name in unread(note)]

    @property
    def picture(self) -> Media | None:
        """What a tool of the provider made."""
        if self.type != "image_generation_call" or not self.result:
            return None
        return Media(MediaKind.image, mime=f"image/{self.output_format or 'png'}", data=self.result)


class _Kind(Struct):
    type: str


class Incomplete(Struct):
    reason: str | None = None


class WireAnswer(Struct):
    """An answer, or what a stream tells of one."""

    object: str | None = None
    id: str | None = None
    model: str | None = None
    created_at: int | float | None = None
    status: str | None = None
    output: list[Raw] | None = None
    incomplete_details: Incomplete | None = None
    usage: WireUsage | None = None
    error: dict[str, Any] | None = None
    service_tier: str | None = None


_KNOWN = frozenset({"message", "function_call", "reasoning", "image_generation_call"})
_SAID = frozenset({"output_text", "refusal"})
_read = msgspec.json.Decoder(WireAnswer).decode
_read_kind = msgspec.json.Decoder(_Kind).decode
_read_item = msgspec.json.Decoder(Item).decode


def read_item(raw: Raw) -> Item:
    """Raises a msgspec error when the item is not what its type says."""
    kind = _read_kind(raw).type
    return _read_item(raw) if kind in _KNOWN else Item(kind)


def read_wire_usage(body: bytes) -> Usage | None:
    """Raises UpstreamFailed when the body is not a response, or one that failed."""
    answer = _decoded(body)
    return read_usage(answer.usage, answer.service_tier)


def read_answer(body: bytes) -> Answer:
    """Raises UpstreamFailed when the body is not a response, or one that failed."""
    answer = _decoded(body)
    try:
        items = [read_item(raw) for raw in answer.output or ()]
    except UNREADABLE as error:
        raise _no_response() from error
    parts = tuple([part for item in items for part in _parts(item)])
    found = [one for item in items for content in item.content or () for one in read_tokens(content.logprobs)]
    return Answer(
        id=answer.id,
        model=answer.model,
        candidates=(
            Candidate(
                parts,
                read_finish(answer, has_calls=any(isinstance(part, ToolUse) for part in parts)),
                logprobs={"content": found, "refusal": None} if found else None,
            ),
        ),
        usage=read_usage(answer.usage, answer.service_tier),
        created_s=None if answer.created_at is None else int(answer.created_at),
        tier=answer.service_tier,
        unknown=tuple([thing for item in items for thing in item.unknown]),
    )


def read_finish(answer: WireAnswer, *, has_calls: bool) -> Finish:
    if answer.status == "incomplete":
        reason = answer.incomplete_details.reason if answer.incomplete_details else None
        return _REASONS.get(reason or "", Finish.pause)
    return Finish.tools if has_calls else Finish.stop


def read_usage(usage: WireUsage | None, tier: str | None = None) -> Usage | None:
    """Tokens from and for the cache, and thoughts, are inside the totals here; the buckets of Usage are disjoint."""
    if usage is None or usage.input_tokens is None:
        return None
    given, made = usage.input_tokens_details or InputDetails(), usage.output_tokens_details or OutputDetails()
    cached, kept = given.cached_tokens, given.cache_write_tokens
    output = usage.output_tokens
    return Usage(
        input=max(0, usage.input_tokens - (cached or 0) - (kept or 0)),
        output=None if output is None else max(0, output - (made.reasoning_tokens or 0)),
        cache_read=cached,
        reasoning=made.reasoning_tokens,
        cache_write_5m=kept,  # of OpenAI's own lives, which have one price, the middle has none
        tier=tier,
    )


def failure(answer: WireAnswer) -> UpstreamFailed:
    """What a response that failed means."""
    return error_of_event(_write({"error": answer.error or {}}))


def echo(request: dict[str, Any]) -> dict[str, Any]:
    """What of the caller's request stands in its answer again."""
    said = {name: request[name] for name in _ECHOED if request.get(name) is not None}
    text = said.get("text")
    if isinstance(text, dict) and text.get("format") is None:
        said["text"] = {**text, **_ECHOED["text"]}
    return {**_ECHOED, **said}


def write_answer(answer: Answer, echoed: dict[str, Any], *, id: str, model: str, created_s: int) -> dict[str, Any]:
    """`id`, `model` and `created_s` (Unix seconds) stand in where the provider said none.

    Items are numbered within `id`. Of several candidates there is room for the first.
    """
    candidate = answer.candidates[0] if answer.candidates else Candidate(())
    has_refused = any(isinstance(part, Refusal) for part in candidate.parts)
    reason = write_reason(candidate.finish, has_refused=has_refused)
    items = write_items(candidate, id, "incomplete" if reason else "completed")
    head = write_head(
        echoed, id=answer.id or id, model=answer.model or model, created_s=answer.created_s or created_s
    )  # fmt: skip
    tier = {} if answer.tier is None else {"service_tier": answer.tier}
    return {**head, **write_end(items, reason, answer.usage), **tier}


def write_head(echoed: dict[str, Any], *, id: str, model: str, created_s: int) -> dict[str, Any]:
    """A response that has nothing yet."""
    return {
        "id": id,
        "object": "response",
        "created_at": created_s,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "store": False,
        "usage": None,
        **echoed,
    }


def write_end(items: list[dict[str, Any]], reason: str | None, usage: Usage | None) -> dict[str, Any]:
    """What a response says more when it has ended; `reason` is why it is incomplete, if it is."""
    return {
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": items,
        "usage": None if usage is None else write_usage(usage),
    }


def write_reason(finish: Finish | None, *, has_refused: bool) -> str | None:
    """Why a response is incomplete; None when it is complete, as one is that says its refusal."""
    if finish is None or (finish is Finish.refusal and has_refused):
        return None
    return _WRITTEN_REASONS.get(finish)


def write_usage(usage: Usage) -> dict[str, Any]:
    """The totals, and the details that the format demands."""
    given, made = usage.all_input, usage.all_output
    kept = (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0)
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": usage.cache_read or 0, "cache_write_tokens": kept},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": given + made,
    }


def write_items(candidate: Candidate, id: str, status: str) -> list[dict[str, Any]]:
    """The output items of a candidate."""
    items: list[dict[str, Any]] = []
    said: list[dict[str, Any]] | None = None  # the content of the message that is open
    number = id.rpartition("_")[2]
    for part in candidate.parts:
        place = f"{number}_{len(items)}"
        if isinstance(part, (Text, Refusal)):
            if said is None:
                said = []
                items.append(message_item(f"msg_{place}", said, status))
            said.append({**written_said(part), "logprobs": []} if isinstance(part, Text) else written_said(part))
            continue
        said = None
        if isinstance(part, Thinking):
            own = part.seal is not None and part.seal.of == NAME and part.seal.id
            items.append(reasoning_item(own or f"rs_{place}", part))
        elif isinstance(part, ToolUse):
            if part.seal is not None:
                items.append(reasoning_item(f"rs_{place}", tool_seal(part.id, part.seal)))
            items.append(call_item(f"fc_{number}_{len(items)}", part, status))
        elif isinstance(part, Media) and part.kind is MediaKind.image and part.data is not None:
            items.append(picture_item(f"ig_{place}", part))
    _place_logprobs(candidate, items)
    return items


def call_item(id: str, use: ToolUse, status: str) -> dict[str, Any]:
    named = {"call_id": use.id, "name": use.name, "arguments": use.arguments}
    return {"id": id, "type": "function_call", "status": status, **named}


def picture_item(id: str, picture: Media) -> dict[str, Any]:
    form = (picture.mime or "image/png").removeprefix("image/")
    return {
        "id": id, "type": "image_generation_call", "status": "completed",
        "result": picture.data, "output_format": form,
    }  # fmt: skip


def _place_logprobs(candidate: Candidate, items: list[dict[str, Any]]) -> None:
    """OpenAI's logprobs are of the whole text: they stand with the first of its parts."""
    tokens = read_tokens((candidate.logprobs or {}).get("content"))
    texts = [one for item in items for one in item.get("content", ()) if one["type"] == "output_text"]
    if texts and tokens:
        texts[0]["logprobs"] = list(tokens)


def _decoded(body: bytes) -> WireAnswer:
    try:
        answer = _read(body)
    except UNREADABLE as error:
        raise _no_response() from error
    if answer.object != "response":
        raise _no_response()
    if answer.status == "failed":
        raise failure(answer)
    return answer


def _no_response() -> UpstreamFailed:
    return UpstreamFailed(Failure.malformed, "the provider's answer is not a response")


def _parts(item: Item) -> list[Part]:
    if item.type == "message":
        return [part for part in map(_said, item.content or ()) if part is not None]
    if item.type == "function_call":
        return [ToolUse(item.call_id or item.id or "", item.name or "", item.arguments or "{}")]
    if item.type == "reasoning" and (item.thought or item.seal is not None):
        return [Thinking(item.thought, item.seal)]
    return [] if item.picture is None else [item.picture]


def _said(content: Content) -> Part | None:
    if content.type == "refusal":
        return Refusal(content.refusal or "")
    if content.type != "output_text":
        return None
    found = [read_annotation(one) for one in content.annotations or ()]
    return Text(content.text or "", citations=tuple([one for one in found if one is not None]))
