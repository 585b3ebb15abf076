"""What a model surely cannot do lives here, by its kind and its name.

That a name says nothing of an ability is no sign that the model lacks it: only those are listed of which the maker says
so (the models' pages at platform.openai.com/docs/models, docs.x.ai/docs/models, console.groq.com/docs/models and the
models' cards). Context sizes and prices come from a list that ages, so nothing is refused for them.
"""

from __future__ import annotations

import re

from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.needs import TOOLS, VISION
from aigne_hub.providers.known import LOCAL
from aigne_hub.providers.rows import KNOWN

# A model of such a kind does nothing else; one that makes pictures or sound may chat as well.
_SINGLE = frozenset({Kind.embedding, Kind.rerank})
# There a model's name is the operator's: of a deployment, or of what a server at home was told.
_OPERATORS_NAMES = frozenset({"azure", "ollama", "lmstudio", "vllm", "llamacpp"})

_LACKING = tuple(
    (ability, re.compile(pattern))
    for ability, pattern in (
        (TOOLS, r"(^|/)(o1-(mini|preview)|chatgpt-4o-latest|gpt-3\.5-turbo-instruct)"),
        (
            VISION,
            r"(^|/)(gpt-3\.5-turbo|o1-(mini|preview)|o3-mini|claude-(2|instant)|grok-3)|gpt-oss-\d|deepseek-(r1|v3)"
            r"|llama-?3(\.[13])?-\d|mixtral-8x|mistral-7b|codestral|qwq-32b|qwen2\.5-coder|smollm2-\d+m",
        ),
    )
)
_SEES = re.compile(r"vision|[-.]vl|llava|omni|multimodal|ocr")


def lacks_of(provider: str, model: str, kind: Kind) -> frozenset[str]:
    """Kinds of calls that a model does not answer, and abilities that it has not; none when nothing is sure."""
    if kind in _SINGLE:
        return frozenset([one.value for one in Kind if one not in (kind, Kind.token_count)])
    if provider in _OPERATORS_NAMES or (provider not in KNOWN and provider != LOCAL):
        return frozenset()
    name = model.lower()
    found = [ability for ability, pattern in _LACKING if pattern.search(name)]
    return frozenset(found) - ({VISION} if _SEES.search(name) else frozenset())
