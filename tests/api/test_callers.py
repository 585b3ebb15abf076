"""Who may use a route: by key, by session, and what nobody can pretend."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.api.callers import SESSION_COOKIE
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM, Filter, Row
from aigne_hub.db.engine import Conn
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def signed_in(hub: RunningHub) -> tuple[dict[str, str], str]:
    async with hub.house.database.write() as conn:
        opened = await hub.house.sessions.open(conn, hub.owner, method="password", address=None, user_agent="test")
    return {"cookie": f"{SESSION_COOKIE}={opened.secret}"}, hub.house.sessions.csrf_token(opened.secret)


PROVIDER = {"name": "mine", "baseUrl": "http://127.0.0.1:9/v1"}


async def test_a_session_may_read_without_and_change_with_its_csrf_token(hub: RunningHub) -> None:
    cookie, token = await signed_in(hub)
    assert (await hub.http.get("/api/ai-providers", headers=cookie)).status_code == 200
    for headers in (
        cookie,
        {**cookie, "x-csrf-token": ""},
        {**cookie, "x-csrf-token": token[:-1] + "x"},
        {**cookie, "x-csrf-token": token, "origin": "https://evil.example"},
        {**cookie, "x-csrf-token": token, "origin": "null"},
    ):
        refused = await hub.http.post("/api/ai-providers", json=PROVIDER, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf"), headers
    good = {**cookie, "x-csrf-token": token, "origin": hub.url}
    assert (await hub.http.post("/api/ai-providers", json=PROVIDER, headers=good)).status_code == 200


async def test_a_session_that_ended_is_told_so(hub: RunningHub) -> None:
    cookie, _ = await signed_in(hub)
    async with hub.house.database.write() as conn:
        await hub.house.sessions.end_all(conn, hub.owner.id)
    refused = await hub.http.get("/api/ai-providers", headers=cookie)
    assert refused.status_code == 401


async def test_a_key_in_a_cookie_may_read_but_not_change(hub: RunningHub) -> None:
    cookie = {"cookie": f"login_token={hub.owner_key}"}
    assert (await hub.http.get("/api/ai-providers", headers=cookie)).status_code == 200
    assert (await hub.http.post("/api/ai-providers", json=PROVIDER, headers=cookie)).status_code == 401


async def test_what_a_gateway_might_say_of_a_caller_is_not_believed(hub: RunningHub) -> None:
    spoofed = {"x-user-did": str(hub.owner.id), "x-user-role": "owner", "x-user-fullname": "Olga"}
    assert (await hub.http.get("/api/ai-providers", headers=spoofed)).status_code == 401
    asked = await hub.http.get("/api/ai-providers", headers={**spoofed, **hub.bearer()})
    assert asked.status_code == 403


async def test_a_refusal_is_in_the_journal(hub: RunningHub) -> None:
    assert (await hub.http.get("/api/ai-providers", headers=hub.bearer())).status_code == 403
    async with hub.house.database.read() as conn:
        (row,) = await rows(conn, "access.refuse")
    assert (row.actor.name, row.actor.means, row.actor.address) == ("Max", "key", "127.0.0.1")
    assert row.target is not None and row.target.id == "/api/ai-providers"


@pytest.mark.parametrize(
    ("role", "status"), [(Role.guest, 403), (Role.member, 403), (Role.admin, 200), (Role.owner, 200)]
)
async def test_a_role_below_admin_is_refused_and_above_is_not(hub: RunningHub, role: Role, status: int) -> None:
    async with hub.house.database.write() as conn:
        made = await hub.house.keys.create(conn, SYSTEM, hub.owner.id, role, role=role)
    assert (await hub.http.get("/api/ai-providers", headers=hub.bearer(made.secret))).status_code == status


async def rows(conn: Conn, action: str) -> list[Row]:
    return await audit_store.list_rows(conn, Filter(action=action), before_seq=None, limit=100)
