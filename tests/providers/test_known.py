"""The providers known by name, and the names that lead to them."""

from __future__ import annotations

import pytest

from aigne_hub.dialects.pairing import SPOKEN
from aigne_hub.outbound import Origin
from aigne_hub.providers.known import (
    KNOWN,
    LOCAL,
    canonical,
    credential_headers,
    dialects_of,
    family,
    quirks_of,
    upstream_name,
)


def test_every_known_address_can_be_called() -> None:
    for provider in KNOWN.values():
        Origin.parse(provider.base_url)
        assert canonical(provider.name) == provider.name
        assert provider.test_model


@pytest.mark.parametrize(
    ("model", "first"),
    [
        ("gemini-2.5-flash", "google"),
        ("gpt-5-mini", "openai"),
        ("o3", "openai"),
        ("text-embedding-3-small", "openai"),
        ("claude-haiku-4-5", "anthropic"),
        ("deepseek-chat", "deepseek"),
        ("grok-3", "xai"),
        ("doubao-seed", "doubao"),
        ("qwen3", "openrouter"),
    ],
)
def test_a_family_leads_to_its_maker_first(model: str, first: str) -> None:
    assert family(model)[0] == first


def test_a_credential_is_shown_as_the_provider_wants_it() -> None:
    assert dialects_of("anthropic") == ("anthropic_messages",)
    assert credential_headers("anthropic_messages", "k") == (
        (b"x-api-key", b"k"),
        (b"anthropic-version", b"2023-06-01"),
    )
    assert credential_headers("openai_chat", "k") == ((b"authorization", b"Bearer k"),)


def test_what_every_known_provider_speaks_is_a_dialect_of_the_hub() -> None:
    for name in (*KNOWN, LOCAL, "somebody"):
        assert set(dialects_of(name)) <= SPOKEN
    assert quirks_of("openai") == {"max_completion_tokens"}
    assert quirks_of("somebody") == frozenset()


def test_other_names_suggest_nobody() -> None:
    assert family("my-own-model") == ()
    assert family("") == ()


@pytest.mark.parametrize(
    ("provider", "model", "spelled"),
    [
        ("openrouter", "gpt-4o", "openai/gpt-4o"),
        ("openrouter", "grok-3", "x-ai/grok-3"),
        ("openrouter", "gemma-3", "google/gemma-3"),
        ("openrouter", "a/b", "a/b"),
        ("openrouter", "unheard-of", "unheard-of"),
        ("openai", "gpt-4o", "gpt-4o"),
    ],
)
def test_a_provider_spells_a_name_its_own_way(provider: str, model: str, spelled: str) -> None:
    assert upstream_name(provider, model) == spelled
