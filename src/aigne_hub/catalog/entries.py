"""What the catalog holds lives here, as values: providers, credentials, models, targets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

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


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """What a model name leads to: pools, which take turns if there are several."""

    name: str
    pools: tuple[Pool, ...]
