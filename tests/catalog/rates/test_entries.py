"""What may be told of a rate."""

from __future__ import annotations

import msgspec
import pytest

from aigne_hub.catalog.rates.entries import RATED, Billing, ImageOptions, RateMetadata
from aigne_hub.dialects.call import Kind


def test_metadata_is_written_in_the_contract_s_names_and_without_what_is_not_there() -> None:
    told = RateMetadata(16384, ("tools", "vision"), ImageOptions(4, size=("1024x1024",)))
    written = msgspec.json.encode(told)
    assert msgspec.json.decode(written) == {
        "maxTokens": 16384,
        "features": ["tools", "vision"],
        "imageGeneration": {"max": 4, "size": ["1024x1024"]},
    }
    assert msgspec.json.decode(written, type=RateMetadata) == told
    assert msgspec.json.encode(RateMetadata()) == b"{}"
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"features":["flying"]}', type=RateMetadata)


def test_every_kind_of_call_has_a_rate_but_counting() -> None:
    assert set(Kind) - set(RATED) == {Kind.token_count}


def test_calls_are_not_priced_at_first() -> None:
    assert Billing() == Billing(is_on=False, prefix="")
