"""How a model is told of in lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.catalog.entries import ListPrices, ModelFacts, Provider, ProviderId, Tariff
from aigne_hub.catalog.listing import (
    anthropic_entry,
    find_listed,
    google_entry,
    named_once,
    openai_entry,
    playground_entries,
    reference_entry,
)
from aigne_hub.catalog.rates.entries import Rate, RateId, RateMetadata
from aigne_hub.catalog.snapshot import ListedModel
from aigne_hub.dialects.call import Kind

PROVIDER = Provider(ProviderId(7), "p", "P", "http://p/v1", None, True, 0, 0)


def listed(kind: Kind, facts: ModelFacts) -> ListedModel:
    return ListedModel("p/m", "m", kind, PROVIDER, 1_700_000_000_999, facts)


def test_a_model_is_found_by_its_id_before_its_name() -> None:
    named = ListedModel("q/p/m", "p/m", Kind.chat, PROVIDER, 0, ModelFacts())
    models = [named, listed(Kind.chat, ModelFacts())]
    assert find_listed(models, "p/m") is models[1]
    assert find_listed(models, "q/p/m") is find_listed(models[:1], "p/m") is named
    assert find_listed(models, "m") is models[1]
    assert find_listed(models, "x") is None


def test_openais_entry_tells_what_is_known_and_nothing_else() -> None:
    entry = openai_entry(listed(Kind.chat, ModelFacts(10, ListPrices(input="0.5"), ("tools",))))
    assert (entry["id"], entry["object"], entry["created"], entry["owned_by"]) == ("p/m", "model", 1_700_000_000, "p")
    assert entry["pricing"] == {"unit": "USD per million tokens", "input": "0.5"}
    assert entry["type"] == "chatCompletion"
    bare = openai_entry(listed(Kind.rerank, ModelFacts(abilities=("rerank",))))
    assert not {"pricing", "context_window"} & bare.keys()
    assert (bare["abilities"], bare["modelMetadata"]) == (["rerank"], {})


def test_anthropic_s_entry_says_null_of_what_is_not_known() -> None:
    entry = anthropic_entry(listed(Kind.chat, ModelFacts(10)))
    assert (entry["id"], entry["display_name"], entry["created_at"]) == ("p/m", "m", "2023-11-14T22:13:20Z")
    assert (entry["max_input_tokens"], entry["max_tokens"]) == (10, None)
    assert anthropic_entry(listed(Kind.image, ModelFacts()))["max_input_tokens"] is None


def test_google_s_entry_names_what_can_be_asked() -> None:
    entry = google_entry(listed(Kind.chat, ModelFacts(10, abilities=("thinking",))))
    assert (entry["name"], entry["inputTokenLimit"], entry["thinking"]) == ("models/p/m", 10, True)
    assert entry["supportedGenerationMethods"] == ["generateContent", "countTokens"]
    bare = google_entry(listed(Kind.audio, ModelFacts()))
    assert (bare["supportedGenerationMethods"], {"inputTokenLimit", "thinking"} & bare.keys()) == ([], set())


def test_the_references_entry_has_its_own_word_for_the_kind_and_prices_as_strings() -> None:
    entry = reference_entry(listed(Kind.image, ModelFacts(abilities=("image",))))
    assert (entry["type"], entry["key"], entry["providerId"]) == ("image", "p/m", "7")
    assert entry["input_credits_per_token"] == entry["output_credits_per_token"] == "0"
    with pytest.raises(KeyError):
        reference_entry(listed(Kind.audio, ModelFacts()))


RATE = Rate(
    RateId(3), ProviderId(7), "m", Kind.chat, "M", "A model.", Tariff(2_500_000_000, 10**15), None, None,
    RateMetadata(max_tokens=16384, features=("vision",)), 0, 0,
)  # fmt: skip


def rated(rate: Rate = RATE, provider: Provider = PROVIDER) -> ListedModel:
    facts = ModelFacts(10, abilities=("tools",))
    return ListedModel(f"{provider.name}/m", "m", rate.kind, provider, 0, facts, rate)


def test_rates_are_told_per_token_in_plain_decimals() -> None:
    for entry in (openai_entry(rated()), reference_entry(rated())):
        assert (entry["input_credits_per_token"], entry["output_credits_per_token"]) == ("0.0000025", "1")
        assert entry["modelMetadata"] == {"features": ("vision",), "contextWindow": 10, "maxTokens": 16384}
        assert entry["status"] == {"available": True}


def test_a_model_with_two_rates_is_named_once() -> None:
    drawn = rated(replace(RATE, kind=Kind.image))
    assert named_once([rated(), drawn, listed(Kind.chat, ModelFacts())]) == [rated()]


def test_a_name_is_listed_with_who_serves_it_and_at_what_rate() -> None:
    other = Provider(ProviderId(8), "q", "Q", "http://q/v1", None, True, 0, 0)
    (entry,) = playground_entries(
        [
            listed(Kind.chat, ModelFacts()),
            rated(),
            rated(replace(RATE, id=RateId(4), kind=Kind.image)),
            rated(provider=other),
        ]
    )
    mine = {"id": "7", "name": "p", "displayName": "P"}
    assert (entry["model"], entry["description"]) == ("m", "A model.")
    assert entry["providers"] == [mine, {"id": "8", "name": "q", "displayName": "Q"}]
    assert [(one["id"], one["type"], one["outputRate"]) for one in entry["rates"]] == [
        ("p/m", "chatCompletion", "0"),
        ("3", "chatCompletion", "1"),
        ("4", "imageGeneration", "1"),
        ("3", "chatCompletion", "1"),
    ]
    assert entry["rates"][1] == {
        "id": "3",
        "type": "chatCompletion",
        "inputRate": "0.0000025",
        "outputRate": "1",
        "provider": mine,
        "description": "A model.",
    }
