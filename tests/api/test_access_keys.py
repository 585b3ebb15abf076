"""Access keys over the API: one's own, everybody's for admins, and never more than their maker may."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.access.identity import Limits, Rights, Role, Scope
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM, Filter
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PATH = "/api/access-keys"


async def made(hub: RunningHub, bearer: str | None = None, **body: Any) -> dict[str, Any]:
    answer = await hub.http.post(PATH, json={"name": "laptop", **body}, headers=hub.bearer(bearer))
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def narrow_key(hub: RunningHub, rights: Rights, **more: Any) -> str:
    async with hub.house.database.write() as conn:
        key = await hub.house.keys.create(conn, SYSTEM, hub.member.id, "n", role=Role.member, rights=rights, **more)
    return key.secret


async def test_a_person_makes_a_key_that_works_and_is_shown_once(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    key = await made(hub, models=["up/*"], scopes=["inference"], requestsPerMinute=100)
    assert (await hub.ask(**hub.bearer(key["key"]))).status_code == 200
    assert (key["prefix"], key["hint"]) == (key["key"][:13], key["key"][-4:])
    (listed, first) = (await hub.http.get(PATH, headers=hub.bearer())).json()["list"]
    assert listed == {name: value for name, value in key.items() if name != "key"}
    assert first["name"] == "Max's key"
    assert key["key"] not in (await hub.http.get(f"{PATH}/{key['id']}", headers=hub.bearer())).text


async def test_a_listing_goes_on_from_page_to_page(hub: RunningHub) -> None:
    for number in range(4):
        await made(hub, name=f"k{number}")
    names, after = [], None
    while True:
        query = {"limit": "2"} if after is None else {"limit": "2", "after": after}
        page = (await hub.http.get(PATH, params=query, headers=hub.bearer())).json()
        names += [key["name"] for key in page["list"]]
        if (after := page["next"]) is None:
            break
    assert names == ["k3", "k2", "k1", "k0", "Max's key"]


async def test_a_rotated_key_has_two_secrets_for_a_while(hub: RunningHub) -> None:
    key = await made(hub)
    path = f"{PATH}/{key['id']}/rotate"
    new = (await hub.http.post(path, json={"overlapS": 3600}, headers=hub.bearer())).json()
    assert (new["id"], new["previousHint"]) == (key["id"], key["hint"])
    assert new["previousUntil"]
    for secret in (key["key"], new["key"]):
        assert (await hub.ask(**hub.bearer(secret))).status_code == 200
    newest = (await hub.http.post(path, json={"overlapS": 0}, headers=hub.bearer())).json()
    assert (await hub.ask(**hub.bearer(newest["key"]))).status_code == 200
    assert (await hub.http.get(PATH, headers=hub.bearer(new["key"]))).status_code == 401


async def test_a_revoked_key_is_out_and_stays_listed_among_all(hub: RunningHub) -> None:
    key = await made(hub)
    gone = await hub.http.delete(f"{PATH}/{key['id']}", headers=hub.bearer())
    assert gone.json()["revokedAt"]
    live = (await hub.http.get(PATH, headers=hub.bearer())).json()["list"]
    every = (await hub.http.get(PATH, params={"status": "all"}, headers=hub.bearer())).json()["list"]
    assert key["id"] not in [one["id"] for one in live]
    assert key["id"] in [one["id"] for one in every]
    again = await hub.http.post(f"{PATH}/{key['id']}/rotate", headers=hub.bearer())
    assert (again.status_code, again.json()["error"]["code"]) == (409, "key_ended")


async def test_a_change_widens_and_narrows_and_leaves_the_rest(hub: RunningHub) -> None:
    key = await made(hub, models=["up/*"], requestsPerMinute=5)
    path = f"{PATH}/{key['id']}"
    changed = (await hub.http.patch(path, json={"models": None, "name": "desk"}, headers=hub.bearer())).json()
    assert (changed["models"], changed["requestsPerMinute"], changed["name"]) == (None, 5, "desk")
    changed = (await hub.http.patch(path, json={"requestsPerMinute": None}, headers=hub.bearer())).json()
    assert (changed["requestsPerMinute"], changed["name"]) == (None, "desk")


async def test_a_key_says_what_a_hang_up_of_its_caller_means(hub: RunningHub) -> None:
    plain, ending = await made(hub), await made(hub, onHangup="End")
    assert (plain["onHangup"], ending["onHangup"]) == (None, "end")
    path = f"/api/access-keys/{plain['id']}"
    for said, shown in (("30", "30"), ("0", "cancel"), (None, None)):
        changed = await hub.http.patch(path, json={"onHangup": said}, headers=hub.bearer())
        assert changed.json()["onHangup"] == shown
    refused = await hub.http.patch(path, json={"onHangup": "soon"}, headers=hub.bearer())
    assert (refused.status_code, "must be cancel, end or a number" in refused.text) == (400, True)


async def test_a_key_is_strict_when_it_is_said_and_hands_that_on(hub: RunningHub) -> None:
    plain, strict = await made(hub), await made(hub, strict=True)
    assert (plain["strict"], strict["strict"]) == (False, True)
    path = f"{PATH}/{plain['id']}"
    assert (await hub.http.patch(path, json={"strict": True}, headers=hub.bearer())).json()["strict"] is True
    assert (await hub.http.patch(path, json={"name": "desk"}, headers=hub.bearer())).json()["strict"] is True
    assert (await hub.http.patch(path, json={"strict": None}, headers=hub.bearer())).json()["strict"] is False
    assert (await made(hub, strict["key"]))["strict"] is True
    refused = await hub.http.post(PATH, json={"name": "k", "strict": False}, headers=hub.bearer(strict["key"]))
    assert (refused.status_code, refused.json()["error"]["param"]) == (403, "strict")


async def test_members_see_and_touch_no_keys_of_others(hub: RunningHub) -> None:
    key = await made(hub, hub.owner_key)
    path = f"{PATH}/{key['id']}"
    for method, where in (("GET", path), ("PATCH", path), ("DELETE", path), ("POST", path + "/rotate")):
        answer = await hub.http.request(method, where, json={} if method != "GET" else None, headers=hub.bearer())
        assert answer.status_code == 404, (method, where)
    for owner in ("all", str(hub.owner.id)):
        assert (await hub.http.get(PATH, params={"owner": owner}, headers=hub.bearer())).status_code == 403
    body = {"name": "k", "userId": str(hub.owner.id)}
    assert (await hub.http.post(PATH, json=body, headers=hub.bearer())).status_code == 403


async def test_admins_manage_everybodys_but_not_an_owners(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        admin = await hub.house.users.add(conn, SYSTEM, "Amy", role=Role.admin)
        amy = (await hub.house.keys.create(conn, SYSTEM, admin.id, "a", role=Role.admin)).secret
    key = await made(hub, amy, userId=str(hub.member.id))
    assert (key["userName"], key["role"], key["isMine"]) == ("Max", "member", False)
    owners = (await hub.http.get(f"{PATH}?owner=all", headers=hub.bearer(amy))).json()["list"]
    (theirs,) = [one for one in owners if one["userName"] == "Olga"]
    assert (await hub.http.post(f"{PATH}/{theirs['id']}/rotate", headers=hub.bearer(amy))).status_code == 403
    assert (await hub.http.delete(f"{PATH}/{theirs['id']}", headers=hub.bearer(amy))).status_code == 403
    assert (await hub.http.delete(f"{PATH}/{key['id']}", headers=hub.bearer(amy))).status_code == 200


async def test_cve_2026_47101_a_minted_key_never_has_more_than_its_maker(hub: RunningHub) -> None:
    narrow = Rights(
        scopes=frozenset({Scope.inference, Scope.keys_manage}), models=("up/m",), limits=Limits(requests_per_minute=9)
    )
    secret = await narrow_key(hub, narrow)
    mine = await made(hub, secret)
    assert (mine["scopes"], mine["models"], mine["requestsPerMinute"]) == (["inference", "keys.manage"], ["up/m"], 9)
    for wider in (
        {"role": "admin"},
        {"role": "owner"},
        {"scopes": None},
        {"scopes": ["admin"]},
        {"models": None},
        {"models": ["*"]},
        {"requestsPerMinute": None},
        {"requestsPerMinute": 10},
    ):
        refused = await hub.http.post(PATH, json={"name": "k", **wider}, headers=hub.bearer(secret))
        assert refused.status_code in (400, 403), wider
    full = await made(hub)
    assert (await hub.http.post(f"{PATH}/{full['id']}/rotate", headers=hub.bearer(secret))).status_code == 403
    changed = await hub.http.patch(f"{PATH}/{mine['id']}", json={"models": None}, headers=hub.bearer(secret))
    assert changed.status_code == 403


async def test_a_key_that_ends_makes_none_that_outlives_it(hub: RunningHub) -> None:
    secret = await narrow_key(hub, Rights(), expires_in_s=600)
    maker = (await hub.http.get(PATH, headers=hub.bearer(secret))).json()["list"][0]
    for body in ({}, {"expiresInS": 86_400}):
        assert (await made(hub, secret, **body))["expiresAt"] <= maker["expiresAt"]
    assert (await made(hub, secret, expiresInS=60))["expiresAt"] < maker["expiresAt"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "k", "isAdmin": True}, "isAdmin"),
        ({"name": "k", "createdVia": "console"}, "createdVia"),
        ({"name": "k", "scopes": []}, "scopes"),
        ({"name": "k", "scopes": ["everything"]}, "scopes.0"),
        ({"name": "k", "addresses": ["example.com"]}, "addresses"),
        ({"name": "k", "models": ["a b"]}, "models"),
        ({"name": "k", "requestsPerMinute": 0}, "requestsPerMinute"),
        ({"name": "k", "expiresInS": -1}, "expiresInS"),
        ({"name": "k", "role": "root"}, "role"),
    ],
)
async def test_a_bad_body_names_its_field_and_makes_nothing(hub: RunningHub, body: dict[str, Any], param: str) -> None:
    refused = await hub.http.post(PATH, json=body, headers=hub.bearer())
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    assert len((await hub.http.get(PATH, headers=hub.bearer())).json()["list"]) == 1


async def test_every_change_is_in_the_journal_and_no_secret_is(hub: RunningHub) -> None:
    key = await made(hub)
    await hub.http.patch(f"{PATH}/{key['id']}", json={"name": "desk"}, headers=hub.bearer())
    new = (await hub.http.post(f"{PATH}/{key['id']}/rotate", headers=hub.bearer())).json()
    await hub.http.delete(f"{PATH}/{key['id']}", headers=hub.bearer())
    async with hub.house.database.read() as conn:
        rows = await audit_store.list_rows(conn, Filter(target=key["id"]), before_seq=None, limit=10)
    assert [row.action for row in rows] == ["key.revoke", "key.rotate", "key.change", "key.create"]
    assert {(row.actor.name, row.actor.means, row.actor.address) for row in rows} == {("Max", "key", "127.0.0.1")}
    assert not [row for row in rows if key["key"] in repr(row) or new["key"] in repr(row)]
