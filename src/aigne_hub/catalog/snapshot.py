"""The catalog in memory lives here: what a model name leads to, without asking the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial

from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable, Vault
from aigne_hub.base.errors import BadRequest, Unavailable
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import (
    UNKNOWN,
    Credential,
    CredentialId,
    Model,
    ModelFacts,
    Provider,
    ProviderId,
    Target,
)
from aigne_hub.catalog.google_tokens import GoogleTokens
from aigne_hub.catalog.kinds import kind_of
from aigne_hub.catalog.lacks import lacks_of
from aigne_hub.catalog.rates.entries import Billing, Rate
from aigne_hub.catalog.rates.price_list import PriceList
from aigne_hub.catalog.rates.store import list_rates, read_billing
from aigne_hub.catalog.registry import open_sealed
from aigne_hub.db.engine import Conn
from aigne_hub.dialects.call import Kind
from aigne_hub.outbound import Origin
from aigne_hub.providers.families import RESERVED, family, upstream_name
from aigne_hub.providers.google_account import VERTEX, account_of, vertex_path
from aigne_hub.providers.known import LOCAL, canonical, credential_headers, dialects_of, keying_of, quirks_of
from aigne_hub.providers.sigv4 import signer_of

_PREFIXES = ("aignehub/", "aignehub:")
_REMEMBERED = 4096  # resolved names kept; the cache starts anew when it is full


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as listings show it: `id` is what a caller may send as `model`."""

    id: str
    name: str
    kind: Kind
    provider: Provider
    created_ms: int
    facts: ModelFacts
    rate: Rate | None = None  # when calls are priced


class CatalogSnapshot:
    """Enabled providers with a usable credential, their models, and the target of each name.

    Unless it `knows_lacks`, no target is said to lack anything. Where calls are priced, there is no model but those
    that have a rate.
    """

    counter = store.COUNTER

    def __init__(self, vault: Vault, clock: Clock, tokens: GoogleTokens, *, knows_lacks: bool) -> None:
        self._vault = vault
        self._clock = clock
        self._tokens = tokens
        self._knows_lacks = knows_lacks
        self._providers: dict[str, Provider] = {}
        self._ready: dict[str, Target] = {}
        self._by_credential: dict[CredentialId, Target] = {}
        self._models: list[ListedModel] = []
        self._by_id: dict[str, ListedModel] = {}
        self._by_name: dict[str, ListedModel] = {}
        self._resolved: dict[tuple[str, Kind | None], Target] = {}
        self._prices: PriceList | None = None
        self.billing = Billing()
        self._used: Counter[CredentialId] = Counter()
        self.unreadable: list[Credential] = []
        self.version = -1

    async def load(self, conn: Conn, version: int) -> None:
        """Read the whole catalog anew; it is small."""
        providers = await store.list_providers(conn)
        credentials = await store.list_credentials(conn)
        models = await store.list_models(conn)
        self._providers = {provider.name: provider for provider in providers}
        self._ready = self._usable(providers, credentials)
        listed = self._listed(models)
        self._by_id = {model.id: model for model in listed}
        self._by_name = {model.name: model for model in reversed(listed)}  # the first listed wins
        self.billing = await read_billing(conn)
        self._prices = PriceList(await list_rates(conn)) if self.billing.is_on else None
        self._models = listed if self._prices is None else self._with_rates(self._prices)
        self._resolved = {}
        self.version = version

    def confirm(self) -> None:
        """Nothing to note: an old catalog is still a right one."""

    def resolve(self, name: str, kind: Kind) -> Target:
        """The target a model name leads to (contract 5.3), for a call of this kind: it counts as a use.

        Raises BadRequest when no provider serves the name, or calls are priced and it has no rate, Unavailable when
        a named provider is switched off or has no usable credential.
        """
        target = self._resolved.get((name, kind)) or self.peek(name, kind)
        self._used[target.credential_id] += 1
        return target

    def peek(self, name: str, kind: Kind | None = None) -> Target:
        """As `resolve`, without counting; of no kind, whether the name leads anywhere at all."""
        target = self._find(name, kind)
        if len(self._resolved) >= _REMEMBERED:
            self._resolved.clear()
        self._resolved[name, kind] = target
        return target

    def priced(self, target: Target, kind: Kind | None) -> Target:
        """The target with what its units cost, where calls are priced. Raises BadRequest when it has no rate."""
        if self._prices is None:
            return target
        rate = self._prices.of(target.provider.id, target.model, kind)
        if rate is None:
            raise _unsupported(f"{target.provider.name}/{target.model}")
        return replace(target, tariff=rate.tariff)

    def reach(self, provider_id: ProviderId, credential_id: CredentialId, model: str) -> Target:
        """The target that an earlier call used; where its credential is gone, the provider's present one.

        A key that replaced another is mostly of the same account. Raises Unavailable when the provider is
        switched off or has no usable credential.
        """
        target = self._by_credential.get(credential_id)
        if target is None:
            target = next((one for one in self._ready.values() if one.provider.id == provider_id), None)
        if target is None:
            raise Unavailable("the model's provider is not available", code="provider_unavailable")
        return replace(target, model=model)

    def models(self) -> list[ListedModel]:
        return self._models

    def providers(self) -> list[Provider]:
        return list(self._providers.values())

    def ready(self) -> list[Provider]:
        """The providers that could be called right now."""
        return [target.provider for target in self._ready.values()]

    def usable(self) -> Collection[Target]:
        """Of each credential that can be used, what leads to it, but for the model."""
        return self._by_credential.values()

    def take_used(self) -> list[tuple[CredentialId, int, int]]:
        """(credential, uses, time) since the last call of this."""
        used, self._used = self._used, Counter()
        now_ms = self._clock.now_ms()
        return [(credential, count, now_ms) for credential, count in used.items()]

    def _find(self, name: str, kind: Kind | None) -> Target:
        if not name.isprintable():  # no record could be made of it: PostgreSQL holds no U+0000
            raise _not_found(name.encode("unicode_escape").decode())
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        first, slash, rest = name.partition("/")
        if slash and rest and (canonical(first) in self._providers or canonical(first) in RESERVED):
            return self.priced(self._named(canonical(first), rest), kind)
        return self._bare(name) if self._prices is None else self._bare_priced(self._prices, name, kind)

    def _named(self, provider: str, model: str) -> Target:
        base = self._ready.get(provider)
        if base is None:
            raise Unavailable(f"Provider '{provider}' is not available or not configured", code="provider_unavailable")
        if provider == LOCAL and f"{provider}/{model}" not in self._by_id:
            raise _not_found(f"{provider}/{model}")  # its server answers to any name; only this one is true
        return self._of(base, model)

    def _bare(self, name: str) -> Target:
        if name in self._by_name:
            return self._of(self._ready[self._by_name[name].provider.name], name)
        for provider in family(name):
            if provider in self._ready:
                return self._of(self._ready[provider], upstream_name(provider, name))
        raise _not_found(name)

    def _bare_priced(self, prices: PriceList, name: str, kind: Kind | None) -> Target:
        """What has a rate is what there is (contract 5.3); the name tells nothing more."""
        rates = prices.named(name, kind)
        if not rates:
            raise _unsupported(name)
        bases = {target.provider.id: target for target in self._ready.values()}
        for rate in rates:
            if rate.provider_id in bases:
                return replace(self._of(bases[rate.provider_id], rate.model), tariff=rate.tariff)
        raise _not_found(name)

    def _of(self, base: Target, model: str) -> Target:
        """The target of a model at a provider; made once for each name, so its facts cost a call nothing."""
        if not self._knows_lacks:
            return replace(base, model=model)
        listed = self._by_id.get(f"{base.provider.name}/{model}")
        kind = kind_of(model) if listed is None else listed.kind
        return replace(base, model=model, lacks=lacks_of(base.provider.name, model, kind))

    def _usable(self, providers: list[Provider], credentials: list[Credential]) -> dict[str, Target]:
        usable: dict[str, Target] = {}
        self.unreadable, self._by_credential = [], {}
        for provider in providers:
            for credential in credentials:
                if credential.provider_id != provider.id or not credential.active or not provider.enabled:
                    continue
                target = self._target(provider, credential)
                if target is not None:
                    usable.setdefault(provider.name, target)
                    self._by_credential[credential.id] = target
        return usable

    def _target(self, provider: Provider, credential: Credential) -> Target | None:
        try:
            value = open_sealed(self._vault, credential)
            account = account_of(value)
        except (Unreadable, ValueError):
            self.unreadable.append(credential)
            return None
        origin, base_path = Origin.parse(provider.base_url)
        dialects = provider.dialects or dialects_of(provider.name)
        signer = signer_of(value, provider.region, origin.host)
        shown = credential_headers(keying_of(provider.name, dialects), value.get("api_key", ""))
        headers = (
            *(shown if signer is None and account is None else ()),
            (b"content-type", b"application/json"),
            (b"accept", b"*/*"),
            (b"user-agent", b"aigne-hub"),
        )
        if provider.name == VERTEX:
            base_path = vertex_path(base_path, provider.region, account)
        base, quirks = base_path.encode("ascii"), quirks_of(provider.name)
        token = None if account is None else partial(self._tokens.token, account)
        changed_ms = credential.updated_ms
        return Target(
            provider,
            credential.id,
            "",
            origin,
            base,
            headers,
            dialects,
            quirks,
            signer,
            token,
            credential_ms=changed_ms,
        )

    def _listed(self, models: list[Model]) -> list[ListedModel]:
        by_id: dict[ProviderId, Provider] = {target.provider.id: target.provider for target in self._ready.values()}
        return [
            ListedModel(
                f"{by_id[m.provider_id].name}/{m.name}", m.name, m.kind, by_id[m.provider_id], m.created_ms, m.facts
            )
            for m in models
            if m.provider_id in by_id
        ]

    def _with_rates(self, prices: PriceList) -> list[ListedModel]:
        """What can be called where calls are priced: one for each rate."""
        by_id = {target.provider.id: target.provider for target in self._ready.values()}
        rates = [rate for rate in prices.rates if rate.provider_id in by_id]
        return [
            self._rated(rate, by_id[rate.provider_id])
            for rate in sorted(rates, key=lambda one: (one.provider_id, one.model, one.kind))
        ]

    def _rated(self, rate: Rate, provider: Provider) -> ListedModel:
        id_ = f"{provider.name}/{rate.model}"
        known = self._by_id.get(id_)
        created_ms, facts = (rate.created_ms, UNKNOWN) if known is None else (known.created_ms, known.facts)
        return ListedModel(id_, rate.model, rate.kind, provider, created_ms, facts, rate)


def _unsupported(name: str) -> BadRequest:
    return BadRequest(f"Unsupported model {name}", code="unsupported_model", param="model")


def _not_found(name: str) -> BadRequest:
    return BadRequest(
        f'No available provider found for model "{name}". You can select a specific provider to try again, '
        "or wait until it becomes available.",
        code="model_not_found",
        param="model",
    )
