"""How each official client is told which model it asks, and one plain question in the words of each."""

from __future__ import annotations

from typing import Any

HI = "Name a colour."


def asked(dialect: str, said: dict[str, Any], model: str) -> dict[str, Any]:
    """What a client of the dialect is told, with the model that it asks."""
    return {"modelId" if dialect == "bedrock_converse" else "model": model, **said}


def question(dialect: str, model: str) -> dict[str, Any]:
    """A plain question."""
    if dialect == "openai_responses":
        return asked(dialect, {"input": HI}, model)
    if dialect == "gemini":
        return asked(dialect, {"contents": HI}, model)
    if dialect == "bedrock_converse":
        return asked(dialect, {"messages": [{"role": "user", "content": [{"text": HI}]}]}, model)
    limit = {"max_tokens": 100} if dialect == "anthropic_messages" else {}
    return asked(dialect, {"messages": [{"role": "user", "content": HI}], **limit}, model)
