"""The rows of the providers known by name: each can be called, and says only what the hub can do."""

from __future__ import annotations

import pytest

from aigne_hub.dialects.pairing import PICTURES, SPOKEN
from aigne_hub.outbound import Origin
from aigne_hub.providers.known import LOCAL, canonical
from aigne_hub.providers.rows import KNOWN, LOCAL_DIALECTS, UNKNOWN_DIALECTS, Keying, KnownProvider

_QUIRKS = {
    "max_completion_tokens",
    "top_k",
    "reasoning_content",
    "cache_control",
    "cache_hour",
    "cache_breakpoint",
}
_CHATS = {"bedrock_converse", "openai_chat", "anthropic_messages", "openai_responses", "gemini"}


@pytest.mark.parametrize("row", KNOWN.values(), ids=lambda row: row.name)
def test_a_row_is_whole(row: KnownProvider) -> None:
    assert canonical(row.name) == row.name != LOCAL
    assert bool(row.base_url) != bool(row.example_url)
    origin, _ = Origin.parse((row.base_url or row.example_url).lower())
    assert row.source.startswith("https://")
    assert row.test_model or origin.host == "localhost"
    assert row.quirks <= _QUIRKS


@pytest.mark.parametrize("row", KNOWN.values(), ids=lambda row: row.name)
def test_a_row_speaks_dialects_of_the_hub_and_one_its_credential_can_be_tried_in(row: KnownProvider) -> None:
    assert set(row.dialects) <= SPOKEN
    assert len(set(row.dialects)) == len(row.dialects)
    assert row.dialects[0] in _CHATS or set(row.dialects) <= PICTURES.keys()


def test_what_is_not_in_a_row_is_of_the_hub_too() -> None:
    assert set(LOCAL_DIALECTS) | set(UNKNOWN_DIALECTS) <= SPOKEN


def test_most_take_a_bearer() -> None:
    others = {row.name: row.keying for row in KNOWN.values() if row.keying is not Keying.bearer}
    assert others == {
        "anthropic": Keying.x_api_key,
        "azure": Keying.api_key,
        "google": Keying.x_goog_api_key,
        "ideogram": Keying.api_key,
        "vertex": Keying.x_goog_api_key,
    }
