"""Access tokens: kept until shortly before their end, renewed by one for all who wait, never twice at once."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamWriter
from typing import Any

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.google_tokens import AccessToken, GoogleTokens, ask_token
from aigne_hub.outbound import Client, Guard
from aigne_hub.providers.google_account import FIELD, ServiceAccount, account_of
from tests.providers.google_key import service_account
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio


class Bank:
    """A token endpoint that numbers its tokens."""

    def __init__(self, life_s: int = 3600) -> None:
        self.given = 0
        self.life_s = life_s
        self.is_down = False

    async def __call__(self, asked: Asked, writer: StreamWriter) -> None:
        await asyncio.sleep(0.02)
        if self.is_down:
            await whole({"error": "internal_failure"}, 500)(asked, writer)
            return
        self.given += 1
        answer = {"access_token": f"ya29.{self.given}", "expires_in": self.life_s, "token_type": "Bearer"}
        await whole(answer)(asked, writer)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def tokens(clock: StoppedClock) -> GoogleTokens:
    return GoogleTokens(_client(), clock)


def _client() -> Client:
    return Client(deadlines=Deadlines(), guard=Guard(allow_private=True))


def account(upstream: Upstream, **changes: Any) -> ServiceAccount:
    found = account_of({FIELD: service_account(token_uri=f"{upstream.url}/token", **changes)})
    assert found is not None
    return found


async def test_a_token_is_asked_for_once_however_many_wait(upstream: Upstream, tokens: GoogleTokens) -> None:
    upstream.script = bank = Bank()
    mine = account(upstream)
    found = await asyncio.gather(*[tokens.token(mine) for _ in range(50)])
    assert set(found) == {"ya29.1"}
    assert await tokens.token(account(upstream)) == "ya29.1"  # the same account, read anew
    assert bank.given == 1
    (asked,) = upstream.asked
    assert (asked.method, asked.path) == ("POST", "/v1/token")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_each_account_has_its_own(upstream: Upstream, tokens: GoogleTokens) -> None:
    upstream.script = Bank()
    assert await tokens.token(account(upstream)) == "ya29.1"
    assert await tokens.token(account(upstream, private_key_id="another")) == "ya29.2"


async def test_it_is_renewed_shortly_before_its_end(
    upstream: Upstream, tokens: GoogleTokens, clock: StoppedClock
) -> None:
    upstream.script = Bank()
    mine = account(upstream)
    await tokens.token(mine)
    clock.advance(3600 - 301)
    assert await tokens.token(mine) == "ya29.1"
    clock.advance(2)
    assert set(await asyncio.gather(*[tokens.token(mine) for _ in range(9)])) <= {"ya29.1", "ya29.2"}
    assert await tokens.token(mine) == "ya29.2"
    assert len(upstream.asked) == 2


async def test_a_failed_renewal_matters_once_the_old_one_has_ended(
    upstream: Upstream, tokens: GoogleTokens, clock: StoppedClock
) -> None:
    upstream.script = bank = Bank()
    mine = account(upstream)
    await tokens.token(mine)
    bank.is_down = True
    clock.advance(3600 - 100)
    assert await tokens.token(mine) == "ya29.1"
    clock.advance(80)
    with pytest.raises(UpstreamFailed):
        await tokens.token(mine)
    bank.is_down = False
    clock.advance(1)
    with pytest.raises(UpstreamFailed):  # nobody asks again so soon
        await tokens.token(mine)
    clock.advance(5)
    assert await tokens.token(mine) == "ya29.2"


async def test_a_refusal_holds_for_all_who_wait(upstream: Upstream, tokens: GoogleTokens) -> None:
    upstream.script = whole({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
    mine = account(upstream)
    found = await asyncio.gather(*[tokens.token(mine) for _ in range(20)], return_exceptions=True)
    assert {(type(one), getattr(one, "kind", None)) for one in found} == {(UpstreamFailed, Failure.credential)}
    assert len(upstream.asked) == 1


async def test_who_leaves_while_it_is_asked_for_takes_it_from_nobody(upstream: Upstream, tokens: GoogleTokens) -> None:
    upstream.script = Bank()
    mine = account(upstream)
    first, second = asyncio.create_task(tokens.token(mine)), asyncio.create_task(tokens.token(mine))
    await asyncio.sleep(0.005)
    first.cancel()
    assert (await second).startswith("ya29.")


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (401, {"error": "invalid_client"}, Failure.credential),
        (500, {"error": "x"}, Failure.malformed),
        (200, {"access_token": "t"}, Failure.malformed),
        (200, {"access_token": "t", "expires_in": 3}, Failure.malformed),
        (200, {"access_token": "t\r\nx: y", "expires_in": 3600}, Failure.malformed),
        (200, {"access_token": "", "expires_in": 3600}, Failure.malformed),
        (200, {"access_token": ["t"], "expires_in": 3600}, Failure.malformed),
        (200, {"access_token": "t", "expires_in": "3600"}, Failure.malformed),
        (302, {}, Failure.malformed),
    ],
)
async def test_what_is_no_token_is_a_failure(
    upstream: Upstream, clock: StoppedClock, status: int, answer: dict[str, Any], kind: Failure
) -> None:
    upstream.script = whole(json.dumps(answer).encode(), status)
    with pytest.raises(UpstreamFailed) as failed:
        await ask_token(_client(), clock, account(upstream))
    assert failed.value.kind is kind


def test_a_token_is_never_shown() -> None:
    assert "secret" not in repr(AccessToken("ya29.secret", 1.0))
