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
from aigne_hub.catalog.limits import checked_concurrency
from aigne_hub.catalog.registry import FULL_WEIGHT, Registry, checked_account, checked_weight
from aigne_hub.db.engine import Conn, Database
from aigne_hub.dialects.bedrock_converse.dialect import BedrockConverse
from aigne_hub.flows.credential_check import Checked, CredentialCheck, spoken_by
from aigne_hub.providers.google_account import VERTEX


@dataclass(frozen=True, slots=True)
class CredentialDraft:
    """A credential to be kept: its fields in clear, for as long as it takes. What is not said stays as it is."""

    name: str
    kind: CredentialKind
    value: dict[str, str]
    test_model: str | None = None
    weight: int | None = None
    concurrency: int | None = None

    def __repr__(self) -> str:
        return f"CredentialDraft(name={self.name!r}, kind={self.kind})"


@dataclass(frozen=True, slots=True)
class Found:
    """What a provider that took a credential lists, and what is known of it."""

    checked: Checked
    facts: dict[str, ModelFacts]


_NOTHING = Found(Checked([]), {})


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
        weight = FULL_WEIGHT if draft.weight is None else checked_weight(draft.weight)
        at_once = checked_concurrency(draft.concurrency)
        found = await self._ask(provider_id, draft) if is_checked else _NOTHING
        async with self._database.write() as conn:
            kept = await self._providers.add_credential(
                conn, by, provider_id, draft.name, draft.value, kind=draft.kind, weight=weight, concurrency=at_once
            )
            await self.put_models(conn, provider_id, found)
        return kept

    async def change(
        self,
        by: Actor,
        provider_id: ProviderId,
        credential_id: CredentialId,
        draft: CredentialDraft,
        *,
        active: bool = True,
    ) -> Credential:
        """Replace a credential by another one that its provider takes; it is switched on unless told otherwise."""
        await self._find(provider_id, credential_id)
        if draft.weight is not None:
            checked_weight(draft.weight)
        checked_concurrency(draft.concurrency)
        found = await self._ask(provider_id, draft)
        async with self._database.write() as conn:
            kept = await self._providers.change_credential(
                conn,
                by,
                provider_id,
                credential_id,
                name=draft.name or None,
                value=draft.value,
                kind=draft.kind,
                weight=draft.weight,
                concurrency=draft.concurrency,
                active=active,
            )
            await self.put_models(conn, provider_id, found)
        return kept

    async def recheck(
        self, by: Actor, provider_id: ProviderId, credential_id: CredentialId, *, test_model: str | None
    ) -> Credential:
        """Try a kept credential again; when it works it is active again, and the provider's models are read anew."""
        found = await self.try_kept(await self._find(provider_id, credential_id), test_model=test_model)
        async with self._database.write() as conn:
            kept = await self._providers.change_credential(conn, by, provider_id, credential_id, active=True)
            await self.put_models(conn, provider_id, found)
        return kept

    async def try_kept(self, credential: Credential, *, test_model: str | None = None) -> Found:
        """Ask the provider whether it takes a kept credential. Raises BadRequest with the reason when it does not."""
        try:
            value = self._providers.open(credential)
        except Unreadable as error:
            raise BadRequest(
                "the credential cannot be read with this hub's master key: enter it again", code="unreadable"
            ) from error
        draft = CredentialDraft(credential.name, credential.kind, value, test_model)
        return await self._ask(credential.provider_id, draft)

    async def _ask(self, provider_id: ProviderId, draft: CredentialDraft) -> Found:
        checked = await self.test(provider_id, draft)
        if not checked.models:
            return _NOTHING
        provider = await self._provider(provider_id)
        facts = await asyncio.to_thread(facts_of, provider.name, checked.models, self._clock.now_ms())
        return Found(checked, facts)

    async def put_models(self, conn: Conn, provider_id: ProviderId, found: Found) -> None:
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
