"""A provider is spoken to in the caller's dialect if it can be, else in its own best."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.pairing import called_videos, pair

CHAT, MESSAGES = OpenAIChat(is_hybrid=True), AnthropicMessages()


def test_the_same_dialect_is_not_translated_whatever_is_preferred() -> None:
    way = pair(MESSAGES, ("openai_chat", "anthropic_messages"), frozenset())
    assert way.carrier is MESSAGES
    assert (way.is_same, way.upstream, way.losses.header()) == (True, "anthropic_messages", "")


def test_another_dialect_is_translated_to_the_preferred_one() -> None:
    way = pair(CHAT, ("openai_embeddings", "anthropic_messages"), frozenset())
    assert (way.is_same, way.upstream) == (False, "anthropic_messages")


def test_a_provider_that_cannot_serve_the_call_is_said_to_be_one() -> None:
    with pytest.raises(BadRequest, match="does not serve such calls") as refused:
        pair(Embeddings(), ("anthropic_messages",), frozenset())
    assert refused.value.param == "model"


def test_videos_are_asked_for_in_the_first_dialect_that_has_them() -> None:
    both = called_videos(("gemini", "gemini_videos", "openai_videos"))
    assert both is not None and both.name == "gemini_videos"
    assert called_videos(("openai_chat",)) is None
