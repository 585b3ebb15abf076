"""Who may use a control-plane route lives here, as types that a route's signature names.

Every route names exactly one of them; `control_plane` refuses to start with one that does not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from aigne_hub.access.bearer import find_bearer, find_cookie
from aigne_hub.access.identity import Caller, Means, Role, Scope
from aigne_hub.access.signin.sessions import SignedIn as Session
from aigne_hub.access.signin.sessions import session_ended
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import NotAllowed, NotSignedIn
from aigne_hub.db.engine import Conn
from aigne_hub.house import House

SESSION_COOKIE = "hub_session"
CSRF_HEADER = "x-csrf-token"
_READING = ("GET", "HEAD", "OPTIONS")


def the_house(request: Request) -> House:
    return cast(House, request.app.state.house)


async def _house(request: Request) -> House:
    """Not the function itself: FastAPI hands what is no coroutine to a thread, at every request."""
    return the_house(request)


InHouse = Annotated[House, Depends(_house)]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by somebody known: who calls, how the journal names them, and their session if they have one."""

    caller: Caller
    actor: Actor
    session: Session | None = field(default=None, repr=False)

    @property
    def own_session(self) -> Session:
        """The session of a visit that only a person makes."""
        assert self.session is not None
        return self.session


@dataclass(frozen=True)
class Gate:
    """Lets a request in or raises: NotSignedIn for nobody known, NotAllowed for too little.

    `least` is the lowest role, `scope` what a key or token must have, `by_person` whether only a session at
    the console counts: for what an application must never do in a person's name.
    """

    least: Role
    scope: Scope | None = None
    by_person: bool = False

    async def __call__(self, request: Request, house: InHouse) -> Visit:
        visit = await identify(request, house)
        self.check(visit.caller)
        return visit

    def check(self, caller: Caller) -> None:
        if self.by_person and caller.means is not Means.session:
            raise NotAllowed(
                "only a person signed in at the console may do this", code="session_needed", refused_as="access.refuse"
            )
        if caller.role.rank < self.least.rank:
            raise NotAllowed("no permission", refused_as="access.refuse")
        if self.scope is not None:
            caller.require(self.scope)


@dataclass(frozen=True)
class OpenGate:
    """Lets everybody in; the journal knows them by their address."""

    async def __call__(self, request: Request) -> Actor:
        return Actor("anyone", address=address_of(request), request_id=request_id_of(request))


@dataclass(frozen=True)
class ManagersGate(Gate):
    """For owners and admins; its messages are the reference's (contract 1.4)."""

    async def __call__(self, request: Request, house: InHouse) -> Visit:
        try:
            return await super().__call__(request, house)
        except NotSignedIn as error:
            raise NotSignedIn("not authorized", code="forbidden", refused_as=error.refused_as) from error


async def identify(request: Request, house: House) -> Visit:
    """Who makes a request: by a key or token, or else by the session of a cookie.

    A cookie is sent by the browser without being asked, so with it a change needs the session's CSRF token.
    """
    address, headers = address_of(request), request.headers.raw
    bearer = find_bearer(headers, request.scope["query_string"], None, with_cookie=request.method in _READING)
    secret = find_cookie(headers, SESSION_COOKIE)
    if bearer is not None or secret is None:
        caller = await _shown(bearer, address, house)
        return _visit(request, caller)
    async with house.database.glance() as conn:
        found = await house.sessions.find(conn, secret)
    if found is None:
        raise session_ended()
    if house.sessions.needs_touch(found.session):
        await house.note_seen(found.session, address)
    caller = Caller(found.user, found.user.role, Means.session, found.session.id, address=address)
    visit = _visit(request, caller, found)
    if request.method not in _READING:
        _refuse_foreign(request, house, secret)
    return visit


def _visit(request: Request, caller: Caller, session: Session | None = None) -> Visit:
    """A visit of somebody whom the journal names from here on."""
    visit = Visit(caller, actor_of(caller, request), session)
    request.state.actor = visit.actor
    return visit


async def _shown(bearer: str | None, address: str | None, house: House) -> Caller:
    try:
        return await house.identify(bearer, address)
    except NotSignedIn as error:
        if bearer is not None:  # a key or token that is wrong, or has ended
            error.refused_as = "access.refuse"
        raise


def _refuse_foreign(request: Request, house: House, secret: str) -> None:
    if not house.sessions.is_csrf_token(secret, request.headers.get(CSRF_HEADER, "")):
        raise NotAllowed(
            "the header x-csrf-token is missing or wrong: reload the page", code="csrf", refused_as="access.refuse"
        )
    refuse_foreign_page(request)


def refuse_foreign_page(request: Request) -> None:
    """Raises NotAllowed for what the page of another site has asked for, in the name of its visitor."""
    if (origin := request.headers.get("origin")) and not is_own_origin(origin, request):
        raise NotAllowed("this request comes from another site", code="csrf", refused_as="access.refuse")


def is_own_origin(origin: str, request: Request) -> bool:
    """Whether a page of this hub made the request: at its public address, or at the host that was asked."""
    host = origin.partition("://")[2]
    return host in (request.headers.get("host"), origin_of(request).partition("://")[2]) and host != ""


def hub_url_of(request: Request) -> str:
    """Where the caller reached the hub, as the edge found it; without a final `/`."""
    return cast(str, request.scope["hub.url"])


def origin_of(request: Request) -> str:
    """The same without a path: what a browser calls the origin."""
    return "/".join(hub_url_of(request).split("/", 3)[:3])


def is_secure(request: Request) -> bool:
    return hub_url_of(request).startswith("https:")


def actor_of(caller: Caller, request: Request) -> Actor:
    return Actor(
        kind="user",
        id=caller.user.id,
        name=caller.user.name,
        means=caller.means,
        means_id=caller.means_id,
        address=caller.address,
        request_id=request_id_of(request),
    )


def address_of(request: Request) -> str | None:
    return cast("str | None", request.scope.get("hub.address"))


def request_id_of(request: Request) -> str | None:
    return cast("str | None", request.scope.get("hub.request_id"))


async def reading(house: InHouse) -> AsyncIterator[Conn]:
    async with house.database.read() as conn:
        yield conn


async def writing(house: InHouse) -> AsyncIterator[Conn]:
    """A transaction that commits before the answer is made: what a route has answered is so."""
    async with house.database.write() as conn:
        yield conn


Anyone = Annotated[Actor, Depends(OpenGate())]
SignedIn = Annotated[Visit, Depends(Gate(Role.guest))]
UsageReader = Annotated[Visit, Depends(Gate(Role.guest, Scope.usage_read))]
FileKeeper = Annotated[Visit, Depends(Gate(Role.guest, Scope.inference))]
KeyKeeper = Annotated[Visit, Depends(Gate(Role.guest, Scope.keys_manage))]
Person = Annotated[Visit, Depends(Gate(Role.guest, by_person=True))]
Admin = Annotated[Visit, Depends(ManagersGate(Role.admin, Scope.admin))]
Read = Annotated[Conn, Depends(reading)]
Write = Annotated[Conn, Depends(writing, scope="function")]
