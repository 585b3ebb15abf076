"""What an answer used lives here, as Google counts it and in the disjoint buckets of the middle.

Source: https://ai.google.dev/api/generate-content#UsageMetadata
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from aigne_hub.dialects.usage import Usage


class _Modality(Struct, rename="camel"):
    modality: str | None = None
    token_count: int = 0


class WireUsage(Struct, rename="camel"):
    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: list[_Modality] | None = None
    cache_tokens_details: list[_Modality] | None = None
    candidates_tokens_details: list[_Modality] | None = None


def read_usage(usage: WireUsage | None) -> Usage | None:
    """The prompt is with what the cache gave and with sound; thoughts and what tools fed in are beside the rest.

    Google leaves out what is 0: without a count of candidates nothing was said yet.
    """
    if usage is None or usage.prompt_token_count is None:
        return None
    heard, made = _sound(usage.prompt_tokens_details), _sound(usage.candidates_tokens_details)
    cached = usage.cached_content_token_count
    fresh_sound = None if heard is None else max(0, heard - (_sound(usage.cache_tokens_details) or 0))
    given = max(0, usage.prompt_token_count - (cached or 0) - (fresh_sound or 0))
    return Usage(
        input=given + (usage.tool_use_prompt_token_count or 0),
        output=max(0, (usage.candidates_token_count or 0) - (made or 0)),
        cache_read=cached,
        reasoning=usage.thoughts_token_count,
        audio_input=fresh_sound,
        audio_output=made,
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    """The totals, and the details that are known of; what was written to a cache is a part of the prompt."""
    made = (usage.output or 0) + (usage.audio_output or 0)
    written: dict[str, Any] = {"promptTokenCount": usage.all_input, "candidatesTokenCount": made}
    if usage.cache_read is not None:
        written["cachedContentTokenCount"] = usage.cache_read
    if usage.reasoning is not None:
        written["thoughtsTokenCount"] = usage.reasoning
    written["totalTokenCount"] = usage.total
    if usage.audio_input is not None:
        written["promptTokensDetails"] = _details(usage.all_input - usage.audio_input, usage.audio_input)
    if usage.audio_output is not None:
        written["candidatesTokensDetails"] = _details(usage.output or 0, usage.audio_output)
    return written


def _sound(details: list[_Modality] | None) -> int | None:
    found = [one.token_count for one in details or () if one.modality == "AUDIO"]
    return sum(found) if found else None


def _details(text: int, sound: int) -> list[dict[str, Any]]:
    return [{"modality": "TEXT", "tokenCount": text}, {"modality": "AUDIO", "tokenCount": sound}]
