"""The webhook over the API: its secret is shown once, its path never, and a test says what is wrong."""

from __future__ import annotations

import pytest

from tests.running import RunningHub
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio


async def test_the_webhook_is_set_shown_tried_and_removed(hub: RunningHub, upstream: Upstream) -> None:
    headers = hub.bearer(hub.owner_key)
    none = {"webhookUrl": None, "isMailed": False}
    assert (await hub.http.get("/api/notices", headers=headers)).json() == none
    made = await hub.http.put("/api/notices/webhook", json={"url": f"{upstream.url}/token"}, headers=headers)
    assert made.status_code == 200, made.text
    assert made.json()["secret"].startswith("whsec_")
    shown = upstream.url.removesuffix("v1") + "…"
    assert made.json()["url"] == shown
    assert (await hub.http.get("/api/notices", headers=headers)).json() == {**none, "webhookUrl": shown}
    upstream.script = whole(b"", 200)
    tried = await hub.http.post("/api/notices/webhook/test", headers=headers)
    assert (tried.status_code, tried.json()) == (200, {"ok": True, "status": 200})
    assert upstream.asked[-1].path == "/v1/token"
    upstream.script = whole(b"", 404)
    tried = await hub.http.post("/api/notices/webhook/test", headers=headers)
    assert (tried.status_code, "status 404" in tried.text) == (400, True)
    assert (await hub.http.delete("/api/notices/webhook", headers=headers)).status_code == 204
    for method, path in (("DELETE", "/api/notices/webhook"), ("POST", "/api/notices/webhook/test")):
        assert (await hub.http.request(method, path, headers=headers)).status_code == 404


async def test_what_is_no_address_or_no_known_field_is_refused(hub: RunningHub) -> None:
    for body in ({"url": "nowhere"}, {"url": "https://h.example", "secret": "mine"}, {}):
        answer = await hub.http.put("/api/notices/webhook", json=body, headers=hub.bearer(hub.owner_key))
        assert answer.status_code == 400, answer.text
