"""The OpenAI Node SDK against the running hub and its real model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.real.conftest import MODEL, RealHub


@pytest.mark.parametrize("base", ["/v1", "/api/v2"])
def test_the_node_sdk_gets_all_it_asks_for(node: Callable[..., Any], real_hub: RealHub, base: str) -> None:
    seen = node("openai.mjs", base)
    assert seen["plain"]
    assert real_hub.call(seen["requestId"])["usageMetrics"]["outputTokens"] == seen["tokens"] > 0
    assert seen["streamed"]
    assert seen["usage"]["completion_tokens"] > 0
    assert seen["dimensions"] == [576, 576]
    assert MODEL in seen["models"]
    assert seen["refused"] == {"status": 401, "code": "invalid_api_key", "type": "authentication_error"}
    assert (seen["cancelledAfter"], seen["after"]) == (1, 1)
    assert real_hub.call(seen["cancelledId"])["usageSource"] in ("reported", "partial")
