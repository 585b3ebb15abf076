"""What a model surely lacks; silence is no lack."""

from __future__ import annotations

import pytest

from aigne_hub.catalog.kinds import kind_of
from aigne_hub.catalog.lacks import lacks_of
from aigne_hub.dialects.call import Kind


@pytest.mark.parametrize(
    ("provider", "model", "lacks"),
    [
        ("openai", "o1-mini", {"tools", "vision"}),
        ("openai", "o3-mini-2025-01-31", {"vision"}),
        ("openai", "chatgpt-4o-latest", {"tools"}),
        ("openai", "gpt-3.5-turbo-0125", {"vision"}),
        ("openrouter", "openai/gpt-oss-120b", {"vision"}),
        ("groq", "llama-3.3-70b-versatile", {"vision"}),
        ("together", "meta-llama/Meta-Llama-3.1-8B-Instruct", {"vision"}),
        ("local", "smollm2-135m-instruct", {"vision"}),
        ("groq", "meta-llama/llama-3.2-11b-vision-preview", set()),
        ("nvidia", "nvidia/llama-3.1-nemotron-nano-vl-8b-v1", set()),
        ("openai", "gpt-4", set()),
        ("openai", "gpt-4o", set()),
        ("openai", "o1", set()),
        ("openai", "o3", set()),
        ("openai", "a-model-of-next-year", set()),
        ("deepseek", "deepseek-chat", set()),
        ("azure", "gpt-35-turbo", set()),
        ("azure", "o3-mini", set()),
        ("ollama", "codestral", set()),
        ("mine", "gpt-3.5-turbo", set()),
    ],
)
def test_only_what_a_maker_says_is_sure(provider: str, model: str, lacks: set[str]) -> None:
    assert lacks_of(provider, model, kind_of(model)) == lacks


@pytest.mark.parametrize("kind", [Kind.embedding, Kind.rerank])
def test_models_of_a_single_kind_answer_nothing_else_at_any_provider(kind: Kind) -> None:
    lacks = lacks_of("mine", "m", kind)
    assert lacks == {one.value for one in Kind} - {kind.value, "tokenCount"}


@pytest.mark.parametrize("kind", [Kind.image, Kind.audio, Kind.moderation, Kind.video])
def test_models_that_may_chat_beside_are_not_hindered(kind: Kind) -> None:
    assert lacks_of("google", "gemini-2.5-flash-image", kind) == frozenset()
