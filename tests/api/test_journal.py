"""Every route that changes something leaves a row of the journal, with who, from where and no secret.

A route that changes something has an example in changes.py, or a reason among its exemptions, or the tests fail.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import Outcome, Row
from tests.api.changes import ALL, EXEMPT
from tests.api.changing_world import World
from tests.api.matrix import MATRIX
from tests.issuer import serve_issuer
from tests.running import RunningHub
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio


def test_every_route_that_changes_something_has_an_example_or_a_reason() -> None:
    changing = {route for route in MATRIX if not route.startswith("GET ")}
    assert sorted(changing - ALL.keys() - EXEMPT.keys()) == []
    assert sorted((ALL.keys() | EXEMPT.keys()) - MATRIX.keys()) == []
    assert sorted(ALL.keys() & EXEMPT.keys()) == []


@pytest.fixture
async def world(hub: RunningHub, upstream: Upstream) -> AsyncIterator[World]:
    upstream.script = whole({"object": "list", "data": [{"id": "m1"}]})
    async with serve_issuer() as issuer:
        yield World(hub, issuer, await hub.signed_in(hub.owner))


async def test_what_is_done_leaves_a_row_with_who_and_from_where_and_without_a_secret(world: World) -> None:
    hub = world.hub
    for route, (action, example, world.prefix) in ALL.items():
        ask, method = await example(world), route.partition(" ")[0]
        hub.http.cookies.clear()
        before = (await rows(hub))[-1].seq
        answer = await hub.http.request(
            method,
            ask.path,
            json=ask.body,
            data=ask.form,
            params=ask.query,
            headers={**(world.owner if ask.headers is None else ask.headers), "x-request-id": "r-1"},
        )
        hub.http.cookies.clear()
        assert answer.status_code < 400 and "error=" not in answer.headers.get("location", ""), (route, answer.text)
        left = [row for row in await rows(hub) if row.seq > before]
        assert action in [row.action for row in left], (route, left)
        for row in left:
            assert (row.actor.address, row.actor.request_id, row.outcome) == ("127.0.0.1", "r-1", Outcome.done), row
            assert row.actor.kind in ("user", "client", "anyone"), row
        world.secrets |= secrets_of(answer)
    written = "\n".join(f"{row.target} {row.before} {row.after}" for row in await rows(hub))
    assert [one for one in world.secrets if one in written] == []
    async with hub.house.database.read() as conn:
        assert (await hub.house.journal.verify(conn)).first_bad is None


async def rows(hub: RunningHub) -> list[Row]:
    async with hub.house.database.read() as conn:
        return await audit_store.rows_after(conn, 0, 10_000)


def secrets_of(answer: httpx.Response) -> set[str]:
    """What of an answer is a secret, by its name."""
    try:
        body = answer.json()
    except json.JSONDecodeError:
        return set()
    names = ("key", "secret", "clientSecret", "client_secret", "access_token", "refresh_token", "csrfToken", "link")
    return {value for name, value in body.items() if name in names and isinstance(value, str) and len(value) > 10}
