"""The clients of OAuth over the API live here, for owners and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from aigne_hub.access.identity import Scope, UserId
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.clients import ClientDraft
from aigne_hub.access.oauth.records import Client, Grant, NewClient
from aigne_hub.access.oauth.scopes import SELF_SERVICE
from aigne_hub.api.callers import Admin, InHouse, Read, Write
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.api.values import as_id

router = APIRouter(tags=["oauth clients"])

ClientInPath = Annotated[str, Path(alias="id", max_length=20)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Uris = Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=20)]


class NewClientBody(Strict):
    name: _Name
    is_public: bool
    redirect_uris: _Uris = Field(default_factory=list)
    grants: list[Grant] = Field(default_factory=lambda: [Grant.authorization_code, Grant.refresh_token])
    scopes: list[Scope] = Field(default_factory=lambda: sorted(SELF_SERVICE))
    service_account_id: str | None = None


class ClientChange(Strict):
    name: _Name | None = None
    redirect_uris: _Uris | None = None
    grants: list[Grant] | None = None
    scopes: list[Scope] | None = None
    service_account_id: str | None = None
    is_disabled: bool | None = None


class ShownClient(Shape):
    id: str
    client_id: str
    name: str
    is_public: bool
    redirect_uris: list[str]
    grants: list[Grant]
    scopes: list[Scope]
    service_account_id: str | None
    secret_hint: str | None
    is_dynamic: bool
    created_at: str | None
    disabled_at: str | None


class ShownNewClient(ShownClient):
    """The only answers with a secret; null for a public client, which has none."""

    client_secret: str | None


class ClientPage(Shape):
    list: list[ShownClient]
    next: str | None


@router.get("")
async def list_clients(
    _by: Admin,
    conn: Read,
    after: Annotated[str, Query(max_length=20)] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ClientPage:
    """Clients from the newest on."""
    found = await store.list_clients(conn, before=None if after is None else as_id(after, "Client"), limit=limit + 1)
    page = found[:limit]
    return ClientPage(
        list=[ShownClient.model_validate(_fields(one)) for one in page],
        next=str(page[-1].id) if len(found) > limit else None,
    )


@router.post("", status_code=201)
async def create_client(body: NewClientBody, by: Admin, house: InHouse, conn: Write) -> ShownNewClient:
    """Register a client; its secret is in this answer and nowhere else."""
    draft = ClientDraft(
        name=body.name,
        is_public=body.is_public,
        redirect_uris=tuple(body.redirect_uris),
        grants=frozenset(body.grants),
        scopes=frozenset(body.scopes),
        service_account_id=_user_id(body.service_account_id),
    )
    return _shown_new(await house.oauth.clients.create(conn, by.actor, draft))


@router.patch("/{id}")
async def change_client(
    client_id: ClientInPath, body: ClientChange, by: Admin, house: InHouse, conn: Write
) -> ShownClient:
    """Change the fields that are given. A client that is disabled, or may do less, loses what it has at once."""
    changed = await house.oauth.clients.change(
        conn,
        by.actor,
        as_id(client_id, "Client"),
        name=body.name,
        redirect_uris=body.redirect_uris,
        grants=None if body.grants is None else frozenset(body.grants),
        scopes=None if body.scopes is None else frozenset(body.scopes),
        service_account_id=_user_id(body.service_account_id),
        is_disabled=body.is_disabled,
    )
    return ShownClient.model_validate(_fields(changed))


@router.post("/{id}/rotate-secret")
async def rotate_secret(client_id: ClientInPath, by: Admin, house: InHouse, conn: Write) -> ShownNewClient:
    """Give a client another secret; the one before ends at once."""
    return _shown_new(await house.oauth.clients.rotate_secret(conn, by.actor, as_id(client_id, "Client")))


@router.delete("/{id}", status_code=204)
async def remove_client(client_id: ClientInPath, by: Admin, house: InHouse, conn: Write) -> None:
    """End a client, with all its tokens."""
    await house.oauth.clients.remove(conn, by.actor, as_id(client_id, "Client"))


def _user_id(text: str | None) -> UserId | None:
    return None if text is None else UserId(as_id(text, "User"))


def _shown_new(made: NewClient) -> ShownNewClient:
    return ShownNewClient.model_validate({**_fields(made.client), "client_secret": made.secret})


def _fields(client: Client) -> dict[str, object]:
    return {
        "id": str(client.id),
        "client_id": client.client_id,
        "name": client.name,
        "is_public": client.is_public,
        "redirect_uris": list(client.redirect_uris),
        "grants": sorted(client.grants),
        "scopes": sorted(client.scopes),
        "service_account_id": None if client.service_account_id is None else str(client.service_account_id),
        "secret_hint": client.secret_hint,
        "is_dynamic": client.is_dynamic,
        "created_at": iso(client.created_ms),
        "disabled_at": iso(client.disabled_ms),
    }
