"""Who may use a control-plane route lives here, as types that a route's signature names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Request

from aigne_hub.access.bearer import find_bearer
from aigne_hub.access.identity import Caller
from aigne_hub.base.errors import NotAllowed, NotSignedIn
from aigne_hub.db.engine import Conn
from aigne_hub.house import House


def the_house(request: Request) -> House:
    return cast(House, request.app.state.house)


InHouse = Annotated[House, Depends(the_house)]


async def known_caller(request: Request, house: InHouse) -> Caller:
    return await house.identify(find_bearer(request.headers.raw, request.scope["query_string"], None))


async def managing_caller(request: Request, house: InHouse) -> Caller:
    """An owner or admin; the messages are the reference's (contract 1.4)."""
    try:
        caller = await known_caller(request, house)
    except NotSignedIn as error:
        raise NotSignedIn("not authorized", code="forbidden") from error
    if not caller.role.manages:
        raise NotAllowed("no permission")
    return caller


async def reading(house: InHouse) -> AsyncIterator[Conn]:
    async with house.database.read() as conn:
        yield conn


async def writing(house: InHouse) -> AsyncIterator[Conn]:
    """A transaction that commits before the answer is made: what a route has answered is so."""
    async with house.database.write() as conn:
        yield conn


SignedIn = Annotated[Caller, Depends(known_caller)]
Admin = Annotated[Caller, Depends(managing_caller)]
Read = Annotated[Conn, Depends(reading)]
Write = Annotated[Conn, Depends(writing, scope="function")]
