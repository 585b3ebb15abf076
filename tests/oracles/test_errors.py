"""What a provider refuses reaches a caller as the error of its own client: its class, its status, when to try again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest
from botocore.exceptions import ClientError
from google.genai import errors

from aigne_hub.dialects.pairing import CHATS
from aigne_hub.usage.records import Status
from tests.oracles.asking import question
from tests.oracles.clients import CALLERS, Client
from tests.oracles.conftest import KEY, World
from tests.oracles.goldens import golden, goldens, served

pytestmark = pytest.mark.anyio

RAISED = (openai.APIStatusError, anthropic.APIStatusError, errors.APIError, ClientError)
REFUSALS = [one for one in goldens() if one.status >= 400]

# Of each status that a caller may see, the class of its client's error.
CLASSES: dict[str, dict[int, type[Exception]]] = {
    "openai_chat": {400: openai.BadRequestError, 429: openai.RateLimitError, 502: openai.InternalServerError},
    "openai_responses": {400: openai.BadRequestError, 429: openai.RateLimitError, 502: openai.InternalServerError},
    "anthropic_messages": {
        400: anthropic.BadRequestError,
        429: anthropic.RateLimitError,
        502: anthropic.InternalServerError,
    },
    "gemini": {400: errors.ClientError, 429: errors.ClientError, 502: errors.ServerError},
}

# What the hub makes of a refusal: a credential of its own is its own trouble, and never the caller's key.
STATUSES = {"bad_request": 400, "unauthorized": 502, "key_not_valid": 502, "rate_limited": 429}


@dataclass(frozen=True)
class Raised:
    kind: type[Exception]
    status: int
    retry_after: str | None
    said: str


async def raised(client: Client, said: dict[str, Any], *, stream: bool) -> Raised:
    with pytest.raises(RAISED) as found:
        await client.ask(said, stream=stream)
    error: Any = found.value
    if isinstance(error, ClientError):
        meta = error.response["ResponseMetadata"]
        return Raised(type(error), meta["HTTPStatusCode"], meta["HTTPHeaders"].get("retry-after"), str(error))
    status = error.code if isinstance(error, errors.APIError) else error.status_code
    return Raised(type(error), status, error.response.headers.get("retry-after"), str(error))


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("one", REFUSALS, ids=lambda one: f"{one.dialect}-{one.case}")
async def test_a_refusal_is_an_error_of_the_caller_s_own_client(
    world: World, one: Any, caller: str, is_stream: bool
) -> None:
    world.upstream.script = served(one)
    theirs = await raised(world.own[one.dialect], question(one.dialect, world.own_model(one.dialect)), stream=is_stream)
    assert theirs.status == one.status
    ours = await raised(world.callers[caller], question(caller, world.hub_model(one.dialect)), stream=is_stream)
    status = STATUSES[one.case]
    assert (ours.kind, ours.status) == (CLASSES[caller][status], status)
    words = one.body.decode().partition('"message": "')[2].partition('"')[0]
    assert words in theirs.said
    assert (words in ours.said) is (status != 502)
    assert KEY not in ours.said
    record = (await world.hub.calls())[-1]
    assert record.status is Status.failed
    await world.mend(one.dialect)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    ("provider", "retry_after"),
    [(dialect, {"gemini": "17", "bedrock_converse": None}.get(dialect, "17")) for dialect in CHATS],
)
async def test_when_to_try_again_is_told(world: World, provider: str, retry_after: str | None, caller: str) -> None:
    world.upstream.script = served(golden(provider, "rate_limited"))
    ours = await raised(world.callers[caller], question(caller, world.hub_model(provider)), stream=False)
    await world.mend(provider)
    assert ours.retry_after == retry_after
