"""Whole answers of Chat Completions live here, read into the middle and written from it.

Source: https://platform.openai.com/docs/api-reference/chat/object
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, structs

from aigne_hub.base.errors import BadRequest, Failure, UpstreamFailed
from aigne_hub.dialects import media, seals
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Citation,
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
from aigne_hub.dialects.openai_chat.read_request import NAME
from aigne_hub.dialects.openai_chat.write_request import written_use
from aigne_hub.dialects.showing import APPROXIMATED, DROPPED, MEDIA, Lacks
from aigne_hub.dialects.usage import Usage

FINISHES = {
    "stop": Finish.stop,
    "length": Finish.length,
    "tool_calls": Finish.tools,
    "function_call": Finish.tools,
    "content_filter": Finish.filter,
}
_WRITTEN_FINISHES = {
    Finish.length: "length",
    Finish.tools: "tool_calls",
    Finish.filter: "content_filter",
    Finish.refusal: "content_filter",
}
LACKS: Lacks = {
    "finish.refusal": APPROXIMATED,
    **dict.fromkeys((*(MEDIA - {"image", "image.url"}), "citations.quote", "stop_sequence", "finish.pause"), DROPPED),
}


class Function(Struct):
    name: str | None = None
    arguments: str | None = None


class Use(Struct):
    """A tool call, or a piece of one; providers leave out what they said before."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    extra_content: dict[str, Any] | None = None

    @property
    def seal(self) -> Seal | None:
        google = (self.extra_content or {}).get("google")
        value = google.get("thought_signature") if isinstance(google, dict) else None
        return Seal("gemini", value) if isinstance(value, str) else None


class Said(Struct):
    """A message of an answer, or a piece of one."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: list[Use] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    annotations: list[dict[str, Any]] | None = None
    audio: dict[str, Any] | None = None
    images: list[dict[str, Any]] | None = None
    function_call: Any = None
    reasoning_details: Any = None

    @property
    def unknown(self) -> list[str]:
        """What it says that the middle has no word for: tool calls as they once were, and what is no web page."""
        found = [] if self.function_call is None else ["function_call"]
        for note in self.annotations or ():
            if read_citation(note) is None:
                found.append(str(note.get("type")))
        if self.reasoning_details is not None and _is_sealed(self.reasoning_details):
            found.append("reasoning_details")
        return found

    @property
    def thought(self) -> str | None:
        return self.reasoning_content if self.reasoning_content is not None else self.reasoning


class Details(Struct):
    """Of those written to the cache: https://developers.openai.com/api/docs/guides/prompt-caching"""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class OutputDetails(Struct):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class WireUsage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: Details | None = None
    completion_tokens_details: OutputDetails | None = None


class _Choice(Struct):
    message: Said
    finish_reason: str | None = None
    logprobs: dict[str, Any] | None = None

    @property
    def unknown(self) -> list[str]:
        transcript = ["audio.transcript"] if (self.message.audio or {}).get("transcript") else []
        return [*self.message.unknown, *transcript, *unknown_finish(self.finish_reason)]


class _Answer(Struct):
    choices: list[_Choice]
    id: str | None = None
    model: str | None = None
    created: int | float | None = None
    usage: WireUsage | None = None
    service_tier: str | None = None


_read = msgspec.json.Decoder(_Answer).decode


def read_answer(body: bytes) -> Answer:
    """Raises UpstreamFailed when the body is not a chat completion."""
    try:
        answer = _read(body)
    except UNREADABLE as error:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not a chat completion") from error
    return Answer(
        id=answer.id,
        model=answer.model,
        candidates=tuple([_candidate(choice) for choice in answer.choices]),
        usage=read_usage(answer.usage, answer.service_tier),
        created_s=None if answer.created is None else int(answer.created),
        tier=answer.service_tier,
        unknown=tuple([thing for choice in answer.choices for thing in choice.unknown]),
    )


def read_usage(usage: WireUsage | None, tier: str | None = None) -> Usage | None:
    """Tokens from and for the cache, and sound, are inside the totals here; the buckets of Usage are disjoint."""
    if usage is None or usage.prompt_tokens is None:
        return None
    given, made = usage.prompt_tokens_details or Details(), usage.completion_tokens_details or OutputDetails()
    cached, kept = given.cached_tokens, given.cache_write_tokens
    output = usage.completion_tokens
    if output is not None:
        output = max(0, output - (made.reasoning_tokens or 0) - (made.audio_tokens or 0))
    return Usage(
        input=max(0, usage.prompt_tokens - (cached or 0) - (kept or 0) - (given.audio_tokens or 0)),
        output=output,
        cache_read=cached,
        reasoning=made.reasoning_tokens,
        cache_write_5m=kept,  # of OpenAI's own lives, which have one price, the middle has none
        audio_input=given.audio_tokens,
        audio_output=made.audio_tokens,
        tier=tier,
    )


def write_answer(answer: Answer, *, id: str, model: str, created_s: int) -> dict[str, Any]:
    """`id`, `model` and `created_s` (Unix seconds) stand in where the provider said none."""
    written: dict[str, Any] = {
        "id": answer.id or id,
        "object": "chat.completion",
        "created": answer.created_s or created_s,
        "model": answer.model or model,
        "choices": [_written_choice(i, candidate) for i, candidate in enumerate(answer.candidates)],
    }
    if answer.usage is not None:
        written["usage"] = write_usage(answer.usage)
    if answer.tier is not None:
        written["service_tier"] = answer.tier
    return written


def write_usage(usage: Usage) -> dict[str, Any]:
    """The totals, and the details that are known of; written to a cache is one number, however long it lives there."""
    given, made = usage.all_input, usage.all_output
    written: dict[str, Any] = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    known_kept = [kept for kept in (usage.cache_write_5m, usage.cache_write_1h) if kept is not None]
    details = {
        "cached_tokens": usage.cache_read,
        "cache_write_tokens": sum(known_kept) if known_kept else None,
        "audio_tokens": usage.audio_input,
    }
    made_details = {"reasoning_tokens": usage.reasoning, "audio_tokens": usage.audio_output}
    for name, known in (("prompt_tokens_details", details), ("completion_tokens_details", made_details)):
        said = {part: count for part, count in known.items() if count is not None}
        if said:
            written[name] = said
    return written


def write_finish(finish: Finish | None) -> str:
    return "stop" if finish is None else _WRITTEN_FINISHES.get(finish, "stop")


def write_thoughts(thoughts: list[Thinking]) -> dict[str, Any]:
    """The fields of a message that hold what was thought; a client that sends them back loses nothing."""
    written: dict[str, Any] = {}
    text = "".join([thought.text for thought in thoughts])
    if text:
        written["reasoning_content"] = text
    if any(thought.seal is not None for thought in thoughts):
        written["reasoning_details"] = [sealed_detail(thought) for thought in thoughts]
    return written


def sealed_detail(thought: Thinking) -> dict[str, Any]:
    if thought.seal is None:
        return {"type": "reasoning.text", "text": thought.text}
    value = seals.shown(thought.seal, NAME)
    if not thought.text:
        return {"type": "reasoning.encrypted", "data": value}
    return {"type": "reasoning.text", "text": thought.text, "signature": value}


def read_citation(annotation: dict[str, Any]) -> Citation | None:
    """OpenAI's url_citation."""
    found = annotation.get("url_citation")
    if not isinstance(found, dict):
        return None
    url, title = found.get("url"), found.get("title")
    start, end = found.get("start_index"), found.get("end_index")
    return Citation(
        url=url if isinstance(url, str) else None,
        title=title if isinstance(title, str) else None,
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
    )


def write_citation(citation: Citation) -> dict[str, Any]:
    known = {"url": citation.url, "title": citation.title, "start_index": citation.start, "end_index": citation.end}
    return {
        "type": "url_citation",
        "url_citation": {name: value for name, value in known.items() if value is not None},
    }


def read_images(images: list[dict[str, Any]]) -> list[Media]:
    """The pictures that OpenRouter puts beside a message's content, of whatever type a model draws.

    Raises UpstreamFailed when one is neither at an address nor in base64.
    """
    found = []
    for image in images:
        place = image.get("image_url")
        url = place.get("url") if isinstance(place, dict) else None
        if isinstance(url, str):
            found.append(_picture(url))
    return found


def unknown_finish(reason: str | None) -> list[str]:
    """How a reason is named that the middle has no word for."""
    return [f"finish.{reason}"] if reason and reason not in FINISHES else []


def _is_sealed(details: Any) -> bool:
    """Whether thoughts are as OpenRouter tells them, with what their provider signed or encrypted.

    Source: https://openrouter.ai/docs/guides/best-practices/reasoning-tokens
    """
    found = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return any(one.get("signature") or one.get("type") == "reasoning.encrypted" for one in found)


def _picture(url: str) -> Media:
    try:
        return structs.replace(media.media_of(url, MediaKind.file, "images"), kind=MediaKind.image)
    except BadRequest as error:
        raise UpstreamFailed(Failure.malformed, "the provider's picture is none") from error


def _candidate(choice: _Choice) -> Candidate:
    said = choice.message
    parts: list[Part] = []
    if said.thought:
        parts.append(Thinking(said.thought))
    if said.content:
        found = [read_citation(one) for one in said.annotations or ()]
        parts.append(Text(said.content, citations=tuple([one for one in found if one is not None])))
    if said.refusal:
        parts.append(Refusal(said.refusal))
    if said.audio and isinstance(said.audio.get("data"), str):
        parts.append(Media(MediaKind.audio, mime="audio/wav", data=said.audio["data"]))
    parts += read_images(said.images or [])
    for i, use in enumerate(said.tool_calls or ()):
        function = use.function or Function()
        parts.append(ToolUse(use.id or f"call_{i}", function.name or "", function.arguments or "{}", use.seal))
    finish = None if choice.finish_reason is None else FINISHES.get(choice.finish_reason, Finish.stop)
    return Candidate(tuple(parts), finish, logprobs=choice.logprobs)


def _written_choice(index: int, candidate: Candidate) -> dict[str, Any]:
    texts = [part for part in candidate.parts if isinstance(part, Text)]
    uses = [part for part in candidate.parts if isinstance(part, ToolUse)]
    refusals = [part.text for part in candidate.parts if isinstance(part, Refusal)]
    message: dict[str, Any] = {"role": "assistant", "content": "".join([part.text for part in texts]) or None}
    message["refusal"] = "".join(refusals) or None
    message |= write_thoughts([part for part in candidate.parts if isinstance(part, Thinking)])
    citations = [write_citation(citation) for part in texts for citation in part.citations]
    if citations:
        message["annotations"] = citations
    images = [part for part in candidate.parts if isinstance(part, Media) and part.kind is MediaKind.image]
    if images:
        message["images"] = [
            {"type": "image_url", "image_url": {"url": one.url or media.data_url(one)}} for one in images
        ]
    if uses:
        message["tool_calls"] = [written_use(use) for use in uses]
    return {
        "index": index,
        "message": message,
        "logprobs": candidate.logprobs,
        "finish_reason": write_finish(candidate.finish),
    }
