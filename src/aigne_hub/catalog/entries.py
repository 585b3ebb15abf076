"""What the catalog holds lives here, as values: providers, credentials, models, targets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from msgspec import Struct

from aigne_hub.catalog.limits import NONE, ProviderLimits, TargetLimits
from aigne_hub.dialects.call import Kind
from aigne_hub.outbound import Origin
from aigne_hub.providers.sigv4 import Signer

ProviderId = NewType("ProviderId", int)
CredentialId = NewType("CredentialId", int)


class CredentialKind(StrEnum):
    api_key = "api_key"
    access_key_pair = "access_key_pair"
    custom = "custom"


class CredentialState(StrEnum):
    """How a credential is. Throttled and cooling are what one worker has seen, and pass by themselves."""

    active = "active"
    throttled = "throttled"  # it counts a tenth: the provider said that it is used too much
    cooling = "cooling"  # it is not used for now
    invalid = "invalid"  # its provider refuses it; it is rechecked, and comes back by itself
    off = "off"  # switched off by hand, and only so on again
    unreadable = "unreadable"  # not sealed with this hub's master key: it has to be entered again


@dataclass(frozen=True, slots=True)
class Provider:
    id: ProviderId
    name: str
    display_name: str
    base_url: str
    region: str | None
    enabled: bool
    created_ms: int
    updated_ms: int
    dialects: tuple[str, ...] = ()  # what it speaks, if that is not what is known by its name
    limits: ProviderLimits = field(default=NONE, hash=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it is shown: `masked` maps each field to what may be seen of it.

    One that its provider refused has an `error`; it is rechecked at `next_check_ms`, the more seldom the more
    `failures`. What is not active and has no error was switched off by hand.
    """

    id: CredentialId
    provider_id: ProviderId
    name: str
    kind: CredentialKind
    masked: dict[str, str]
    active: bool
    error: str | None
    weight: int
    usage_count: int
    last_used_ms: int | None
    created_ms: int
    updated_ms: int
    sealed: bytes = field(repr=False)
    failures: int = 0  # rechecks that found it refused still, since it was last changed by hand
    checked_ms: int | None = None  # when the hub itself last rechecked it
    next_check_ms: int | None = None
    concurrency: int | None = None  # calls that run at once with it; None is no limit

    @property
    def state(self) -> CredentialState:
        """By its row alone."""
        if self.active:
            return CredentialState.active
        return CredentialState.off if self.error is None else CredentialState.invalid

    @property
    def display_text(self) -> str:
        """One line that tells credentials apart (contract 5.2)."""
        if self.kind is CredentialKind.api_key:
            return self.masked.get("api_key", "***")
        if self.kind is CredentialKind.access_key_pair:
            return f"{self.masked.get('access_key_id', '')} / {self.masked.get('secret_access_key', '***')}"
        return ", ".join(f"{name}: {value}" for name, value in self.masked.items())


@dataclass(frozen=True, slots=True)
class ListPrices:
    """What a provider asks of everybody, in USD for a million tokens, as exact plain decimals; None is not known."""

    input: str | None = None
    output: str | None = None
    cache_read: str | None = None
    cache_write: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model; `context_window` in tokens, `abilities` as catalog/kinds.py names them."""

    context_window: int | None = None
    prices: ListPrices | None = None
    abilities: tuple[str, ...] = ()


UNKNOWN = ModelFacts()


@dataclass(frozen=True, slots=True)
class Model:
    provider_id: ProviderId
    name: str
    kind: Kind
    created_ms: int
    facts: ModelFacts = UNKNOWN


@dataclass(frozen=True, slots=True)
class Tariff:
    """What units cost callers, in nano-credits per million units: a token that goes in, and what comes out.

    Out come tokens, pictures or seconds, by the kind of the model. Without a rate of their own, tokens read from or
    written to a provider's cache cost what fresh ones do.
    """

    input: int
    output: int
    cache_read: int | None = None
    cache_write: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A provider, a credential and an upstream model: all that one attempt needs, ready to send."""

    provider: Provider
    credential_id: CredentialId
    model: str
    origin: Origin
    base_path: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    dialects: tuple[str, ...] = ()
    quirks: frozenset[str] = frozenset()
    signer: Signer | None = None  # when each request has to be signed
    # When a token stands for the credential, what gives it.
    token: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)
    lacks: frozenset[str] = frozenset()  # what the model surely cannot do (catalog/lacks.py)
    tariff: Tariff | None = None  # what its units cost, when calls are priced
    credential_ms: int = 0  # when the credential was last changed: a later one may be another key
    limits: TargetLimits | None = None  # None is those of the hub alone


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """One provider's credentials for a model: `weights` are those of `targets`, one by one; 0 is never.

    `ids` are the credentials of `targets`, the same tuple for all models of the provider.
    """

    provider_id: ProviderId
    ids: tuple[CredentialId, ...]
    targets: tuple[Target, ...]
    weights: tuple[int, ...]


class Strategy(StrEnum):
    """Who is first of a tier's targets."""

    weighted = "weighted"  # they share by their weights
    least_latency = "least_latency"  # of two drawn by lot, who answers sooner of late for what runs there
    cheapest = "cheapest"


class Condition(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"
):  # fmt: skip
    """Of which calls a target is for: all that is said has to hold. None is of any.

    Bytes are those of the request's body. Of `keys` (ids of access keys) and `tags` (from `x-hub-tags`) one suffices.
    """

    stream: bool | None = None
    tools: bool | None = None
    min_bytes: int | None = None
    max_bytes: int | None = None
    keys: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One target of a tier, at one provider: by any of its credentials. `price` is to compare by; None is not known."""

    pool: Pool
    weight: int
    conditions: tuple[Condition, ...] = ()
    price: Decimal | None = None

    @property
    def id(self) -> LaneId:
        return self.pool.provider_id, self.pool.targets[0].model


LaneId = tuple[ProviderId, str]


@dataclass(frozen=True, slots=True, eq=False)
class Tier:
    """Lanes that share their calls, the cheapest first when that is how; the next tier is for when all of them fail.

    `number` is the operator's, from 1; those of a route that is fallen back to have the number of where it stands.
    `ids` are those of `lanes`, one by one, `weights` ten times theirs, so that a tenth is a whole number too.
    """

    number: int
    lanes: tuple[Lane, ...]
    ids: tuple[LaneId, ...]
    weights: tuple[int, ...]
    strategy: Strategy = Strategy.weighted
    is_sticky: bool = False
    kinds: tuple[tuple[Condition, ...], ...] = ()  # its lanes' conditions, each once; none where nobody has any
    subsets: dict[int, Tier] = field(default_factory=dict)  # what is left of it for calls of some kinds, once made
    places: Mapping[LaneId, tuple[Lane, ...]] = field(default_factory=dict)  # its lanes by id, where prompts stay

    @classmethod
    def of(
        cls, number: int, lanes: Iterable[Lane], strategy: Strategy = Strategy.weighted, *, is_sticky: bool = False
    ) -> Tier:
        lanes = tuple(lanes)
        if strategy is Strategy.cheapest:
            lanes = tuple(sorted(lanes, key=lambda one: (one.price is None, one.price or 0)))
        ids, weights = tuple([one.id for one in lanes]), tuple([10 * one.weight for one in lanes])
        places: dict[LaneId, tuple[Lane, ...]] = {}
        for lane in lanes if is_sticky else ():
            places[lane.id] = (*places.get(lane.id, ()), lane)
        kinds = tuple(dict.fromkeys([one.conditions for one in lanes])) if any(one.conditions for one in lanes) else ()
        return cls(number, lanes, ids, weights, strategy, is_sticky, kinds, places=places)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A target that an operator named and that cannot be used; `tier` counts from 1."""

    tier: int
    target: str
    reason: str
    is_loop: bool = False  # whether it would lead round in a circle


class Hedge(Struct, frozen=True, forbid_unknown_fields=True):
    """When a second target is asked beside the first, which has said nothing yet.

    `after` is the share of its first bytes that came sooner; at most this share of the route's calls is hedged: `most`.
    """

    after: float = 0.95
    most: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """What a model name leads to: pools, which take turns if there are several.

    One that an operator made has `tiers` of them, tried one after the other.
    """

    name: str
    pools: tuple[Pool, ...]
    tiers: tuple[Tier, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    asks_for_tools: bool = False  # whether a condition looks at them, which takes reading a call
    counts_running: bool = False  # whether a strategy looks at how many calls run at a target
    hedge: Hedge | None = None
