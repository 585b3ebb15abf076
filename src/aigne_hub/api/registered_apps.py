"""Registering an app over the API, and asking for it, lives here (contract 2.11)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import Field

from aigne_hub.api.callers import Anyone, InHouse, Read, Write
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


class AppStatus(Shape):
    """What an app may know of itself; there are no subscriptions."""

    id: str
    subscription: None = None
    subscription_detail_url: None = None


def app_routes() -> APIRouter:
    router = APIRouter(tags=["apps"])
    throttle = Throttle(_REGISTERED, _REGISTERED_PER_S)

    @router.post("/register")
    async def register(body: NewApp, by: Anyone, house: InHouse, conn: Write) -> RegisteredApp:
        """Make a public key known. An admin switches its service account on before it can call anything."""
        throttle.take(by.address or "", house.clock.monotonic())
        app = await house.apps.register(conn, by, body.public_key)
        return RegisteredApp(id=app.id)

    @router.get("/status")
    async def status(
        _by: Anyone, house: InHouse, conn: Read, app_id: Annotated[str, Header(alias="x-app-id", max_length=100)] = ""
    ) -> AppStatus | None:
        """Whether an app's key is known here; an id is made of the key, so this tells nobody anything new."""
        app = await house.apps.find(conn, app_id)
        return AppStatus(id=app.id) if app else None

    return router
