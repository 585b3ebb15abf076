"""Links that let somebody in once live here: set-up, invitations and password resets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Role, User, UserId
from aigne_hub.access.signin import store
from aigne_hub.access.signin.passkeys.desk import Answered, Asked, PasskeyDesk, Site
from aigne_hub.access.signin.sessions import Sessions, SignedIn
from aigne_hub.access.signin.sign_in import Device, SignIn
from aigne_hub.access.tickets import store as ticket_store
from aigne_hub.access.tickets.desk import Purpose, TicketDesk, TicketRefused, payload_of
from aigne_hub.access.tickets.store import Ticket
from aigne_hub.access.users import Users, checked_email, checked_name, user_target
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM, Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn, Database
from aigne_hub.db.versions import hold

SET_UP_S = 3600
INVITATION_S = 7 * 86_400
RESET_S = 3600
_RESETS_OF_ONE = 3  # links within the life of one; who floods a mailbox gets no further
_LINKS = (Purpose.set_up, Purpose.invitation, Purpose.password_reset)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is good for; `user_id` is the user it will be of, who may not exist yet."""

    purpose: Purpose
    user_id: UserId
    name: str | None
    email: str | None
    role: Role
    expires_ms: int


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link just made: the only place its secret is ever seen."""

    id: int
    link: Link
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entering:
    """What somebody brings to a link: who they are, and what they will sign in with."""

    name: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    passkey: Answered | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits."""

    id: int
    email: str
    name: str | None
    role: Role
    created_ms: int
    expires_ms: int
    made_by: str | None


class Links:
    """Makes links, and lets in whoever comes with one."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: IdSource,
        tickets: TicketDesk,
        users: Users,
        sign_in: SignIn,
        sessions: Sessions,
        passkeys: PasskeyDesk,
        journal: Journal,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._tickets = tickets
        self._users = users
        self._sign_in = sign_in
        self._sessions = sessions
        self._passkeys = passkeys
        self._journal = journal

    async def set_up(self, conn: Conn) -> MadeLink | None:
        """A link for the first owner to come in; None once an owner can sign in. Older ones stop working."""
        if await store.can_an_owner_sign_in(conn):
            return None
        for ticket in await ticket_store.list_open(conn, Purpose.set_up, self._clock.now_ms()):
            await ticket_store.withdraw(conn, Purpose.set_up, ticket.id)
        owner = await user_store.first_owner(conn)
        user_id = owner.id if owner else UserId(self._ids.new())
        made = await self._make(conn, Link(Purpose.set_up, user_id, None, None, Role.owner, 0), SET_UP_S)
        await self._journal.note(conn, SYSTEM, "link.set_up", Target("user", str(user_id)))
        return made

    async def invite(self, conn: Conn, by: Actor, email: str, name: str | None, role: Role) -> MadeLink:
        """Raises BadRequest for what is no address, Conflict when the address is a user's already."""
        email = checked_email(email)
        if await user_store.find_user_by_email(conn, email):
            raise Conflict(f"a user with the e-mail address {email} exists already", param="email")
        for one in await self.invitations(conn):
            if one.email == email:  # the newest counts
                await ticket_store.withdraw(conn, Purpose.invitation, one.id)
        name = checked_name(name) if name else None
        link = Link(Purpose.invitation, UserId(self._ids.new()), name, email, role, 0)
        made = await self._make(conn, link, INVITATION_S, made_by=by.name)
        facts = {"email": email, "name": name, "role": role}
        await self._journal.note(conn, by, "invitation.create", Target("invitation", str(made.id), email), after=facts)
        return made

    async def invitations(self, conn: Conn) -> list[Invitation]:
        tickets = await ticket_store.list_open(conn, Purpose.invitation, self._clock.now_ms())
        return [_invitation(ticket) for ticket in tickets]

    async def withdraw(self, conn: Conn, by: Actor, invitation_id: int) -> None:
        gone = await ticket_store.withdraw(conn, Purpose.invitation, invitation_id)
        if gone is None:
            raise NotFound("there is no such invitation")
        one = _invitation(gone)
        facts = {"email": one.email, "name": one.name, "role": one.role}
        target = Target("invitation", str(gone.id), one.email)
        await self._journal.note(conn, by, "invitation.remove", target, before=facts)

    async def reset(self, conn: Conn, by: Actor, user: User) -> MadeLink:
        """A link with which a user sets another password, or adds a passkey."""
        link = Link(Purpose.password_reset, user.id, user.name, user.email, user.role, 0)
        made = await self._make(conn, link, RESET_S)
        await self._journal.note(conn, by, "link.password_reset", user_target(user))
        return made

    async def reset_forgotten(self, conn: Conn, by: Actor, user: User) -> MadeLink | None:
        """The same for whoever says that they are this user; None when there are enough in this hour already."""
        own = json.dumps({"user": str(user.id)})[1:-1]
        made = await ticket_store.count_of(conn, Purpose.password_reset, own, after_ms=self._clock.now_ms())
        return None if made >= _RESETS_OF_ONE else await self.reset(conn, by, user)

    async def open(self, conn: Conn, secret: str) -> Link:
        """What a link is good for. Raises TicketRefused."""
        return _link(await self._find(conn, secret))

    async def ask_passkey(self, conn: Conn, site: Site, secret: str, name: str, email: str | None) -> Asked:
        """Options for a passkey of whoever comes with a link. Raises TicketRefused."""
        link = await self.open(conn, secret)
        return await self._passkeys.ask_new(conn, site, link.user_id, checked_name(name), link.email or email)

    async def enter(self, by: Actor, site: Site, secret: str, entering: Entering, device: Device) -> SignedIn:
        """Use a link up: make or complete its user, keep what they sign in with, and sign them in.

        Sessions there were end, and all that applications may do: who forgot a password may have lost it.
        Raises TicketRefused, BadRequest for what a user cannot be.
        """
        async with self._database.read() as conn:
            link = await self.open(conn, secret)
        name, email = entering.name or link.name or "", link.email or entering.email
        if (entering.password is None) == (entering.passkey is None):
            raise BadRequest("give either a password or a passkey", param="password")
        hashed = None
        if entering.password is not None:
            hashed = await self._sign_in.hash_new(entering.password, name=name, email=email)
        async with self._database.write() as conn:
            await hold(conn, user_store.COUNTER)  # in the order of every change of a user
            await self._tickets.redeem(conn, link.purpose, secret)
            facts = await self._end_all(conn, link.user_id)
            user = await self._user_of(conn, by, link, name, email)
            actor = replace(by, kind="user", id=user.id, name=user.name, means="link")
            if link.purpose is Purpose.password_reset:
                await self._journal.note(conn, actor, "user.sign_out", user_target(user), after=facts)
            if hashed is not None:
                await store.set_password(conn, user.id, hashed)
                await self._journal.note(conn, actor, "user.password", user_target(user))
            if entering.passkey is not None:
                await self._passkeys.add(conn, actor, site, user.id, entering.passkey)
            return await self._sign_in.open(conn, by, user, method="link", device=device)

    async def _end_all(self, conn: Conn, user_id: UserId) -> Facts:
        """End what was opened with what the user had before; how much there was. Locks no journal yet."""
        return {
            "ended": await self._sessions.end_all(conn, user_id),
            "tokens_ended": await user_store.end_applications(conn, user_id, self._clock.now_ms()),
        }

    async def _user_of(self, conn: Conn, by: Actor, link: Link, name: str, email: str | None) -> User:
        if link.purpose is Purpose.password_reset:
            return await self._users.find(conn, link.user_id)
        if link.purpose is Purpose.set_up:
            if await store.can_an_owner_sign_in(conn):
                raise TicketRefused("used")
            if email is None:
                raise BadRequest("give your e-mail address", param="email")
            if await user_store.find_user(conn, link.user_id) is not None:
                return await self._users.complete(conn, by, link.user_id, name=name, email=email)
        return await self._users.add(conn, by, name, role=link.role, email=email, user_id=link.user_id)

    async def _make(self, conn: Conn, link: Link, ttl_s: int, *, made_by: str | None = None) -> MadeLink:
        payload = {
            "user": str(link.user_id),
            "name": link.name,
            "email": link.email,
            "role": link.role,
            "made_by": made_by,
        }
        ticket, secret = await self._tickets.issue(conn, link.purpose, payload, ttl_s=ttl_s)
        return MadeLink(ticket.id, replace(link, expires_ms=ticket.expires_ms), secret)

    async def _find(self, conn: Conn, secret: str) -> Ticket:
        for purpose in _LINKS:
            try:
                return await self._tickets.peek(conn, purpose, secret)
            except TicketRefused as refused:
                if refused.ticket is not None:  # known, but used or too old
                    raise
        raise TicketRefused("invalid")


def _link(ticket: Ticket) -> Link:
    payload = payload_of(ticket)
    return Link(
        purpose=Purpose(ticket.purpose),
        user_id=UserId(int(payload["user"])),
        name=payload["name"],
        email=payload["email"],
        role=Role(payload["role"]),
        expires_ms=ticket.expires_ms,
    )


def _invitation(ticket: Ticket) -> Invitation:
    payload = json.loads(ticket.payload)
    return Invitation(
        ticket.id,
        payload["email"],
        payload["name"],
        Role(payload["role"]),
        ticket.created_ms,
        ticket.expires_ms,
        payload["made_by"],
    )
