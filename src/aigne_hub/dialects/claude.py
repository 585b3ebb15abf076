"""What is known of Claude models by their names lives here, for all dialects that they are called in.

Source: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
"""

from __future__ import annotations

import re
from typing import Any

from aigne_hub.dialects import effort
from aigne_hub.dialects.chat import Reasoning
from aigne_hub.dialects.fidelity import Losses

SAMPLING = ("temperature", "top_p", "top_k")  # which models from 4.7 on refuse

_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)")


def version_of(model: str) -> tuple[int, int]:
    """(4, 6) of claude-opus-4-6; a name that tells none is taken for 4.5."""
    found = _VERSION.search(model)
    if found is None:
        return (4, 5)
    minor = found[2]
    return int(found[1]), int(minor) if minor is not None else 0


def adaptive(wanted: Reasoning, losses: Losses) -> dict[str, Any]:
    """What tells a model from 4.6 on, which chooses for itself how much to think, how hard to try."""
    said = wanted.effort
    if wanted.budget is not None:
        losses.approximated("reasoning_budget")
        said = said or effort.effort_of(wanted.budget)
    tried = "low" if said == "minimal" else said or "high"
    return {"thinking": {"type": "adaptive"}, "output_config": {"effort": tried}}
