"""The providers known by name live here, with the model names that lead to them (contract 5.1, 5.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOCAL = "local"


_OPENAI_LIKE = ("openai_chat", "openai_embeddings")


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider one can add by name alone; `test_model` is asked when a credential is checked.

    `dialects` are the wire formats it speaks, the preferred one first. `quirks` are what sets it apart from
    its dialect's own page: `max_completion_tokens` (its name for the limit of output), `top_k` (it takes one),
    `reasoning_content` (it takes thoughts back), `cache_control` (it takes marks of what to cache).
    """

    name: str
    display_name: str
    base_url: str
    test_model: str
    dialects: tuple[str, ...] = _OPENAI_LIKE
    quirks: frozenset[str] = frozenset()


KNOWN = {
    provider.name: provider
    for provider in (
        KnownProvider(
            "openai",
            "OpenAI",
            "https://api.openai.com/v1",
            "gpt-4.1-nano",
            dialects=(*_OPENAI_LIKE, "openai_responses"),
            quirks=frozenset({"max_completion_tokens"}),
        ),
        KnownProvider(
            "deepseek",
            "DeepSeek",
            "https://api.deepseek.com/v1",
            "deepseek-chat",
            quirks=frozenset({"reasoning_content"}),
        ),
        KnownProvider("xai", "xAI", "https://api.x.ai/v1", "grok-3-mini-fast"),
        KnownProvider("doubao", "Doubao", "https://ark.cn-beijing.volces.com/api/v3", "doubao-seed-1-8-251228"),
        KnownProvider(
            "openrouter",
            "OpenRouter",
            "https://openrouter.ai/api/v1",
            "openai/gpt-4o-mini",
            quirks=frozenset({"top_k", "cache_control"}),
        ),
        KnownProvider("poe", "Poe", "https://api.poe.com/v1", "gpt-5-mini"),
        KnownProvider("ollama", "Ollama", "http://localhost:11434/v1", "llama3.2"),
        KnownProvider(
            "anthropic",
            "Anthropic",
            "https://api.anthropic.com/v1",
            "claude-haiku-4-5",
            dialects=("anthropic_messages",),
        ),
        KnownProvider(
            "google", "Google AI", "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-2.5-flash"
        ),
    )
}

# What the hub's own model server speaks beside Chat Completions (llama.cpp).
_LOCAL_DIALECTS = ("openai_chat", "anthropic_messages", "openai_responses", "openai_embeddings")
_LOCAL_QUIRKS = frozenset({"top_k", "reasoning_content"})

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


def dialects_of(name: str) -> tuple[str, ...]:
    """What a provider of this name speaks, the preferred dialect first; an unknown one speaks as OpenAI does."""
    if name == LOCAL:
        return _LOCAL_DIALECTS
    known = KNOWN.get(name)
    return _OPENAI_LIKE if known is None else known.dialects


def quirks_of(name: str) -> frozenset[str]:
    if name == LOCAL:
        return _LOCAL_QUIRKS
    known = KNOWN.get(name)
    return frozenset() if known is None else known.quirks


def credential_headers(dialect: str, secret: str) -> tuple[tuple[bytes, bytes], ...]:
    """How a credential is shown to a provider whose preferred dialect is this one.

    Anthropic: https://platform.claude.com/docs/en/api/overview; all others take a bearer (RFC 6750).
    """
    value = secret.encode("ascii")
    if dialect == "anthropic_messages":
        return ((b"x-api-key", value), (b"anthropic-version", b"2023-06-01"))
    return ((b"authorization", b"Bearer " + value),)


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
