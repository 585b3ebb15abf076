"""The names of models and the providers they lead to (contract 5.3)."""

from __future__ import annotations

import pytest

from aigne_hub.providers.families import family, upstream_name
from aigne_hub.providers.rows import KNOWN


@pytest.mark.parametrize(
    ("model", "first"),
    [
        ("gemini-2.5-flash", "google"),
        ("gpt-5-mini", "openai"),
        ("o3", "openai"),
        ("o4-mini", "openai"),
        ("text-embedding-3-small", "openai"),
        ("whisper-1", "openai"),
        ("tts-1-hd", "openai"),
        ("claude-haiku-4-5", "anthropic"),
        ("deepseek-chat", "deepseek"),
        ("grok-3", "xai"),
        ("doubao-seed", "doubao"),
        ("mistral-small-latest", "mistral"),
        ("codestral-latest", "mistral"),
        ("command-a-03-2025", "cohere"),
        ("sonar", "perplexity"),
        ("kimi-k2.6", "moonshot"),
        ("moonshot-v1-8k", "moonshot"),
        ("glm-4-flash", "zhipu"),
        ("qwen3-max", "dashscope"),
        ("MiniMax-M3", "minimax"),
        ("llama-3.3-70b", "bedrock"),
        ("gemma-3", "bedrock"),
        ("phi-4", "openrouter"),
    ],
)
def test_a_family_leads_to_its_maker_first(model: str, first: str) -> None:
    providers = family(model)
    assert providers[0] == first
    assert set(providers) <= KNOWN.keys()


@pytest.mark.parametrize("model", ["mistral-large", "mixtral-8x7b", "qwen3", "llama3.2", "gemma-3", "yi-34b", "phi-4"])
def test_open_models_are_looked_for_at_openrouter_and_ollama(model: str) -> None:
    assert family(model)[-2:] == ("openrouter", "ollama")


def test_other_names_suggest_nobody() -> None:
    assert family("my-own-model") == ()
    assert family("") == ()


@pytest.mark.parametrize(
    ("provider", "model", "spelled"),
    [
        ("openrouter", "gpt-4o", "openai/gpt-4o"),
        ("openrouter", "grok-3", "x-ai/grok-3"),
        ("openrouter", "gemma-3", "google/gemma-3"),
        ("openrouter", "kimi-k2.6", "moonshotai/kimi-k2.6"),
        ("openrouter", "glm-4.7", "z-ai/glm-4.7"),
        ("openrouter", "a/b", "a/b"),
        ("openrouter", "unheard-of", "unheard-of"),
        ("openai", "gpt-4o", "gpt-4o"),
        ("bedrock", "claude-opus-4-7", "anthropic.claude-opus-4-7"),
        ("bedrock", "llama3-3-70b-instruct-v1:0", "meta.llama3-3-70b-instruct-v1:0"),
        ("bedrock", "llama3.2", "meta.llama3.2"),
        ("bedrock", "mistral-large-2407-v1:0", "mistral.mistral-large-2407-v1:0"),
        ("bedrock", "us.anthropic.claude-opus-4-7", "us.anthropic.claude-opus-4-7"),
        ("bedrock", "unheard-of", "unheard-of"),
        ("perplexity", "sonar", "perplexity/sonar"),
        ("perplexity", "openai/gpt-5.4", "openai/gpt-5.4"),
    ],
)
def test_a_provider_spells_a_name_its_own_way(provider: str, model: str, spelled: str) -> None:
    assert upstream_name(provider, model) == spelled
