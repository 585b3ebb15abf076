"""Links that let somebody in, over the API, live here: set-up, invitations and resets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.links import Entering, Link
from aigne_hub.api.auth import AnsweredPasskey, AskedPasskey, Entered, entered, site_of
from aigne_hub.api.callers import Anyone, InHouse, Read, Write, origin_of, refuse_foreign_page
from aigne_hub.api.cookies import device_of
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.base.throttle import Throttle

_TRIES = 30
_RESETS = 30
_PER_S = 900.0

Token = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(max_length=100)]
Email = Annotated[str, Field(max_length=254)]


class LinkToken(Strict):
    token: Token


class PasskeyOfLink(LinkToken):
    name: Name
    email: Email | None = None


class Redemption(LinkToken):
    name: Name | None = None
    email: Email | None = None
    password: Annotated[str, Field(max_length=1000)] | None = None
    passkey: AnsweredPasskey | None = None


class ForgottenPassword(Strict):
    email: Email


class ShownLink(Shape):
    purpose: str
    email: str | None
    name: str | None
    role: Role | None
    expires_at: str | None

    @classmethod
    def of(cls, link: Link) -> ShownLink:
        return cls(
            purpose=link.purpose.value,
            email=link.email,
            name=link.name,
            role=link.role,
            expires_at=iso(link.expires_ms),
        )


def link_routes() -> APIRouter:
    router = APIRouter(tags=["sign-in"])
    tries, resets = Throttle(_TRIES, _PER_S), Throttle(_RESETS, _PER_S)

    @router.post("/links/open")
    async def open_link(body: LinkToken, by: Anyone, house: InHouse, conn: Read) -> ShownLink:
        """What a link is good for; 30 times in 15 minutes from one address."""
        tries.take(by.address or "", house.clock.monotonic())
        return ShownLink.of(await house.links.open(conn, body.token))

    @router.post("/links/passkey-options")
    async def ask(body: PasskeyOfLink, _by: Anyone, house: InHouse, conn: Write, request: Request) -> AskedPasskey:
        asked = await house.links.ask_passkey(conn, site_of(request), body.token, body.name, body.email)
        return AskedPasskey.of(asked)

    @router.post("/links/redeem")
    async def redeem(body: Redemption, by: Anyone, house: InHouse, request: Request, response: Response) -> Entered:
        """Use a link up, with a password or a passkey, and sign in."""
        refuse_foreign_page(request)
        tries.take(by.address or "", house.clock.monotonic())
        passkey = body.passkey.as_answer() if body.passkey else None
        signed_in = await house.links.enter(
            by,
            site_of(request),
            body.token,
            Entering(body.name, body.email, body.password, passkey),
            device_of(request, house),
        )
        return await entered(house, request, response, signed_in)

    @router.post("/password-reset", status_code=202)
    async def forgotten(body: ForgottenPassword, by: Anyone, house: InHouse, request: Request) -> dict[str, str]:
        """Mail a reset link to whoever has this address, three times an hour. The answer is the same for everybody.

        It may be asked for 30 times in 15 minutes from one address.
        """
        resets.take(by.address or "", house.clock.monotonic())
        house.mailing.send_reset_later(by, body.email, origin_of(request))
        return {}

    return router
