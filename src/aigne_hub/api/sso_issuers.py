"""The OpenID providers at which people sign in, over the API, live here, for owners and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.issuers import IssuerDraft
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.api.callers import Admin, InHouse, Read, Write, origin_of
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.api.sso import CALLBACK
from aigne_hub.api.values import as_id

router = APIRouter(tags=["single sign-on"])

InPath = Annotated[str, Path(alias="id", max_length=20)]
_Word = Annotated[str, Field(max_length=200)]


class IssuerBody(Strict):
    """What is said of an issuer; what is null stays, or takes its default. An empty role claim maps no roles."""

    scopes: Annotated[list[_Word], Field(max_length=50)] | None = None
    role_claim: Annotated[str, Field(max_length=100)] | None = None
    role_map: Annotated[dict[_Word, Role], Field(max_length=100)] | None = None
    default_role: Role | None = None
    domains: Annotated[list[_Word], Field(max_length=100)] | None = None
    is_enabled: bool | None = None


class NewIssuer(IssuerBody):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    url: Annotated[str, Field(max_length=500)]
    client_id: _Word
    client_secret: Annotated[str, Field(max_length=1000)] | None = None


class IssuerChange(IssuerBody):
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    url: Annotated[str, Field(max_length=500)] | None = None
    client_id: _Word | None = None
    client_secret: Annotated[str, Field(max_length=1000)] | None = None


class ShownIssuer(Shape):
    id: str
    name: str
    url: str
    client_id: str
    scopes: list[str]
    role_claim: str | None
    role_map: dict[str, Role]
    default_role: Role
    domains: list[str]
    is_enabled: bool
    created_at: str | None
    redirect_uri: str

    @classmethod
    def of(cls, one: Issuer, origin: str) -> ShownIssuer:
        return cls(
            id=str(one.id),
            name=one.name,
            url=one.url,
            client_id=one.client_id,
            scopes=list(one.scopes),
            role_claim=one.role_claim,
            role_map=one.role_map,
            default_role=one.default_role,
            domains=list(one.domains),
            is_enabled=one.is_enabled,
            created_at=iso(one.created_ms),
            redirect_uri=origin + CALLBACK,
        )


class Issuers(Shape):
    list: list[ShownIssuer]
    next: str | None = None


class TestedIssuer(Shape):
    ok: bool
    authorization_endpoint: str


@router.get("")
async def list_issuers(_by: Admin, conn: Read, request: Request) -> Issuers:
    origin = origin_of(request)
    return Issuers(list=[ShownIssuer.of(one, origin) for one in await store.list_issuers(conn)])


@router.post("", status_code=201)
async def add_issuer(body: NewIssuer, by: Admin, house: InHouse, conn: Write, request: Request) -> ShownIssuer:
    """Add an issuer; register `redirectUri` there."""
    made = await house.single_sign_on.issuers.add(conn, by.actor, by.caller.role, _draft(body))
    return ShownIssuer.of(made, origin_of(request))


@router.patch("/{id}")
async def change_issuer(
    issuer_id: InPath, body: IssuerChange, by: Admin, house: InHouse, conn: Write, request: Request
) -> ShownIssuer:
    """Change what is given; an empty client secret keeps the old one."""
    wanted = as_id(issuer_id, "Issuer")
    changed = await house.single_sign_on.issuers.change(conn, by.actor, by.caller.role, wanted, _draft(body))
    return ShownIssuer.of(changed, origin_of(request))


@router.delete("/{id}", status_code=204)
async def remove_issuer(issuer_id: InPath, by: Admin, house: InHouse, conn: Write) -> None:
    """Remove an issuer; whoever signs in only there has no way in any more until they are sent a link."""
    await house.single_sign_on.issuers.remove(conn, by.actor, by.caller.role, as_id(issuer_id, "Issuer"))


@router.post("/{id}/test")
async def test_issuer(issuer_id: InPath, _by: Admin, house: InHouse) -> TestedIssuer:
    """Ask the issuer for its metadata now; 400 says what is wrong with it."""
    async with house.database.read() as conn:
        issuer = await house.single_sign_on.issuers.find(conn, as_id(issuer_id, "Issuer"))
    metadata = await house.single_sign_on.openid.discover(issuer.url, is_fresh=True)
    return TestedIssuer(ok=True, authorization_endpoint=metadata.authorization_endpoint)


def _draft(body: NewIssuer | IssuerChange) -> IssuerDraft:
    given = body.model_fields_set
    # `roleClaim: null` on an existing issuer takes the claim away; not given, it stays.
    role_claim = (body.role_claim or "") if "role_claim" in given else None
    return IssuerDraft(
        name=body.name,
        url=body.url,
        client_id=body.client_id,
        secret=body.client_secret,
        scopes=None if body.scopes is None else tuple(body.scopes),
        role_claim=role_claim,
        role_map=body.role_map,
        default_role=body.default_role,
        domains=None if body.domains is None else tuple(body.domains),
        is_enabled=body.is_enabled,
    )
