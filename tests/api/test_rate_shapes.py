"""Rates on the wire: exact decimals in and out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from aigne_hub.api.rate_shapes import BulkUpdate, NewRate, RateChange, ShownRate
from aigne_hub.catalog.entries import ProviderId, Tariff
from aigne_hub.catalog.rates.entries import ImageOptions, Rate, RateId, RateMetadata
from aigne_hub.catalog.rates.margin import Margin
from aigne_hub.dialects.call import Kind

ABOUT = RateMetadata(16384, ("tools",), ImageOptions(4, ("hd",)))
RATE = Rate(
    RateId(3), ProviderId(7), "m", Kind.chat, "M", "A model.", Tariff(10**9, 10**15, 0, None), 25 * 10**8, 10**10,
    ABOUT, 0, 0,
)  # fmt: skip
GIVEN = {
    "model": "m",
    "inputRate": "0.000001",
    "outputRate": 1,
    "caching": {"readRate": 0},
    "unitCosts": {"input": 0.0000025, "output": "0.00001"},
    "modelMetadata": {"maxTokens": 16384, "features": ["tools"], "imageGeneration": {"max": 4, "quality": ["hd"]}},
}


def test_a_rate_is_read_without_losing_a_digit() -> None:
    draft = NewRate.model_validate(GIVEN).draft
    assert (draft.model, draft.kind, draft.tariff) == ("m", Kind.chat, RATE.tariff)
    assert (draft.input_cost, draft.output_cost, draft.metadata) == (25 * 10**8, 10**10, ABOUT)


def test_a_rate_is_shown_in_plain_decimals() -> None:
    shown = ShownRate.of(RATE).model_dump(by_alias=True)
    assert (shown["inputRate"], shown["outputRate"]) == ("0.000001", "1")
    assert shown["unitCosts"] == {"input": "0.0000025", "output": "0.00001"}
    assert shown["caching"] == {"readRate": "0"}
    assert (shown["type"], shown["deprecated"], shown["createdAt"]) == (
        "chatCompletion",
        False,
        "1970-01-01T00:00:00.000Z",
    )


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, set()),
        ({"inputRate": "0"}, {"tariff"}),
        ({"caching": None}, {"tariff"}),
        ({"unitCosts": None}, {"input_cost", "output_cost"}),
        ({"modelMetadata": None}, {"metadata"}),
        ({"description": None}, {"description"}),
        ({"modelDisplay": "Mine"}, {"model_display"}),
    ],
)
def test_what_is_not_given_stays(change: dict[str, Any], names: set[str]) -> None:
    draft = RateChange.model_validate(change).of(RATE)
    every = ("model", "kind", "tariff", "input_cost", "output_cost", "model_display", "description", "metadata")
    assert {name for name in every if getattr(draft, name) != getattr(RATE, name)} == names


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"inputRate": "0.0000000000000001"}, "at most 15 places"),
        ({"inputRate": -1}, "not negative"),
        ({"outputRate": None}, "best as a string"),
        ({"type": "tokenCount"}, "type"),
        ({"owner": "eve"}, "owner"),
        ({"caching": {"readRates": 1}}, "readRates"),
        ({"modelMetadata": {"features": ["flying"]}}, "features"),
        ({"model": ""}, "model"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        NewRate.model_validate(GIVEN | change)


def test_a_credit_has_a_price_above_zero() -> None:
    assert BulkUpdate.model_validate({"profitMargin": 20, "creditPrice": "0.5"}).margin == Margin(
        20 * 10**15, 5 * 10**14
    )
    with pytest.raises(ValidationError, match="above zero"):
        BulkUpdate.model_validate({"profitMargin": 20, "creditPrice": 0})
