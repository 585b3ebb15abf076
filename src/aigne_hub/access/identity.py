"""Who a caller can be lives here: roles, users, keys, and the Caller that a request is made as."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from msgspec import Struct

UserId = NewType("UserId", int)
KeyId = NewType("KeyId", int)


class Role(StrEnum):
    owner = "owner"
    admin = "admin"
    member = "member"
    guest = "guest"

    @property
    def manages(self) -> bool:
        """Whether this role may use the administrators' routes (contract 1.4)."""
        return self in (Role.owner, Role.admin)


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    email: str | None
    role: Role
    created_ms: int
    disabled_ms: int | None


@dataclass(frozen=True, slots=True)
class Key:
    """An access key as it is kept: without the secret, of which `hint` is the last four characters."""

    id: KeyId
    user_id: UserId
    name: str
    role: Role
    hint: str
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    last_used_ms: int | None
    digest: bytes = field(repr=False)

    def is_live(self, now_ms: int) -> bool:
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only place its secret is ever seen."""

    key: Key
    secret: str = field(repr=False)


class Caller(Struct, frozen=True):
    """The user and key a request is made with; `role` is the key's, never above the user's own."""

    user: User
    key: Key
    role: Role
