"""The V1 doors: by an app's signature, or by a key whose role manages (contract 1.5)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigne_hub.access.apps.did import did_of
from aigne_hub.access.apps.signature import message_of
from aigne_hub.access.identity import UserId
from aigne_hub.api.registered_apps import NewApp
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM, Filter, Outcome
from tests.running import RunningHub
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

PATH = "/api/v1/chat/completions"
BODY = {"model": "up/m", "messages": [{"role": "user", "content": "Grüße ☃"}], "temperature": 1.0}


class Signer:
    """An app with its key pair."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes_raw()
        self.id = did_of(self.public)

    def headers(self, body: Any, *, at: int | None = None, user: str | None = None) -> dict[str, str]:
        at = int(time.time()) if at is None else at
        digest = hashlib.sha3_256(message_of(self.id, at, body, user).encode()).digest()
        signature = self.private.sign(digest).hex()
        more = {} if user is None else {"x-app-user-did": user}
        return {"x-app-id": self.id, "x-timestamp": str(at), "x-component-sig": signature, **more}


async def registered(hub: RunningHub, signer: Signer, *, is_allowed: bool = True) -> None:
    body = NewApp(public_key=signer.public.hex()).model_dump(by_alias=True)
    answer = await hub.http.post("/api/app/register", json=body)
    assert answer.json()["id"] == signer.id
    if is_allowed:
        async with hub.house.database.write() as conn:
            app = await hub.house.apps.register(conn, SYSTEM, signer.public.hex())
            await hub.house.users.change(conn, SYSTEM, UserId(app.user_id), is_disabled=False)


async def test_a_signed_call_is_answered_and_recorded_as_the_apps(hub_on_both: RunningHub) -> None:
    hub, signer = hub_on_both, Signer()
    await registered(hub, signer)
    for user in (None, "z1User"):
        answer = await hub.http.post(PATH, json=BODY, headers=signer.headers(BODY, user=user))
        assert answer.status_code == 200, answer.text
        assert answer.json()["content"] == "Hello"
    async with hub.house.database.read() as conn:
        account = await hub.house.users.find(conn, UserId((await hub.calls())[0].user_id))
    assert account.name == f"app {signer.id}"


async def test_an_app_that_nobody_allowed_calls_nothing(hub: RunningHub, upstream: Upstream) -> None:
    signer = Signer()
    await registered(hub, signer, is_allowed=False)
    answer = await hub.http.post(PATH, json=BODY, headers=signer.headers(BODY))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "app_waits")
    assert not upstream.asked


async def test_a_bad_signature_a_changed_body_and_an_old_one_are_refused(hub: RunningHub, upstream: Upstream) -> None:
    signer, now = Signer(), int(time.time())
    await registered(hub, signer)
    good = signer.headers(BODY)
    for body, headers in (
        ({**BODY, "model": "up/other"}, good),
        (BODY, {**good, "x-timestamp": str(now - 5)}),
        (BODY, {**good, "x-app-user-did": "z1"}),
        (BODY, {**good, "x-component-sig": "00" * 64}),
        (BODY, signer.headers(BODY, at=now - 700)),
        (BODY, signer.headers(BODY, at=now + 700)),
    ):
        answer = await hub.http.post(PATH, json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_signature")
    assert not upstream.asked


async def test_missing_headers_and_unknown_apps_are_told(hub: RunningHub) -> None:
    signer = Signer()
    headers = signer.headers(BODY)
    for name in ("x-timestamp", "x-component-sig"):
        partial = {key: value for key, value in headers.items() if key != name}
        assert (await hub.http.post(PATH, json=BODY, headers=partial)).status_code == 400
    assert (await hub.http.post(PATH, json=BODY, headers={**headers, "x-timestamp": "soon"})).status_code == 400
    assert (await hub.http.post(PATH, json=BODY, headers=headers)).status_code == 404


async def test_signed_calls_that_are_refused_are_noted(hub: RunningHub) -> None:
    signer, waiting, stranger = Signer(), Signer(), Signer()
    await registered(hub, signer)
    await registered(hub, waiting, is_allowed=False)
    for headers in (
        {**signer.headers(BODY), "x-component-sig": "00" * 64},
        signer.headers(BODY, at=int(time.time()) - 700),
        waiting.headers(BODY),
        stranger.headers(BODY),
    ):
        assert (await hub.http.post(PATH, json=BODY, headers=headers)).status_code in (401, 403, 404)
    async with hub.house.database.read() as conn:
        wanted = Filter(action="access.refuse", outcome=Outcome.refused)
        rows = await audit_store.list_rows(conn, wanted, before_seq=None, limit=9)
    reasons = [json.loads(row.after or "{}")["reason"] for row in reversed(rows)]
    assert reasons == ["invalid_signature", "invalid_signature", "app_waits", "unknown_app"]


async def test_a_signature_does_not_open_other_doors(hub: RunningHub) -> None:
    signer = Signer()
    await registered(hub, signer)
    headers = signer.headers(BODY)
    assert (await hub.http.post("/v1/chat/completions", json=BODY, headers=headers)).status_code == 401
    assert (await hub.http.post("/api/access-keys", json={"name": "k"}, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "path", [PATH, "/api/v1/completions", "/ai-kit/api/v1/chat/completions", "/api/v1/sdk/chat/completions"]
)
async def test_without_one_v1_is_for_those_who_manage(hub: RunningHub, path: str) -> None:
    owner = await hub.http.post(path, json=BODY, headers=hub.bearer(hub.owner_key))
    member = await hub.http.post(path, json=BODY, headers=hub.bearer())
    nobody = await hub.http.post(path, json=BODY)
    assert [one.status_code for one in (owner, member, nobody)] == [200, 403, 401]


async def test_embeddings_are_v1s_too(hub: RunningHub, upstream: Upstream) -> None:
    signer, body = Signer(), {"model": "up/e", "input": "hi"}
    await registered(hub, signer)
    from tests.upstream import whole

    upstream.script = whole({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]})
    answer = await hub.http.post("/api/v1/embeddings", json=body, headers=signer.headers(body))
    assert json.loads(answer.text)["data"][0]["embedding"] == [0.5]


async def test_v1_status_is_for_the_same_callers(hub: RunningHub) -> None:
    path, signer = "/api/v1/status", Signer()
    assert (await hub.http.get(path)).status_code == 401
    assert (await hub.http.get(path, headers=hub.bearer())).status_code == 403
    assert (await hub.http.get(path, headers=hub.bearer(hub.owner_key))).json() == {"available": True}
    assert (await hub.http.get(path, headers=signer.headers({}))).status_code == 404
    await registered(hub, signer)
    assert (await hub.http.get(path, headers=signer.headers({}))).json() == {"available": True}
    assert (await hub.http.get(path, headers=signer.headers({"a": 1}))).status_code == 401
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, enabled=False)
    async with asyncio.timeout(10):
        while (await hub.http.get(path, headers=hub.bearer(hub.owner_key))).json()["available"]:
            await asyncio.sleep(0.05)
