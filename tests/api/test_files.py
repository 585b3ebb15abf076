"""Files over the API: a person's own, everybody's for owners and admins; deleting one ends its address."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from aigne_hub.access.identity import Rights, Role, Scope
from aigne_hub.audit.records import SYSTEM
from aigne_hub.db.schema import audit
from aigne_hub.files.desk import Kept
from tests.files.shelf import chunked
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def keep(hub: RunningHub, user_id: int, name: str) -> Kept:
    return await hub.house.files.keep(user_id, chunked([name.encode()]), media_type="image/png", name=name)


async def names(hub: RunningHub, key: str, **query: str) -> list[str]:
    answer = await hub.http.get("/api/files", params=query, headers=hub.bearer(key))
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["list"]]


async def test_everybody_lists_their_own_and_managers_all(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    await keep(hub, hub.member.id, "m1.png")
    await keep(hub, hub.owner.id, "o1.png")
    kept = await keep(hub, hub.member.id, "m2.png")
    assert await names(hub, hub.member_key) == ["m2.png", "m1.png"]
    assert await names(hub, hub.owner_key) == ["o1.png"]
    assert await names(hub, hub.owner_key, owner="all") == ["m2.png", "o1.png", "m1.png"]
    assert await names(hub, hub.owner_key, owner=str(hub.member.id)) == ["m2.png", "m1.png"]
    for owner in ("all", str(hub.owner.id)):
        refused = await hub.http.get("/api/files", params={"owner": owner}, headers=hub.bearer())
        assert refused.status_code == 403
    first = (await hub.http.get("/api/files?limit=1", headers=hub.bearer())).json()
    assert first["list"][0] == {
        "id": str(kept.file.id), "userId": str(hub.member.id), "name": "m2.png", "mediaType": "image/png", "size": 6,
        "sha256": kept.file.sha256.hex(), "createdAt": first["list"][0]["createdAt"],
        "expiresAt": first["list"][0]["expiresAt"],
    }  # fmt: skip
    assert await names(hub, hub.member_key, after=first["next"]) == ["m1.png"]


async def test_a_deleted_file_is_gone_at_once_and_the_journal_knows_who_did_it(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    kept = await keep(hub, hub.member.id, "m.png")
    assert (await hub.http.get(kept.path)).status_code == 200
    answer = await hub.http.delete(f"/api/files/{kept.file.id}", headers=hub.bearer())
    assert (answer.status_code, answer.json()["name"]) == (200, "m.png")
    assert (await hub.http.get(kept.path)).status_code == 404
    assert (await hub.http.delete(f"/api/files/{kept.file.id}", headers=hub.bearer())).status_code == 404
    async with hub.house.database.read() as conn:
        (row,) = (await conn.execute(select(audit).where(audit.c.action == "file.delete"))).all()
    assert (row.actor_id, row.target_id) == (hub.member.id, str(kept.file.id))


async def test_another_s_file_is_deleted_by_managers_alone(hub: RunningHub) -> None:
    kept = await keep(hub, hub.owner.id, "o.png")
    other = await keep(hub, hub.member.id, "m.png")
    foreign = await hub.http.delete(f"/api/files/{kept.file.id}", headers=hub.bearer())
    unknown = await hub.http.delete("/api/files/12345", headers=hub.bearer())
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    assert (await hub.http.get(kept.path)).status_code == 200
    async with hub.house.database.write() as conn:
        narrow = await hub.house.keys.create(
            conn, SYSTEM, hub.owner.id, "k", role=Role.owner, rights=Rights(scopes=frozenset({Scope.inference}))
        )
    for key, status in ((narrow.secret, 404), (hub.owner_key, 200)):
        assert (await hub.http.delete(f"/api/files/{other.file.id}", headers=hub.bearer(key))).status_code == status
