"""Vertex AI behind the hub: by a service account, whose tokens the hub gets, or by an API key."""

from __future__ import annotations

import asyncio
from asyncio import StreamWriter

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import Credential, CredentialKind
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.providers.google_account import FIELD
from tests.dialects.chats import PIXEL
from tests.providers.google_key import EMAIL, service_account
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

MODEL = "gemini-2.5-flash"
HELLO = {"model": f"vertex/{MODEL}", "messages": [{"role": "user", "content": "hi"}]}
PLACE = "/v1/projects/some-project/locations/europe-west4/publishers/google"


async def cloud(asked: Asked, writer: StreamWriter) -> None:
    """Google's token endpoint and Vertex AI in one."""
    if asked.path == "/token":
        await whole({"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"})(asked, writer)
        return
    parts = [{"inlineData": {"mimeType": "image/png", "data": PIXEL}}] if "image" in asked.path else [{"text": "Hello"}]
    answer = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1, "totalTokenCount": 10},
    }
    await whole(answer)(asked, writer)


async def add(hub: RunningHub, upstream: Upstream, kind: CredentialKind, value: dict[str, str]) -> Credential:
    """A provider named vertex at the test's upstream, tried before it is kept."""
    upstream.script = cloud
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(
            conn, SYSTEM, "vertex", base_url=upstream.url, region="europe-west4"
        )
    return await hub.house.credentials.add(SYSTEM, provider.id, CredentialDraft("google", kind, value))


async def ready(hub: RunningHub) -> None:
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask(HELLO)).status_code in (400, 503):
            await asyncio.sleep(0.05)


def account_at(upstream: Upstream, **changes: str) -> dict[str, str]:
    return {FIELD: service_account(token_uri=upstream.url.removesuffix("/v1") + "/token", **changes)}


async def test_a_service_account_calls_by_tokens(hub: RunningHub, upstream: Upstream) -> None:
    kept = await add(hub, upstream, CredentialKind.custom, account_at(upstream))
    assert (kept.masked, kept.display_text) == ({FIELD: EMAIL}, f"{FIELD}: {EMAIL}")
    assert b"PRIVATE KEY" not in kept.sealed and "PRIVATE KEY" not in repr(kept)
    asked_token, tried = upstream.asked
    assert asked_token.path == "/token"
    assert tried.path == f"{PLACE}/models/{MODEL}:generateContent"
    await ready(hub)
    upstream.asked.clear()
    answers = await asyncio.gather(*[hub.ask(HELLO) for _ in range(8)])
    assert {answer.json()["choices"][0]["message"]["content"] for answer in answers} == {"Hello"}
    assert {asked.path for asked in upstream.asked} == {f"{PLACE}/models/{MODEL}:generateContent"}
    for asked in upstream.asked:
        assert asked.headers["authorization"] == "Bearer ya29.token"
        assert "x-goog-api-key" not in asked.headers
        assert "PRIVATE" not in repr(asked)
    call = (await hub.calls())[-1]
    assert (call.dialect, call.upstream_dialect, call.usage.input) == ("openai_chat", "gemini", 9)


async def test_pictures_and_google_s_own_format_take_the_same_way(hub: RunningHub, upstream: Upstream) -> None:
    await add(hub, upstream, CredentialKind.custom, account_at(upstream))
    await ready(hub)
    drawn = await hub.ask({"model": "vertex/gemini-2.5-flash-image", "prompt": "a cat"}, path="/v1/images/generations")
    assert drawn.json()["data"] == [{"b64_json": PIXEL}]
    body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    said = await hub.ask(body, path=f"/v1beta/models/vertex/{MODEL}:generateContent")
    assert said.json()["candidates"][0]["content"]["parts"] == [{"text": "Hello"}]
    assert upstream.asked[-1].json == body
    assert upstream.asked[-1].path == f"{PLACE}/models/{MODEL}:generateContent"


async def test_an_api_key_calls_without_a_project(hub: RunningHub, upstream: Upstream) -> None:
    await add(hub, upstream, CredentialKind.api_key, {"api_key": "AIza-0123456789"})
    (tried,) = upstream.asked
    assert (tried.path, tried.headers["x-goog-api-key"]) == (
        f"/v1/publishers/google/models/{MODEL}:generateContent",
        "AIza-0123456789",
    )
    await ready(hub)
    assert (await hub.ask(HELLO)).status_code == 200
    assert "authorization" not in upstream.asked[-1].headers


async def test_a_token_that_is_not_to_be_had_is_the_hub_s_trouble(hub: RunningHub, upstream: Upstream) -> None:
    await add(hub, upstream, CredentialKind.custom, account_at(upstream))
    upstream.script = whole({"error": "invalid_grant", "error_description": "account disabled"}, 400)
    async with asyncio.timeout(10):
        while (answer := await hub.ask(HELLO)).status_code in (400, 503):
            await asyncio.sleep(0.05)
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_credential"
    assert "account disabled" not in answer.text
    assert (await hub.calls())[-1].status.value == "failed"


async def test_an_account_that_google_refuses_is_not_kept(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"error": "invalid_grant"}, 400)
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(conn, SYSTEM, "vertex", base_url=upstream.url)
    draft = CredentialDraft("google", CredentialKind.custom, account_at(upstream))
    with pytest.raises(BadRequest, match=r"Vertex AI refused the credential \(status 400\)"):
        await hub.house.credentials.add(SYSTEM, provider.id, draft)


async def test_what_is_no_service_account_is_refused_over_the_api_too(hub: RunningHub, upstream: Upstream) -> None:
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(conn, SYSTEM, "vertex", base_url=upstream.url)
    path = f"/api/ai-providers/{provider.id}/credentials"
    for value in ({FIELD: "{}"}, {"other": "x"}, {FIELD: service_account(), "more": "x"}):
        body = {"name": "n", "credentialType": "custom", "value": value}
        answer = await hub.http.post(path, json=body, headers=hub.bearer(hub.owner_key))
        assert answer.status_code == 400
        assert "service account" in answer.text or "service_account" in answer.text
    assert upstream.asked == []
    body = {"name": "n", "credentialType": "custom", "value": {FIELD: service_account()}}
    answer = await hub.http.post(
        f"/api/ai-providers/{hub.provider.id}/credentials", json=body, headers=hub.bearer(hub.owner_key)
    )
    assert "Upstream is called with an api_key" in answer.text
