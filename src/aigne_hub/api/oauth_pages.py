"""What the console's pages of consent and of devices ask lives here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth.records import Client
from aigne_hub.access.oauth.redirects import host_of
from aigne_hub.api.callers import InHouse, Person, Read, Visit, Write
from aigne_hub.api.people import ShownPerson, shown_person
from aigne_hub.api.shapes import Shape, Strict
from aigne_hub.base.throttle import Throttle
from aigne_hub.house import House

_CODES = 20  # codes of devices that one person may try in ten minutes; there are 25 billion (RFC 8628 section 5.1)
_CODES_PER_S = 600.0

TicketInPath = Annotated[str, Path(max_length=200)]


class AskingClient(Shape):
    name: str
    client_id: str
    is_dynamic: bool

    @classmethod
    def of(cls, client: Client) -> AskingClient:
        return cls(name=client.name, client_id=client.client_id, is_dynamic=client.is_dynamic)


class AskedScope(Shape):
    name: Scope
    text: str

    @classmethod
    def of_all(cls, scopes: Iterable[Scope]) -> list[AskedScope]:
        wanted = set(scopes)
        return [cls(name=scope, text=scope.text) for scope in Scope if scope in wanted]


class ConsentQuestion(Shape):
    client: AskingClient
    scopes: list[AskedScope]
    redirect_host: str
    user: ShownPerson
    is_known: bool


class ConsentAnswer(Strict):
    allow: bool


class WhereTo(Shape):
    redirect: str


class DeviceCode(Strict):
    user_code: Annotated[str, Field(max_length=40)]


class DeviceAnswer(DeviceCode):
    allow: bool


class DeviceQuestion(Shape):
    client: AskingClient
    scopes: list[AskedScope]


def page_routes() -> APIRouter:
    router = APIRouter(prefix="/api/oauth", tags=["oauth"])
    _device_routes(router)

    @router.get("/requests/{ticket}")
    async def open_request(ticket: TicketInPath, by: Person, house: InHouse, conn: Read) -> ConsentQuestion:
        """What an application asks the person at the console for."""
        question = await house.oauth.consents.open(conn, ticket, by.caller.user)
        return ConsentQuestion(
            client=AskingClient.of(question.client),
            scopes=AskedScope.of_all(question.scopes),
            redirect_host=host_of(question.redirect_uri),
            user=await shown_person(conn, by.caller.user),
            is_known=question.is_known,
        )

    @router.post("/requests/{ticket}")
    async def answer_request(
        ticket: TicketInPath, body: ConsentAnswer, by: Person, house: InHouse, conn: Write
    ) -> WhereTo:
        """The person's answer; each request is answered once."""
        await house.sessions.confirm(conn, by.own_session)
        where = await house.oauth.consents.answer(conn, by.actor, ticket, by.caller.user, is_allowed=body.allow)
        return WhereTo(redirect=where)

    return router


def _device_routes(router: APIRouter) -> None:
    tried = Throttle(_CODES, _CODES_PER_S)

    def take(by: Visit, house: House) -> None:
        tried.take(by.caller.user.id, house.clock.monotonic())

    @router.post("/device/open")
    async def open_device(body: DeviceCode, by: Person, house: InHouse, conn: Read) -> DeviceQuestion:
        """What the device asks for that shows this code."""
        take(by, house)
        question = await house.oauth.devices.open(conn, body.user_code, by.caller.user)
        return DeviceQuestion(client=AskingClient.of(question.client), scopes=AskedScope.of_all(question.scopes))

    @router.post("/device")
    async def answer_device(body: DeviceAnswer, by: Person, house: InHouse, conn: Write) -> dict[str, str]:
        """The person's answer; each device is answered once."""
        take(by, house)
        await house.sessions.confirm(conn, by.own_session)
        await house.oauth.devices.answer(conn, by.actor, body.user_code, by.caller.user, is_allowed=body.allow)
        return {}
