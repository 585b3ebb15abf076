"""What is known of a provider by its name."""

from __future__ import annotations

import pytest

from aigne_hub.providers.known import (
    LOCAL,
    canonical,
    credential_headers,
    dialects_of,
    keying_of,
    quirks_of,
    root_url,
)
from aigne_hub.providers.rows import Keying


def test_a_name_has_one_spelling() -> None:
    assert canonical("OpenAI") == "openai"
    assert canonical("gemini") == "google"


@pytest.mark.parametrize(
    ("name", "dialects", "keying"),
    [
        ("openai", ("openai_chat",), Keying.bearer),
        ("openrouter", ("anthropic_messages",), Keying.bearer),
        ("anthropic", ("anthropic_messages",), Keying.x_api_key),
        ("azure", ("openai_chat", "openai_embeddings"), Keying.api_key),
        ("deepseek", ("anthropic_messages",), Keying.x_api_key),
        ("google", ("gemini", "gemini_embeddings"), Keying.x_goog_api_key),
        ("google", ("openai_images",), Keying.bearer),
        ("somebody", ("gemini",), Keying.x_goog_api_key),
        ("somebody", ("gemini_images",), Keying.x_goog_api_key),
        ("somebody", ("ideogram_images",), Keying.api_key),
        ("somebody", ("openai_chat", "anthropic_messages"), Keying.bearer),
        ("somebody", ("anthropic_messages", "openai_chat"), Keying.x_api_key),
    ],
)
def test_how_a_key_is_shown_is_known_by_name_or_by_what_is_spoken_first(
    name: str, dialects: tuple[str, ...], keying: Keying
) -> None:
    assert keying_of(name, dialects) is keying


@pytest.mark.parametrize(
    ("keying", "headers"),
    [
        (Keying.bearer, ((b"authorization", b"Bearer k"),)),
        (Keying.x_api_key, ((b"x-api-key", b"k"), (b"anthropic-version", b"2023-06-01"))),
        (Keying.x_goog_api_key, ((b"x-goog-api-key", b"k"),)),
        (Keying.api_key, ((b"api-key", b"k"),)),
    ],
)
def test_a_credential_goes_in_the_header_its_provider_reads(
    keying: Keying, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    assert credential_headers(keying, "k") == headers


def test_an_unheard_of_provider_is_taken_to_speak_as_openai_does() -> None:
    assert {"openai_chat", "openai_embeddings", "openai_images", "openai_speech", "rerank"} <= set(
        dialects_of("somebody")
    )
    assert "anthropic_messages" not in dialects_of("somebody")
    assert dialects_of(LOCAL)[0] == "openai_chat"


def test_quirks_are_known_by_name() -> None:
    assert quirks_of("openai") == {"max_completion_tokens", "cache_breakpoint"}
    assert quirks_of("somebody") == frozenset()
    assert "top_k" in quirks_of(LOCAL)


@pytest.mark.parametrize(
    ("name", "url", "root"),
    [
        ("ideogram", "https://api.ideogram.ai/v1/ideogram-v3/generate/", "https://api.ideogram.ai/v1"),
        ("ideogram", "https://api.ideogram.ai/v1", "https://api.ideogram.ai/v1"),
        ("ollama", "http://localhost:11434/api", "http://localhost:11434/v1"),
        ("ollama", "http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("somebody", "http://localhost:11434/api", "http://localhost:11434/api"),
    ],
)
def test_the_reference_s_addresses_lead_to_the_same_place(name: str, url: str, root: str) -> None:
    assert root_url(name, url) == root
