"""The providers known by name live here, with the model names that lead to them (contract 5.1, 5.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider one can add by name alone; `test_model` is asked when a credential is checked."""

    name: str
    display_name: str
    base_url: str
    test_model: str


KNOWN = {
    provider.name: provider
    for provider in (
        KnownProvider("openai", "OpenAI", "https://api.openai.com/v1", "gpt-4.1-nano"),
        KnownProvider("deepseek", "DeepSeek", "https://api.deepseek.com/v1", "deepseek-chat"),
        KnownProvider("xai", "xAI", "https://api.x.ai/v1", "grok-3-mini-fast"),
        KnownProvider("doubao", "Doubao", "https://ark.cn-beijing.volces.com/api/v3", "doubao-seed-1-8-251228"),
        KnownProvider("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "openai/gpt-4o-mini"),
        KnownProvider("poe", "Poe", "https://api.poe.com/v1", "gpt-5-mini"),
        KnownProvider("ollama", "Ollama", "http://localhost:11434/v1", "llama3.2"),
        # Both serve Chat Completions beside their own formats, at these addresses.
        KnownProvider("anthropic", "Anthropic", "https://api.anthropic.com/v1", "claude-haiku-4-5"),
        KnownProvider(
            "google", "Google AI", "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-2.5-flash"
        ),
    )
}

_ALIASES = {"gemini": "google"}

# Which providers serve a bare model name, in order of preference (contract 5.3).
_FAMILIES = tuple(
    (re.compile(pattern), providers)
    for pattern, providers in (
        (r"(gemini|imagen|veo)", ("google", "openrouter", "poe")),
        (r"(gpt-|o1|o3|dall-e-|text-embedding-|sora-)", ("openai", "openrouter", "poe")),
        (r"claude", ("anthropic", "openrouter", "poe")),
        (r"deepseek", ("deepseek", "openrouter", "ollama")),
        (r"grok", ("xai", "openrouter", "poe")),
        (r"doubao", ("doubao",)),
        (r"(llama|mistral|mixtral|qwen|gemma|yi|phi)", ("openrouter", "ollama")),
    )
)

# OpenRouter wants the maker of a model before its name (contract 5.3).
_MAKERS = tuple(
    (re.compile(pattern), maker)
    for pattern, maker in (
        (r"(gemini|imagen|veo|gemma)", "google"),
        (r"(gpt-|o1|o3|dall-e-|text-embedding-|sora-)", "openai"),
        (r"claude", "anthropic"),
        (r"deepseek", "deepseek"),
        (r"grok", "x-ai"),
        (r"llama", "meta-llama"),
        (r"(mistral|mixtral)", "mistralai"),
        (r"qwen", "qwen"),
        (r"phi", "microsoft"),
        (r"yi", "01-ai"),
    )
)


def canonical(name: str) -> str:
    """A provider's name as the hub spells it: lower case, aliases resolved."""
    name = name.lower()
    return _ALIASES.get(name, name)


def family(model: str) -> tuple[str, ...]:
    """The providers that a bare model name suggests, best first; empty when it suggests none."""
    for pattern, providers in _FAMILIES:
        if pattern.match(model):
            return providers
    return ()


def upstream_name(provider: str, model: str) -> str:
    """A bare model name as `provider` spells it."""
    if provider != "openrouter" or "/" in model:
        return model
    for pattern, maker in _MAKERS:
        if pattern.match(model):
            return f"{maker}/{model}"
    return model
