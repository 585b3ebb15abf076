"""The published client @blocklet/aigne-hub, unchanged, against the running hub (contract 3.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.real.conftest import RealHub


def test_chat_status_and_embeddings(node: Callable[..., Any], real_hub: RealHub) -> None:
    seen = node("aigne_hub.cjs", "all")
    assert (seen["chat"]["role"], bool(seen["chat"]["text"])) == ("assistant", True)
    usage = seen["chat"]["usage"]
    assert usage["totalTokens"] > usage["completionTokens"] > 0
    assert seen["status"]["available"] is True
    assert seen["unknown"]["available"] is False
    assert seen["dimensions"] == [576]
    call = real_hub.call(usage["modelCallId"])
    assert (call["appDid"], call["status"]) == ("zTestApp", "success")
    assert call["usageMetrics"]["outputTokens"] == usage["completionTokens"]


def test_an_error_reaches_the_client_with_its_message_and_type(node: Callable[..., Any]) -> None:
    seen = node("aigne_hub.cjs", "refused", key="blocklet-wrong")
    assert (seen["message"], seen["type"]) == ("the access key is not valid", "authentication_error")
