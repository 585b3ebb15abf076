"""The rows of routes, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from aigne_hub.catalog.entries import Hedge
from aigne_hub.catalog.routes import store
from aigne_hub.catalog.routes.entries import KeptRoute
from aigne_hub.db.engine import Database
from aigne_hub.db.schema import routes
from aigne_hub.db.versions import read_versions
from tests.catalog.routes.shelf import draft

pytestmark = pytest.mark.anyio
FULL = draft(
    {
        "targets": [
            {"target": "a/b:c@d/e", "weight": 5, "when": {"stream": True, "minBytes": 1, "keys": ["1"], "tags": ["t"]}},
            {"target": "x"},
        ],
        "strategy": "cheapest",
        "sticky": True,
    },
    ["y"],
    hedge=Hedge(0.9, 0.1),
)


async def test_a_route_is_kept_as_it_was_told_and_each_change_is_seen(database: Database) -> None:
    async with database.write() as conn:
        before = (await read_versions(conn))["catalog"]
        await store.add_route(conn, "smart", draft(["x"]), 5)
        await store.save_route(conn, "smart", FULL, 9)
        await store.add_route(conn, "a/b", draft(["x"]), 7)
        found = await store.find_route(conn, "smart")
        assert found == KeptRoute("smart", FULL, 5, 9)
        assert [one.model for one in await store.list_routes(conn)] == ["a/b", "smart"]
        await store.remove_route(conn, "smart")
        assert await store.find_route(conn, "smart") is None
        assert (await read_versions(conn))["catalog"] == before + 4


@pytest.mark.parametrize("text", ["{", "[]", '{"tiers": [{"targets": [{"target": "x", "new": 1}]}]}'])
async def test_what_cannot_be_read_harms_no_other_route(database: Database, text: str) -> None:
    async with database.write() as conn:
        await store.add_route(conn, "one", draft(["x"]), 5)
        await store.add_route(conn, "two", draft(["x"]), 5)
        await conn.execute(update(routes).where(routes.c.model == "one").values(definition=text))
        assert [one.draft for one in await store.list_routes(conn)] == [None, draft(["x"])]
