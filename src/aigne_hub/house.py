"""The frozen object that doors receive lives here: the rooms, built once and connected."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.access.identity import Caller
from aigne_hub.access.keys import Registry as AccessRegistry
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.base.clock import Clock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.catalog.registry import Registry as CatalogRegistry
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.db.engine import Database
from aigne_hub.flows.freshness import Freshness
from aigne_hub.flows.keep_credential import CredentialKeeper
from aigne_hub.outbound import Client
from aigne_hub.relay.answer import Relay
from aigne_hub.settings import Settings
from aigne_hub.usage.recorder import Recorder


@dataclass(frozen=True, slots=True)
class House:
    """Everything a door may ask. Doors read from it and call it; nobody changes it."""

    settings: Settings
    clock: Clock
    deadlines: Deadlines
    database: Database
    access: AccessSnapshot
    users: AccessRegistry
    catalog: CatalogSnapshot
    providers: CatalogRegistry
    freshness: Freshness
    credentials: CredentialKeeper
    client: Client
    recorder: Recorder
    relay: Relay

    async def identify(self, bearer: str | None) -> Caller:
        """Whose key this is; raises NotSignedIn or Unavailable."""
        return await self.freshness.identify(bearer)
