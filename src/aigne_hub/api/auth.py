"""Signing in and out over the API lives here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from aigne_hub import __version__
from aigne_hub.access.preferences import read_preferences
from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.signin.passkeys.desk import Answered, Asked, Site
from aigne_hub.access.signin.sessions import SignedIn
from aigne_hub.access.signin.sign_in import refuse_when_off
from aigne_hub.access.signin.sso.store import list_issuers
from aigne_hub.api.callers import Anyone, InHouse, Person, Read, Write, origin_of, refuse_foreign_page
from aigne_hub.api.cookies import device_of, give_session, take_session
from aigne_hub.api.people import ShownPerson, ShownSession, shown_person
from aigne_hub.api.shapes import Shape, Strict
from aigne_hub.house import House

router = APIRouter(tags=["sign-in"])


class Credentials(Strict):
    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=1000)]


class AnsweredPasskey(Strict):
    """What the browser answered: the JSON of its credential, and the ticket it was asked with."""

    ticket: Annotated[str, Field(max_length=100)]
    credential: dict[str, Any]
    name: Annotated[str, Field(max_length=100)] = "Passkey"

    def as_answer(self) -> Answered:
        return Answered(self.ticket, self.credential, self.name)


class AskedPasskey(Shape):
    ticket: str
    options: dict[str, Any]

    @classmethod
    def of(cls, asked: Asked) -> AskedPasskey:
        return cls(ticket=asked.ticket, options=dict(asked.options))


class Entered(Shape):
    """Who has just signed in, and the token that changes repeat in `x-csrf-token`."""

    user: ShownPerson
    csrf_token: str


class CurrentSession(Entered):
    session: ShownSession


class AuthState(Shape):
    needs_setup: bool
    local_sign_in: bool
    sso_issuers: list[dict[str, str]]
    can_mail: bool
    version: str


@router.get("/state")
async def state(_by: Anyone, house: InHouse, conn: Read) -> AuthState:
    """What the sign-in page has to know."""
    return AuthState(
        needs_setup=not await signin_store.can_an_owner_sign_in(conn),
        local_sign_in=(await read_preferences(conn)).local_sign_in,
        sso_issuers=[{"id": str(one.id), "name": one.name} for one in await list_issuers(conn, only_enabled=True)],
        can_mail=bool(house.settings.smtp_url),
        version=__version__,
    )


@router.post("/sign-in")
async def sign_in(body: Credentials, by: Anyone, house: InHouse, request: Request, response: Response) -> Entered:
    """Sign in with a password: 401 is the same for whatever was wrong."""
    refuse_foreign_page(request)
    device = device_of(request, house, body.email)
    signed_in = await house.sign_in.by_password(by, body.email, body.password, device)
    return await entered(house, request, response, signed_in)


@router.post("/passkey/options")
async def ask_passkey(_by: Anyone, house: InHouse, conn: Write, request: Request) -> AskedPasskey:
    return AskedPasskey.of(await house.passkeys.ask_known(conn, site_of(request)))


@router.post("/passkey/sign-in")
async def sign_in_with_passkey(
    body: AnsweredPasskey, by: Anyone, house: InHouse, request: Request, response: Response
) -> Entered:
    """Sign in with a passkey: a challenge is answered once, and 401 is the same for whatever was wrong."""
    refuse_foreign_page(request)
    async with house.database.write() as conn:
        await refuse_when_off(conn, "sign_in.passkey")
        asked = await house.passkeys.take(conn, body.ticket)
    async with house.database.write() as conn:
        user = await house.passkeys.check(conn, site_of(request), asked, body.as_answer())
        signed_in = await house.sign_in.open(conn, by, user, method="passkey", device=device_of(request, house))
    return await entered(house, request, response, signed_in)


@router.get("/session")
async def session(by: Person, house: InHouse, conn: Read) -> CurrentSession:
    """Who is signed in, and the token that changes repeat in `x-csrf-token`."""
    current = by.own_session
    return CurrentSession(
        user=await shown_person(conn, current.user),
        csrf_token=house.sessions.csrf_token(current.secret),
        session=ShownSession.of(current.session, is_current=True),
    )


@router.post("/sign-out", status_code=204)
async def sign_out(by: Person, house: InHouse, conn: Write, request: Request) -> Response:
    await house.sessions.end(conn, by.caller.user.id, by.own_session.session.id)
    await house.journal.note(conn, by.actor, "sign_out")
    response = Response(status_code=204)
    take_session(request, response)
    return response


async def entered(house: House, request: Request, response: Response, signed_in: SignedIn) -> Entered:
    """The answer to whoever has just come in, with the cookies of their session."""
    give_session(request, response, house, signed_in)
    async with house.database.glance() as conn:
        shown = await shown_person(conn, signed_in.user)
    return Entered(user=shown, csrf_token=house.sessions.csrf_token(signed_in.secret))


def site_of(request: Request) -> Site:
    origin = origin_of(request)
    host = origin.partition("://")[2]
    return Site(origin, host.rsplit(":", 1)[0] if not host.endswith("]") else host)
