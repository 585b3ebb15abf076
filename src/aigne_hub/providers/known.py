"""What is known of a provider by its name lives here: its dialects, its quirks, how a credential is shown to it."""

from __future__ import annotations

import re

from aigne_hub.providers.google_account import VERTEX, vertex_url
from aigne_hub.providers.rows import KNOWN, LOCAL_DIALECTS, LOCAL_QUIRKS, UNKNOWN_DIALECTS, Keying

LOCAL = "local"

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")

_ALIASES = {"gemini": "google"}
_ACTIONS = {"ideogram": ("/ideogram-v3/generate", ""), "ollama": ("/api", "/v1")}
_KEYINGS = {
    "anthropic_messages": Keying.x_api_key,
    "gemini": Keying.x_goog_api_key,
    "gemini_embeddings": Keying.x_goog_api_key,
    "gemini_images": Keying.x_goog_api_key,
    "gemini_videos": Keying.x_goog_api_key,
    "ideogram_images": Keying.api_key,
}


def canonical(name: str) -> str:
    """A provider's name as the hub spells it: lower case, aliases resolved."""
    name = name.lower()
    return _ALIASES.get(name, name)


def dialects_of(name: str) -> tuple[str, ...]:
    """What a provider of this name speaks, the preferred dialect first; an unknown one speaks as OpenAI does."""
    if name == LOCAL:
        return LOCAL_DIALECTS
    known = KNOWN.get(name)
    return UNKNOWN_DIALECTS if known is None else known.dialects


def quirks_of(name: str) -> frozenset[str]:
    if name == LOCAL:
        return LOCAL_QUIRKS
    known = KNOWN.get(name)
    return frozenset() if known is None else known.quirks


def keying_of(name: str, dialects: tuple[str, ...]) -> Keying:
    """How a provider that speaks `dialects` is shown its credential.

    That is known by its name, unless the operator made it speak first what nobody of that name does.
    """
    known = KNOWN.get(name)
    if known is not None and dialects[0] in known.dialects:
        return known.keying
    return _KEYINGS.get(dialects[0], Keying.bearer)


def credential_headers(keying: Keying, secret: str) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that show a credential.

    With `x-api-key` goes the version of the API, which Anthropic wants
    (https://platform.claude.com/docs/en/api/versioning).
    """
    value = secret.encode("ascii")
    if keying is Keying.bearer:
        return ((b"authorization", b"Bearer " + value),)
    if keying is Keying.x_api_key:
        return ((b"x-api-key", value), (b"anthropic-version", b"2023-06-01"))
    return ((keying.value.encode("ascii"), value),)


def root_url(name: str, url: str) -> str:
    """The root of an API, where the reference has one of its actions for an address (contract 5.1)."""
    ending, root = _ACTIONS.get(name, ("", ""))
    url = url.strip().rstrip("/")
    return url.removesuffix(ending) + root if ending and url.endswith(ending) else url


def default_url(name: str, region: str | None) -> str:
    """The address of a provider whose name is known; empty when it has none for all.

    Those of Bedrock and Vertex AI follow from their region.
    """
    if name == VERTEX:
        return vertex_url(region)
    if name == "bedrock" and region is not None and _REGION.fullmatch(region):
        return f"https://bedrock-runtime.{region}.amazonaws.com"
    known = KNOWN.get(name)
    return known.base_url if known is not None else ""
