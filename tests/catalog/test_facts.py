"""Context sizes and list prices, from data that is installed."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from aigne_hub.catalog.entries import ModelFacts
from aigne_hub.catalog.facts import facts_of
from aigne_hub.dialects.call import Kind

NOW_MS = 1_790_000_000_000


def facts(provider: str, model: str, kind: Kind = Kind.chat, now_ms: int = NOW_MS) -> ModelFacts:
    return facts_of(provider, [(model, kind)], now_ms)[model]


def test_a_model_of_its_maker_is_known_with_exact_prices() -> None:
    found = facts("openai", "gpt-4o")
    assert found.context_window == 128_000
    assert found.prices is not None
    assert (found.prices.input, found.prices.output, found.prices.cache_read) == ("2.5", "10", "1.25")
    assert found.abilities == ("tools", "vision")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-2024-08-06"),
        ("google", "models/gemini-2.5-flash"),
        ("azure", "gpt-4o"),
        ("openrouter", "openai/gpt-4o-mini"),
        ("xai", "grok-4-0709"),
        ("moonshot", "kimi-k2.6"),
        ("anthropic", "claude-haiku-4-5"),
    ],
)
def test_a_model_is_found_by_its_providers_spelling(provider: str, model: str) -> None:
    found = facts(provider, model)
    assert found.context_window is not None
    assert found.context_window > 10_000
    assert found.prices is not None
    assert Decimal(found.prices.input or "0") > 0
    assert "E" not in f"{found.prices.input}{found.prices.output}{found.prices.cache_read}"


def test_what_is_not_known_is_not_guessed_but_for_abilities() -> None:
    assert facts("somebody", "gpt-4o") == ModelFacts(abilities=("tools", "vision"))
    assert facts("openai", "nothing-such") == ModelFacts()
    assert facts("openai", "text-embedding-3-small", Kind.embedding).abilities == ("embedding",)


def test_a_price_is_that_of_the_time() -> None:
    def input_price(year: int) -> str:
        prices = facts("openai", "o3", now_ms=int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)).prices
        assert prices is not None
        assert prices.input is not None
        return prices.input

    assert (input_price(2025), input_price(2026)) == ("10", "2")


def test_the_data_is_not_loaded_before_it_is_asked_for() -> None:
    """It would cost every worker memory, and every start time."""
    code = "import sys, aigne_hub.app, aigne_hub.catalog.facts; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
