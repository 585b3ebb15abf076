"""The model that ships with the hub, as a provider like any other: its row follows where it listens."""

from __future__ import annotations

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import CredentialState
from aigne_hub.catalog.registry import Registry
from aigne_hub.db.engine import Database
from aigne_hub.dialects.call import Kind
from aigne_hub.local.supervisor import MODEL_NAME, LocalAddress
from aigne_hub.providers.known import LOCAL


async def put_local_provider(database: Database, providers: Registry, address: LocalAddress) -> None:
    """Point the provider `local` at `address`. Whether it and its credential are on stays the operator's choice."""
    async with database.write() as conn:
        provider = await store.find_provider_by_name(conn, LOCAL)
        if provider is None:
            provider = await providers.add_provider(
                conn, SYSTEM, LOCAL, base_url=address.base_url, display_name="Local model"
            )
        else:
            provider = await providers.change_provider(conn, SYSTEM, provider.id, base_url=address.base_url)
        value = {"api_key": address.api_key}
        mine = [one for one in await store.list_credentials(conn) if one.provider_id == provider.id]
        if mine:
            active = None if mine[0].state is CredentialState.off else True
            await providers.change_credential(conn, SYSTEM, provider.id, mine[0].id, value=value, active=active)
        else:
            await providers.add_credential(conn, SYSTEM, provider.id, "made by the hub", value)
        await providers.put_models(conn, provider.id, [(MODEL_NAME, Kind.chat)])
