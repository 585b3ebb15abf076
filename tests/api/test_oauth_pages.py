"""What the console asks for a person: who wants what, and their answer; for persons alone."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth.records import Grant
from tests.oauth_app import CALLBACK, SCOPES, answered, refusals, register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_a_person_sees_who_asks_for_what(hub: RunningHub) -> None:
    app = await register(hub)
    ticket, me = await app.ticket(), await hub.signed_in(hub.member)
    question = (await hub.http.get(f"/api/oauth/requests/{ticket}", headers=me)).json()
    assert question["client"] == {"name": "Test app", "clientId": app.client_id, "isDynamic": False}
    assert question["scopes"] == [
        {"name": "inference", "text": "Call AI models in your name"},
        {"name": "models.read", "text": "See which models there are"},
    ]
    assert (question["redirectHost"], question["isKnown"]) == ("127.0.0.1:9", False)
    assert question["user"]["id"] == str(hub.member.id)
    await app.consent(ticket=ticket)
    again = await app.ticket()
    assert (await hub.http.get(f"/api/oauth/requests/{again}", headers=me)).json()["isKnown"] is True


async def test_a_no_goes_back_to_the_application(hub: RunningHub) -> None:
    app = await register(hub)
    assert (await app.consent(allow=False))["error"] == "access_denied"


async def test_a_request_is_answered_once(hub: RunningHub) -> None:
    app = await register(hub)
    ticket, me = await app.ticket(), await hub.signed_in(hub.member)
    path = f"/api/oauth/requests/{ticket}"
    first = await hub.http.post(path, json={"allow": True}, headers=me)
    assert first.json()["redirect"].startswith(CALLBACK + "?code=")
    second = await hub.http.post(path, json={"allow": True}, headers=me)
    assert (second.status_code, second.json()["error"]["code"]) == (400, "link_used")
    assert (await hub.http.get(path, headers=me)).status_code == 400
    assert (await hub.http.get("/api/oauth/requests/nonsense", headers=me)).status_code == 400
    assert len(await refusals(hub, "ticket.refuse")) == 3


async def test_only_a_person_at_the_console_answers(hub: RunningHub) -> None:
    app = await register(hub, scopes=SCOPES | {Scope.admin})
    token = (await app.tokens(hub.owner, scope="inference models.read admin"))["access_token"]
    path, me = f"/api/oauth/requests/{await app.ticket()}", await hub.signed_in(hub.member)
    body = {"allow": True}
    assert (await hub.http.post(path, json=body)).status_code == 401
    for bearer in (hub.owner_key, token):
        refused = await hub.http.post(path, json=body, headers=hub.bearer(bearer))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "session_needed")
    without_csrf = await hub.http.post(path, json=body, headers={"cookie": me["cookie"]})
    assert (without_csrf.status_code, without_csrf.json()["error"]["code"]) == (403, "csrf")
    foreign = await hub.http.post(path, json=body, headers={**me, "origin": "https://evil.example"})
    assert foreign.status_code == 403
    extra = await hub.http.post(path, json={**body, "scopes": ["admin"]}, headers=me)
    assert (extra.status_code, extra.json()["error"]["param"]) == (400, "scopes")
    assert (await hub.http.post(path, json=body, headers=me)).status_code == 200


async def test_a_device_is_allowed_by_the_code_it_shows(hub: RunningHub) -> None:
    app = await register(hub)
    started = (await app.post("/oauth/device_authorization")).json()
    me, body = await hub.signed_in(hub.member), {"userCode": started["user_code"].lower()}
    question = (await hub.http.post("/api/oauth/device/open", json=body, headers=me)).json()
    assert question["client"]["clientId"] == app.client_id and len(question["scopes"]) == 2
    done = await hub.http.post("/api/oauth/device", json={**body, "allow": True}, headers=me)
    assert (done.status_code, done.json()) == (200, {})
    form = {"grant_type": Grant.device_code.value, "device_code": started["device_code"]}
    token = (await app.token(**form)).json()["access_token"]
    assert (await hub.ask(authorization=f"Bearer {token}")).status_code == 200
    assert (await app.token(**form)).json()["error"] == "invalid_grant"


async def test_a_device_that_was_turned_away_hears_it(hub: RunningHub) -> None:
    app = await register(hub)
    started = (await app.post("/oauth/device_authorization")).json()
    me = await hub.signed_in(hub.member)
    body = {"userCode": started["user_code"], "allow": False}
    assert (await hub.http.post("/api/oauth/device", json=body, headers=me)).status_code == 200
    answer = await app.token(grant_type=Grant.device_code.value, device_code=started["device_code"])
    assert answer.json()["error"] == "access_denied"


async def test_nobody_guesses_the_codes_of_devices(hub: RunningHub) -> None:
    me = await hub.signed_in(hub.member)
    answers = [
        await hub.http.post("/api/oauth/device/open", json={"userCode": f"BCDF-GHJ{letter}"}, headers=me)
        for letter in "BCDFGHJKLMNPQRSTVWXZB"
    ]
    assert [one.status_code for one in answers] == [400] * 20 + [429]
    assert answers[0].json()["error"]["code"] == "device_code_unknown"
    assert int(answers[-1].headers["retry-after"]) > 0
    other = await hub.signed_in(hub.owner)
    assert (await hub.http.post("/api/oauth/device/open", json={"userCode": "x"}, headers=other)).status_code == 400
    assert (await hub.http.post("/api/oauth/device/open", json={"userCode": "x"})).status_code == 401


async def test_who_asked_is_sent_back_where_it_was_registered_when_it_was_asked(hub: RunningHub) -> None:
    app = await register(hub, redirect_uris=("com.example.app:/cb",))
    back = await app.consent()
    assert set(back) == {"code", "state", "iss"} and answered("x:/?a=1") == {"a": "1"}
