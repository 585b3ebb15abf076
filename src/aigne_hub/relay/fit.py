"""Calls that their model surely cannot answer are refused here, before a provider is asked in vain."""

from __future__ import annotations

from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import Target
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.needs import TOOLS, VISION, needed

_NOUNS = {
    Kind.chat: "chats",
    Kind.embedding: "calls for embeddings",
    Kind.image: "calls for pictures",
    Kind.audio: "calls for sound",
    Kind.video: "calls for videos",
    Kind.rerank: "calls to rerank",
    Kind.moderation: "calls to moderate",
}
_REASONS = {TOOLS: "it cannot use tools", VISION: "it cannot see pictures"}


def refuse_unfit(call: Call, dialect: ServedDialect, target: Target) -> None:
    """Raises BadRequest that names the model and what it lacks."""
    lacks = target.lacks
    if not lacks:
        return
    if call.kind.value in lacks:
        raise _refusal(call, f"it answers no {_NOUNS[call.kind]}")
    if (need := needed(call, dialect, lacks)) is not None:
        raise _refusal(call, _REASONS[need])


def _refusal(call: Call, reason: str) -> BadRequest:
    return BadRequest(f"the model {call.model} is not for this call: {reason}", code="model_unfit", param="model")
