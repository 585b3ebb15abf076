"""Keeping a credential only after its provider took it: the check goes before the transaction."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable
from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import Credential, CredentialId, CredentialKind, ModelFacts, Provider, ProviderId
from aigne_hub.catalog.facts import facts_of
from aigne_hub.catalog.registry import Registry, checked_account
from aigne_hub.db.engine import Conn, Database
from aigne_hub.dialects.bedrock_converse.dialect import BedrockConverse
from aigne_hub.flows.credential_check import Checked, CredentialCheck, spoken_by
from aigne_hub.providers.google_account import VERTEX


@dataclass(frozen=True, slots=True)
class CredentialDraft:
    """A credential to be kept: its fields in clear, for as long as it takes."""

    name: str
    kind: CredentialKind
    value: dict[str, str]
    test_model: str | None = None

    def __repr__(self) -> str:
        return f"CredentialDraft(name={self.name!r}, kind={self.kind})"


@dataclass(frozen=True, slots=True)
class _Found:
    checked: Checked
    facts: dict[str, ModelFacts]


_NOTHING = _Found(Checked([]), {})


class CredentialKeeper:
    """Adds, changes and rechecks credentials with a live call before anything is written."""

    def __init__(self, database: Database, providers: Registry, check: CredentialCheck, clock: Clock) -> None:
        self._database = database
        self._providers = providers
        self._check = check
        self._clock = clock

    async def add(
        self, by: Actor, provider_id: ProviderId, draft: CredentialDraft, *, is_checked: bool = True
    ) -> Credential:
        """Raises BadRequest with the provider's reason when it does not take the credential."""
        found = await self._ask(provider_id, draft) if is_checked else _NOTHING
        async with self._database.write() as conn:
            kept = await self._providers.add_credential(conn, by, provider_id, draft.name, draft.value, kind=draft.kind)
            await self._put_models(conn, provider_id, found)
        return kept

    async def change(
        self, by: Actor, provider_id: ProviderId, credential_id: CredentialId, draft: CredentialDraft
    ) -> Credential:
        await self._find(provider_id, credential_id)
        found = await self._ask(provider_id, draft)
        async with self._database.write() as conn:
            kept = await self._providers.change_credential(
                conn, by, provider_id, credential_id, name=draft.name, value=draft.value, kind=draft.kind
            )
            await self._put_models(conn, provider_id, found)
        return kept

    async def recheck(
        self, by: Actor, provider_id: ProviderId, credential_id: CredentialId, *, test_model: str | None
    ) -> Credential:
        """Try a kept credential again; when it works it is active again, and the provider's models are read anew."""
        old = await self._find(provider_id, credential_id)
        try:
            value = self._providers.open(old)
        except Unreadable as error:
            raise BadRequest(
                "the credential cannot be read with this hub's master key: enter it again", code="unreadable"
            ) from error
        found = await self._ask(provider_id, CredentialDraft(old.name, old.kind, value, test_model))
        async with self._database.write() as conn:
            kept = await self._providers.change_credential(conn, by, provider_id, credential_id)
            await self._put_models(conn, provider_id, found)
        return kept

    async def _ask(self, provider_id: ProviderId, draft: CredentialDraft) -> _Found:
        """What the provider lists, and what is known of it."""
        checked = await self.test(provider_id, draft)
        if not checked.models:
            return _NOTHING
        provider = await self._provider(provider_id)
        facts = await asyncio.to_thread(facts_of, provider.name, checked.models, self._clock.now_ms())
        return _Found(checked, facts)

    async def _put_models(self, conn: Conn, provider_id: ProviderId, found: _Found) -> None:
        """A provider that lists nothing keeps the models it has."""
        if found.checked.models:
            await self._providers.put_models(conn, provider_id, found.checked.models, found.facts)

    async def test(self, provider_id: ProviderId, draft: CredentialDraft) -> Checked:
        """Only try it."""
        provider = await self._provider(provider_id)
        _check_fields(provider, draft)
        return await self._check.check(provider, draft.value, test_model=draft.test_model)

    async def _provider(self, provider_id: ProviderId) -> Provider:
        async with self._database.read() as conn:
            return await self._providers.provider(conn, provider_id)

    async def _find(self, provider_id: ProviderId, credential_id: CredentialId) -> Credential:
        async with self._database.read() as conn:
            return await self._providers.credential(conn, provider_id, credential_id)


def _check_fields(provider: Provider, draft: CredentialDraft) -> None:
    """Raises BadRequest for what the provider cannot be called with, whatever it would say."""
    if draft.kind is CredentialKind.custom and provider.name == VERTEX:
        checked_account(draft.value)
        return
    is_pair = draft.kind is CredentialKind.access_key_pair and spoken_by(provider)[0] == BedrockConverse.name
    needed = ("access_key_id", "secret_access_key") if is_pair else ("api_key",)
    if not (is_pair or draft.kind is CredentialKind.api_key) or not all(map(draft.value.get, needed)):
        raise BadRequest(f"{provider.display_name} is called with an {' and a '.join(needed)}", param="value")
    for secret in draft.value.values():
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise BadRequest("a credential has only visible ASCII characters", param="value")
