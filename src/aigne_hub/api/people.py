"""How users, sessions and passkeys are shown over the API lives here."""

from __future__ import annotations

from aigne_hub.access.identity import Role, User, UserKind
from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.signin.passkeys.store import Passkey
from aigne_hub.access.signin.store import Session, WaysIn
from aigne_hub.api.shapes import Shape, iso
from aigne_hub.db.engine import Conn


class ShownPerson(Shape):
    id: str
    kind: UserKind
    name: str
    email: str | None
    role: Role
    created_at: str | None
    disabled_at: str | None
    last_sign_in_at: str | None
    has_password: bool
    passkeys: int

    @classmethod
    def of(cls, user: User, ways: WaysIn) -> ShownPerson:
        return cls(
            id=str(user.id),
            kind=user.kind,
            name=user.name,
            email=user.email,
            role=user.role,
            created_at=iso(user.created_ms),
            disabled_at=iso(user.disabled_ms),
            last_sign_in_at=iso(user.last_sign_in_ms),
            has_password=ways.password_hash is not None,
            passkeys=ways.passkeys,
        )


class ShownSession(Shape):
    id: str
    created_at: str | None
    last_seen_at: str | None
    expires_at: str | None
    address: str
    user_agent: str
    method: str
    is_current: bool

    @classmethod
    def of(cls, session: Session, *, is_current: bool) -> ShownSession:
        return cls(
            id=str(session.id),
            created_at=iso(session.created_ms),
            last_seen_at=iso(session.seen_ms),
            expires_at=iso(session.expires_ms),
            address=session.address,
            user_agent=session.user_agent,
            method=session.method,
            is_current=is_current,
        )


class ShownPasskey(Shape):
    id: str
    name: str
    created_at: str | None
    last_used_at: str | None
    is_synced: bool

    @classmethod
    def of(cls, one: Passkey) -> ShownPasskey:
        return cls(
            id=str(one.id),
            name=one.name,
            created_at=iso(one.created_ms),
            last_used_at=iso(one.last_used_ms),
            is_synced=one.is_synced,
        )


async def shown_person(conn: Conn, user: User) -> ShownPerson:
    return ShownPerson.of(user, await signin_store.ways_of(conn, user.id))


async def shown_people(conn: Conn, users: list[User]) -> list[ShownPerson]:
    ways = await signin_store.ways_in(conn, [user.id for user in users])
    return [ShownPerson.of(user, ways[user.id]) for user in users]
