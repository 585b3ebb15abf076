"""Inviting people: each link once, for whom it is."""

from __future__ import annotations

import pytest

from tests.api.test_auth_links import PASSWORD, REDEEM, opened
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_an_invited_person_comes_in_once_as_they_were_invited(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    invitation = {"email": "New@Example.com", "role": "member"}
    sent = (await hub.http.post("/api/invitations", json=invitation, headers=olga)).json()
    token = sent["link"].partition("#token=")[2]
    assert await opened(hub, token) | {"expiresAt": None} == {
        "purpose": "invitation", "email": "new@example.com", "name": None, "role": "member", "expiresAt": None,
    }  # fmt: skip
    body = {"token": token, "name": "Nina", "email": "other@example.com", "password": PASSWORD}
    answer = (await hub.http.post(REDEEM, json=body)).json()
    assert (answer["user"]["email"], answer["user"]["role"]) == ("new@example.com", "member")
    assert (await hub.http.post(REDEEM, json=body)).json()["error"]["code"] == "link_used"
    assert (await hub.http.get("/api/invitations", headers=olga)).json()["list"] == []


async def test_an_invitation_is_listed_withdrawn_and_replaced(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    body = {"email": "new@example.com", "name": "Nina", "role": "guest"}
    first = (await hub.http.post("/api/invitations", json=body, headers=olga)).json()
    second = (await hub.http.post("/api/invitations", json=body, headers=olga)).json()
    (listed,) = (await hub.http.get("/api/invitations", headers=olga)).json()["list"]
    assert (listed["id"], listed["createdByName"]) == (second["id"], "Olga")
    assert "link" not in listed
    assert (await opened(hub, first["link"].partition("#token=")[2]))["error"]["code"] == "link_invalid"
    assert (await hub.http.delete(f"/api/invitations/{second['id']}", headers=olga)).status_code == 204
    assert (await opened(hub, second["link"].partition("#token=")[2]))["error"]["code"] == "link_invalid"
    assert (await hub.http.delete(f"/api/invitations/{second['id']}", headers=olga)).status_code == 404


async def test_an_address_that_is_somebodys_is_not_invited(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    refused = await hub.http.post("/api/invitations", json={"email": "MAX@example.com"}, headers=olga)
    assert (refused.status_code, refused.json()["error"]["param"]) == (409, "email")
