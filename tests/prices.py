"""A running hub whose calls are priced, for tests."""

from __future__ import annotations

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.money import read_rate
from aigne_hub.catalog.entries import Tariff
from aigne_hub.catalog.rates.entries import CreditPrefix, RateDraft
from aigne_hub.dialects.call import Kind
from tests.running import RunningHub

INPUT, OUTPUT = "0.000001", "0.000004"
READ, WRITE = "0.0000001", "0.00000125"


async def rate(
    hub: RunningHub, model: str, kind: Kind = Kind.chat, *, input: str = INPUT, output: str = OUTPUT
) -> None:
    """Give a model of the provider `up` a rate; of its cache it is the contract's worked example (5.6)."""
    tariff = Tariff(read_rate(input), read_rate(output), read_rate(READ), read_rate(WRITE))
    async with hub.house.database.write() as conn:
        await hub.house.rates.add(conn, SYSTEM, [hub.provider.id], RateDraft(model, kind, tariff))


async def switch(hub: RunningHub, *, is_on: bool = True, prefix: CreditPrefix = "$") -> None:
    """Have calls priced, or not, and the running hub know it."""
    async with hub.house.database.write() as conn:
        await hub.house.preferences.change(conn, SYSTEM, credit_based_billing_enabled=is_on, credit_prefix=prefix)
    await hub.catch_up()
