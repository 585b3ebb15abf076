"""A catalog with two providers and the book of its routes."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from aigne_hub.audit.journal import Journal
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.catalog.entries import Hedge
from aigne_hub.catalog.google_tokens import GoogleTokens
from aigne_hub.catalog.routes.book import RouteBook
from aigne_hub.catalog.routes.entries import RouteDraft
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions
from aigne_hub.outbound import Client, Guard
from tests.catalog.rates.shelf import CLOCK, VAULT

TOKENS = GoogleTokens(Client(deadlines=Deadlines(), guard=Guard(allow_private=True)), CLOCK)


def draft(*tiers: Any, hedge: Hedge | None = None) -> RouteDraft:
    """A route by its JSON; a tier may be told by the names of its targets alone."""
    told = [one if isinstance(one, dict) else {"targets": [{"target": name} for name in one]} for one in tiers]
    return structs.replace(msgspec.convert({"tiers": told}, RouteDraft), hedge=hedge)


def snapshot() -> CatalogSnapshot:
    return CatalogSnapshot(VAULT, CLOCK, TOKENS, knows_lacks=True)


def book() -> RouteBook:
    return RouteBook(CLOCK, Journal(VAULT, CLOCK), snapshot().foresee)


async def looked(database: Database) -> CatalogSnapshot:
    made = snapshot()
    async with database.read() as conn:
        await made.load(conn, (await read_versions(conn))["catalog"])
    return made
