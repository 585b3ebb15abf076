"""Routes that operators make, over the API, live here."""

from __future__ import annotations

from fastapi import APIRouter

from aigne_hub.api.callers import Admin, InHouse, Read, Write
from aigne_hub.api.route_shapes import RouteBody, ShownRoute
from aigne_hub.api.shapes import Message
from aigne_hub.catalog.routes import store

router = APIRouter(tags=["routing"])


@router.get("/routes")
async def list_routes(_by: Admin, house: InHouse, conn: Read) -> list[ShownRoute]:
    """Every route that somebody made, by name."""
    return [
        ShownRoute.of(kept, house.catalog.look_up(kept.model, None).left_out) for kept in await store.list_routes(conn)
    ]


@router.get("/routes/{model:path}")
async def show_route(model: str, _by: Admin, house: InHouse, conn: Read) -> ShownRoute:
    kept = await house.routes.route(conn, model)
    return ShownRoute.of(kept, house.catalog.look_up(model, None).left_out)


@router.put("/routes/{model:path}")
async def put_route(model: str, body: RouteBody, by: Admin, house: InHouse, conn: Write) -> ShownRoute:
    """Make a route for the calls of exactly this name, or another one; every worker follows within a second."""
    kept, laid = await house.routes.put(conn, by.actor, model, body.draft)
    return ShownRoute.of(kept, laid.left_out)


@router.delete("/routes/{model:path}")
async def remove_route(model: str, by: Admin, house: InHouse, conn: Write) -> Message:
    """Take a route away: the name leads again to wherever it does by itself."""
    await house.routes.remove(conn, by.actor, model)
    return Message(message=f"the route for {model} is removed")
