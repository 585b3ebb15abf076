"""The JSON of a route."""

from __future__ import annotations

import msgspec
import pytest

from aigne_hub.catalog.routes.entries import RouteDraft
from tests.catalog.routes.shelf import draft


def test_what_is_usual_is_not_said() -> None:
    assert msgspec.json.encode(draft(["openai/gpt-4o"])) == b'{"tiers":[{"targets":[{"target":"openai/gpt-4o"}]}]}'


@pytest.mark.parametrize(
    "text",
    [
        b'{"tiers": [{"targets": [{"target": "a", "wieght": 1}]}]}',
        b'{"tiers": [{"targets": [{"target": "a", "weight": 1.5}]}]}',
        b'{"tiers": [{"targets": [{"target": "a"}], "strategy": "random"}]}',
        b'{"tiers": [{"targets": [{"target": "a", "when": {"min_bytes": 1}}]}]}',
        b"{}",
    ],
)
def test_what_nobody_knows_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=RouteDraft)
