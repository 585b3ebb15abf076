"""Adding and changing providers and credentials lives here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import msgspec

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable, Vault, mask
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import (
    UNKNOWN,
    Credential,
    CredentialId,
    CredentialKind,
    Model,
    ModelFacts,
    Provider,
    ProviderId,
)
from aigne_hub.catalog.limits import NONE, ProviderLimits, checked_concurrency, checked_limits
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold
from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.pairing import SPOKEN
from aigne_hub.outbound import Origin
from aigne_hub.providers.google_account import FIELD, ServiceAccount, account_of
from aigne_hub.providers.known import canonical, default_url, root_url
from aigne_hub.providers.rows import KNOWN

FULL_WEIGHT = 100
MOST_WEIGHT = 1000
_SECRET_FIELDS = {
    CredentialKind.api_key: ("api_key",),
    CredentialKind.access_key_pair: ("access_key_id", "secret_access_key"),
}
_SHOWN_FIELDS = frozenset({"access_key_id"})  # an identifier, not a secret (contract 5.2)


class Registry:
    """Adds and changes providers and credentials.

    Each function is one step of its caller's transaction, noted in the journal.
    """

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def add_provider(
        self,
        conn: Conn,
        by: Actor,
        name: str,
        *,
        base_url: str | None = None,
        display_name: str | None = None,
        region: str | None = None,
        enabled: bool = True,
        dialects: Sequence[str] = (),
        limits: ProviderLimits = NONE,
    ) -> Provider:
        """Add a provider: any name, but an address is needed unless the name is a known one.

        `dialects` are what it speaks, the preferred first, if that is not what is known by its name.
        Raises BadRequest for an unusable name, address, dialect or limit, Conflict when the name is taken.
        """
        name = checked_provider_name(name)
        known = KNOWN.get(name)
        given = root_url(name, base_url) if base_url else default_url(name, region)
        address = checked_url(given, example=known.example_url if known else "")
        await self._refuse_taken(conn, name)
        now_ms = self._clock.now_ms()
        shown = (display_name or (known.display_name if known else name)).strip()[:100]
        spoken, id_ = checked_dialects(dialects), ProviderId(self._ids.new())
        limits = checked_limits(limits)
        provider = Provider(id_, name, shown, address, region, enabled, now_ms, now_ms, spoken, limits)
        await store.add_provider(conn, provider)
        await self._journal.note(
            conn, by, "provider.create", provider_target(provider), after=_provider_facts(provider)
        )
        return provider

    async def change_provider(
        self,
        conn: Conn,
        by: Actor,
        provider_id: ProviderId,
        *,
        name: str | None = None,
        base_url: str | None = None,
        display_name: str | None = None,
        region: str | None = None,
        enabled: bool | None = None,
        dialects: Sequence[str] | None = None,
        limits: ProviderLimits | None = None,
    ) -> Provider:
        """Change what is given and keep the rest. Under another name its models are called by that name only.

        Raises as `add_provider` does.
        """
        old = await self.provider(conn, provider_id)
        name = old.name if name is None else checked_provider_name(name)
        if name != old.name:
            await self._refuse_taken(conn, name)
        changed = replace(
            old,
            name=name,
            base_url=old.base_url if base_url is None else checked_url(root_url(name, base_url)),
            display_name=old.display_name if display_name is None else display_name,
            region=old.region if region is None else region,
            enabled=old.enabled if enabled is None else enabled,
            dialects=old.dialects if dialects is None else checked_dialects(dialects),
            limits=old.limits if limits is None else checked_limits(limits),
            updated_ms=self._clock.now_ms(),
        )
        await store.save_provider(conn, changed)
        await self._journal.note(
            conn,
            by,
            "provider.change",
            provider_target(changed),
            before=_provider_facts(old),
            after=_provider_facts(changed),
        )
        return changed

    async def remove_provider(self, conn: Conn, by: Actor, provider_id: ProviderId) -> None:
        old = await self.provider(conn, provider_id)
        await store.remove_provider(conn, provider_id)
        await self._journal.note(conn, by, "provider.remove", provider_target(old), before=_provider_facts(old))

    async def provider(self, conn: Conn, provider_id: ProviderId) -> Provider:
        found = await store.find_provider(conn, provider_id)
        if found is None:
            raise NotFound("Provider not found")
        return found

    async def add_credential(
        self,
        conn: Conn,
        by: Actor,
        provider_id: ProviderId,
        name: str,
        value: Mapping[str, str],
        *,
        kind: CredentialKind = CredentialKind.api_key,
        weight: int = FULL_WEIGHT,
        concurrency: int | None = None,
    ) -> Credential:
        await self.provider(conn, provider_id)
        now_ms = self._clock.now_ms()
        credential_id = CredentialId(self._ids.new())
        credential = Credential(
            id=credential_id,
            provider_id=provider_id,
            name=_checked_name(name),
            kind=kind,
            masked=_masked(value, kind),
            active=True,
            error=None,
            weight=checked_weight(weight),
            usage_count=0,
            last_used_ms=None,
            created_ms=now_ms,
            updated_ms=now_ms,
            sealed=self._seal(credential_id, value),
            concurrency=checked_concurrency(concurrency),
        )
        await store.add_credential(conn, credential)
        await self._journal.note(
            conn, by, "credential.create", credential_target(credential), after=credential_facts(credential)
        )
        return credential

    async def change_credential(
        self,
        conn: Conn,
        by: Actor,
        provider_id: ProviderId,
        credential_id: CredentialId,
        *,
        name: str | None = None,
        value: Mapping[str, str] | None = None,
        kind: CredentialKind | None = None,
        weight: int | None = None,
        concurrency: int | None = None,
        active: bool | None = None,
    ) -> Credential:
        """Change what is given; a concurrency of 0 is none.

        Whoever switches a credential on or off decides: its error and rechecks are over.
        """
        await hold(conn, store.COUNTER)  # the hub itself may be about to switch it off or on
        old = await self.credential(conn, provider_id, credential_id)
        kind = kind or old.kind
        changed = replace(
            old,
            name=old.name if name is None else _checked_name(name),
            kind=kind,
            masked=old.masked if value is None else _masked(value, kind),
            sealed=old.sealed if value is None else self._seal(credential_id, value),
            weight=old.weight if weight is None else checked_weight(weight),
            concurrency=old.concurrency if concurrency is None else checked_concurrency(concurrency),
            updated_ms=max(self._clock.now_ms(), old.updated_ms + 1),
        )
        if active is not None:
            changed = replace(changed, active=active, error=None, failures=0, checked_ms=None, next_check_ms=None)
        await store.save_credential(conn, changed)
        await self._journal.note(
            conn,
            by,
            "credential.change",
            credential_target(changed),
            before=credential_facts(old),
            after=credential_facts(changed),
        )
        return changed

    async def remove_credential(
        self, conn: Conn, by: Actor, provider_id: ProviderId, credential_id: CredentialId
    ) -> None:
        old = await self.credential(conn, provider_id, credential_id)
        await store.remove_credential(conn, provider_id, credential_id)
        await self._journal.note(conn, by, "credential.remove", credential_target(old), before=credential_facts(old))

    async def credential(self, conn: Conn, provider_id: ProviderId, credential_id: CredentialId) -> Credential:
        found = await store.find_credential(conn, provider_id, credential_id)
        if found is None:
            raise NotFound("Credential not found")
        return found

    async def put_models(
        self,
        conn: Conn,
        provider_id: ProviderId,
        names: list[tuple[str, Kind]],
        facts: Mapping[str, ModelFacts] = MappingProxyType({}),
    ) -> None:
        """Replace the models a provider is known to serve; `facts` is what is known of them, by name."""
        now_ms = self._clock.now_ms()
        found = {
            name: Model(provider_id, name, kind, now_ms, facts.get(name, UNKNOWN))
            for name, kind in names
            if 0 < len(name) <= 200
        }
        await store.put_models(conn, provider_id, [(self._ids.new(), model) for model in found.values()])

    def open(self, credential: Credential) -> dict[str, str]:
        """The secret fields of a credential. Raises Unreadable when the master key does not open it."""
        return open_sealed(self._vault, credential)

    async def _refuse_taken(self, conn: Conn, name: str) -> None:
        if await store.find_provider_by_name(conn, name):
            raise Conflict("Provider with this name already exists", param="name")

    def _seal(self, credential_id: CredentialId, value: Mapping[str, str]) -> bytes:
        return self._vault.seal(msgspec.json.encode(dict(value)), place=_place(credential_id))


def open_sealed(vault: Vault, credential: Credential) -> dict[str, str]:
    try:
        return msgspec.json.decode(vault.open(credential.sealed, place=_place(credential.id)), type=dict[str, str])
    except msgspec.DecodeError as error:
        raise Unreadable("not a credential") from error


def checked_provider_name(name: str) -> str:
    name = canonical(name.strip())
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,49}", name) or name == "aignehub":
        raise BadRequest("a provider's name has 1 to 50 of a-z, 0-9, dot, dash and underscore", param="name")
    return name


def checked_dialects(names: Sequence[str]) -> tuple[str, ...]:
    """Dialects of the hub, each once. Raises BadRequest that lists them when one is none."""
    for name in names:
        if name not in SPOKEN:
            raise BadRequest(f"{name} is no dialect; there are {', '.join(sorted(SPOKEN))}", param="dialects")
    return tuple(dict.fromkeys(names))


def checked_url(url: str, *, example: str = "") -> str:
    """A provider's address, without a trailing slash. Raises BadRequest when it cannot be one."""
    url = url.strip().rstrip("/")
    if not url:
        example = example or "https://api.example.com/v1"
        raise BadRequest(f"this provider needs a base URL, such as {example}", param="baseUrl")
    try:
        Origin.parse(url)
    except ValueError as error:
        raise BadRequest(f"the base URL cannot be used: {error}", param="baseUrl") from error
    return url


def _place(credential_id: CredentialId) -> str:
    return f"credentials.sealed:{credential_id}"


def _masked(value: Mapping[str, str], kind: CredentialKind) -> dict[str, str]:
    if kind is CredentialKind.custom:
        return {FIELD: checked_account(value).email}
    for needed in _SECRET_FIELDS[kind]:
        if not value.get(needed, "").strip():
            raise BadRequest(f"the credential lacks its {needed}", param="value")
    for secret in value.values():
        if any(ord(c) < 33 or ord(c) > 126 for c in secret):
            raise BadRequest("a credential has only visible ASCII characters", param="value")
    return {name: secret if name in _SHOWN_FIELDS else mask(secret) for name, secret in value.items()}


def checked_account(value: Mapping[str, str]) -> ServiceAccount:
    """The service account of a credential of kind custom. Raises BadRequest that says what is wrong with it."""
    try:
        account = account_of(value)
    except ValueError as error:
        raise BadRequest(str(error), param="value") from error
    if account is None or len(value) > 1:
        raise BadRequest(f"a custom credential has one field, {FIELD}: the JSON that Google made", param="value")
    return account


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise BadRequest("a credential's name has 1 to 100 characters", param="name")
    return name


def checked_weight(weight: int) -> int:
    """Raises BadRequest unless it can be one; 0 is never chosen."""
    if not 0 <= weight <= MOST_WEIGHT:
        raise BadRequest(
            f"a credential's weight is a whole number from 0, which is never chosen, to {MOST_WEIGHT}", param="weight"
        )
    return weight


def provider_target(provider: Provider) -> Target:
    return Target("provider", str(provider.id), provider.name)


def credential_target(credential: Credential) -> Target:
    return Target("credential", str(credential.id), credential.name)


def _provider_facts(provider: Provider) -> Facts:
    return {
        "name": provider.name,
        "display_name": provider.display_name,
        "base_url": provider.base_url,
        "region": provider.region,
        "enabled": provider.enabled,
        "dialects": list(provider.dialects),
        "limits": msgspec.to_builtins(provider.limits),
    }


def credential_facts(credential: Credential) -> Facts:
    return {
        "provider": str(credential.provider_id),
        "name": credential.name,
        "kind": credential.kind,
        "masked": credential.masked,
        "active": credential.active,
        "error": credential.error,
        "weight": credential.weight,
        "concurrency": credential.concurrency,
    }
