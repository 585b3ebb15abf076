"""The catalog in memory lives here: what a model name leads to, without asking the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable, Vault
from aigne_hub.base.errors import BadRequest, Unavailable
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import (
    UNKNOWN,
    Credential,
    CredentialId,
    LeftOut,
    Model,
    ModelFacts,
    Pool,
    Provider,
    ProviderId,
    Route,
    Target,
    Tariff,
)
from aigne_hub.catalog.google_tokens import GoogleTokens
from aigne_hub.catalog.kinds import kind_of
from aigne_hub.catalog.lacks import lacks_of
from aigne_hub.catalog.limits import resolved
from aigne_hub.catalog.rates.entries import Billing, Rate
from aigne_hub.catalog.rates.price_list import PriceList
from aigne_hub.catalog.rates.store import list_rates, read_billing
from aigne_hub.catalog.registry import FULL_WEIGHT, open_sealed
from aigne_hub.catalog.routes.entries import KeptRoute
from aigne_hub.catalog.routes.paths import Paths, nowhere
from aigne_hub.catalog.routes.prices import order_price
from aigne_hub.catalog.routes.store import list_routes, read_excluded
from aigne_hub.catalog.statuses.entries import Fault
from aigne_hub.catalog.targets import environment_targets, of_model, target_of
from aigne_hub.db.engine import Conn
from aigne_hub.dialects.call import Kind
from aigne_hub.providers.families import GUESSED, RESERVED, family, upstream_name
from aigne_hub.providers.google_account import account_of
from aigne_hub.providers.known import LOCAL, canonical
from aigne_hub.settings import ProviderKeys

_PREFIXES = ("aignehub/", "aignehub:")
_REMEMBERED = 4096  # names whose routes are kept; the cache starts anew when it is full …
_MOST_TARGETS = 65_536  # … or when there are this many targets in it


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
    fault: Fault | None = None  # why it is not available


class CatalogSnapshot:
    """Enabled providers with their usable credentials, their models, and the route of each name.

    Unless it `knows_lacks`, no target is said to lack anything. Where calls are priced, there is no model but those
    that have a rate.
    """

    counter = store.COUNTER

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        tokens: GoogleTokens,
        *,
        knows_lacks: bool,
        keys: Sequence[ProviderKeys] = (),
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._tokens = tokens
        self._knows_lacks = knows_lacks
        self._keys = keys  # of the environment
        self._providers: dict[str, Provider] = {}
        self._ready: dict[str, Pool] = {}  # by the provider's name, its targets of no model yet
        self._by_credential: dict[CredentialId, Target] = {}
        self._models: list[ListedModel] = []
        self._by_id: dict[str, ListedModel] = {}
        self._by_name: dict[str, list[Provider]] = {}  # who lists a model of just this name
        self._listing: set[str] = set()  # providers of which any models are known
        self._routes: dict[tuple[str, Kind | None], Route] = {}
        self._kept = 0  # targets in them
        self._prices: PriceList | None = None
        self._paths = self._laid([])
        self._excluded: frozenset[str] = frozenset()
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
        self._by_name = {}
        for model in listed:
            self._by_name.setdefault(model.name, []).append(model.provider)
        self._listing = {model.provider.name for model in listed}
        self.billing = await read_billing(conn)
        self._prices = PriceList(await list_rates(conn)) if self.billing.is_on else None
        self._models = listed if self._prices is None else self._with_rates(self._prices)
        self._excluded = frozenset(await read_excluded(conn))
        kept = await list_routes(conn)
        self._paths = self._laid(kept)
        self._models = [*self._models, *self._routed(kept)]
        self._routes, self._kept = {}, 0
        self.version = version

    def confirm(self) -> None:
        """Nothing to note: an old catalog is still a right one."""

    def route(self, name: str, kind: Kind | None) -> Route:
        """What a model name leads to (contract 5.3), for a call of this kind; of no kind, whether it leads anywhere.

        Made once for each name. Raises BadRequest when no provider serves the name, or calls are priced and it has no
        rate, Unavailable when a named provider is switched off or has no usable credential, or an operator's route
        leads nowhere any more.
        """
        found = self._routes.get((name, kind))
        if found is not None:
            return found
        found = self.look_up(name, kind)
        if not found.pools:
            raise nowhere(found)
        self._kept += sum(len(pool.targets) for pool in found.pools)
        if len(self._routes) >= _REMEMBERED or self._kept > _MOST_TARGETS:
            self._routes.clear()
            self._kept = sum(len(pool.targets) for pool in found.pools)
        self._routes[name, kind] = found
        return found

    def look_up(self, name: str, kind: Kind | None) -> Route:
        """`route`, made anew; what an operator made is given also when it leads nowhere, with the reasons."""
        name, sent = _bare(name), name
        return self._paths.lay(name, kind, sent=sent) or Route(sent, tuple(self._find(name, kind)))

    async def foresee(self, conn: Conn, name: str) -> Route:
        """`look_up` by what a transaction sees, which may have changed it."""
        seen = CatalogSnapshot(
            self._vault, self._clock, self._tokens, knows_lacks=self._knows_lacks, keys=self._keys
        )  # fmt: skip
        await seen.load(conn, self.version)
        return seen.look_up(name, None)

    def passed_over(self, name: str) -> tuple[LeftOut, ...]:
        """Who is known to serve such a bare name, and does not: what an operator may wonder about."""
        listed = [provider.name for provider in self._by_name.get(name, ())]
        known = [one for one in dict.fromkeys((*listed, *family(name))) if one in self._providers]
        off, excluded = "it is switched off, or has no usable credential", "no bare name leads to it, by a preference"
        return tuple(
            [
                LeftOut(1, f"{one}/{upstream_name(one, name)}", excluded if one in self._excluded else off)
                for one in known
                if one not in self._ready or one in self._excluded
            ]
        )

    def peek(self, name: str, kind: Kind | None = None) -> Target:
        """The first target of a route."""
        return self.route(name, kind).pools[0].targets[0]

    def note_use(self, target: Target) -> None:
        """Count one attempt with a credential."""
        self._used[target.credential_id] += 1

    def priced(self, target: Target, kind: Kind | None) -> Target:
        """The target with what its units cost, where calls are priced. Raises BadRequest when it has no rate."""
        if self._prices is None:
            return target
        return replace(target, tariff=self._rate(target.provider, target.model, kind).tariff)

    def reach(self, provider_id: ProviderId, credential_id: CredentialId, model: str) -> Target:
        """The target that an earlier call used; where its credential is gone, the provider's present one.

        A key that replaced another is mostly of the same account. Raises Unavailable when the provider is
        switched off or has no usable credential.
        """
        target = self._by_credential.get(credential_id)
        if target is None:
            target = next((one.targets[0] for one in self._ready.values() if one.provider_id == provider_id), None)
        if target is None:
            raise Unavailable("the model's provider is not available", code="provider_unavailable")
        return of_model(target, model)

    def models(self) -> list[ListedModel]:
        return self._models

    def kind_listed(self, target: Target) -> Kind | None:
        """The kind of a target's model; None of one that no listing shows."""
        if self._prices is not None:
            rate = self._prices.of(target.provider.id, target.model, None)
            return None if rate is None else rate.kind
        listed = self._by_id.get(f"{target.provider.name}/{target.model}")
        return None if listed is None else listed.kind

    def providers(self) -> list[Provider]:
        return list(self._providers.values())

    def ready(self) -> list[Provider]:
        """The providers that could be called right now."""
        return [pool.targets[0].provider for pool in self._ready.values()]

    def usable(self) -> Collection[Target]:
        """Of each credential that can be used, what leads to it, but for the model."""
        return self._by_credential.values()

    def environment_keys(self, provider_id: ProviderId) -> int:
        """How many keys of the environment a provider works by, as it has no usable credential of its own."""
        return sum([target.provider.id == provider_id for id_, target in self._by_credential.items() if id_ < 0])

    def take_used(self) -> list[tuple[CredentialId, int, int]]:
        """(credential, uses, time) since the last call of this."""
        used, self._used = self._used, Counter()
        now_ms = self._clock.now_ms()
        return [(credential, count, now_ms) for credential, count in used.items()]

    def _laid(self, kept: Iterable[KeptRoute]) -> Paths:
        return Paths(kept, self._names_provider, self._find, self._price)

    def _find(self, name: str, kind: Kind | None) -> list[Pool]:
        if not name.isprintable():  # no record could be made of it: PostgreSQL holds no U+0000
            raise _not_found(name.encode("unicode_escape").decode())
        name = _bare(name)
        if self._names_provider(name):
            first, _, rest = name.partition("/")
            return [self._named(canonical(first), rest, kind)]
        return self._bare(name) if self._prices is None else self._bare_priced(self._prices, name, kind)

    def _names_provider(self, name: str) -> bool:
        first, _, rest = name.partition("/")
        return bool(rest) and (canonical(first) in self._providers or canonical(first) in RESERVED)

    def _named(self, provider: str, model: str, kind: Kind | None) -> Pool:
        base = self._ready.get(provider)
        if base is None:
            raise Unavailable(f"Provider '{provider}' is not available or not configured", code="provider_unavailable")
        if provider == LOCAL and f"{provider}/{model}" not in self._by_id:
            raise _not_found(f"{provider}/{model}")  # its server answers to any name; only this one is true
        tariff = None if self._prices is None else self._rate(base.targets[0].provider, model, kind).tariff
        return self._of(base, model, tariff)

    def _bare(self, name: str) -> list[Pool]:
        """Who lists the model, and of those who serve such names whoever lists it by its own name for it, or nothing.

        If there is nobody, all who serve such names: lists may be old. Whose name for it is a guess comes last.
        """
        able = self._ready.keys() - self._excluded
        found = {provider.name: name for provider in self._by_name.get(name, ()) if provider.name in able}
        related = {one: upstream_name(one, name) for one in family(name) if one in able and one not in found}
        sure = self._listing | GUESSED
        known = {one: own for one, own in related.items() if f"{one}/{own}" in self._by_id or one not in sure}
        likely = {one: own for one, own in related.items() if one not in GUESSED}
        found = {**found, **known} or likely or related
        if not found:
            raise _not_found(name)
        return [self._of(self._ready[provider], model) for provider, model in found.items()]

    def _bare_priced(self, prices: PriceList, name: str, kind: Kind | None) -> list[Pool]:
        """What has a rate is what there is (contract 5.3); the name tells nothing more."""
        rates = prices.named(name, kind)
        if not rates:
            raise _unsupported(name)
        first: dict[ProviderId, Rate] = {}
        for rate in rates:
            first.setdefault(rate.provider_id, rate)
        bases = {pool.provider_id: pool for name_, pool in self._ready.items() if name_ not in self._excluded}
        found = [self._of(bases[id_], rate.model, rate.tariff) for id_, rate in first.items() if id_ in bases]
        if not found:
            raise _not_found(name)
        return found

    def _of(self, base: Pool, model: str, tariff: Tariff | None = None) -> Pool:
        """A provider's targets for a model; made once for each name, so its facts cost a call nothing."""
        provider, lacks = base.targets[0].provider.name, frozenset[str]()
        if self._knows_lacks:
            listed = self._by_id.get(f"{provider}/{model}")
            lacks = lacks_of(provider, model, kind_of(model) if listed is None else listed.kind)
        targets = tuple([replace(of_model(one, model), lacks=lacks, tariff=tariff) for one in base.targets])
        return replace(base, targets=targets)

    def _price(self, pool: Pool) -> Decimal | None:
        target = pool.targets[0]
        listed = self._by_id.get(f"{target.provider.name}/{target.model}")
        return order_price(target.tariff, None if listed is None else listed.facts.prices)

    def _rate(self, provider: Provider, model: str, kind: Kind | None) -> Rate:
        rate = None if self._prices is None else self._prices.of(provider.id, model, kind)
        if rate is None:
            raise _unsupported(f"{provider.name}/{model}")
        return rate

    def _usable(self, providers: list[Provider], credentials: list[Credential]) -> dict[str, Pool]:
        usable: dict[str, Pool] = {}
        self.unreadable, self._by_credential = [], {}
        of: dict[ProviderId, list[Credential]] = {}
        for credential in credentials:
            of.setdefault(credential.provider_id, []).append(credential)
        for provider in providers:
            found = [one for one in of.get(provider.id, ()) if one.active and provider.enabled]
            made = [(target, one.weight) for one in found if (target := self._target(provider, one)) is not None]
            if not made and provider.enabled:
                made = [(target, FULL_WEIGHT) for target in environment_targets(provider, self._keys)]
            if made:
                targets = tuple([target for target, _ in made])
                ids = tuple([target.credential_id for target in targets])
                weights = tuple([max(weight, 0) for _, weight in made])
                usable[provider.name] = Pool(provider.id, ids, targets, weights)
                self._by_credential.update(zip(ids, targets, strict=True))
        return usable

    def _target(self, provider: Provider, credential: Credential) -> Target | None:
        try:
            value = open_sealed(self._vault, credential)
            account = account_of(value)
        except (Unreadable, ValueError):
            self.unreadable.append(credential)
            return None
        token = None if account is None else partial(self._tokens.token, account)
        limits = resolved(provider.limits, "", credential.concurrency)
        changed_ms = credential.updated_ms
        return target_of(provider, credential.id, value, account, token, changed_ms=changed_ms, limits=limits)

    def _listed(self, models: list[Model]) -> list[ListedModel]:
        by_id: dict[ProviderId, Provider] = {provider.id: provider for provider in self.ready()}
        return [
            ListedModel(
                f"{by_id[m.provider_id].name}/{m.name}", m.name, m.kind, by_id[m.provider_id], m.created_ms, m.facts
            )
            for m in models
            if m.provider_id in by_id
        ]

    def _routed(self, kept: Iterable[KeptRoute]) -> Iterator[ListedModel]:
        """The names that operators made routes for, told as the first target of each."""
        for route in kept:
            pools = self.look_up(route.model, None).pools
            if pools and route.model not in self._by_id:
                first = pools[0].targets[0]
                known = self._by_id.get(f"{first.provider.name}/{first.model}")
                kind, facts = (kind_of(first.model), UNKNOWN) if known is None else (known.kind, known.facts)
                rate = None if self._prices is None else self._prices.of(first.provider.id, first.model, None)
                yield ListedModel(route.model, route.model, kind, first.provider, route.created_ms, facts, rate)

    def _with_rates(self, prices: PriceList) -> list[ListedModel]:
        """What can be called where calls are priced: one for each rate."""
        by_id = {provider.id: provider for provider in self.ready()}
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


def _bare(name: str) -> str:
    """A name without what the reference's newer examples put before it."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _unsupported(name: str) -> BadRequest:
    return BadRequest(f"Unsupported model {name}", code="unsupported_model", param="model")


def _not_found(name: str) -> BadRequest:
    return BadRequest(
        f'No available provider found for model "{name}". You can select a specific provider to try again, '
        "or wait until it becomes available.",
        code="model_not_found",
        param="model",
    )
