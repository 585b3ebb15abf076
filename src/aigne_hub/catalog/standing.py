"""Whether a credential stands lives here: switched off when its provider refuses it, rechecked, switched on again.

A credential that somebody switched off by hand has no error and no recheck, so nothing here touches it.
"""

from __future__ import annotations

from dataclasses import replace

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import Clock
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, CredentialId, ProviderId
from aigne_hub.catalog.registry import credential_facts, credential_target
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold

FIRST_CHECK_S = 5
LONGEST_DELAY_S = 10_800
LEASE_S = 180  # longer than a recheck may take: when its worker dies meanwhile, another one makes it
RELAPSE_S = 3600  # refused again this soon after a recheck found it good, it is rechecked ever more seldom
UNASKED_S = 60  # until a provider is asked again that could not be asked, at the soonest
_LONGEST_ERROR = 500


def check_delay_s(failures: int) -> int | None:
    """How long to wait for the next recheck after so many failed ones; None when there is none (contract 5.2)."""
    delay_s = FIRST_CHECK_S + (2 ** (failures - 1) if 0 < failures < 32 else 0)
    return None if delay_s > LONGEST_DELAY_S or failures >= 32 else delay_s


class Standing:
    """Switches credentials off and on for the hub itself. Each function is one step of its caller's transaction."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal

    async def deactivate(
        self, conn: Conn, provider_id: ProviderId, credential_id: CredentialId, *, version: int, error: str
    ) -> Credential | None:
        """Switch off a credential that is still as `version` (its `updated_ms`) has it; None when it is not.

        `error` is the provider's reason, without a secret.
        """
        await hold(conn, store.COUNTER)  # of many workers who noticed, the first one does it
        old = await store.find_credential(conn, provider_id, credential_id)
        if old is None or not old.active or old.updated_ms != version:
            return None
        now_ms = self._clock.now_ms()
        is_relapse = old.checked_ms is not None and now_ms - old.checked_ms < RELAPSE_S * 1000
        failures = old.failures + 1 if is_relapse else 0
        off = replace(
            old,
            active=False,
            error=error[:_LONGEST_ERROR],
            updated_ms=max(now_ms, old.updated_ms + 1),
            failures=failures,
            next_check_ms=self._next_ms(failures),
        )
        await self._save(conn, "credential.deactivate", old, off)
        return off

    async def is_any_due(self, conn: Conn) -> bool:
        return bool(await store.list_due_checks(conn, now_ms=self._clock.now_ms(), limit=1))

    async def claim_check(self, conn: Conn) -> Credential | None:
        """A credential whose recheck is due, for this worker alone, and for as long as a recheck may take."""
        now_ms = self._clock.now_ms()
        for credential in await store.list_due_checks(conn, now_ms=now_ms, limit=1):
            lease_ms = now_ms + LEASE_S * 1000
            if await store.schedule_check(conn, credential, next_check_ms=lease_ms):
                return replace(credential, next_check_ms=lease_ms)
        return None

    async def postpone(self, conn: Conn, claimed: Credential, *, is_refused: bool) -> Credential | None:
        """The recheck failed: plan the next one, or none after too many. None when somebody changed the credential.

        Only a refusal counts: a provider that could not be asked has said nothing of the credential.
        """
        failures = claimed.failures + is_refused
        next_ms, now_ms = self._next_ms(failures, at_least_s=0 if is_refused else UNASKED_S), self._clock.now_ms()
        planned = replace(claimed, failures=failures, checked_ms=now_ms, next_check_ms=next_ms)
        moved = await store.schedule_check(conn, claimed, next_check_ms=next_ms, failures=failures, checked_ms=now_ms)
        return planned if moved else None

    async def reactivate(self, conn: Conn, claimed: Credential) -> Credential | None:
        """The recheck succeeded: switch the credential on. None when it was changed meanwhile."""
        await hold(conn, store.COUNTER)
        old = await store.find_credential(conn, claimed.provider_id, claimed.id)
        if (
            old is None
            or old.active
            or (old.updated_ms, old.next_check_ms)
            != (
                claimed.updated_ms,
                claimed.next_check_ms,
            )
        ):
            return None
        now_ms = self._clock.now_ms()
        on = replace(
            old,
            active=True,
            error=None,
            updated_ms=max(now_ms, old.updated_ms + 1),
            checked_ms=now_ms,
            next_check_ms=None,
        )
        await self._save(conn, "credential.reactivate", old, on)
        return on

    def _next_ms(self, failures: int, *, at_least_s: int = 0) -> int | None:
        delay_s = check_delay_s(failures)
        return None if delay_s is None else self._clock.now_ms() + max(delay_s, at_least_s) * 1000

    async def _save(self, conn: Conn, action: str, old: Credential, new: Credential) -> None:
        await store.save_credential(conn, new)
        await self._journal.note(
            conn, SYSTEM, action, credential_target(new), before=credential_facts(old), after=credential_facts(new)
        )
