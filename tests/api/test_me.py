"""What a person does about themself: profile, password, passkeys, sessions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from aigne_hub.access.identity import User
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import Filter
from tests.authenticator import Authenticator
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


class Person:
    """Somebody at the console, whose cookie and token follow what the hub says."""

    def __init__(self, hub: RunningHub, headers: dict[str, str]) -> None:
        self._url = hub.url
        self.secret = headers["cookie"].partition("=")[2]
        self.token = headers["x-csrf-token"]

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"x-csrf-token": self.token, "cookie": f"hub_session={self.secret}"}
        async with httpx.AsyncClient(base_url=self._url, timeout=20) as http:
            answer = await http.request(method, path, json=body, headers=headers)
        if answer.content and answer.headers["content-type"] == "application/json" and isinstance(answer.json(), dict):
            self.token = answer.json().get("csrfToken", self.token)
        self.secret = answer.cookies.get("hub_session") or self.secret
        return answer


async def person(hub: RunningHub, user: User | None = None) -> Person:
    return Person(hub, await hub.signed_in(user or hub.member))


async def with_passkey(hub: RunningHub, someone: Person) -> Authenticator:
    device = Authenticator(hub.url)
    asked = (await someone.ask("POST", "/api/me/passkeys/options")).json()
    body = {"ticket": asked["ticket"], "credential": device.create(asked["options"]), "name": "laptop"}
    made = await someone.ask("POST", "/api/me/passkeys", body)
    assert made.status_code == 201, made.text
    return device


async def by_passkey(hub: RunningHub, device: Authenticator) -> httpx.Response:
    async with httpx.AsyncClient(base_url=hub.url) as http:
        asked = (await http.post("/api/auth/passkey/options")).json()
        body = {"ticket": asked["ticket"], "credential": device.get(asked["options"])}
        return await http.post("/api/auth/passkey/sign-in", json=body)


async def test_a_profile_is_read_and_changed(hub: RunningHub) -> None:
    max_ = await person(hub)
    assert (await max_.ask("PATCH", "/api/me", {"name": "Maximilian"})).json()["name"] == "Maximilian"
    assert (await max_.ask("GET", "/api/me")).json()["name"] == "Maximilian"


@pytest.mark.parametrize("body", [{"role": "owner"}, {"name": "M", "role": "owner"}, {"name": "M", "kind": "service"}])
async def test_cve_2026_47102_nobody_gives_themself_a_role(hub: RunningHub, body: dict[str, str]) -> None:
    max_ = await person(hub)
    assert (await max_.ask("PATCH", "/api/me", body)).status_code == 400
    assert (await max_.ask("GET", "/api/me")).json()["role"] == "member"


async def test_a_key_does_nothing_in_its_holders_name_that_only_they_may(hub: RunningHub) -> None:
    key = hub.bearer()
    for method, path, body in (
        ("POST", "/api/me/password", {"password": "correct horse battery"}),
        ("POST", "/api/me/passkeys/options", None),
        ("PATCH", "/api/me", {"name": "Eve"}),
        ("DELETE", "/api/me/sessions", None),
        ("GET", "/api/me/sessions", None),
    ):
        refused = await hub.http.request(method, path, json=body, headers=key)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "session_needed"), path


async def test_a_passkey_lets_its_holder_in(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    max_ = await person(hub)
    device = await with_passkey(hub, max_)
    for _ in range(2):
        answer = await by_passkey(hub, device)
        assert (answer.status_code, answer.json()["user"]["name"]) == (200, "Max")
    (listed,) = (await max_.ask("GET", "/api/me/passkeys")).json()["list"]
    assert listed["name"] == "laptop" and listed["lastUsedAt"]
    async with hub.house.database.read() as conn:
        rows = await audit_store.list_rows(conn, Filter(action="sign_in.passkey"), before_seq=None, limit=9)
    assert [row.actor.name for row in rows] == ["Max", "Max"]


async def test_adding_a_passkey_gives_the_session_another_secret(hub: RunningHub) -> None:
    max_ = await person(hub)
    before = max_.secret
    await with_passkey(hub, max_)
    assert (await max_.ask("GET", "/api/me/passkeys")).status_code == 200
    old = await hub.http.get("/api/auth/session", headers={"cookie": f"hub_session={before}"})
    assert old.status_code == 401


@pytest.mark.parametrize("fault", ["origin", "key", "counter", "unverified", "challenge", "unknown"])
async def test_a_passkey_that_is_not_right_lets_nobody_in(hub: RunningHub, fault: str) -> None:
    device = await with_passkey(hub, await person(hub))
    assert (await by_passkey(hub, device)).status_code == 200
    if fault == "origin":
        device.origin = "https://evil.example"
    elif fault == "key":
        device.private = Authenticator(hub.url).private
    elif fault == "counter":
        device.counter = 0
    elif fault == "unverified":
        device.is_verifying = False
    elif fault == "unknown":
        device.credential = bytes(32)
    asked = (await hub.http.post("/api/auth/passkey/options")).json()
    credential = device.get(asked["options"])
    if fault == "challenge":
        asked = (await hub.http.post("/api/auth/passkey/options")).json()
    body = {"ticket": asked["ticket"], "credential": credential}
    answer = await hub.http.post("/api/auth/passkey/sign-in", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "sign_in_refused")
    assert "set-cookie" not in answer.headers
    again = await hub.http.post("/api/auth/passkey/sign-in", json=body)
    assert again.json()["error"]["code"] == "link_used"


async def test_a_challenge_is_answered_once(hub: RunningHub) -> None:
    device = await with_passkey(hub, await person(hub))
    asked = (await hub.http.post("/api/auth/passkey/options")).json()
    body = {"ticket": asked["ticket"], "credential": device.get(asked["options"])}
    assert (await hub.http.post("/api/auth/passkey/sign-in", json=body)).status_code == 200
    again = await hub.http.post("/api/auth/passkey/sign-in", json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "link_used")


async def test_a_challenge_for_signing_in_adds_no_passkey_and_one_of_another_user_neither(hub: RunningHub) -> None:
    max_, olga = await person(hub), await person(hub, hub.owner)
    device = Authenticator(hub.url)
    mine = (await max_.ask("POST", "/api/me/passkeys/options")).json()
    body = {"ticket": mine["ticket"], "credential": device.create(mine["options"])}
    refused = await olga.ask("POST", "/api/me/passkeys", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "passkey_refused")
    open_ = (await max_.ask("POST", "/api/auth/passkey/options")).json()
    body = {"ticket": open_["ticket"], "credential": device.create({**mine["options"], **open_["options"]})}
    assert (await max_.ask("POST", "/api/me/passkeys", body)).status_code == 400


async def test_garbage_is_refused_and_breaks_nothing(hub: RunningHub) -> None:
    max_ = await person(hub)
    for credential in ({}, {"id": 5}, {"id": "x", "rawId": "x", "type": "public-key", "response": {"x": 1}}):
        asked = (await max_.ask("POST", "/api/me/passkeys/options")).json()
        body = {"ticket": asked["ticket"], "credential": credential}
        assert (await max_.ask("POST", "/api/me/passkeys", body)).status_code == 400
        asked = (await max_.ask("POST", "/api/auth/passkey/options")).json()
        body = {"ticket": asked["ticket"], "credential": credential}
        assert (await max_.ask("POST", "/api/auth/passkey/sign-in", body)).status_code == 401


async def test_passkeys_are_renamed_and_removed_but_not_the_last_way_in(hub: RunningHub) -> None:
    max_ = await person(hub)
    await with_passkey(hub, max_)
    (one,) = (await max_.ask("GET", "/api/me/passkeys")).json()["list"]
    path = f"/api/me/passkeys/{one['id']}"
    assert (await max_.ask("PATCH", path, {"name": "phone"})).json()["name"] == "phone"
    refused = await max_.ask("DELETE", path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "last_way_in")
    await with_passkey(hub, max_)
    assert (await max_.ask("DELETE", path)).status_code == 204
    olga = await person(hub, hub.owner)
    (left,) = (await max_.ask("GET", "/api/me/passkeys")).json()["list"]
    assert (await olga.ask("DELETE", f"/api/me/passkeys/{left['id']}")).status_code == 404


async def test_a_password_is_set_and_the_session_goes_on(hub: RunningHub) -> None:
    max_, elsewhere = await person(hub), await person(hub)
    changed = await max_.ask("POST", "/api/me/password", {"password": "correct horse battery"})
    assert changed.status_code == 200
    assert (await max_.ask("GET", "/api/me")).json()["hasPassword"]
    assert (await elsewhere.ask("GET", "/api/me")).status_code == 401


async def test_sessions_are_listed_and_ended_by_their_own_person_alone(hub: RunningHub) -> None:
    max_, phone, olga = await person(hub), await person(hub), await person(hub, hub.owner)
    listed = (await max_.ask("GET", "/api/me/sessions")).json()["list"]
    assert [one["isCurrent"] for one in listed] == [False, True]
    other = listed[0]["id"]
    assert (await olga.ask("DELETE", f"/api/me/sessions/{other}")).status_code == 404
    assert (await phone.ask("GET", "/api/me")).status_code == 200
    assert (await max_.ask("DELETE", f"/api/me/sessions/{other}")).status_code == 204
    assert (await phone.ask("GET", "/api/me")).status_code == 401
    phone = await person(hub)
    assert (await max_.ask("DELETE", "/api/me/sessions")).status_code == 204
    assert (await phone.ask("GET", "/api/me")).status_code == 401
    assert (await max_.ask("GET", "/api/me")).status_code == 200
