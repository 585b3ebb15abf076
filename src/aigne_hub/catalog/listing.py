"""How a model is told of in lists lives here: OpenAI's entry, and the reference's (contract 2.8, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aigne_hub.catalog.entries import ListPrices
from aigne_hub.catalog.snapshot import ListedModel
from aigne_hub.dialects.call import Kind

# What the reference calls a kind of model, with all the names that one may ask for.
TYPES = {
    Kind.chat: ("chat", "chatCompletion"),
    Kind.image: ("image", "imageGeneration", "image_generation"),
    Kind.embedding: ("embedding",),
    Kind.video: ("video",),
}

_FREE = "0"  # nothing is charged; clients want a string


def find_listed(models: Sequence[ListedModel], name: str) -> ListedModel | None:
    """The model of this id, or the first that a bare name means."""
    by_id = next((model for model in models if model.id == name), None)
    return by_id or next((model for model in models if model.name == name), None)


def openai_entry(model: ListedModel) -> dict[str, Any]:
    """A model as OpenAI lists it, with the reference's fields and what else is known beside."""
    entry = {
        **_common(model),
        "id": model.id,
        "object": "model",
        "created": model.created_ms // 1000,
        "owned_by": model.provider.name,
        "type": model.kind.value,
        "abilities": list(model.facts.abilities),
    }
    if model.facts.context_window is not None:
        entry["context_window"] = model.facts.context_window
    if model.facts.prices is not None:
        entry["pricing"] = _pricing(model.facts.prices)
    return entry


def reference_entry(model: ListedModel) -> dict[str, Any]:
    """A model as the reference lists it. Raises KeyError for a kind that it knows no type for."""
    return {**_common(model), "type": TYPES[model.kind][0]}


def _common(model: ListedModel) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if model.kind is Kind.chat and model.facts.abilities:
        metadata["features"] = list(model.facts.abilities)
    if model.facts.context_window is not None:
        metadata["contextWindow"] = model.facts.context_window
    return {
        "key": model.id,
        "model": model.name,
        "provider": model.provider.name,
        "providerId": str(model.provider.id),
        "providerDisplayName": model.provider.display_name,
        "input_credits_per_token": _FREE,
        "output_credits_per_token": _FREE,
        "modelMetadata": metadata,
        "status": {"available": True},
    }


def _pricing(prices: ListPrices) -> dict[str, str]:
    known = {
        "input": prices.input,
        "output": prices.output,
        "cache_read": prices.cache_read,
        "cache_write": prices.cache_write,
    }
    return {"unit": "USD per million tokens", **{name: price for name, price in known.items() if price is not None}}
