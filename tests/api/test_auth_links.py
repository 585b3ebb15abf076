"""Links that let somebody in: set-up, invitations, resets, each once and for what it is."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import Filter, Outcome
from tests.authenticator import Authenticator
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

REDEEM = "/api/auth/links/redeem"
PASSWORD = "correct horse battery"


async def set_up_token(hub: RunningHub) -> str:
    async with hub.house.database.write() as conn:
        made = await hub.house.links.set_up(conn)
    assert made is not None
    return made.secret


async def opened(hub: RunningHub, token: str) -> Any:
    return (await hub.http.post("/api/auth/links/open", json={"token": token})).json()


async def test_the_first_owner_sets_the_hub_up_with_a_password(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    token = await set_up_token(hub)
    assert (await opened(hub, token))["purpose"] == "set_up"
    body = {"token": token, "name": "Olga O.", "email": "olga.o@example.com", "password": PASSWORD}
    answer = await hub.http.post(REDEEM, json=body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["user"]["id"], answer.json()["user"]["role"]) == (str(hub.owner.id), "owner")
    assert (await hub.http.get("/api/auth/session")).json()["session"]["method"] == "link"
    assert (await hub.http.get("/api/auth/state")).json()["needsSetup"] is False
    again = await hub.http.post(REDEEM, json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "link_used")
    async with hub.house.database.write() as conn:
        assert await hub.house.links.set_up(conn) is None


async def test_the_first_owner_sets_the_hub_up_with_a_passkey(hub: RunningHub) -> None:
    token, device = await set_up_token(hub), Authenticator(hub.url)
    who = {"name": "Olga", "email": "olga@example.com"}
    asked = (await hub.http.post("/api/auth/links/passkey-options", json={"token": token, **who})).json()
    passkey = {"ticket": asked["ticket"], "credential": device.create(asked["options"]), "name": "laptop"}
    answer = await hub.http.post(REDEEM, json={"token": token, **who, "passkey": passkey})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["user"]["passkeys"], answer.json()["user"]["hasPassword"]) == (1, False)


async def test_a_newer_set_up_link_ends_the_older(hub: RunningHub) -> None:
    old, new = await set_up_token(hub), await set_up_token(hub)
    assert (await opened(hub, old))["error"]["code"] == "link_invalid"
    assert (await opened(hub, new))["purpose"] == "set_up"


async def test_a_hub_that_is_set_up_is_not_claimed_by_an_old_link(hub: RunningHub) -> None:
    """bifrost 2.0.0-pre1: a fresh install could be claimed by anyone."""
    token = await set_up_token(hub)
    body = {"token": token, "name": "Olga", "email": "olga@example.com", "password": PASSWORD}
    assert (await hub.http.post(REDEEM, json={**body, "token": "x" * 43})).status_code == 400
    assert (await hub.http.post(REDEEM, json=body)).status_code == 200
    claimed = await hub.http.post(REDEEM, json={**body, "email": "eve@example.com"})
    assert claimed.status_code == 400


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"name": "Olga", "email": "olga@example.com"}, "password"),
        ({"name": "Olga", "email": "olga@example.com", "password": "short"}, "password"),
        ({"name": "", "email": "olga@example.com", "password": PASSWORD}, "name"),
        ({"name": "Olga", "email": "nonsense", "password": PASSWORD}, "email"),
        ({"name": "Olga", "password": PASSWORD}, "email"),
        ({"name": "Olga", "email": "olga@example.com", "password": PASSWORD, "role": "owner"}, "role"),
    ],
)
async def test_what_is_wrong_is_told_and_the_link_still_works(
    hub: RunningHub, more: dict[str, str], param: str
) -> None:
    token = await set_up_token(hub)
    refused = await hub.http.post(REDEEM, json={"token": token, **more})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    assert (await opened(hub, token))["purpose"] == "set_up"


async def test_bad_links_are_noted(hub: RunningHub) -> None:
    await opened(hub, "x" * 43)
    async with hub.house.database.read() as conn:
        rows = await audit_store.list_rows(
            conn, Filter(action="ticket.refuse", outcome=Outcome.refused), before_seq=None, limit=9
        )
    assert [row.actor.address for row in rows] == ["127.0.0.1"]


async def test_links_are_not_guessed_for_long(hub: RunningHub) -> None:
    statuses = [
        (await hub.http.post(REDEEM, json={"token": f"{n}", "password": PASSWORD})).status_code for n in range(31)
    ]
    assert (statuses[0], statuses[-1]) == (400, 429)


async def test_a_forgotten_password_is_answered_the_same_for_everybody(hub: RunningHub) -> None:
    answers = [
        await hub.http.post("/api/auth/password-reset", json={"email": email})
        for email in ("max@example.com", "nobody@example.com")
    ]
    assert {(one.status_code, one.text) for one in answers} == {(202, "{}")}


async def test_resets_are_asked_for_thirty_times_from_one_address(hub: RunningHub) -> None:
    body = {"email": "max@example.com"}
    statuses = [(await hub.http.post("/api/auth/password-reset", json=body)).status_code for _ in range(31)]
    assert statuses == [202] * 30 + [429]
