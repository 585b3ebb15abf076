"""A provider is spoken to in the caller's dialect if it can be, else in its own best."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.pairing import Pair, called_videos, pair

CHAT, MESSAGES = OpenAIChat(is_hybrid=True), AnthropicMessages()


def paired(served: ServedDialect, *spoken: str, **more: Any) -> Pair:
    body = {"model": "up/m", "max_tokens": 99, "messages": [{"role": "user", "content": "hi"}], **more}
    call = served.read_request(json.dumps(body).encode(), accepts_stream=False)
    return pair(served, call, "m", spoken, frozenset())


def test_the_same_dialect_is_not_translated_whatever_is_preferred() -> None:
    way = paired(MESSAGES, "openai_chat", "anthropic_messages")
    assert way.carrier is MESSAGES
    assert (way.is_same, way.upstream, way.losses.header()) == (True, "anthropic_messages", "")


def test_another_dialect_is_translated_to_the_preferred_one() -> None:
    way = paired(CHAT, "openai_embeddings", "anthropic_messages")
    assert (way.is_same, way.upstream) == (False, "anthropic_messages")


def test_a_call_goes_by_the_dialect_that_loses_least_of_it_and_of_equals_by_the_preferred() -> None:
    spoken = ("openai_responses", "openai_chat")
    assert paired(MESSAGES, *spoken).upstream == "openai_responses"
    way = paired(MESSAGES, *spoken, stop_sequences=["END"])  # which Responses cannot say
    assert (way.upstream, way.losses.lost(), json.loads(way.body)["stop"]) == ("openai_chat", [], ["END"])
    both = paired(MESSAGES, *spoken, top_k=3)  # which neither can
    assert (both.upstream, both.losses.lost()) == ("openai_responses", ["top_k"])


def test_a_provider_that_cannot_serve_the_call_is_said_to_be_one() -> None:
    with pytest.raises(BadRequest, match="does not serve such calls") as refused:
        pair(Embeddings(), Call(Kind.embedding, "up/e", b"{}"), "e", ("anthropic_messages",), frozenset())
    assert refused.value.param == "model"


def test_videos_are_asked_for_in_the_first_dialect_that_has_them() -> None:
    both = called_videos(("gemini", "gemini_videos", "openai_videos"))
    assert both is not None and both.name == "gemini_videos"
    assert called_videos(("openai_chat",)) is None
