"""Log probabilities live here: Google's, and OpenAI's object that the middle carries.

Source: https://ai.google.dev/api/generate-content#LogprobsResult
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from aigne_hub.dialects.logprobs import read_tokens


class _Token(Struct, rename="camel"):
    token: str = ""
    log_probability: float = 0.0


class _Top(Struct):
    candidates: list[_Token] | None = None


class Logprobs(Struct, rename="camel"):
    chosen_candidates: list[_Token] | None = None
    top_candidates: list[_Top] | None = None


def read_logprobs(found: Logprobs | None) -> dict[str, Any] | None:
    if found is None or not found.chosen_candidates:
        return None
    tops = found.top_candidates or []
    content = []
    for i, chosen in enumerate(found.chosen_candidates):
        top = tops[i].candidates if i < len(tops) else None
        content.append({**_openai(chosen), "top_logprobs": [_openai(one) for one in top or ()]})
    return {"content": content, "refusal": None}


def write_logprobs(found: dict[str, Any]) -> dict[str, Any]:
    return write_tokens(read_tokens(found.get("content")))


def write_tokens(tokens: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {
        "chosenCandidates": [_google(one) for one in tokens],
        "topCandidates": [{"candidates": [_google(top) for top in one["top_logprobs"]]} for one in tokens],
    }


def _openai(token: _Token) -> dict[str, Any]:
    return {"token": token.token, "logprob": token.log_probability, "bytes": list(token.token.encode())}


def _google(token: dict[str, Any]) -> dict[str, Any]:
    return {"token": token.get("token", ""), "logProbability": token.get("logprob", 0.0)}
