"""Single sign-on over the API lives here: to the issuer and back, and the accounts a person has linked."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from aigne_hub.access.bearer import find_cookie
from aigne_hub.access.signin.sessions import SignedIn
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.store import Identity
from aigne_hub.api.callers import (
    SESSION_COOKIE,
    Anyone,
    InHouse,
    Person,
    Read,
    Write,
    is_secure,
    origin_of,
)
from aigne_hub.api.cookies import device_of, give_session
from aigne_hub.api.refusals import note_refusal
from aigne_hub.api.shapes import Shape, iso
from aigne_hub.api.values import as_id
from aigne_hub.base.errors import HubError
from aigne_hub.base.throttle import Throttle
from aigne_hub.flows.sign_in_sso import WAY_S, Departure, Return
from aigne_hub.house import House

SSO_COOKIE = "hub_sso"
CALLBACK = "/api/auth/sso/callback"
_COOKIE_PATH = "/api/auth/sso"
_DEPARTURES = 300  # a whole office may come from one address
_PER_S = 900.0
_LONGEST_NEXT = 2000

IssuerInPath = Annotated[str, Path(alias="issuerId", max_length=20)]
InPath = Annotated[str, Path(alias="id", max_length=20)]
_Text = Annotated[str, Query(max_length=4000)]


class ShownIdentity(Shape):
    id: str
    issuer_id: str
    issuer_name: str
    email: str | None
    created_at: str | None
    last_used_at: str | None

    @classmethod
    def of(cls, one: Identity, issuer_name: str) -> ShownIdentity:
        return cls(
            id=str(one.id),
            issuer_id=str(one.issuer_id),
            issuer_name=issuer_name,
            email=one.email,
            created_at=iso(one.created_ms),
            last_used_at=iso(one.last_used_ms),
        )


class LinkedIdentities(Shape):
    list: list[ShownIdentity]


class WayToIssuer(Shape):
    url: str


def sso_routes() -> APIRouter:
    """Browsers come and go here by links, so every outcome is another page, never JSON."""
    router = APIRouter(tags=["single sign-on"])
    throttle = Throttle(_DEPARTURES, _PER_S)

    @router.get("/callback", status_code=302, response_class=RedirectResponse)
    async def come_back(
        by: Anyone,
        house: InHouse,
        request: Request,
        state: _Text = "",
        code: _Text | None = None,
        iss: _Text | None = None,
        error: _Text | None = None,
    ) -> Response:
        browser = find_cookie(request.headers.raw, SSO_COOKIE)
        brought = Return(state, code, iss, error, browser)
        session: SignedIn | None = None
        try:
            session = await _session(request, house)
            arrival = await house.single_sign_on.arrive(by, brought, device_of(request, house), session)
        except HubError as problem:
            response = await _told_in_page(request, problem, "/profile" if session else "/sign-in")
        else:
            response = RedirectResponse(arrival.next, 302)
            if arrival.signed_in is not None:
                give_session(request, response, house, arrival.signed_in)
        response.delete_cookie(SSO_COOKIE, path=_COOKIE_PATH, secure=is_secure(request), httponly=True)
        return response

    @router.get("/{issuerId}/start", status_code=302, response_class=RedirectResponse)
    async def go(
        issuer_id: IssuerInPath,
        by: Anyone,
        house: InHouse,
        request: Request,
        next_page: Annotated[str, Query(alias="next", max_length=_LONGEST_NEXT)] = "/",
    ) -> Response:
        """Send a browser to an issuer. `next` is a path of the console, to go on to afterwards."""
        redirect_uri = origin_of(request) + CALLBACK
        try:
            throttle.take(by.address or "", house.clock.monotonic())
            departure = await house.single_sign_on.depart(as_id(issuer_id, "Issuer"), redirect_uri, own_page(next_page))
        except HubError as problem:
            return await _told_in_page(request, problem, "/sign-in")
        response = RedirectResponse(departure.url, 302)
        _remember(request, response, departure)
        return response

    return router


identity_router = APIRouter(tags=["me"])


@identity_router.get("")
async def list_identities(by: Person, conn: Read) -> LinkedIdentities:
    """The accounts at issuers with which one can sign in."""
    names = {issuer.id: issuer.name for issuer in await store.list_issuers(conn)}
    found = await store.list_own_identities(conn, by.caller.user.id)
    return LinkedIdentities(list=[ShownIdentity.of(one, names.get(one.issuer_id, "")) for one in found])


@identity_router.post("/{issuerId}/start")
async def start_linking(
    issuer_id: IssuerInPath, by: Person, house: InHouse, request: Request, response: Response
) -> WayToIssuer:
    """Where to go to link an account at an issuer."""
    departure = await house.single_sign_on.depart(
        as_id(issuer_id, "Issuer"), origin_of(request) + CALLBACK, "/profile", by.own_session
    )
    _remember(request, response, departure)
    return WayToIssuer(url=departure.url)


@identity_router.delete("/{id}", status_code=204)
async def unlink(identity_id: InPath, by: Person, house: InHouse, conn: Write) -> None:
    await house.single_sign_on.identities.unlink(
        conn, by.actor, by.caller.user.id, as_id(identity_id, "Linked account")
    )


def own_page(path: str) -> str:
    """A path of the console; "/" for what would lead anywhere else."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isascii() and path.isprintable()
    return path if is_own and " " not in path and "\\" not in path else "/"


async def _session(request: Request, house: House) -> SignedIn | None:
    secret = find_cookie(request.headers.raw, SESSION_COOKIE)
    if secret is None:
        return None
    async with house.database.read() as conn:
        return await house.sessions.find(conn, secret)


async def _told_in_page(request: Request, problem: HubError, page: str) -> Response:
    """Send a browser to a page that explains the code. The sign-in page is closed to whoever is signed in."""
    if problem.refused_as is not None:
        await note_refusal(request, problem)
    response = RedirectResponse(f"{page}?" + urlencode({"error": problem.code}), 302)
    response.headers["cache-control"] = "no-store"
    return response


def _remember(request: Request, response: Response, departure: Departure) -> None:
    response.set_cookie(
        SSO_COOKIE,
        departure.browser,
        max_age=WAY_S,
        path=_COOKIE_PATH,
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    response.headers["cache-control"] = "no-store"
