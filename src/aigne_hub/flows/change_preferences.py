"""What operators may change while the hub runs lives here, of whichever room it is."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.access.preferences import PreferenceBook, Preferences, read_preferences
from aigne_hub.audit.records import Actor
from aigne_hub.catalog.rates.book import RateBook
from aigne_hub.catalog.rates.entries import Billing, CreditPrefix
from aigne_hub.catalog.rates.store import read_billing
from aigne_hub.catalog.routes.book import RouteBook
from aigne_hub.catalog.routes.store import read_excluded
from aigne_hub.db.engine import Conn


@dataclass(frozen=True, slots=True)
class AllPreferences:
    access: Preferences
    billing: Billing
    excluded: tuple[str, ...] = ()  # providers that no bare name leads to


class PreferenceDesk:
    """Reads and changes the preferences of all rooms at once."""

    def __init__(self, access: PreferenceBook, rates: RateBook, routes: RouteBook) -> None:
        self._access = access
        self._rates = rates
        self._routes = routes

    async def read(self, conn: Conn) -> AllPreferences:
        return AllPreferences(await read_preferences(conn), await read_billing(conn), await read_excluded(conn))

    async def change(
        self,
        conn: Conn,
        by: Actor,
        *,
        local_sign_in: bool | None = None,
        dynamic_registration: bool | None = None,
        credit_based_billing_enabled: bool | None = None,
        credit_prefix: CreditPrefix | None = None,
        excluded_rotation_providers: str | None = None,
    ) -> AllPreferences:
        """Change what is given, in the one transaction, and keep the rest. Raises as the rooms do.

        `excluded_rotation_providers` has commas between names, as the reference keeps it (contract 5.4).
        """
        csv = excluded_rotation_providers
        excluded = None if csv is None else [name.strip() for name in csv.split(",") if name.strip()]
        given = {"local_sign_in": local_sign_in, "dynamic_registration": dynamic_registration}
        changes = {name: value for name, value in given.items() if value is not None}
        return AllPreferences(
            await self._access.change(conn, by, **changes),
            await self._rates.switch(conn, by, is_on=credit_based_billing_enabled, prefix=credit_prefix),
            await self._routes.exclude(conn, by, excluded),
        )
