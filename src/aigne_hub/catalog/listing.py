"""How a model is told of in lists lives here, in each maker's words and in the reference's (contract 2.8, 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from aigne_hub.base.money import shown_rate
from aigne_hub.catalog.entries import ListPrices, Tariff
from aigne_hub.catalog.snapshot import ListedModel
from aigne_hub.catalog.statuses.entries import Fault, ModelKey, ModelStatus
from aigne_hub.dialects.call import Kind

# What the reference calls a kind of model, with all the names that one may ask for.
TYPES = {
    Kind.chat: ("chat", "chatCompletion"),
    Kind.image: ("image", "imageGeneration", "image_generation"),
    Kind.embedding: ("embedding",),
    Kind.video: ("video",),
}

# What Google calls that which a model can be asked for by its clients.
_METHODS = {
    Kind.chat: ("generateContent", "countTokens"),
    Kind.embedding: ("embedContent", "batchEmbedContents"),
}
_FREE = Tariff(0, 0)  # where calls are not priced


def with_faults(models: Sequence[ListedModel], down: Mapping[ModelKey, ModelStatus]) -> Sequence[ListedModel]:
    """The models, told which are not available. A name of a route is available: it leads to more than one model."""
    if not down:
        return models
    return [
        replace(one, fault=found.fault)
        if (found := down.get((one.provider.id, one.name))) is not None and one.id != one.name
        else one
        for one in models
    ]


def status_entry(fault: Fault | None) -> dict[str, Any]:
    """As the reference's clients read it (contract 2.8): `error` is there only when there is one."""
    if fault is None:
        return {"available": True}
    return {"available": False, "error": {"code": fault.code, "message": fault.message}}


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


def anthropic_entry(model: ListedModel) -> dict[str, Any]:
    """A model as Anthropic lists it (https://platform.claude.com/docs/en/api/models/list); null is not known."""
    created = datetime.fromtimestamp(model.created_ms // 1000, UTC)
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": created.isoformat().replace("+00:00", "Z"),
        "max_input_tokens": model.facts.context_window,
        "max_tokens": None,
        "lifecycle": "active",
    }


def google_entry(model: ListedModel) -> dict[str, Any]:
    """A model as Google lists it (https://ai.google.dev/api/models), with what its clients may ask of it."""
    entry: dict[str, Any] = {
        "name": f"models/{model.id}",
        "displayName": model.name,
        "description": model.provider.display_name,
        "supportedGenerationMethods": list(_METHODS.get(model.kind, ())),
    }
    if model.facts.context_window is not None:
        entry["inputTokenLimit"] = model.facts.context_window
    if "thinking" in model.facts.abilities:
        entry["thinking"] = True
    return entry


def reference_entry(model: ListedModel) -> dict[str, Any]:
    """A model as the reference lists it. Raises KeyError for a kind that it knows no type for."""
    return {**_common(model), "type": TYPES[model.kind][0]}


def named_once(models: Sequence[ListedModel]) -> list[ListedModel]:
    """One of each id: a model with rates for several kinds of calls is one model all the same."""
    found: dict[str, ListedModel] = {}
    for model in models:
        found.setdefault(model.id, model)
    return list(found.values())


def playground_entries(models: Sequence[ListedModel]) -> list[dict[str, Any]]:
    """Each name once, with who serves it at what rate, as the reference lists them at `chat/models`."""
    by_name: dict[str, list[ListedModel]] = {}
    for model in models:
        by_name.setdefault(model.name, []).append(model)
    return [
        {
            "model": name,
            "description": next((one.rate.description for one in found if one.rate and one.rate.description), ""),
            "rates": [_rate_entry(one) for one in found],
            "providers": list({one.provider.id: _provider_entry(one) for one in found}.values()),
        }
        for name, found in by_name.items()
    ]


def _rate_entry(model: ListedModel) -> dict[str, Any]:
    rate = model.rate
    tariff = _FREE if rate is None else rate.tariff
    return {
        "id": model.id if rate is None else str(rate.id),
        "type": model.kind.value,
        "inputRate": shown_rate(tariff.input),
        "outputRate": shown_rate(tariff.output),
        "provider": _provider_entry(model),
        "description": "" if rate is None else rate.description or "",
    }


def _provider_entry(model: ListedModel) -> dict[str, str]:
    provider = model.provider
    return {"id": str(provider.id), "name": provider.name, "displayName": provider.display_name}


def _common(model: ListedModel) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if model.kind is Kind.chat and model.facts.abilities:
        metadata["features"] = list(model.facts.abilities)
    if model.facts.context_window is not None:
        metadata["contextWindow"] = model.facts.context_window
    if model.rate is not None and model.rate.metadata is not None:  # what an operator says of it wins
        metadata |= msgspec.to_builtins(model.rate.metadata)
    tariff = _FREE if model.rate is None else model.rate.tariff
    return {
        "key": model.id,
        "model": model.name,
        "provider": model.provider.name,
        "providerId": str(model.provider.id),
        "providerDisplayName": model.provider.display_name,
        "input_credits_per_token": shown_rate(tariff.input),
        "output_credits_per_token": shown_rate(tariff.output),
        "modelMetadata": metadata,
        "status": status_entry(model.fault),
    }


def _pricing(prices: ListPrices) -> dict[str, str]:
    known = {
        "input": prices.input,
        "output": prices.output,
        "cache_read": prices.cache_read,
        "cache_write": prices.cache_write,
    }
    return {"unit": "USD per million tokens", **{name: price for name, price in known.items() if price is not None}}
