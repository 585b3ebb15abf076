"""What a model of Google's can do, by its name, lives here.

Sources: https://ai.google.dev/gemini-api/docs/thinking and https://ai.google.dev/gemini-api/docs/gemini-3.
"""

from __future__ import annotations

import re

_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d{1,2}))?(?![\d])")


def version(model: str) -> tuple[int, int]:
    """(2, 5) of gemini-2.5-flash; a name that tells none is taken for a new one, but for Gemma's."""
    found = _VERSION.search(model)
    if found is not None:
        return int(found[1]), int(found[2] or 0)
    return (2, 0) if "gemma" in model else (3, 0)


def has_levels(model: str) -> bool:
    """Whether it is told how much to think by a word; those before by a budget in tokens."""
    return version(model) >= (3, 0)


def budgets(model: str) -> tuple[int, int] | None:
    """The least and the most that it may be told to think, in tokens; None when it does not think."""
    if version(model) < (2, 5):
        return None
    if "pro" in model:
        return 128, 32768
    return (512 if "lite" in model else 1), 24576


def can_stop_thinking(model: str) -> bool:
    """Whether it takes a budget of 0."""
    return "pro" not in model and version(model) < (3, 0)


def wants_signatures(model: str) -> bool:
    """Whether it refuses a function call of an earlier turn that has no signature."""
    return version(model) >= (3, 0)


def takes_media_in_results(model: str) -> bool:
    """Whether a function may give pictures."""
    return version(model) >= (3, 0)


def takes_schema_beside_tools(model: str) -> bool:
    """Whether structured output may be asked for while there are functions to call."""
    return version(model) >= (3, 0)
