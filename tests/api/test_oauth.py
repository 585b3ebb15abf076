"""The protocol endpoints of OAuth through the door: the code flow, refreshing, and every way it is refused."""

from __future__ import annotations

import pytest

from tests.oauth_app import register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("is_public", [True, False])
async def test_a_code_becomes_a_token_that_calls_a_model(hub_on_both: RunningHub, is_public: bool) -> None:
    hub = hub_on_both
    app = await register(hub, is_public=is_public)
    back = await app.consent()
    assert back["state"] == app.state
    assert back["iss"] == hub.url
    answer = await app.redeem(back["code"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600
    assert tokens["scope"] == "inference models.read"
    called = await hub.ask(authorization=f"Bearer {tokens['access_token']}")
    assert called.status_code == 200
    assert (await hub.call()).user_id == hub.member.id
    denied = await hub.http.get("/api/user/model-calls", headers=hub.bearer(tokens["access_token"]))
    assert denied.status_code == 403
