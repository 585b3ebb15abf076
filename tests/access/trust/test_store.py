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
        assert await store.list_all(conn) == [] and await store.find(conn, 1) is None
        assert (await read_versions(conn))[COUNTER] == before + 3
