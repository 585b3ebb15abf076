"""The connect flow over HTTP, step by step as the published CLI takes it (contract 1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import Filter, Outcome
from tests.connect_client import decrypt_as_client
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

SESSION = "/.well-known/service/api/access-key/session"
AUTHORIZE = "/.well-known/service/api/access-key/authorize"


async def begun(hub: RunningHub) -> dict[str, Any]:
    answer = await hub.http.post(SESSION)
    assert answer.status_code == 200
    session: dict[str, Any] = answer.json()
    return session


async def test_the_published_flow(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    session = await begun(hub)
    assert session["type"] == "access-key-simple"
    assert len(session["challenge"]) == 48
    pending = (await hub.http.get(SESSION, params={"sid": session["id"]})).json()
    assert "accessKeyId" not in pending and "accessKeySecret" not in pending

    person = await hub.signed_in(hub.member)
    state = (await hub.http.get(f"/api/connect/{session['id']}", headers=person)).json()
    assert state["status"] == "pending"
    body = {"source": "@aigne/cli connect to AIGNE hub", "sid": session["id"], "requiredRoles": "admin,owner"}
    allowed = await hub.http.post(AUTHORIZE, json=body, headers=person)
    assert allowed.status_code == 200, allowed.text

    for _ in range(2):  # the client fetches twice
        done = (await hub.http.get(SESSION, params={"sid": session["id"]})).json()
    assert done["accessKeyId"] == allowed.json()["accessKeyId"]
    secret = decrypt_as_client(done["accessKeySecret"], challenge=done["challenge"], key_id=done["accessKeyId"])
    assert (await hub.ask(**hub.bearer(secret))).status_code == 200
    assert (await hub.http.delete(SESSION, params={"sid": session["id"]})).json() == {"deleted": True}
    assert (await hub.http.get(SESSION, params={"sid": session["id"]})).status_code == 404


async def test_nobody_is_connected_without_a_person_and_their_token(hub: RunningHub) -> None:
    session, body = await begun(hub), {"source": "x"}
    body["sid"] = session["id"]
    person = await hub.signed_in(hub.member)
    cookie_only = {"cookie": person["cookie"]}
    foreign = {**person, "origin": "https://evil.example"}
    for headers, status in (({}, 401), (hub.bearer(), 403), (cookie_only, 403), (foreign, 403)):
        assert (await hub.http.post(AUTHORIZE, json=body, headers=headers)).status_code == status
    assert "accessKeyId" not in (await hub.http.get(SESSION, params={"sid": session["id"]})).json()


async def test_a_second_answer_and_an_unknown_session_are_refused_and_noted(hub: RunningHub) -> None:
    session, person = await begun(hub), await hub.signed_in(hub.member)
    body = {"source": "x", "sid": session["id"]}
    assert (await hub.http.post(AUTHORIZE, json=body, headers=person)).status_code == 200
    again = await hub.http.post(AUTHORIZE, json=body, headers=person)
    unknown = await hub.http.post(AUTHORIZE, json={"source": "x", "sid": "0" * 48}, headers=person)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "connect_used")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "connect_unknown")
    async with hub.house.database.read() as conn:
        wanted = Filter(action="connect.refuse", outcome=Outcome.refused)
        rows = await audit_store.list_rows(conn, wanted, before_seq=None, limit=10)
    assert [row.actor.name for row in rows] == ["Max", "Max"]


async def test_sessions_of_one_address_are_bounded(hub: RunningHub) -> None:
    statuses = [(await hub.http.post(SESSION)).status_code for _ in range(31)]
    assert (statuses.count(200), statuses[-1]) == (30, 429)
