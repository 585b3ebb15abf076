"""Trusted issuers: what one can be, and for whom it may speak."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aigne_hub.access.identity import Role, UserId
from aigne_hub.access.trust.issuers import IssuerDraft, is_fetchable
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.audit.records import SYSTEM, Filter
from aigne_hub.audit.store import list_rows
from aigne_hub.base.errors import BadRequest, Conflict, NotAllowed, NotFound
from aigne_hub.db.engine import Database
from tests.access.trust.room import Room
from tests.platform_issuer import Platform

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"name": ""}, "name"),
        ({"url": "http://platform.example"}, "url"),
        ({"url": "https://platform.example?x=1"}, "url"),
        ({"jwks_url": "ftp://platform.example"}, "jwksUrl"),
        ({"audience": ""}, "audience"),
        ({"subject_claim": ""}, "subjectClaim"),
        ({"algorithms": ()}, "algorithms"),
        ({"algorithms": ("RS256", "none")}, "algorithms"),
        ({"algorithms": ("HS256",)}, "algorithms"),
        ({"scopes": frozenset()}, "scopes"),
        ({"subjects": {"a": UserId(7)}}, "subjects"),
        ({"subjects": {"": UserId(7)}}, "subjects"),
        ({"subjects": {str(n): UserId(7) for n in range(1001)}}, "subjects"),
    ],
)
async def test_what_an_issuer_cannot_be(room: Room, platform: Platform, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await room.trust(platform, (await room.user()).id, **changes)
    assert refused.value.param == param


async def test_an_issuer_is_trusted_once_changed_and_removed(room: Room, platform: Platform) -> None:
    user = await room.user()
    issuer = await room.trust(platform, user.id)
    with pytest.raises(Conflict):
        await room.trust(platform, user.id)
    assert await room.change(issuer, name="Platform") == issuer
    changed = await room.change(issuer, name="Other", jwks_url="https://platform.example/keys")
    assert (changed.name, changed.audience) == ("Other", issuer.audience)
    async with room.database.write() as conn:
        again = await room.issuers.change(conn, SYSTEM, issuer.id, IssuerDraft(), highest=Role.owner, forget_jwks=True)
        assert again.jwks_url is None
        await room.issuers.remove(conn, SYSTEM, issuer.id)
        with pytest.raises(NotFound):
            await room.issuers.find(conn, issuer.id)
        rows = await list_rows(conn, Filter(action="trusted_issuer"), before_seq=None, limit=10)
    assert [row.action.partition(".")[2] for row in rows] == ["remove", "change", "change", "create"]


async def test_nobody_lets_an_issuer_speak_for_somebody_above_them(room: Room, platform: Platform) -> None:
    async with room.database.write() as conn:
        owner = await room.users.add(conn, SYSTEM, "Olga", role=Role.owner)
    with pytest.raises(NotAllowed) as refused:
        await room.trust(platform, owner.id, highest=Role.admin)
    assert refused.value.refused_as == "trusted_issuer.refuse"
    issuer = await room.trust(platform, owner.id, highest=Role.owner)
    async with room.database.write() as conn:
        with pytest.raises(NotAllowed):
            await room.issuers.change(conn, SYSTEM, issuer.id, IssuerDraft(audience="x"), highest=Role.admin)
        # To switch one off, or to end it, is everybody's who manages.
        await room.issuers.change(conn, SYSTEM, issuer.id, IssuerDraft(is_enabled=False), highest=Role.admin)
        with pytest.raises(NotAllowed):
            await room.issuers.change(conn, SYSTEM, issuer.id, IssuerDraft(is_enabled=True), highest=Role.admin)


async def test_of_two_who_add_or_remove_the_same_issuer_one_is_told(database: Database) -> None:
    room = Room(database)
    draft = IssuerDraft(name="P", url="https://p.example", audience="hub")

    async def add() -> TrustedIssuer:
        async with database.write() as conn:
            return await room.issuers.add(conn, SYSTEM, draft, highest=Role.owner)

    async def remove(issuer_id: int) -> None:
        async with database.write() as conn:
            await room.issuers.remove(conn, SYSTEM, issuer_id)

    added = await asyncio.gather(add(), add(), return_exceptions=True)
    (made,) = [one for one in added if isinstance(one, TrustedIssuer)]
    assert [type(one) for one in added if one is not made] == [Conflict]
    removed = await asyncio.gather(remove(made.id), remove(made.id), return_exceptions=True)
    assert sorted(type(one).__name__ for one in removed) == ["NoneType", "NotFound"]
    await room.client.close()


def test_keys_are_fetched_over_https_or_from_this_machine() -> None:
    for url in ("https://a.example", "https://a.example:8443/b/c", "http://127.0.0.1:9/v1", "http://[::1]/x"):
        assert is_fetchable(url), url
    for url in ("http://a.example", "https://u@a.example", "https://a.example/#x", "http://127.0.0.1.evil.example", ""):
        assert not is_fetchable(url), url
