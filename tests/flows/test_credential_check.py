"""Trying a credential at its provider: what each kind of answer means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.credential_check import CredentialCheck
from tests.running import RunningHub
from tests.upstream import COMPLETION, Upstream, whole

pytestmark = pytest.mark.anyio


async def check(hub: RunningHub, test_model: str | None = None) -> list[tuple[str, Kind]]:
    checker = CredentialCheck(hub.house.client, hub.house.clock)
    return (await checker.check(hub.provider, {"api_key": "sk-tried-0123456789"}, test_model=test_model)).models


async def test_a_list_of_models_is_proof_enough(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"data": [{"id": "a"}, {"id": "text-embedding-b", "object": "model"}]})
    assert await check(hub) == [("a", Kind.chat), ("text-embedding-b", Kind.embedding)]


async def test_a_named_model_is_said_hello_to(hub: RunningHub, upstream: Upstream) -> None:
    async def script(asked, writer):  # type: ignore[no-untyped-def]
        await whole({"data": [{"id": "a"}]} if asked.method == "GET" else COMPLETION)(asked, writer)

    upstream.script = script
    await check(hub, "a")
    assert [asked.method for asked in upstream.asked] == ["GET", "POST"]
    assert upstream.asked[1].json["messages"] == [{"role": "user", "content": "Hello, world!"}]


async def test_a_provider_is_greeted_in_its_own_dialect(hub: RunningHub, upstream: Upstream) -> None:
    async def script(asked, writer):  # type: ignore[no-untyped-def]
        await whole({"data": []} if asked.method == "GET" else {"type": "message", "content": []})(asked, writer)

    upstream.script = script
    claude = replace(hub.provider, dialects=("anthropic_messages",))
    await CredentialCheck(hub.house.client, hub.house.clock).check(
        claude, {"api_key": "sk-tried-0123456789"}, test_model="claude-x"
    )
    listed, greeted = upstream.asked
    assert (listed.path, greeted.path) == ("/v1/models", "/v1/messages")
    assert listed.headers["x-api-key"] == greeted.headers["x-api-key"] == "sk-tried-0123456789"
    assert "authorization" not in greeted.headers
    assert greeted.json == {
        "model": "claude-x",
        "max_tokens": 16,
        "messages": [{"role": "user", "content": "Hello, world!"}],
    }


async def test_google_lists_its_models_in_its_own_way(hub: RunningHub, upstream: Upstream) -> None:
    """https://ai.google.dev/api/models#method:-models.list"""
    upstream.script = whole({"models": [{"name": "models/gemini-x"}, {"name": "models/gemini-embedding-x"}]})
    google = replace(hub.provider, dialects=("gemini", "gemini_embeddings"))
    checked = await CredentialCheck(hub.house.client, hub.house.clock).check(google, {"api_key": "sk-tried-0123456789"})
    assert checked.models == [("gemini-x", Kind.chat), ("gemini-embedding-x", Kind.embedding)]
    assert upstream.asked[0].path == "/v1/models?pageSize=1000"
    assert upstream.asked[0].headers["x-goog-api-key"] == "sk-tried-0123456789"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {}, "Upstream refused the credential (status 401)"),
        (403, {}, "Upstream refused the credential (status 403)"),
        (429, {"error": {"message": "slow down"}}, "Upstream could not be asked: slow down"),
        (500, {}, "Upstream could not be asked: the provider failed with status 500"),
        (200, b"<html>", "Upstream could not be asked: its list of models cannot be read"),
        (200, b'{"data":[{"id":"\xff"}]}', "Upstream could not be asked: its list of models cannot be read"),
    ],
)
async def test_a_bad_answer_is_told_with_its_reason(
    hub: RunningHub, upstream: Upstream, status: int, body: object, reason: str
) -> None:
    upstream.script = whole(body, status)
    with pytest.raises(BadRequest) as refused:
        await check(hub)
    assert refused.value.message == reason


async def test_an_address_nobody_listens_at_is_told(hub: RunningHub) -> None:
    nowhere = replace(hub.provider, base_url="http://127.0.0.1:9/v1")
    with pytest.raises(BadRequest, match="could not be asked"):
        await CredentialCheck(hub.house.client, hub.house.clock).check(nowhere, {"api_key": "sk-tried-0123456789"})
