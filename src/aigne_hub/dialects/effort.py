"""How much to think lives here: effort words and token budgets, each as the other.

The words are OpenAI's (none to xhigh) and Anthropic's (low to max); the budgets are the hub's own choice, within
what Anthropic (1,024 at least) and Google (24,576 at most for Flash models) take.
"""

from __future__ import annotations

_BUDGETS = {"minimal": 1024, "low": 4096, "medium": 8192, "high": 16384, "xhigh": 24576, "max": 24576}
EFFORTS = frozenset({"none", *_BUDGETS})


def budget_of(effort: str) -> int:
    """Tokens for an effort word; 0 for "none"."""
    return _BUDGETS.get(effort, 0 if effort == "none" else _BUDGETS["medium"])


def effort_of(budget: int) -> str:
    """The nearest word that OpenAI knows, from "low" on: "minimal" switches tools off at some models."""
    if budget <= 0:
        return "none"
    if budget <= 4096:
        return "low"
    return "medium" if budget <= 12288 else "high"
