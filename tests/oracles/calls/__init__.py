"""The same calls in the words of each official client, by dialect and name."""

from __future__ import annotations

from typing import Any

from tests.oracles.calls import anthropic_messages, bedrock_converse, gemini, openai_chat, openai_responses

CALLS: dict[str, dict[str, dict[str, Any]]] = {
    "openai_chat": openai_chat.CALLS,
    "openai_responses": openai_responses.CALLS,
    "anthropic_messages": anthropic_messages.CALLS,
    "gemini": gemini.CALLS,
    "bedrock_converse": bedrock_converse.CALLS,
}
