"""What is known of Claude models by their names lives here, for all dialects that they are called in.

Sources: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking and, for how large pictures may be,
https://platform.claude.com/docs/en/build-with-claude/vision. How many bytes a picture may have is not here: that
differs between those who serve Claude, and has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from aigne_hub.dialects import effort
from aigne_hub.dialects.chat import Chat, Media, MediaKind, Reasoning, ToolResult
from aigne_hub.dialects.dimensions import dimensions
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.fields import wrong

SAMPLING = ("temperature", "top_p", "top_k")  # which models from 4.7 on refuse

_MOST_PX, _MOST_PX_OF_MANY = 8000, 2000  # of a picture's side
_MANY = 20  # pictures; of more each must be smaller
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


def refuse_large_in(chat: Chat, model: str) -> None:
    """Raises BadRequest when a Claude is asked to see a picture of the chat that is larger than it takes."""
    if "claude" not in model:
        return
    parts = [part for message in chat.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.parts]
    refuse_large([("messages", part) for part in parts if isinstance(part, Media)], model)


def refuse_large(placed: Iterable[tuple[str, Media]], model: str) -> None:
    """As `refuse_large_in`, of files with the places where the caller put them."""
    if "claude" not in model:
        return
    pictures = [(place, one) for place, one in placed if one.kind is MediaKind.image]
    is_many = len(pictures) > _MANY
    most = _MOST_PX_OF_MANY if is_many else _MOST_PX
    for place, picture in pictures:
        found = None if picture.data is None else dimensions(picture.data)
        if found is not None and max(found) > most:
            when = f" where there are more than {_MANY} pictures" if is_many else ""
            size = f"{found[0]} by {found[1]} pixels"
            raise wrong(place, f"the picture is {size}; Claude takes {most} on a side at most{when}: make it smaller")
