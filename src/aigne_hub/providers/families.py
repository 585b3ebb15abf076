"""Which model names lead to which providers, and how each spells them, lives here (contract 5.3)."""

from __future__ import annotations

import re

# These names mean the provider also before it was added: `openai/gpt-4o` never goes to somebody else, though another
# provider lists a model of just that name. All other names of providers count once there is such a provider.
RESERVED = frozenset(
    {
        "anthropic",
        "bedrock",
        "deepseek",
        "doubao",
        "google",
        "ideogram",
        "ollama",
        "openai",
        "openrouter",
        "poe",
        "xai",
    }
)

# Which providers serve a bare model name, in order of preference.
_FAMILIES = tuple(
    (re.compile(pattern), providers)
    for pattern, providers in (
        (r"(gemini|imagen|veo)", ("google", "openrouter", "poe")),
        (r"(gpt-|o1|o3|o4|dall-e-|text-embedding-|sora-)", ("openai", "openrouter", "poe")),
        (r"(whisper|tts)-1", ("openai",)),
        (r"claude", ("anthropic", "bedrock", "openrouter", "poe")),
        (r"deepseek", ("deepseek", "openrouter", "ollama")),
        (r"grok", ("xai", "openrouter", "poe")),
        (r"doubao", ("doubao",)),
        (
            r"(mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral)",
            ("mistral", "bedrock", "openrouter", "ollama"),
        ),
        (r"(qwen|qwq|qvq)", ("dashscope", "bedrock", "openrouter", "ollama")),
        (r"command", ("cohere", "openrouter", "ollama")),
        (r"sonar", ("perplexity", "openrouter")),
        (r"(kimi|moonshot)", ("moonshot", "openrouter")),
        (r"glm", ("zhipu", "openrouter")),
        (r"(?i:minimax)", ("minimax", "openrouter")),
        (r"(llama|gemma)", ("bedrock", "openrouter", "ollama")),
        (r"(yi|phi)", ("openrouter", "ollama")),  # Bedrock has none of them
    )
)

# Whose own name for a model is only guessed from a bare one, as it may say a region and a version too
# (https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html): asked when nobody else serves it.
GUESSED = frozenset({"bedrock"})

# OpenRouter wants the maker of a model before its name, and Bedrock does, in other words.
_MAKERS = tuple(
    (re.compile(pattern), maker)
    for pattern, maker in (
        (r"(gemini|imagen|veo|gemma)", "google"),
        (r"(gpt-|o1|o3|o4|dall-e-|text-embedding-|sora-)", "openai"),
        (r"claude", "anthropic"),
        (r"deepseek", "deepseek"),
        (r"grok", "x-ai"),
        (r"llama", "meta-llama"),
        (r"(mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral)", "mistralai"),
        (r"(qwen|qwq|qvq)", "qwen"),
        (r"command", "cohere"),
        (r"sonar", "perplexity"),
        (r"(kimi|moonshot)", "moonshotai"),
        (r"glm", "z-ai"),
        (r"(?i:minimax)", "minimax"),
        (r"phi", "microsoft"),
        (r"yi", "01-ai"),
    )
)


_BEDROCK_MAKERS = {"mistralai": "mistral"}
_HAS_MAKER = re.compile(r"[a-z0-9-]+\.[a-z]")  # `us.anthropic.claude-…`, and not `llama3.2`


def family(model: str) -> tuple[str, ...]:
    """The providers that a bare model name suggests, best first; empty when it suggests none."""
    for pattern, providers in _FAMILIES:
        if pattern.match(model):
            return providers
    return ()


def upstream_name(provider: str, model: str) -> str:
    """A bare model name as `provider` spells it."""
    if "/" in model:
        return model
    if provider == "perplexity":  # its models are listed beside those of other makers
        return f"perplexity/{model}"
    maker = next((maker for pattern, maker in _MAKERS if pattern.match(model)), None)
    if maker is not None and provider == "openrouter":
        return f"{maker}/{model}"
    if maker is not None and provider == "bedrock" and not _HAS_MAKER.match(model):
        return f"{_BEDROCK_MAKERS.get(maker, maker.partition('-')[0])}.{model}"
    return model
