"""Adding and changing users lives here."""

from __future__ import annotations

import re
from dataclasses import replace

from aigne_hub.access import store
from aigne_hub.access.identity import Role, User, UserId, UserKind
from aigne_hub.access.owners import why_owner_stays
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold

_NAME_LENGTH = 100
_EMAIL_LENGTH = 254  # RFC 5321 section 4.5.3.1.3, without its brackets


class Users:
    """Adds and changes users; each function is one step of its caller's transaction, noted in the journal."""

    def __init__(self, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def add(
        self,
        conn: Conn,
        by: Actor,
        name: str,
        *,
        role: Role,
        email: str | None = None,
        kind: UserKind = UserKind.person,
        user_id: UserId | None = None,
    ) -> User:
        """Raises BadRequest for a bad name or e-mail address, Conflict when the address is taken."""
        if email is not None:
            email = checked_email(email)
            await self._refuse_taken(conn, email)
        if kind is UserKind.service and role is Role.owner:
            raise BadRequest("a service account cannot be an owner", param="role")
        now_ms = self._clock.now_ms()
        user = User(user_id or UserId(self._ids.new()), checked_name(name), email, role, now_ms, None, kind)
        await store.add_user(conn, user)
        await self._journal.note(conn, by, "user.create", user_target(user), after=_facts(user))
        return user

    async def change(
        self,
        conn: Conn,
        by: Actor,
        user_id: UserId,
        *,
        name: str | None = None,
        role: Role | None = None,
        is_disabled: bool | None = None,
    ) -> User:
        """Change what is not None. A user who gets another role or is disabled is signed out everywhere.

        Who is disabled loses for good what applications may do in their name; keys wait until they are enabled.
        Raises NotFound; Conflict when the hub would be left without an owner who can act, or can come in.
        """
        await hold(conn, store.COUNTER)
        old = await self.find(conn, user_id)
        new = old
        if name is not None:
            new = replace(new, name=checked_name(name))
        if role is not None:
            if old.kind is UserKind.service and role is Role.owner:
                raise BadRequest("a service account cannot be an owner", param="role")
            new = replace(new, role=role)
        if is_disabled is not None and is_disabled != (old.disabled_ms is not None):
            new = replace(new, disabled_ms=self._clock.now_ms() if is_disabled else None)
        if new == old:
            return old
        if _can_own(old) and not _can_own(new) and (problem := await why_owner_stays(conn, user_id)):
            raise problem
        await store.change_user(conn, new)
        is_leaving, after = new.disabled_ms is not None and old.disabled_ms is None, _facts(new)
        if new.role is not old.role or is_leaving:
            await store.end_sessions(conn, user_id, self._clock.now_ms())
        if is_leaving:
            after = {**after, "tokens_ended": await store.end_applications(conn, user_id, self._clock.now_ms())}
        await self._journal.note(conn, by, "user.change", user_target(new), before=_facts(old), after=after)
        return new

    async def complete(self, conn: Conn, by: Actor, user_id: UserId, *, name: str, email: str) -> User:
        """Give a user who was made without one a name and an e-mail address of their own."""
        await hold(conn, store.COUNTER)
        old = await self.find(conn, user_id)
        email = checked_email(email)
        if email != old.email:
            await self._refuse_taken(conn, email)
        new = replace(old, name=checked_name(name), email=email)
        await store.change_user(conn, new)
        await self._journal.note(conn, by, "user.change", user_target(new), before=_facts(old), after=_facts(new))
        return new

    async def find(self, conn: Conn, user_id: UserId) -> User:
        user = await store.find_user(conn, user_id)
        if user is None:
            raise NotFound("there is no such user")
        return user

    async def _refuse_taken(self, conn: Conn, email: str) -> None:
        if await store.find_user_by_email(conn, email):
            raise Conflict(f"a user with the e-mail address {email} exists already", param="email")


def user_target(user: User) -> Target:
    return Target("user", str(user.id), user.name)


def checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= _NAME_LENGTH or not name.isprintable():
        raise BadRequest(f"a name has 1 to {_NAME_LENGTH} visible characters", param="name")
    return name


def checked_email(email: str) -> str:
    """An e-mail address as it is kept, in lower case: addresses that differ in case are one person's."""
    email = email.strip().lower()
    if len(email) > _EMAIL_LENGTH or not re.fullmatch(r"[^\s@<>\"(),:;\[\]\\]+@[^\s@.]+(\.[^\s@.]+)*", email):
        raise BadRequest("that is not an e-mail address", param="email")
    return email


def _can_own(user: User) -> bool:
    return user.role is Role.owner and user.disabled_ms is None and user.kind is UserKind.person


def _facts(user: User) -> Facts:
    return {
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "kind": user.kind,
        "is_disabled": user.disabled_ms is not None,
    }
