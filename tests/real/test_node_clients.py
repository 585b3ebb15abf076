"""Anthropic's Node SDK and the Vercel AI SDK's OpenAI-compatible provider against the hub and its real model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_anthropic_s_node_sdk(node: Callable[..., Any]) -> None:
    seen = node("anthropic.mjs")
    assert seen["whole"].strip()
    assert seen["used"] > 0
    assert seen["streamed"] == seen["final"]
    assert seen["streamed"].strip()
    assert seen["refused"] == [400, "invalid_request_error"]


def test_the_vercel_ai_sdk(node: Callable[..., Any]) -> None:
    seen = node("vercel.mjs")
    assert seen["whole"].strip()
    assert seen["used"] > 0
    assert seen["streamed"].strip()
    assert seen["reason"] in ("stop", "length")
    status, message = seen["refused"]
    assert status == 400
    assert "No available provider" in message
