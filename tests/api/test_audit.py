"""The journal over the API: listed, exported, proved, for those who manage."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import update

from aigne_hub.audit.records import SYSTEM, Actor, Target
from aigne_hub.db.schema import audit
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PATH = "/api/audit"


async def test_rows_are_listed_newest_first_page_by_page(hub: RunningHub) -> None:
    seqs, after = [], None
    while True:
        query = {"limit": "2"} if after is None else {"limit": "2", "after": after}
        page = (await hub.http.get(PATH, params=query, headers=hub.bearer(hub.owner_key))).json()
        seqs += [row["seq"] for row in page["list"]]
        if (after := page["next"]) is None:
            break
    assert seqs == list(range(len(seqs), 0, -1))
    assert len(seqs) > 4


async def test_a_row_is_told_whole(hub: RunningHub) -> None:
    made = await hub.http.post("/api/access-keys", json={"name": "laptop"}, headers=hub.bearer())
    query = {"action": "key.create", "actor": str(hub.member.id)}
    (row,) = (await hub.http.get(PATH, params=query, headers=hub.bearer(hub.owner_key))).json()["list"]
    assert row["actor"]["name"] == "Max"
    assert (row["actor"]["means"], row["address"]) == ("key", "127.0.0.1")
    assert row["requestId"] == made.headers["x-request-id"]
    assert row["target"] == {"kind": "key", "id": made.json()["id"], "name": "laptop"}
    assert (row["before"], row["after"]["name"]) == (None, "laptop")


@pytest.mark.parametrize("method", ["", "/export", "/verify"])
async def test_members_read_no_journal(hub: RunningHub, method: str) -> None:
    assert (await hub.http.get(PATH + method, headers=hub.bearer())).status_code == 403
    assert (await hub.http.get(PATH + method)).status_code == 401


async def test_an_export_holds_every_row_in_either_format(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        actor = Actor("user", 1, '=HYPERLINK("x"),"\n', "session")
        await hub.house.journal.note(conn, actor, "x.y", Target("thing", "1", "@cmd"))
        for _ in range(600):
            await hub.house.journal.note(conn, SYSTEM, "x.z")
    owner = hub.bearer(hub.owner_key)
    lines = (await hub.http.get(PATH + "/export", headers=owner)).text.splitlines()
    seqs = [json.loads(line)["seq"] for line in lines]
    assert seqs == list(range(len(seqs), 0, -1))
    answer = await hub.http.get(PATH + "/export", params={"format": "csv"}, headers=owner)
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["seq"]) for row in rows] == seqs
    (odd,) = [row for row in rows if row["action"] == "x.y"]
    assert odd["actor_name"].startswith("'=") and odd["target_name"] == "'@cmd"
    narrowed = await hub.http.get(PATH + "/export", params={"action": "x.y"}, headers=owner)
    assert len(narrowed.text.splitlines()) == 1


async def test_the_chain_is_proved_and_a_forged_row_is_named(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    owner = hub.bearer(hub.owner_key)
    whole = (await hub.http.get(PATH + "/verify", headers=owner)).json()
    assert (whole["ok"], whole["firstBad"], whole["head"]["seq"]) == (True, None, whole["rows"])
    async with hub.house.database.write() as conn:
        await conn.execute(update(audit).where(audit.c.seq == 2).values(actor_name="Mallory"))
    broken = (await hub.http.get(PATH + "/verify", headers=owner)).json()
    assert (broken["ok"], broken["firstBad"]) == (False, 2)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": "2026-01-01T00:00:00Z", "to": "2099-01-01T00:00:00+02:00"}, 200),
        ({"from": "2026-01-01T00:00:00"}, 400),
        ({"from": "yesterday"}, 400),
        ({"outcome": "maybe"}, 400),
        ({"limit": "0"}, 400),
        ({"after": "-1"}, 400),
        ({"actor": "x"}, 404),
    ],
)
async def test_a_query_is_checked(hub: RunningHub, query: dict[str, str], status: int) -> None:
    assert (await hub.http.get(PATH, params=query, headers=hub.bearer(hub.owner_key))).status_code == status
