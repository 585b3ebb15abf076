"""Registering an app over the API lives here (contract 2.11)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from aigne_hub.api.callers import Anyone, InHouse, Write
from aigne_hub.api.shapes import Shape, Strict
from aigne_hub.base.throttle import Throttle

_REGISTERED = 10
_REGISTERED_PER_S = 600.0


class NewApp(Strict):
    public_key: Annotated[str, Field(max_length=66)]


class RegisteredApp(Shape):
    """`payment_link` is there for the reference's clients; there is nothing to pay."""

    id: str
    payment_link: str | None = None


def app_routes() -> APIRouter:
    router = APIRouter(tags=["apps"])
    throttle = Throttle(_REGISTERED, _REGISTERED_PER_S)

    @router.post("/register")
    async def register(body: NewApp, by: Anyone, house: InHouse, conn: Write) -> RegisteredApp:
        """Make a public key known. An admin switches its service account on before it can call anything."""
        throttle.take(by.address or "", house.clock.monotonic())
        app = await house.apps.register(conn, by, body.public_key)
        return RegisteredApp(id=app.id)

    return router
