"""A catalog with two providers, for tests of rates."""

from __future__ import annotations

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import IdSource
from aigne_hub.catalog.entries import Provider, Tariff
from aigne_hub.catalog.rates.book import RateBook
from aigne_hub.catalog.rates.entries import RateDraft
from aigne_hub.catalog.registry import Registry
from aigne_hub.db.engine import Conn
from aigne_hub.dialects.call import Kind

CLOCK = StoppedClock()
VAULT = Vault(bytes(32))
IDS = IdSource(CLOCK, 1)
BOOK = RateBook(CLOCK, IDS, Journal(VAULT, CLOCK))
REGISTRY = Registry(VAULT, CLOCK, IDS, Journal(VAULT, CLOCK))


async def two_providers(conn: Conn) -> tuple[Provider, Provider]:
    openai = await REGISTRY.add_provider(conn, SYSTEM, "openai")
    router = await REGISTRY.add_provider(conn, SYSTEM, "openrouter")
    for provider in (openai, router):
        await REGISTRY.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": "sk-rates-0123456789"})
    return openai, router


def draft(model: str = "gpt-4o", kind: Kind = Kind.chat, *, input: int = 10**9, output: int = 4 * 10**9) -> RateDraft:
    return RateDraft(model, kind, Tariff(input, output))
