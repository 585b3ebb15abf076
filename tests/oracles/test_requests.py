"""For the same call the hub sends a provider what the client of the provider's own maker sends it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from aigne_hub.dialects.pairing import CHATS
from tests.oracles.allowed import expected
from tests.oracles.asking import asked
from tests.oracles.calls import CALLS
from tests.oracles.clients import CALLERS
from tests.oracles.conftest import World
from tests.oracles.goldens import golden, served
from tests.upstream import Asked

pytestmark = pytest.mark.anyio

# What of the head tells a provider something; clients also tell of themselves: their names, versions and platforms.
HEADERS = (
    "authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "anthropic-version",
    "anthropic-beta",
    "content-type",
)
NOTHING = object()
ROUTES = [
    (provider, caller, case)
    for provider in CHATS
    for caller in CALLERS
    for case in CALLS[provider]
    if caller != provider and case in CALLS[caller]
]


def seen(provider: str, one: Asked) -> dict[str, Any]:
    """What a provider sees of a request. A signature is of its moment: tests/edge/test_bedrock.py proves it."""
    headers = {name: one.headers[name] for name in HEADERS if name in one.headers}
    if "authorization" in headers:
        headers["authorization"] = headers["authorization"].partition(" SignedHeaders=")[0]
    found = {"method": one.method, "path": one.path, "headers": headers, "body": one.json}
    if provider == "gemini":
        _, version, path = one.path.split("/", 2)
        return {**found, "version": version, "path": path, "body": as_google_reads(one.json)}
    return found


def as_google_reads(value: Any) -> Any:
    """JSON as Google reads it (protobuf.dev, ProtoJSON): names in either spelling, bytes in either alphabet."""
    if isinstance(value, list):
        return [as_google_reads(one) for one in value]
    if not isinstance(value, dict):
        return value
    read = {re.sub("_(.)", lambda found: found[1].upper(), name): as_google_reads(one) for name, one in value.items()}
    if isinstance(read.get("data"), str):
        read["data"] = read["data"].translate(str.maketrans("-_", "+/"))
    return read


def differences(theirs: Any, ours: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Where two values differ, and how: `theirs -> ours`, with `-` for what is not there."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted({*theirs, *ours}):
            yield from differences(theirs.get(name, NOTHING), ours.get(name, NOTHING), f"{place}.{name}".lstrip("."))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for i, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(one, other, f"{place}.{i}")
    elif theirs != ours:
        yield place, f"{_shown(theirs)} -> {_shown(ours)}"


def _shown(value: Any) -> str:
    return "-" if value is NOTHING else json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("provider", "caller", "case"), ROUTES, ids=["-".join(route) for route in ROUTES])
async def test_the_provider_sees_what_its_own_client_sends(
    world: World, provider: str, caller: str, case: str, is_stream: bool
) -> None:
    world.upstream.script = served(golden(provider, "stream" if is_stream else "plain"))
    await world.own[provider].ask(asked(provider, CALLS[provider][case], world.own_model(provider)), stream=is_stream)
    theirs = seen(provider, world.last())
    await world.callers[caller].ask(asked(caller, CALLS[caller][case], world.hub_model(provider)), stream=is_stream)
    assert dict(differences(theirs, seen(provider, world.last()))) == expected(provider, caller, case)


@pytest.mark.parametrize("provider", CHATS)
async def test_a_picture_is_sent_as_the_documentation_shows_it(world: World, provider: str) -> None:
    world.upstream.script = served(golden(provider, "plain"))
    await world.own[provider].ask(asked(provider, CALLS[provider]["image"], world.own_model(provider)), stream=False)
    shown = golden(provider, "image_in").request
    assert as_google_reads(world.last().json) == as_google_reads(shown)
