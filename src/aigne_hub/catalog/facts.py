"""What is known of models beside their names lives here: context sizes and list prices, from data that is installed.

The data is of the package genai-prices, as installed: nothing is fetched, and a newer package counts for models
whose provider's credential is checked anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from aigne_hub.catalog.entries import ListPrices, ModelFacts
from aigne_hub.catalog.kinds import abilities_of
from aigne_hub.dialects.call import Kind

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

# The hub's names of providers, where the data has another one.
_NAMES = {"xai": "x-ai", "moonshot": "moonshotai", "zhipu": "zhipuai", "bedrock": "aws", "vertex": "google"}


def facts_of(provider: str, models: Iterable[tuple[str, Kind]], now_ms: int) -> dict[str, ModelFacts]:
    """What is known of each model of a provider; prices are those of the time `now_ms`.

    The first use loads the data: some 50 ms and 7 MB, so call it in a thread and never while starting.
    """
    from genai_prices.data import providers

    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    wanted = _NAMES.get(provider, provider)
    listing = next((one for one in providers if one.id == wanted), None)
    by_id = {one.id.lower(): one for one in listing.models} if listing else {}
    return {
        name: _facts(name, kind, by_id.get(_plain(name)) or _matching(listing, providers, _plain(name)), at)
        for name, kind in models
    }


def _plain(name: str) -> str:
    return name.lower().removeprefix("models/")  # as Google lists them


def _matching(listing: Provider | None, providers: list[Provider], name: str) -> ModelInfo | None:
    return listing.find_model(name, all_providers=providers) if listing else None


def _facts(name: str, kind: Kind, info: ModelInfo | None, at: datetime) -> ModelFacts:
    abilities = abilities_of(name, kind)
    if info is None:
        return ModelFacts(abilities=abilities)
    return ModelFacts(info.context_window, _prices(info, at), abilities)


def _prices(info: ModelInfo, at: datetime) -> ListPrices | None:
    if not info.prices:
        return None
    priced = vars(info.get_prices(at))
    prices = ListPrices(
        input=_exact(priced.get("input_mtok")),
        output=_exact(priced.get("output_mtok")),
        cache_read=_exact(priced.get("cache_read_mtok")),
        cache_write=_exact(priced.get("cache_write_mtok")),
    )
    return None if prices == ListPrices() else prices


def _exact(price: object) -> str | None:
    """A price as a plain decimal; of one that rises with the length of the prompt, its first tier."""
    base = getattr(price, "base", price)
    return format(base, "f") if isinstance(base, Decimal) else None
