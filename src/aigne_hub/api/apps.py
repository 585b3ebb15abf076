"""The applications a person lets act for them live here: a list, and an end to each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth.records import Authorization, Client
from aigne_hub.api.callers import InHouse, Person, Read, SignedIn, Write
from aigne_hub.api.shapes import Shape, iso
from aigne_hub.api.values import as_id

router = APIRouter(tags=["apps"])


class ShownApp(Shape):
    id: str
    client_id: str
    client_name: str
    scopes: list[Scope]
    created_at: str | None
    last_used_at: str | None

    @classmethod
    def of(cls, one: Authorization, client: Client) -> ShownApp:
        return cls(
            id=str(one.id),
            client_id=client.client_id,
            client_name=client.name,
            scopes=sorted(one.scopes),
            created_at=iso(one.created_ms),
            last_used_at=iso(one.last_used_ms),
        )


class AppList(Shape):
    list: list[ShownApp]


@router.get("")
async def list_apps(by: SignedIn, house: InHouse, conn: Read) -> AppList:
    found = await house.oauth.authorizations.list(conn, by.caller.user.id)
    return AppList(list=[ShownApp.of(one, client) for one, client in found])


@router.delete("/{id}", status_code=204)
async def end_app(
    app_id: Annotated[str, Path(alias="id", max_length=20)], by: Person, house: InHouse, conn: Write
) -> None:
    """Take back what was allowed; every token of the application ends within a second."""
    await house.oauth.authorizations.end(conn, by.actor, by.caller.user.id, as_id(app_id, "Application"))
