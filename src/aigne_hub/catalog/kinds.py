"""What a model's name tells of it lives here: what it is called for, and what it can do.

Providers list names and little else. A name that says nothing is a chat's. What hinders a call is in lacks.py.
"""

from __future__ import annotations

import re

from aigne_hub.dialects.call import Kind

_KINDS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"rerank", Kind.rerank),
        (r"moderation|llama-guard|shieldgemma", Kind.moderation),
        (r"embed|(^|/)(bge|e5|gte|voyage)-", Kind.embedding),
        (r"(^|/)(sora|veo|wan2|kling|hailuo)|seedance|video|cogvideo|t2v|i2v", Kind.video),
        (
            r"(^|/)(dall-e|imagen|flux|recraft|ideogram)|gpt-image|chatgpt-image|-image(-|$)|seedream|seededit"
            r"|stable-diffusion|sdxl|cogview|qwen-image|image-generation|photon|nano-banana",
            Kind.image,
        ),
        (
            r"whisper|transcri|(^|[/-])tts(-|$)|speech|voxtral|cosyvoice|sensevoice|kokoro|orpheus|parakeet|playai",
            Kind.audio,
        ),
    )
)

_CHAT_ABILITIES = tuple(
    (ability, re.compile(pattern))
    for ability, pattern in (
        (
            "tools",
            r"gpt-(3\.5-turbo|4|5|6|oss)|(^|/)o[134](-|$)|claude|gemini|grok|mistral|ministral|magistral|codestral"
            r"|devstral|command-(r|a)|deepseek-(chat|v3|v4|flash)|qwen|qwq|kimi|glm-[45]|minimax|llama-(3\.[1-9]|[4-9])"
            r"|llama3\.[1-9]|doubao|nova-(micro|lite|pro|premier)|hermes",
        ),
        (
            "vision",
            r"gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-4-vision|gpt-[56]|(^|/)o[134](-pro|-20|$)|o4-mini|claude-(3|opus|sonnet|haiku)"
            r"|gemini|grok-(2-vision|4)|pixtral|mistral-(small-3|medium|large-3)|llama-(4|3\.2-(11|90)b)|gemma-?3"
            r"|vision|[-.]vl|llava|glm-4\.\dv|kimi-k2\.[5-9]|kimi-k3|doubao-seed",
        ),
        (
            "thinking",
            r"(^|/)o[134](-|$)|gpt-[56]|gpt-oss|deepseek-(r\d|reasoner)|[-.]r1|claude-(3-7|opus|sonnet-[4-9]|haiku-[4-9])"
            r"|gemini-(2\.5|[3-9])|grok-(3-mini|4|code)|thinking|reason|qwq|qwen-?3|magistral|minimax-m|glm-(4\.[5-9]|5)"
            r"|kimi-k(2\.[5-9]|3)|doubao-seed|sonar-(reasoning|deep)",
        ),
    )
)

_SAID_NOT = re.compile(r"non-reasoning|non-thinking|gpt-5(\.\d)?-chat|instruct-2507")


def kind_of(model: str) -> Kind:
    """What a model of this name is called for."""
    name = model.lower()
    for pattern, kind in _KINDS:
        if pattern.search(name):
            return kind
    return Kind.chat


def abilities_of(model: str, kind: Kind) -> tuple[str, ...]:
    """What a model of this name can do: of tools, vision and thinking for a chat, else the name of its kind."""
    if kind is not Kind.chat:
        return (_WORDS[kind],)
    name = model.lower()
    found = [ability for ability, pattern in _CHAT_ABILITIES if pattern.search(name)]
    if _SAID_NOT.search(name) and "thinking" in found:
        found.remove("thinking")
    return tuple(found)


_WORDS = {
    Kind.embedding: "embedding",
    Kind.image: "image",
    Kind.audio: "audio",
    Kind.video: "video",
    Kind.rerank: "rerank",
    Kind.moderation: "moderation",
}
