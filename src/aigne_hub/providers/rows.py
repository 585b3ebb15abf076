"""The providers known by name live here, a row for each: address, dialects, quirks, how a key is shown (contract 5.1).

Each row names the page of its maker that it was written from; docs/providers.md is made of these rows (page.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Keying(StrEnum):
    """How a credential is shown to a provider, by the header it goes in."""

    bearer = "Authorization: Bearer"  # RFC 6750
    x_api_key = "x-api-key"
    x_goog_api_key = "x-goog-api-key"
    api_key = "api-key"


_CHAT, _EMBEDDINGS, _RESPONSES = "openai_chat", "openai_embeddings", "openai_responses"
_MESSAGES, _RERANK, _IMAGES = "anthropic_messages", "rerank", "openai_images"
_EDITS, _MODERATIONS, _SPEECH = "openai_image_edits", "openai_moderations", "openai_speech"
_TRANSCRIPTIONS, _TRANSLATIONS = "openai_transcriptions", "openai_translations"
_GEMINI, _GEMINI_EMBEDDINGS = "gemini", "gemini_embeddings"
_COMPLETIONS = "openai_completions"
_VIDEOS, _GEMINI_VIDEOS = "openai_videos", "gemini_videos"
_GEMINI_IMAGES, _IDEOGRAM_IMAGES, _SEEDREAM_IMAGES = "gemini_images", "ideogram_images", "seedream_images"

# What the hub's own model server speaks (llama.cpp), and what a provider of an unheard-of name is taken to speak.
LOCAL_DIALECTS = (_CHAT, _MESSAGES, _RESPONSES, _EMBEDDINGS)
LOCAL_QUIRKS = frozenset({"top_k", "reasoning_content"})
UNKNOWN_DIALECTS = (
    _CHAT,
    _EMBEDDINGS,
    _IMAGES,
    _EDITS,
    _SPEECH,
    _TRANSCRIPTIONS,
    _TRANSLATIONS,
    _MODERATIONS,
    _RERANK,
    _VIDEOS,
)


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider one can add by name alone, or by name and address where each customer has their own.

    `test_model` is asked when a credential is checked and the provider lists no models; empty where only the
    operator knows one. `base_url` is empty where there is none for all; `example_url` then shows how one looks.
    `dialects` are the wire formats it serves below that address, the preferred one first. `quirks` are what
    sets it apart from its dialect's own page: `max_completion_tokens` (its name for the limit of output),
    `top_k` (it takes one), `reasoning_content` (it takes thoughts back), `cache_control` (it takes Anthropic's marks of
    what to cache), `cache_hour` (such marks may say an hour), `cache_breakpoint` (it takes OpenAI's own marks, from
    GPT-5.6 on). `note` is what an operator should know.
    """

    name: str
    display_name: str
    base_url: str
    test_model: str
    source: str
    dialects: tuple[str, ...] = (_CHAT, _EMBEDDINGS)
    quirks: frozenset[str] = frozenset()
    keying: Keying = Keying.bearer
    example_url: str = ""
    note: str = ""


_MAKERS_OF_MODELS = (
    KnownProvider(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "gpt-4.1-nano",
        "https://platform.openai.com/docs/api-reference",
        (
            _CHAT,
            _EMBEDDINGS,
            _RESPONSES,
            _IMAGES,
            _EDITS,
            _MODERATIONS,
            _SPEECH,
            _TRANSCRIPTIONS,
            _TRANSLATIONS,
            _VIDEOS,
        ),
        frozenset({"max_completion_tokens", "cache_breakpoint"}),
    ),
    KnownProvider(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com/v1",
        "claude-haiku-4-5",
        "https://platform.claude.com/docs/en/api/overview",
        (_MESSAGES,),
        keying=Keying.x_api_key,
    ),
    KnownProvider(
        "google",
        "Google AI",
        "https://generativelanguage.googleapis.com/v1beta",
        "gemini-2.5-flash",
        "https://ai.google.dev/api/generate-content",
        (_GEMINI, _GEMINI_EMBEDDINGS, _GEMINI_IMAGES, _GEMINI_VIDEOS),
        keying=Keying.x_goog_api_key,
        note="Calls in every other dialect are translated into its own. Pictures are drawn and edited by Gemini's "
        "image models, as `google/gemini-2.5-flash-image`, and drawn by Imagen; each knows shapes rather than sizes.",
    ),
    KnownProvider(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        "deepseek-chat",
        "https://api-docs.deepseek.com/",
        (_CHAT,),
        frozenset({"reasoning_content"}),
    ),
    KnownProvider(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        "grok-3-mini-fast",
        "https://docs.x.ai/api-reference",
        (_CHAT, _RESPONSES, _IMAGES),
    ),
    KnownProvider(
        "mistral",
        "Mistral AI",
        "https://api.mistral.ai/v1",
        "mistral-small-latest",
        "https://docs.mistral.ai/api/",
        (_CHAT, _EMBEDDINGS, _MODERATIONS, _TRANSCRIPTIONS),
    ),
    KnownProvider(
        "cohere",
        "Cohere",
        "https://api.cohere.ai/compatibility/v1",
        "command-a-03-2025",
        "https://docs.cohere.com/docs/compatibility-api",
        note="Its rerank is not below this address: add `https://api.cohere.com/v2` under another name for it, with "
        "`--dialect rerank --no-check`.",
    ),
    KnownProvider(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai/v1",
        "perplexity/sonar",
        "https://docs.perplexity.ai/docs/agent-api/migrate-from-sonar/overview",
        (_RESPONSES,),
        note="Chat Completions calls are translated into Responses, which its Agent API takes.",
    ),
    KnownProvider(
        "moonshot",
        "Moonshot AI",
        "https://api.moonshot.ai/v1",
        "kimi-k2.6",
        "https://platform.kimi.ai/docs/api/overview",
        (_CHAT, _RESPONSES),
        frozenset({"reasoning_content"}),
        note="Accounts of mainland China are at `https://api.moonshot.cn/v1`.",
    ),
    KnownProvider(
        "zhipu",
        "Zhipu AI",
        "https://open.bigmodel.cn/api/paas/v4",
        "glm-4-flash",
        "https://docs.bigmodel.cn/",
        note="Accounts of Z.ai are at `https://api.z.ai/api/paas/v4`.",
    ),
    KnownProvider(
        "minimax",
        "MiniMax",
        "https://api.minimax.io/v1",
        "MiniMax-M3",
        "https://platform.minimax.io/docs",
        (_CHAT, _RESPONSES),
        frozenset({"max_completion_tokens"}),
        note="Accounts of mainland China are at `https://api.minimaxi.com/v1`.",
    ),
    KnownProvider(
        "doubao",
        "Doubao",
        "https://ark.cn-beijing.volces.com/api/v3",
        "doubao-seed-1-8-251228",
        "https://www.volcengine.com/docs/82379",
        (_CHAT, _EMBEDDINGS, _RESPONSES, _SEEDREAM_IMAGES),
        note="Seedream draws and edits pictures, without a watermark unless `watermark` is true in the request.",
    ),
    KnownProvider(
        "ideogram",
        "Ideogram",
        "https://api.ideogram.ai/v1",
        "ideogram-v3",
        "https://developer.ideogram.ai/api-reference/api-reference/generate-v3",
        (_IDEOGRAM_IMAGES,),
        keying=Keying.api_key,
        note="Its one model is `ideogram/ideogram-v3`. The key is tried by drawing a small cat, which costs as much as "
        "any picture. It answers with addresses that end within a day; who asks for bytes gets them. Its own words, "
        "such as `style_type` and `negative_prompt`, pass.",
    ),
    KnownProvider(
        "dashscope",
        "Alibaba Cloud Model Studio",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "qwen-plus",
        "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
        quirks=frozenset({"cache_control"}),  # https://www.alibabacloud.com/help/en/model-studio/context-cache
        note="Keys belong to a region: Beijing's is `https://dashscope.aliyuncs.com/compatible-mode/v1`; a workspace "
        "also has an address of its own.",
    ),
)

_CLOUDS = (
    KnownProvider(
        "bedrock",
        "Amazon Bedrock",
        "",
        "us.amazon.nova-lite-v1:0",
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        ("bedrock_converse",),
        example_url="https://bedrock-runtime.us-east-1.amazonaws.com",
        note="A region is enough: `--region us-east-1` instead of an address. It takes a Bedrock API key, or an access "
        "key pair, with which each request is signed: `--access-key-id ID`, and the secret is asked for, or read from "
        "stdin. It takes pictures by their bytes, so the hub fetches those that a chat has at an address.",
    ),
    KnownProvider(
        "azure",
        "Azure OpenAI",
        "",
        "gpt-5-mini",
        "https://learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle",
        (_CHAT, _EMBEDDINGS, _RESPONSES, _IMAGES, _EDITS, _SPEECH, _TRANSCRIPTIONS, _TRANSLATIONS, _VIDEOS),
        frozenset({"max_completion_tokens"}),
        Keying.api_key,
        example_url="https://NAME.openai.azure.com/openai/v1",
        note="A model is called by the name of its deployment.",
    ),
    KnownProvider(
        "vertex",
        "Google Vertex AI",
        "https://aiplatform.googleapis.com/v1",
        "gemini-2.5-flash",
        "https://docs.cloud.google.com/gemini-enterprise-agent-platform/reference/models/inference",
        (_GEMINI, _GEMINI_IMAGES),
        keying=Keying.x_goog_api_key,
        note="It takes the JSON of a service account (`--service-account FILE`), in whose project it is called: the "
        "hub asks for access tokens and renews them before they end. An API key works too. `--region europe-west4` "
        "calls a region, else it is called in all (`global`). Google's models are called, and other makers' are not.",
    ),
    KnownProvider(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        "openai/gpt-oss-20b",
        "https://console.groq.com/docs/openai",
        (_CHAT, _RESPONSES, _SPEECH, _TRANSCRIPTIONS, _TRANSLATIONS),
    ),
    KnownProvider(
        "together",
        "Together AI",
        "https://api.together.ai/v1",
        "openai/gpt-oss-20b",
        "https://docs.together.ai/docs/inference/openai-compatibility",
        (_CHAT, _EMBEDDINGS, _IMAGES, _SPEECH, _TRANSCRIPTIONS, _TRANSLATIONS, _RERANK),
    ),
    KnownProvider(
        "fireworks",
        "Fireworks AI",
        "https://api.fireworks.ai/inference/v1",
        "accounts/fireworks/models/gpt-oss-20b",
        "https://docs.fireworks.ai/guides/querying-embeddings-models",
        (_CHAT, _EMBEDDINGS, _RESPONSES, _RERANK),
    ),
    KnownProvider(
        "cerebras",
        "Cerebras",
        "https://api.cerebras.ai/v1",
        "gpt-oss-120b",
        "https://inference-docs.cerebras.ai/resources/openai",
        (_CHAT,),
    ),
    KnownProvider(
        "sambanova",
        "SambaNova",
        "https://api.sambanova.ai/v1",
        "Meta-Llama-3.3-70B-Instruct",
        "https://docs.sambanova.ai/docs/en/features/openai-compatibility",
        (_CHAT, _EMBEDDINGS, _TRANSCRIPTIONS, _TRANSLATIONS),
    ),
    KnownProvider(
        "nvidia",
        "NVIDIA",
        "https://integrate.api.nvidia.com/v1",
        "nvidia/llama-3.1-nemotron-70b-instruct",
        "https://docs.api.nvidia.com/nim/reference/",
    ),
    KnownProvider(
        "deepinfra",
        "DeepInfra",
        "https://api.deepinfra.com/v1/openai",
        "deepseek-ai/DeepSeek-V3.2",
        "https://deepinfra.com/docs/advanced/openai_api",
    ),
    KnownProvider(
        "huggingface",
        "Hugging Face",
        "https://router.huggingface.co/v1",
        "openai/gpt-oss-120b",
        "https://huggingface.co/docs/inference-providers/index",
        (_CHAT, _RESPONSES),
    ),
    KnownProvider(
        "siliconflow",
        "SiliconFlow",
        "https://api.siliconflow.cn/v1",
        "Qwen/Qwen2.5-7B-Instruct",
        "https://docs.siliconflow.cn/llms.txt",
        (_CHAT, _EMBEDDINGS, _RERANK, _SPEECH, _TRANSCRIPTIONS),
        note="International accounts are at `https://api.siliconflow.com/v1`.",
    ),
    KnownProvider(
        "github",
        "GitHub Models",
        "https://models.github.ai/inference",
        "openai/gpt-4.1-nano",
        "https://docs.github.com/en/rest/models/inference",
        note="The key is a personal access token that may read models (`models:read`). Models are named by their "
        "publisher, as `github/openai/gpt-4.1`, and not listed here. An organization pays for calls at "
        "`https://models.github.ai/orgs/ORG/inference`.",
    ),
    KnownProvider(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "openai/gpt-4o-mini",
        "https://openrouter.ai/docs/api-reference/overview",
        (_CHAT, _EMBEDDINGS, _RESPONSES, _MESSAGES, _RERANK),
        frozenset({"top_k", "cache_control", "cache_hour"}),
    ),
    KnownProvider(
        "poe",
        "Poe",
        "https://api.poe.com/v1",
        "gpt-5-mini",
        "https://creator.poe.com/docs/external-applications",
        (_CHAT, _RESPONSES),
    ),
)

_AT_HOME = (
    KnownProvider(
        "ollama",
        "Ollama",
        "http://localhost:11434/v1",
        "llama3.2",
        "https://docs.ollama.com/api/openai-compatibility",
        (_CHAT, _EMBEDDINGS, _RESPONSES),
    ),
    KnownProvider(
        "lmstudio",
        "LM Studio",
        "http://localhost:1234/v1",
        "",
        "https://lmstudio.ai/docs/api/openai-api",
        (_CHAT, _EMBEDDINGS, _RESPONSES, _MESSAGES, _COMPLETIONS),
    ),
    KnownProvider(
        "vllm",
        "vLLM",
        "http://localhost:8000/v1",
        "",
        "https://docs.vllm.ai/en/stable/serving/online_serving.html",
        (_CHAT, _EMBEDDINGS, _RESPONSES, _MESSAGES, _COMPLETIONS, _TRANSCRIPTIONS, _TRANSLATIONS, _RERANK),
        frozenset({"top_k"}),
    ),
    KnownProvider(
        "llamacpp",
        "llama.cpp",
        "http://localhost:8080/v1",
        "",
        "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        (*LOCAL_DIALECTS, _COMPLETIONS, _RERANK),
        LOCAL_QUIRKS,
    ),
)

KNOWN = {provider.name: provider for provider in (*_MAKERS_OF_MODELS, *_CLOUDS, *_AT_HOME)}
