"""Who a caller can be lives here: roles, scopes, users, keys, and the Caller that a request is made as."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import NewType

from msgspec import Struct

from aigne_hub.base.errors import NotAllowed

UserId = NewType("UserId", int)
KeyId = NewType("KeyId", int)
Network = IPv4Network | IPv6Network


class Role(StrEnum):
    owner = "owner"
    admin = "admin"
    member = "member"
    guest = "guest"

    @property
    def rank(self) -> int:
        """How much a role may; the lower of two is the one of lower rank."""
        return _RANKS[self]

    @property
    def manages(self) -> bool:
        """Whether this role may use the administrators' routes (contract 1.4)."""
        return self in (Role.owner, Role.admin)


_RANKS = {Role.guest: 0, Role.member: 1, Role.admin: 2, Role.owner: 3}


class Scope(StrEnum):
    """What a key or token may be used for; a role may do all of them but is not above itself."""

    inference = "inference"
    models_read = "models.read"
    usage_read = "usage.read"
    keys_manage = "keys.manage"
    admin = "admin"

    @property
    def text(self) -> str:
        """What a person is asked to allow, in words."""
        return _SCOPE_TEXTS[self]


_SCOPE_TEXTS = {
    Scope.inference: "Call AI models in your name",
    Scope.models_read: "See which models there are",
    Scope.usage_read: "See your usage and your profile",
    Scope.keys_manage: "Create, change and revoke your access keys",
    Scope.admin: "Manage this hub with all the rights you have",
}
ALL_SCOPES = frozenset(Scope)


class UserKind(StrEnum):
    person = "person"
    service = "service"


class Means(StrEnum):
    """What a caller showed."""

    key = "key"
    token = "token"
    session = "session"
    jwt = "jwt"
    signature = "signature"


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    email: str | None
    role: Role
    created_ms: int
    disabled_ms: int | None
    kind: UserKind = UserKind.person
    last_sign_in_ms: int | None = None


class Limits(Struct, frozen=True):
    """What a key may use: requests and tokens in any 60 seconds, calls at one time. None is no limit."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None

    @property
    def is_any(self) -> bool:
        return any(one is not None for one in (self.requests_per_minute, self.tokens_per_minute, self.concurrency))


class Rights(Struct, frozen=True):
    """What narrows a key or token below its user's role; None does not narrow.

    A call by one that is strict is refused when a translation would lose something of it. `drain_s` is for how long the
    provider is read on when its caller hangs up (base/hangup.py).
    """

    scopes: frozenset[Scope] = ALL_SCOPES
    models: tuple[str, ...] | None = None
    networks: tuple[Network, ...] | None = None
    limits: Limits | None = None
    is_strict: bool = False
    drain_s: float | None = None

    def allows_model(self, *names: str) -> bool:
        """Whether one of the names a model goes by matches a pattern, such as `openai/*` or `gpt-5-mini`."""
        return self.models is None or any(fnmatchcase(name, pattern) for pattern in self.models for name in names)

    def allows_address(self, address: str | None) -> bool:
        if self.networks is None:
            return True
        try:
            asking = ip_address(address or "")
        except ValueError:
            return False
        asking = getattr(asking, "ipv4_mapped", None) or asking
        return any(asking in network for network in self.networks)


ALL_RIGHTS = Rights()


@dataclass(frozen=True, slots=True)
class Key:
    """An access key as it is kept: without the secret, of which `prefix` and `hint` are the two ends.

    After a rotation the secret before is good until `previous_until_ms`.
    """

    id: KeyId
    user_id: UserId
    name: str
    role: Role
    prefix: str
    hint: str
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    last_used_ms: int | None
    digest: bytes = field(repr=False)
    rights: Rights = ALL_RIGHTS
    created_via: str = "cli"
    last_used_address: str | None = None
    previous_digest: bytes | None = field(default=None, repr=False)
    previous_hint: str | None = None
    previous_until_ms: int | None = None

    def is_live(self, now_ms: int) -> bool:
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only place its secret is ever seen."""

    key: Key
    secret: str = field(repr=False)


class Pass(Struct, frozen=True):
    """What a bearer secret stands for, as the hot path needs it: live until `until_ms` (None: for good)."""

    means: Means
    id: int
    user_id: UserId
    role: Role
    rights: Rights
    until_ms: int | None


class Caller(Struct, frozen=True):
    """Who a request is made as; `role` is never above the user's own, `means_id` what was shown."""

    user: User
    role: Role
    means: Means
    means_id: int
    rights: Rights = ALL_RIGHTS
    address: str | None = None

    def require(self, scope: Scope) -> None:
        """Raises NotAllowed when what was shown lacks `scope`."""
        if scope not in self.rights.scopes:
            raise NotAllowed(
                f"this {self.means} lacks the scope {scope}", code="insufficient_scope", refused_as="access.refuse"
            )
