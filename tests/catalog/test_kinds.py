"""What the names of models tell."""

from __future__ import annotations

import pytest

from aigne_hub.catalog.kinds import abilities_of, kind_of
from aigne_hub.dialects.call import Kind


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("gpt-5-mini", Kind.chat),
        ("claude-haiku-4-5", Kind.chat),
        ("my-own-model", Kind.chat),
        ("", Kind.chat),
        ("text-embedding-3-small", Kind.embedding),
        ("BAAI/bge-m3", Kind.embedding),
        ("nomic-embed-text", Kind.embedding),
        ("BAAI/bge-reranker-v2-m3", Kind.rerank),
        ("rerank-v3.5", Kind.rerank),
        ("omni-moderation-latest", Kind.moderation),
        ("meta-llama/Llama-Guard-4-12B", Kind.moderation),
        ("dall-e-3", Kind.image),
        ("gpt-image-1", Kind.image),
        ("imagen-4.0-generate-001", Kind.image),
        ("gemini-2.5-flash-image", Kind.image),
        ("black-forest-labs/FLUX.1-schnell", Kind.image),
        ("doubao-seedream-4-0", Kind.image),
        ("sora-2", Kind.video),
        ("veo-3.0-generate-001", Kind.video),
        ("doubao-seedance-1-0-pro", Kind.video),
        ("whisper-large-v3", Kind.audio),
        ("tts-1-hd", Kind.audio),
        ("gpt-4o-mini-tts", Kind.audio),
        ("gpt-4o-transcribe", Kind.audio),
    ],
)
def test_a_name_tells_what_a_model_is_called_for(model: str, kind: Kind) -> None:
    assert kind_of(model) is kind


@pytest.mark.parametrize(
    ("model", "abilities"),
    [
        ("gpt-5-mini", ("tools", "vision", "thinking")),
        ("openai/gpt-4o", ("tools", "vision")),
        ("o3-mini", ("tools", "thinking")),
        ("claude-sonnet-4-5", ("tools", "vision", "thinking")),
        ("claude-3-5-haiku-latest", ("tools", "vision")),
        ("gemini-2.5-pro", ("tools", "vision", "thinking")),
        ("deepseek-reasoner", ("thinking",)),
        ("deepseek-chat", ("tools",)),
        ("grok-4-1-fast-non-reasoning", ("tools", "vision")),
        ("qwen2.5-vl-72b", ("tools", "vision")),
        ("smollm2-135m-instruct", ()),
    ],
)
def test_a_name_tells_what_a_chat_can_do(model: str, abilities: tuple[str, ...]) -> None:
    assert abilities_of(model, Kind.chat) == abilities


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.chat, Kind.token_count)])
def test_what_is_no_chat_can_do_what_it_is_for(kind: Kind) -> None:
    (ability,) = abilities_of("anything", kind)
    assert ability in kind.value.lower()
