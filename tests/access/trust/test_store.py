"""The rows of trusted issuers come back as they were kept, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.access.identity import Scope, UserId
from aigne_hub.access.store import COUNTER
from aigne_hub.access.trust import store
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions

pytestmark = pytest.mark.anyio

ONE = TrustedIssuer(
    1, "P", "https://p.example", "hub", None, ("RS256",), "sub", {"a": UserId(7)}, frozenset({Scope.admin}), True, 5
)


async def test_an_issuer_is_kept_changed_and_removed_and_each_is_seen(database: Database) -> None:
    async with database.write() as conn:
        before = (await read_versions(conn))[COUNTER]
        await store.add(conn, ONE, counter=COUNTER)
        assert await store.find(conn, 1) == ONE == await store.find_by_url(conn, ONE.url)
        changed = replace(ONE, is_enabled=False, jwks_url="https://p.example/keys")
        await store.change(conn, changed, counter=COUNTER)
        assert await store.list_all(conn) == [changed]
        await store.remove(conn, 1, counter=COUNTER)
        assert await store.state_of_all(conn) == (0, 0)
        assert await store.list_all(conn) == [] and await store.find(conn, 1) is None
        assert (await read_versions(conn))[COUNTER] == before + 3


async def test_the_state_of_all_is_the_same_only_when_all_issuers_are(database: Database) -> None:
    two = replace(ONE, id=2, url="https://q.example")
    async with database.write() as conn:
        seen = [await store.state_of_all(conn)]
        for step in (
            store.add(conn, ONE, counter=COUNTER),
            store.change(conn, ONE, counter=COUNTER),
            store.add(conn, two, counter=COUNTER),
            store.remove(conn, 2, counter=COUNTER),
            store.add(conn, two, counter=COUNTER),
            store.remove(conn, 1, counter=COUNTER),
        ):
            await step
            seen.append(await store.state_of_all(conn))
    # Back to one issuer is back to where one was, as long as nobody changed it meanwhile.
    assert seen[2] == seen[4] and len(set(seen)) == len(seen) - 1
