"""Log probabilities as OpenAI lists them live here, which is how the middle carries them: one entry for each token.

Source: https://platform.openai.com/docs/api-reference/chat/object (`choices[].logprobs.content`).
"""

from __future__ import annotations

from typing import Any


def read_tokens(found: Any) -> tuple[dict[str, Any], ...]:
    """The entries of a list with all that any format demands of one; what is no entry is left out."""
    if not isinstance(found, list):
        return ()
    return tuple([_completed(one) for one in found if isinstance(one, dict)])


def _completed(token: dict[str, Any]) -> dict[str, Any]:
    """Chat Completions may leave out the bytes, and the events of Responses do."""
    spelled = token.get("bytes") or list(str(token.get("token", "")).encode("utf-8", "replace"))
    return {**token, "bytes": spelled, "top_logprobs": list(read_tokens(token.get("top_logprobs")))}
