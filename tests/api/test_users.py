"""Users over the API, for owners and admins, and never above themselves."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role, User
from aigne_hub.audit.records import SYSTEM
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PATH = "/api/users"


async def admin(hub: RunningHub) -> dict[str, str]:
    async with hub.house.database.write() as conn:
        user = await hub.house.users.add(conn, SYSTEM, "Amy", role=Role.admin, email="amy@example.com")
    return await hub.signed_in(user)


async def test_users_are_listed_searched_and_paged(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    amy = await admin(hub)
    first = (await hub.http.get(PATH, params={"limit": "2"}, headers=amy)).json()
    assert [one["name"] for one in first["list"]] == ["Olga", "Max"]
    rest = (await hub.http.get(PATH, params={"limit": "2", "after": first["next"]}, headers=amy)).json()
    assert ([one["name"] for one in rest["list"]], rest["next"]) == (["Amy"], None)
    found = (await hub.http.get(PATH, params={"q": "MAX@"}, headers=amy)).json()["list"]
    assert [one["email"] for one in found] == ["max@example.com"]
    assert "password" not in str(found).replace("hasPassword", "").lower()


async def test_a_service_account_is_made_and_gets_a_key(hub: RunningHub) -> None:
    amy = await admin(hub)
    made = await hub.http.post(PATH, json={"kind": "service", "name": "crawler", "role": "guest"}, headers=amy)
    assert (made.status_code, made.json()["kind"], made.json()["email"]) == (201, "service", None)
    key = await hub.http.post("/api/access-keys", json={"name": "k", "userId": made.json()["id"]}, headers=amy)
    assert (await hub.ask(**hub.bearer(key.json()["key"]))).status_code == 200
    services = (await hub.http.get(PATH, params={"kind": "service"}, headers=amy)).json()["list"]
    assert [one["name"] for one in services] == ["crawler"]


async def test_disabling_ends_sessions_and_keys(hub: RunningHub) -> None:
    amy, max_ = await admin(hub), await hub.signed_in(hub.member)
    path = f"{PATH}/{hub.member.id}"
    assert (await hub.http.patch(path, json={"isDisabled": True}, headers=amy)).json()["disabledAt"]
    assert (await hub.http.get("/api/auth/session", headers=max_)).status_code == 401
    await hub.house.freshness.look()
    import asyncio

    async with asyncio.timeout(10):
        while (await hub.ask()).status_code != 401:
            await asyncio.sleep(0.02)
    assert (await hub.http.patch(path, json={"isDisabled": False}, headers=amy)).json()["disabledAt"] is None
    assert (await hub.http.get("/api/auth/session", headers=max_)).status_code == 401


async def test_an_admin_manages_nobody_above_and_makes_nobody_above(hub: RunningHub) -> None:
    amy, owner = await admin(hub), f"{PATH}/{hub.owner.id}"
    for method, path, body in (
        ("PATCH", owner, {"role": "guest"}),
        ("PATCH", owner, {"isDisabled": True}),
        ("PATCH", owner, {"name": "Olga II"}),
        ("POST", f"{owner}/sign-out", None),
        ("POST", f"{owner}/revoke-keys", None),
        ("POST", f"{owner}/password-reset", None),
        ("PATCH", f"{PATH}/{hub.member.id}", {"role": "owner"}),
        ("POST", PATH, {"kind": "service", "name": "x", "role": "owner"}),
        ("POST", "/api/invitations", {"email": "x@example.com", "role": "owner"}),
    ):
        assert (await hub.http.request(method, path, json=body, headers=amy)).status_code == 403, (method, path)


async def test_the_last_owner_stays(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    refused = await hub.http.patch(f"{PATH}/{hub.owner.id}", json={"role": "admin"}, headers=olga)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "last_owner")


async def test_keys_and_sessions_of_a_user_end_together(hub: RunningHub) -> None:
    amy, max_ = await admin(hub), await hub.signed_in(hub.member)
    path = f"{PATH}/{hub.member.id}"
    assert (await hub.http.post(f"{path}/revoke-keys", headers=amy)).json() == {"revoked": 1}
    assert (await hub.http.post(f"{path}/sign-out", headers=amy)).status_code == 204
    assert (await hub.http.get("/api/auth/session", headers=max_)).status_code == 401


async def test_a_reset_link_sets_another_password(hub: RunningHub) -> None:
    amy = await admin(hub)
    sent = (await hub.http.post(f"{PATH}/{hub.member.id}/password-reset", headers=amy)).json()
    assert sent["mailed"] is False
    url, _, token = sent["link"].partition("#token=")
    assert url == f"{hub.url}/link"
    body = {"token": token, "password": "correct horse battery"}
    assert (await hub.http.post("/api/auth/links/redeem", json=body)).json()["user"]["name"] == "Max"
    credentials = {"email": "max@example.com", "password": "correct horse battery"}
    assert (await hub.http.post("/api/auth/sign-in", json=credentials)).status_code == 200


@pytest.mark.parametrize("path", [PATH, "/api/invitations", "/api/preferences"])
async def test_members_see_none_of_it(hub: RunningHub, path: str) -> None:
    member: User = hub.member
    assert (await hub.http.get(path, headers=await hub.signed_in(member))).status_code == 403
    assert (await hub.http.get(path)).status_code == 401
