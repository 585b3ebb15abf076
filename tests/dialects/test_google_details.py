"""What Google tells beside an error is read, and no other body is taken for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects.google_details import GoogleDetails, google_details

RPC = "type.googleapis.com/google.rpc."


def details(*told: dict[str, Any]) -> GoogleDetails:
    return google_details(json.dumps({"error": {"code": 429, "details": list(told)}}).encode())


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("34s", 34), ("16.3s", 17), ("0.000000001s", 1), ("0s", 0), ("999999s", 86400), ("-1s", None), ("1m", None)],
)
def test_a_delay_is_told_in_whole_seconds(delay: str, seconds: int | None) -> None:
    told = ({"@type": RPC + "Help", "links": []}, {"@type": RPC + "RetryInfo", "retryDelay": delay})
    assert details(*told) == GoogleDetails(retry_after=seconds)


@pytest.mark.parametrize(("reason", "is_of_key"), [("API_KEY_INVALID", True), ("RATE_LIMIT_EXCEEDED", False)])
def test_a_key_that_is_none_is_told_by_its_reason(reason: str, is_of_key: bool) -> None:
    assert details({"@type": RPC + "ErrorInfo", "reason": reason}).is_of_key is is_of_key


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"<html>", b'{"error":"no"}', b'{"error":{"details":[7]}}', b"[" * 70_000, b'{"message":"x"}']
)
def test_of_another_body_nothing_is_told(body: bytes) -> None:
    assert google_details(body) == GoogleDetails()
