"""Refusals in the journal, and that nobody can fill it with them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from aigne_hub.access.identity import Role
from aigne_hub.access.oauth.records import Grant
from aigne_hub.access.tickets import store as ticket_store
from aigne_hub.audit import store
from aigne_hub.audit.records import SYSTEM, Filter, Outcome
from aigne_hub.db.schema import connects, device_requests, tickets
from tests.oauth_app import register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_who_is_refused_often_is_noted_only_so_often(hub: RunningHub) -> None:
    for _ in range(40):
        assert (await hub.http.get("/api/ai-providers", headers=hub.bearer())).status_code == 403
    async with hub.house.database.read() as conn:
        rows = await store.list_rows(conn, Filter(outcome=Outcome.refused), before_seq=None, limit=100)
        assert (await hub.house.journal.verify(conn)).first_bad is None
    assert len(rows) == 30


async def refused(hub: RunningHub) -> list[tuple[str, str | None, str, str | None]]:
    """Every refusal that is noted, oldest first: what, who, at which thing, and why."""
    async with hub.house.database.read() as conn:
        rows = await store.list_rows(conn, Filter(outcome=Outcome.refused), before_seq=None, limit=100)
    return [
        (row.action, row.actor.name, row.target.kind if row.target else "", json.loads(row.after or "{}")["reason"])
        for row in rows[::-1]
    ]


async def test_a_path_that_cannot_be_written_down_is_refused_and_noted_all_the_same(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    headers = await hub.signed_in(hub.member)
    assert (await hub.http.get("/api/oauth/requests/%00x", headers=headers)).status_code == 400
    async with hub.house.database.read() as conn:
        (row,) = await store.list_rows(conn, Filter(outcome=Outcome.refused), before_seq=None, limit=100)
    assert row.target is not None and row.target.id == "/api/oauth/requests/?x"


async def test_a_key_or_token_that_is_wrong_or_has_ended_is_noted_and_none_at_all_is_not(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        ended = await hub.house.keys.create(conn, SYSTEM, hub.owner.id, "k", role=Role.owner)
        await hub.house.keys.revoke(conn, SYSTEM, ended.key.id)
    for path in ("/api/ai-providers", "/api/me"):
        for headers in ({}, hub.bearer("blocklet-x"), hub.bearer(ended.secret), hub.bearer("a.jwt.x")):
            assert (await hub.http.get(path, headers=headers)).status_code == 401
    reasons = ["forbidden"] * 3 + ["invalid_api_key"] * 3
    assert await refused(hub) == [("access.refuse", None, "path", reason) for reason in reasons]


async def test_a_person_whose_page_is_not_ours_is_noted_by_name(hub: RunningHub) -> None:
    max_ = await hub.signed_in(hub.member)
    for headers in ({"cookie": max_["cookie"]}, {**max_, "origin": "https://evil.example"}):
        assert (await hub.http.patch("/api/me", json={"name": "M"}, headers=headers)).status_code == 403
    assert await refused(hub) == [("access.refuse", "Max", "path", "csrf")] * 2


async def test_links_that_are_wrong_used_or_too_old_are_noted(hub: RunningHub) -> None:
    house = hub.house
    async with house.database.write() as conn:
        set_up, reset = await house.links.set_up(conn), await house.links.reset(conn, SYSTEM, hub.member)
        invited = await house.links.invite(conn, SYSTEM, "new@example.com", None, Role.member)
        assert set_up is not None
        for made in (set_up, invited):
            await ticket_store.use(conn, made.id, house.clock.now_ms())
        await conn.execute(
            update(tickets).where(tickets.c.id == reset.id).values(expires_ms=hub.house.clock.now_ms() - 1)
        )
    for secret in (set_up.secret, invited.secret, reset.secret, "x" * 43):
        for path in ("open", "redeem"):
            answer = await hub.http.post(f"/api/auth/links/{path}", json={"token": secret})
            assert answer.status_code == 400, answer.text
    assert await refused(hub) == [
        ("ticket.refuse", None, kind, reason)
        for kind, reason in (
            ("set_up", "link_used"),
            ("invitation", "link_used"),
            ("password_reset", "link_expired"),
            ("path", "link_invalid"),
        )
        for _ in range(2)
    ]


async def test_connect_sessions_that_are_unknown_answered_or_too_old_are_noted(hub: RunningHub) -> None:
    session, authorize = (f"/.well-known/service/api/access-key/{name}" for name in ("session", "authorize"))
    max_, sid = await hub.signed_in(hub.member), (await hub.http.post(session)).json()["id"]
    assert (await hub.http.post(authorize, json={"sid": sid}, headers=max_)).status_code == 200
    assert (await hub.http.post(authorize, json={"sid": sid}, headers=max_)).status_code == 409
    async with hub.house.database.write() as conn:
        await conn.execute(update(connects).values(expires_ms=hub.house.clock.now_ms() - 1))
    assert (await hub.http.post(authorize, json={"sid": sid}, headers=max_)).status_code == 400
    assert (await hub.http.get(session, params={"sid": sid})).status_code == 400
    assert (await hub.http.get(session, params={"sid": "0" * 48})).status_code == 404
    assert await refused(hub) == [
        ("connect.refuse", "Max", "path", "connect_used"),
        ("connect.refuse", "Max", "path", "connect_expired"),
        ("connect.refuse", None, "path", "connect_expired"),
        ("connect.refuse", None, "path", "connect_unknown"),
    ]


async def test_codes_and_tokens_that_are_wrong_replayed_or_too_old_are_noted(hub: RunningHub) -> None:
    app = await register(hub)
    code = (await app.consent())["code"]
    first = (await app.redeem(code)).json()
    late = (await app.consent())["code"]
    async with hub.house.database.write() as conn:
        await conn.execute(
            update(tickets).where(tickets.c.used_ms.is_(None)).values(expires_ms=hub.house.clock.now_ms() - 1)
        )
    for wrong in ("x" * 43, code, late):
        assert (await app.redeem(wrong)).json()["error"] == "invalid_grant"
    for wrong in (first["refresh_token"], "x", "hub_rt_x"):  # the first ended when its code was shown again
        assert (await app.refresh(wrong)).json()["error"] == "invalid_grant"
    assert await refused(hub) == [("oauth.refuse", "Test app", "client", "invalid_grant")] * 6


async def test_device_codes_that_are_wrong_replayed_or_too_old_are_noted(hub: RunningHub) -> None:
    app, max_ = await register(hub), await hub.signed_in(hub.member)
    begun, late = [(await app.post("/oauth/device_authorization")).json() for _ in range(2)]
    allowed = {"user_code": begun["user_code"], "allow": True}
    polled = {"grant_type": Grant.device_code.value, "device_code": begun["device_code"]}
    assert (await hub.http.post("/api/oauth/device", json=allowed, headers=max_)).status_code == 200
    assert (await app.token(**polled)).status_code == 200
    async with hub.house.database.write() as conn:
        await conn.execute(update(device_requests).values(expires_ms=hub.house.clock.now_ms() - 1))
    for typed in ({**allowed, "user_code": "BBBB-BBBB"}, allowed, {**allowed, "user_code": late["user_code"]}):
        assert (await hub.http.post("/api/oauth/device", json=typed, headers=max_)).status_code == 400
    for shown in ("nonsense", begun["device_code"], late["device_code"]):
        assert (await app.token(**{**polled, "device_code": shown})).status_code == 400
    assert await refused(hub) == [
        *[("device.refuse", "Max", "path", "device_code_unknown")] * 3,
        *[
            ("oauth.refuse", "Test app", "client", reason)
            for reason in ("invalid_grant", "invalid_grant", "expired_token")
        ],
    ]
