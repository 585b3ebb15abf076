"""Trusted issuers over the API, for owners and admins."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PATH = "/api/trusted-issuers"
BODY = {"name": "Cluster", "url": "https://issuer.example.com", "audience": "https://hub.example.com"}


async def test_an_issuer_is_added_changed_and_removed(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    olga = await hub.signed_in(hub.owner)
    made = await hub.http.post(PATH, json={**BODY, "subjects": {"job": str(hub.member.id)}}, headers=olga)
    assert made.status_code == 201, made.text
    issuer = made.json()
    assert (issuer["subjects"], issuer["isEnabled"]) == ({"job": str(hub.member.id)}, True)
    path = f"{PATH}/{issuer['id']}"
    changed = (await hub.http.patch(path, json={"isEnabled": False}, headers=olga)).json()
    assert (changed["isEnabled"], changed["name"]) == (False, "Cluster")
    assert (await hub.http.delete(path, headers=olga)).status_code == 204
    assert (await hub.http.get(PATH, headers=olga)).json()["list"] == []


@pytest.mark.parametrize(
    "more",
    [
        {"algorithms": ["none"]},
        {"algorithms": ["HS256"]},
        {"url": "not an address"},
        {"scopes": ["everything"]},
        {"subjects": {"job": "nobody"}},
        {"isOwner": True},
    ],
)
async def test_what_cannot_be_trusted_is_refused(hub: RunningHub, more: dict[str, Any]) -> None:
    olga = await hub.signed_in(hub.owner)
    refused = await hub.http.post(PATH, json={**BODY, **more}, headers=olga)
    assert refused.status_code in (400, 404), refused.text
    assert (await hub.http.get(PATH, headers=olga)).json()["list"] == []
