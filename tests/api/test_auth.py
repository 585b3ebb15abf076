"""Signing in and out over the API: what works, what is refused, and what nobody can tell."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Role, User
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM, Filter
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"


async def with_password(hub: RunningHub, user: User | None = None) -> dict[str, str]:
    """The credentials of a member, or of another user, who has a password now."""
    user = user or hub.member
    hashed = await hub.house.sign_in.hash_new(PASSWORD, name=user.name, email=user.email)
    async with hub.house.database.write() as conn:
        from aigne_hub.access.signin import store

        await store.set_password(conn, user.id, hashed)
    assert user.email is not None
    return {"email": user.email, "password": PASSWORD}


async def signed_in(hub: RunningHub, credentials: dict[str, str], **headers: str) -> httpx.Response:
    return await hub.http.post("/api/auth/sign-in", json=credentials, headers=headers)


async def actions(hub: RunningHub, action: str) -> list[tuple[str | None, str]]:
    async with hub.house.database.read() as conn:
        rows = await audit_store.list_rows(conn, Filter(action=action), before_seq=None, limit=100)
    return [(row.actor.name, row.outcome) for row in rows]


async def test_a_password_opens_a_session(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    answer = await signed_in(hub, await with_password(hub))
    assert answer.status_code == 200
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("hub_session="))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Secure" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    current = (await hub.http.get("/api/auth/session")).json()
    assert current["user"]["name"] == "Max" and current["user"]["hasPassword"]
    assert current["csrfToken"] == answer.json()["csrfToken"]
    assert (current["session"]["method"], current["session"]["isCurrent"]) == ("password", True)
    assert await actions(hub, "sign_in") == [("Max", "done")]


async def test_an_address_is_the_same_in_any_case(hub: RunningHub) -> None:
    credentials = await with_password(hub)
    assert (await signed_in(hub, {**credentials, "email": " MAX@Example.com "})).status_code == 200


async def test_whatever_is_wrong_the_answer_is_the_same(hub: RunningHub) -> None:
    good = await with_password(hub)
    async with hub.house.database.write() as conn:
        off = await hub.house.users.add(conn, SYSTEM, "Off", role=Role.member, email="off@example.com")
        await hub.house.users.change(conn, SYSTEM, off.id, is_disabled=True)
    disabled = await with_password(hub, off)
    answers = [
        await signed_in(hub, {**good, "password": "wrong horse battery"}),
        await signed_in(hub, {"email": "nobody@example.com", "password": PASSWORD}),
        await signed_in(hub, {"email": "olga@example.com", "password": PASSWORD}),  # has none
        await signed_in(hub, disabled),
    ]
    assert {(one.status_code, one.text) for one in answers} == {(401, answers[0].text)}
    assert answers[0].json()["error"]["code"] == "sign_in_refused"
    assert not [one for one in answers if "set-cookie" in one.headers]
    assert len(await actions(hub, "sign_in.password")) == 4


async def test_the_time_does_not_tell_either(hub: RunningHub) -> None:
    """Both ways hash once: counted, as no clock of a test can be trusted."""
    await with_password(hub)
    hashing = hub.house.sign_in._hashing
    checked: list[str | None] = []
    check = hashing.check

    async def counted(password: str, kept: str | None) -> Any:
        checked.append(kept and "kept")
        return await check(password, kept)

    hashing.check = counted  # type: ignore[method-assign]
    for email in ("max@example.com", "nobody@example.com"):
        with pytest.raises(Exception, match="not right"):
            await hub.house.sign_in.by_password(SYSTEM, email, "wrong horse battery", device())
    assert checked == ["kept", None]


def device() -> Any:
    from aigne_hub.access.signin.sign_in import Device

    return Device("192.0.2.1", "test")


async def test_a_guesser_waits_longer_and_longer_and_the_owners_device_does_not(hub: RunningHub) -> None:
    credentials = await with_password(hub)
    assert (await signed_in(hub, credentials)).status_code == 200  # this device is known from here on
    wrong = {**credentials, "password": "wrong horse battery"}
    statuses = [(await signed_in(hub, wrong)).status_code for _ in range(7)]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    held = await signed_in(hub, wrong)
    assert held.json()["error"]["code"] == "too_many_attempts"
    assert int(held.headers["retry-after"]) >= 1


async def test_signing_out_ends_the_session(hub: RunningHub) -> None:
    token = (await signed_in(hub, await with_password(hub))).json()["csrfToken"]
    secret = hub.http.cookies["hub_session"]
    assert (await hub.http.post("/api/auth/sign-out")).status_code == 403
    assert (await hub.http.post("/api/auth/sign-out", headers={"x-csrf-token": token})).status_code == 204
    hub.http.cookies.clear()
    replayed = await hub.http.get("/api/auth/session", headers={"cookie": f"hub_session={secret}"})
    assert replayed.status_code == 401


async def test_every_sign_in_is_a_new_session_whatever_was_sent(hub: RunningHub) -> None:
    credentials = await with_password(hub)
    fixed = await signed_in(hub, credentials, cookie="hub_session=planted-by-somebody-else")
    assert fixed.status_code == 200
    first = hub.http.cookies["hub_session"]
    assert first != "planted-by-somebody-else"
    await signed_in(hub, credentials)
    assert hub.http.cookies["hub_session"] != first


async def test_another_site_signs_nobody_in(hub: RunningHub) -> None:
    refused = await signed_in(hub, await with_password(hub), origin="https://evil.example")
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


async def test_a_key_is_no_session(hub: RunningHub) -> None:
    assert (await hub.http.get("/api/auth/session", headers=hub.bearer())).status_code == 403
    assert (await hub.http.get("/api/auth/session")).status_code == 401


async def test_local_sign_in_that_is_off_lets_nobody_in(hub: RunningHub) -> None:
    credentials = await with_password(hub)
    async with hub.house.database.write() as conn:
        await user_store.write_preferences(conn, {"local_sign_in": False}, 0)
    for one in (credentials, {"email": "nobody@example.com", "password": "whatever it is"}):
        refused = await signed_in(hub, one)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "local_sign_in_off")
    passkey = {"ticket": "x", "credential": {}}
    refused = await hub.http.post("/api/auth/passkey/sign-in", json=passkey)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "local_sign_in_off")
    assert (await hub.http.get("/api/auth/state")).json()["localSignIn"] is False


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_form_of_another_site_cannot_sign_anybody_in(hub: RunningHub, kind: str) -> None:
    body = json.dumps(await with_password(hub))
    answer = await hub.http.post("/api/auth/sign-in", content=body, headers={"content-type": kind})
    assert answer.status_code == 400 and "set-cookie" not in answer.headers


async def test_the_state_says_whether_the_hub_is_set_up(hub: RunningHub) -> None:
    assert (await hub.http.get("/api/auth/state")).json()["needsSetup"] is True
    await with_password(hub, hub.owner)
    assert (await hub.http.get("/api/auth/state")).json()["needsSetup"] is False


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "a@b.c"}, {"email": "a@b.c", "password": "x", "role": "owner"}, {"email": 5, "password": "x"}],
)
async def test_a_bad_body_is_refused(hub: RunningHub, body: dict[str, object]) -> None:
    assert (await hub.http.post("/api/auth/sign-in", json=body)).status_code == 400
