"""What OAuth keeps lives here: clients, authorizations and tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from aigne_hub.access.identity import Scope, UserId


class Grant(StrEnum):
    """How a client gets a token (RFC 6749 section 1.3, RFC 8628)."""

    authorization_code = "authorization_code"
    refresh_token = "refresh_token"
    client_credentials = "client_credentials"
    device_code = "urn:ietf:params:oauth:grant-type:device_code"


class TokenKind(StrEnum):
    access = "access"
    refresh = "refresh"


@dataclass(frozen=True, slots=True)
class Client:
    """An application (RFC 6749 section 2). A public one has no secret; `id` is ours, `client_id` the world's."""

    id: int
    client_id: str
    name: str
    is_public: bool
    secret_digest: bytes | None = field(repr=False)
    secret_hint: str | None
    redirect_uris: tuple[str, ...]
    grants: frozenset[Grant]
    scopes: frozenset[Scope]
    service_account_id: UserId | None
    is_dynamic: bool
    created_ms: int
    disabled_ms: int | None = None
    removed_ms: int | None = None

    @property
    def is_live(self) -> bool:
        return self.disabled_ms is None and self.removed_ms is None


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client just made, or with another secret: the only place the secret is seen; None for a public one."""

    client: Client
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authorization:
    """That a user lets a client act for them."""

    id: int
    user_id: UserId
    client_row: int
    scopes: frozenset[Scope]
    created_ms: int
    last_used_ms: int | None = None
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept, with whom it acts for and which client it was given to."""

    id: int
    authorization_id: int
    family_id: int
    kind: TokenKind
    scopes: frozenset[Scope]
    created_ms: int
    expires_ms: int
    used_ms: int | None
    revoked_ms: int | None
    user_id: UserId
    client_row: int

    def is_live(self, now_ms: int) -> bool:
        return self.revoked_ms is None and self.used_ms is None and now_ms < self.expires_ms


@dataclass(frozen=True, slots=True)
class Issued:
    """What a client gets (RFC 6749 section 5.1); the only place these secrets are seen."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    scopes: frozenset[Scope]
    expires_in_s: int


class DeviceStatus(StrEnum):
    pending = "pending"
    allowed = "allowed"
    denied = "denied"
    used = "used"
