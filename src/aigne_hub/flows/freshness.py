"""Keeping the memory snapshots fresh lives here, and asking them who calls."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from aigne_hub.access.apps.signature import SignedRequest
from aigne_hub.access.identity import Caller
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.access.trust.tokens import TrustedTokens
from aigne_hub.base.errors import NotFound, NotSignedIn, Unavailable
from aigne_hub.base.ids import KEY_PREFIX, TOKEN_PREFIX
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.db.engine import Conn, Database
from aigne_hub.db.versions import read_versions

log = structlog.get_logger()

INTERVAL_S = 0.25  # a revocation must reach every worker within a second
_LEAST_PAUSE_S = 0.05  # between two looks that unknown keys ask for


class _Snapshot(Protocol):
    counter: str
    version: int

    async def load(self, conn: Conn, version: int) -> None: ...

    def confirm(self) -> None: ...


class Freshness:
    """Looks at the change counters and lets each snapshot load what is new."""

    def __init__(
        self, database: Database, access: AccessSnapshot, catalog: CatalogSnapshot, statuses: StatusBoard
    ) -> None:
        self._database = database
        self._access = access
        self._snapshots: tuple[_Snapshot, ...] = (access, catalog, statuses)
        self._looking: asyncio.Task[None] | None = None
        self._is_reachable = True

    async def look(self) -> None:
        """Ask the database once. Raises Unavailable when it cannot be reached."""
        async with self._database.glance() as conn:
            versions = await read_versions(conn)
            for snapshot in self._snapshots:
                version = versions[snapshot.counter]
                if version != snapshot.version:
                    await snapshot.load(conn, version)
                snapshot.confirm()

    async def tick(self) -> None:
        """`look`, but an outage is logged, once, and waited out."""
        try:
            await self.look()
        except Unavailable as error:
            if self._is_reachable:
                log.error("database unreachable", error=error.message)
            self._is_reachable = False
        else:
            if not self._is_reachable:
                log.info("database reachable again")
            self._is_reachable = True

    async def identify(self, bearer: str | None, address: str | None = None) -> Caller:
        """Whose key or token this is. An unknown one is looked for in the database once more: it may be new.

        Raises NotSignedIn, or Unavailable when the database cannot be asked about an unknown key.
        """
        try:
            return self._access.identify(bearer, address)
        except NotSignedIn as error:
            if bearer is None or not bearer.startswith((KEY_PREFIX, TOKEN_PREFIX)) or error.code == "missing_api_key":
                raise
        await self._catch_up()
        try:
            return self._access.identify(bearer, address)
        except NotSignedIn:
            if self._is_reachable:
                raise
            # It may be a good key that this process has not seen yet: an outage is told as one.
            raise Unavailable("access keys cannot be checked: the database is away", retry_after=1) from None

    async def identify_workload(self, tokens: TrustedTokens, jwt: str, address: str | None = None) -> Caller:
        """Whose JWT this is. A refused one is looked at again if the database knows more: its issuer may be new.

        Raises NotSignedIn, or Unavailable when the database or the issuer cannot be asked.
        """
        known = self._access.version
        try:
            return await tokens.identify(jwt, address)
        except NotSignedIn:
            await self._catch_up()
            if not self._is_reachable:
                raise Unavailable("tokens cannot be checked: the database is away", retry_after=1) from None
            if self._access.version == known:
                raise
        return await tokens.identify(jwt, address)

    async def identify_app(self, signed: SignedRequest, address: str | None) -> Caller:
        """The app that signed a call. An unknown one is looked for in the database once more."""
        try:
            return self._access.identify_app(signed, address)
        except NotFound:
            await self._catch_up()
        return self._access.identify_app(signed, address)

    async def missing(self) -> list[str]:
        """What a call would lack right now; empty when the hub is ready."""
        if any(snapshot.version < 0 for snapshot in self._snapshots):
            return ["snapshots"]
        try:
            async with self._database.glance() as conn:
                await read_versions(conn)
        except Unavailable:
            return ["database"]
        return []

    async def _catch_up(self) -> None:
        """One look for all who ask at the same time, so that a flood of bad keys costs few."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look_soon())
        await asyncio.shield(self._looking)

    async def _look_soon(self) -> None:
        await asyncio.sleep(_LEAST_PAUSE_S)
        await self.tick()
