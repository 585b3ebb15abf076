"""Refused credentials live here: switched off for all workers, rechecked ever more seldom, and switched on again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import structlog

from aigne_hub.base.crypto import Unreadable
from aigne_hub.base.errors import BadRequest, Failure, Unavailable, UpstreamFailed
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, CredentialId, Target
from aigne_hub.catalog.registry import Registry
from aigne_hub.catalog.standing import Standing
from aigne_hub.db.engine import Database
from aigne_hub.dialects.openai_errors import safe
from aigne_hub.flows.keep_credential import CredentialKeeper
from aigne_hub.flows.telling import Telling
from aigne_hub.notices.entries import Event

log = structlog.get_logger()

MOST_WAITING = 1000
_CHECKS_AT_ONCE = 10  # of one tick; the next one goes on
_SHORTEST_SECRET = 4  # anything shorter is in every sentence


@dataclass(frozen=True, slots=True)
class _Refused:
    target: Target
    status: int | None
    said: str


class CredentialHealth:
    """What the calls of a worker notice is queued; ticks write it down and make the rechecks that are due."""

    def __init__(
        self,
        database: Database,
        providers: Registry,
        standing: Standing,
        keeper: CredentialKeeper,
        telling: Telling,
    ) -> None:
        self._database = database
        self._providers = providers
        self._standing = standing
        self._keeper = keeper
        self._telling = telling
        self._waiting: dict[CredentialId, _Refused] = {}
        self._is_reachable = True

    def note_invalid(self, target: Target, error: UpstreamFailed) -> None:
        """A provider refused a credential. It is only queued, so whatever the database does, the call goes on."""
        if len(self._waiting) < MOST_WAITING or target.credential_id in self._waiting:
            self._waiting[target.credential_id] = _Refused(target, error.upstream_status, error.said)
        else:  # it will be refused again
            log.warning("refused credential not noted: too many wait", credential=target.credential_id)

    async def deactivate_refused(self) -> None:
        """Write down what was queued. What the database cannot take now stays queued; the outage is logged once."""
        for credential_id, refused in list(self._waiting.items()):
            try:
                await self._deactivate(refused)
            except Unavailable as error:
                if self._is_reachable:
                    log.warning("refused credentials wait for the database", error=error.message)
                self._is_reachable = False
                return
            self._is_reachable = True
            if self._waiting.get(credential_id) is refused:
                del self._waiting[credential_id]

    async def recheck_due(self) -> None:
        """Make the rechecks that are due and that no other worker is making. An outage is somebody else's to tell."""
        with suppress(Unavailable):
            for _ in range(_CHECKS_AT_ONCE):
                async with self._database.glance() as conn:
                    if not await self._standing.is_any_due(conn):
                        return
                async with self._database.write() as conn:
                    claimed = await self._standing.claim_check(conn)
                if claimed is not None:
                    await self._recheck(claimed)

    async def _deactivate(self, refused: _Refused) -> None:
        provider, id_ = refused.target.provider, refused.target.credential_id
        async with self._database.write() as conn:
            found = await store.find_credential(conn, provider.id, id_)
            if found is None:
                if id_ < 0:  # no row, so there is nothing but the log to tell it
                    log.warning("key of the environment refused", provider=provider.name, status=refused.status)
                return
            off = await self._standing.deactivate(
                conn, provider.id, id_, version=refused.target.credential_ms, error=self._reason(found, refused)
            )
            if off is not None:
                await self._telling.tell_credential(conn, Event.credential_deactivated, provider.name, off)
        if off is not None:
            log.warning("credential refused", provider=provider.name, credential=off.name, status=refused.status)

    async def _recheck(self, claimed: Credential) -> None:
        try:
            found = await self._keeper.try_kept(claimed)
        except BadRequest as error:
            await self._postpone(claimed, is_refused=_is_of_the_credential(error))
            return
        async with self._database.write() as conn:
            on = await self._standing.reactivate(conn, claimed)
            if on is not None:
                await self._keeper.put_models(conn, claimed.provider_id, found)
            provider = await store.find_provider(conn, claimed.provider_id)
            if on is not None and provider is not None:
                await self._telling.tell_credential(conn, Event.credential_reactivated, provider.name, on)
        if on is not None and provider is not None:
            log.warning("credential works again", provider=provider.name, credential=on.name)

    async def _postpone(self, claimed: Credential, *, is_refused: bool) -> None:
        async with self._database.write() as conn:
            planned = await self._standing.postpone(conn, claimed, is_refused=is_refused)
            provider = await store.find_provider(conn, claimed.provider_id)
            is_last = planned is not None and planned.next_check_ms is None
            if planned is not None and is_last and provider is not None:
                await self._telling.tell_credential(conn, Event.credential_given_up, provider.name, planned)
        if planned is not None and is_last and provider is not None:
            log.warning("credential is not rechecked any more", provider=provider.name, credential=planned.name)

    def _reason(self, credential: Credential, refused: _Refused) -> str:
        """The provider's words without any of the credential's own secrets, whatever they look like."""
        said = refused.said
        try:
            secrets = self._providers.open(credential).values()
        except Unreadable:
            said, secrets = "", {}.values()  # what it may give away cannot be known
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                said = said.replace(secret, "[secret]")
        status = f"status {refused.status}" if refused.status is not None else "no status"
        return safe(f"the provider refused the credential ({status})" + (f": {said}" if said else ""))


def _is_of_the_credential(error: BadRequest) -> bool:
    """Whether a failed recheck tells something of the credential, not of a provider that could not be asked."""
    cause = error.__cause__
    return not isinstance(cause, UpstreamFailed) or cause.kind in (Failure.credential, Failure.rejected)
