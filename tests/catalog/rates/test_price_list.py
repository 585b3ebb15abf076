"""Finding rates in memory."""

from __future__ import annotations

from dataclasses import replace

from aigne_hub.catalog.entries import ProviderId, Tariff
from aigne_hub.catalog.rates.entries import Rate, RateId
from aigne_hub.catalog.rates.price_list import PriceList
from aigne_hub.dialects.call import Kind

ROUTED = Rate(
    RateId(1), ProviderId(1), "openai/gpt-4o", Kind.chat, "", None, Tariff(1, 2), None, None, None, 0, 0
)  # fmt: skip
OWN = replace(ROUTED, id=RateId(2), provider_id=ProviderId(2), model="gpt-4o")
DRAWN = replace(OWN, id=RateId(3), kind=Kind.image)
OTHER = replace(OWN, id=RateId(4), model="a/b/gpt-4o")
PRICES = PriceList((ROUTED, OWN, DRAWN, OTHER))


def test_a_rate_is_of_a_provider_a_model_and_a_kind() -> None:
    assert PRICES.of(ProviderId(2), "gpt-4o", Kind.chat) is OWN
    assert PRICES.of(ProviderId(2), "gpt-4o", Kind.image) is DRAWN
    assert PRICES.of(ProviderId(2), "gpt-4o", None) is OWN
    assert PRICES.of(ProviderId(1), "gpt-4o", Kind.chat) is None
    assert PRICES.of(ProviderId(2), "gpt-4o", Kind.embedding) is None


def test_a_bare_name_means_all_that_end_with_it_and_first_what_is_called_so() -> None:
    assert PRICES.named("gpt-4o", Kind.chat) == [OWN, ROUTED, OTHER]
    assert PRICES.named("b/gpt-4o", Kind.chat) == [OTHER]
    assert PRICES.named("gpt-4o", Kind.image) == [DRAWN]
    assert PRICES.named("pt-4o", None) == PRICES.named("GPT-4o", None) == []
