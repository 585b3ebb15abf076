"""Whose account somebody signs in to from an issuer, and linking the two, live here."""

from __future__ import annotations

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Role, User, UserId
from aigne_hub.access.owners import refuse_lockout, why_owner_stays
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.claims import Person, role_after
from aigne_hub.access.signin.sso.store import Identity, Issuer
from aigne_hub.access.signin.store import ways_of
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn


class Identities:
    """Each function is one step of its caller's transaction, noted in the journal."""

    def __init__(self, clock: Clock, ids: IdSource, users: Users, journal: Journal) -> None:
        self._clock = clock
        self._ids = ids
        self._users = users
        self._journal = journal

    async def user_of(self, conn: Conn, by: Actor, issuer: Issuer, person: Person) -> User:
        """The user somebody is, made at their first sign-in; their role follows the issuer when it tells of roles.

        Raises Conflict (`account_exists`) when a local account has the e-mail address: an address is no proof.
        """
        known = await store.find_identity(conn, issuer.id, person.subject)
        if known is None:
            return await self._made(conn, by, issuer, person)
        await store.note_identity_use(conn, known.id, email=person.email, now_ms=self._clock.now_ms())
        user = await self._users.find(conn, known.user_id)
        role = role_after(issuer, user.role, person.role)
        if role is user.role or user.disabled_ms is not None or await _stays_owner(conn, user):
            return user
        return await self._users.change(conn, by, user.id, role=role)

    async def link(self, conn: Conn, by: Actor, issuer: Issuer, person: Person, user: User) -> Identity:
        """Let a user sign in from an issuer. Raises Conflict (`identity_taken`) when it is somebody else's."""
        known = await store.find_identity(conn, issuer.id, person.subject)
        if known is not None and known.user_id != user.id:
            raise Conflict(
                "another account is linked to this one", code="identity_taken", refused_as="identity.create",
                about=("user", str(user.id)),
            )  # fmt: skip
        return known or await self._add(conn, by, issuer, person, user.id)

    async def unlink(self, conn: Conn, by: Actor, user_id: UserId, identity_id: int) -> None:
        """Raises NotFound; Conflict (`last_way_in`) when the user, or every owner, could not come in any more."""
        own = {one.id: one for one in await store.list_own_identities(conn, user_id)}
        if identity_id not in own:
            raise NotFound("there is no such linked account")
        ways = await ways_of(conn, user_id)
        if ways.password_hash is None and ways.passkeys == 0 and len(own) == 1:
            raise Conflict("this is your only way in: set a password or add a passkey first", code="last_way_in")
        await store.remove_identity(conn, identity_id)
        await refuse_lockout(conn)
        gone = own[identity_id]
        await self._journal.note(
            conn, by, "identity.remove", _target(gone), before={"issuer": str(gone.issuer_id), "user": str(user_id)}
        )

    async def _made(self, conn: Conn, by: Actor, issuer: Issuer, person: Person) -> User:
        if person.email is not None and (old := await user_store.find_user_by_email(conn, person.email)):
            raise Conflict(
                "an account with this e-mail address exists: sign in to it and link this one", code="account_exists",
                refused_as="sign_in.sso", about=("user", str(old.id)),
            )  # fmt: skip
        role = person.role or issuer.default_role
        user = await self._users.add(conn, by, person.name, role=role, email=person.email)
        await self._add(conn, by, issuer, person, user.id)
        return user

    async def _add(self, conn: Conn, by: Actor, issuer: Issuer, person: Person, user_id: UserId) -> Identity:
        now_ms = self._clock.now_ms()
        one = Identity(self._ids.new(), user_id, issuer.id, person.subject, person.email, now_ms, None)
        await store.add_identity(conn, one)
        facts = {"issuer": issuer.name, "subject": one.subject, "email": one.email, "user": str(user_id)}
        await self._journal.note(conn, by, "identity.create", _target(one), after=facts)
        return one


async def _stays_owner(conn: Conn, user: User) -> bool:
    """An issuer cannot leave the hub without an owner who can come in."""
    return user.role is Role.owner and await why_owner_stays(conn, user.id) is not None


def _target(one: Identity) -> Target:
    return Target("identity", str(one.id), one.subject[:254])
