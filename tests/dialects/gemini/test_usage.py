"""Usage is cut into disjoint buckets and put together again (https://ai.google.dev/api/generate-content#UsageMetadata)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from google.genai.types import GenerateContentResponseUsageMetadata
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.dialects.gemini.usage import WireUsage, read_usage, write_usage
from aigne_hub.dialects.usage import Usage


def read(wire: dict[str, Any]) -> Usage | None:
    return read_usage(msgspec.convert(wire, WireUsage))


def test_the_prompt_is_with_the_cache_and_thoughts_are_beside_the_candidates() -> None:
    usage = read(
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 60,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 30,
            "toolUsePromptTokenCount": 7,
            "totalTokenCount": 157,
        }
    )
    assert usage == Usage(47, 20, 60, 30)
    assert usage.total == 157


def test_sound_is_counted_apart_and_what_of_it_was_cached_is_cached() -> None:
    usage = read(
        {
            "promptTokenCount": 50,
            "cachedContentTokenCount": 20,
            "candidatesTokenCount": 9,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}, {"modality": "AUDIO", "tokenCount": 30}],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}, {"modality": "TEXT", "tokenCount": 10}],
            "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 9}],
        }
    )
    assert usage == Usage(10, 0, 20, audio_input=20, audio_output=9)
    assert usage.total == 59


def test_what_is_0_is_left_out_and_what_is_not_said_is_unknown() -> None:
    assert read({"promptTokenCount": 5}) == Usage(5, 0)
    assert read({}) is None
    assert read_usage(None) is None


COUNT = st.none() | st.integers(0, 10**6)


@given(st.integers(0, 10**6), st.integers(0, 10**6), COUNT, COUNT, COUNT, COUNT)
def test_what_was_written_is_read_again_and_is_google_s(
    given_: int, made: int, cached: int | None, thought: int | None, heard: int | None, spoken: int | None
) -> None:
    usage = Usage(given_, made, cached, thought, audio_input=heard, audio_output=spoken)
    written = write_usage(usage)
    assert read(written) == usage
    google = GenerateContentResponseUsageMetadata.model_validate(written)
    assert google.total_token_count == usage.total


@pytest.mark.parametrize("usage", [Usage(), Usage(1, 2, cache_write_5m=3, cache_write_1h=4)])
def test_what_was_written_to_a_cache_is_of_the_prompt(usage: Usage) -> None:
    assert write_usage(usage)["promptTokenCount"] == usage.all_input
