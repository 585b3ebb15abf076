"""Providers for which only the environment has keys, as rows like any other: the keys themselves are never kept."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import HubError
from aigne_hub.catalog import store
from aigne_hub.catalog.registry import Registry
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import hold
from aigne_hub.settings import ProviderKeys

log = structlog.get_logger()


async def put_environment_providers(database: Database, providers: Registry, keys: Sequence[ProviderKeys]) -> None:
    """Add the providers that are missing. Those that are there stay as they are, switched off ones too."""
    for one in keys:
        try:
            async with database.write() as conn:
                await hold(conn, store.COUNTER)  # of many workers that start, the first one does it
                if await store.find_provider_by_name(conn, one.name) is None:
                    await providers.add_provider(conn, SYSTEM, one.name, base_url=one.base_url, region=one.region)
        except HubError as error:
            log.warning("provider of the environment not added", provider=one.name, error=error.message)
