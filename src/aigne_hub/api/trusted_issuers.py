"""Trusted issuers over the API live here, for owners and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from aigne_hub.access.identity import Scope, UserId
from aigne_hub.access.trust import store
from aigne_hub.access.trust.issuers import IssuerDraft
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.api.callers import Admin, InHouse, Read, Write
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.api.values import as_id
from aigne_hub.base.errors import BadRequest, NotFound

router = APIRouter(tags=["trusted issuers"])

IssuerInPath = Annotated[str, Path(alias="id", max_length=20)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Text = Annotated[str, Field(min_length=1, max_length=500)]
_Subjects = Annotated[dict[Annotated[str, Field(max_length=255)], Annotated[str, Field(max_length=20)]], Field()]


class TrustedIssuerChange(Strict):
    name: _Name | None = None
    url: _Text | None = None
    audience: _Text | None = None
    jwks_url: Annotated[str, Field(max_length=500)] | None = None
    algorithms: list[str] | None = None
    subject_claim: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    subjects: _Subjects | None = None
    scopes: list[Scope] | None = None
    is_enabled: bool | None = None

    @property
    def draft(self) -> IssuerDraft:
        return IssuerDraft(
            name=self.name,
            url=self.url,
            audience=self.audience,
            jwks_url=self.jwks_url or None,
            algorithms=self.algorithms,
            subject_claim=self.subject_claim,
            subjects=None if self.subjects is None else {value: _user(one) for value, one in self.subjects.items()},
            scopes=None if self.scopes is None else frozenset(self.scopes),
            is_enabled=self.is_enabled,
        )


class NewTrustedIssuer(TrustedIssuerChange):
    name: _Name
    url: _Text
    audience: _Text


class ShownTrustedIssuer(Shape):
    id: str
    name: str
    url: str
    audience: str
    jwks_url: str | None
    algorithms: list[str]
    subject_claim: str
    subjects: dict[str, str]
    scopes: list[Scope]
    is_enabled: bool
    created_at: str | None

    @classmethod
    def of(cls, one: TrustedIssuer) -> ShownTrustedIssuer:
        return cls(
            id=str(one.id),
            name=one.name,
            url=one.url,
            audience=one.audience,
            jwks_url=one.jwks_url,
            algorithms=list(one.algorithms),
            subject_claim=one.subject_claim,
            subjects={value: str(user) for value, user in one.subjects.items()},
            scopes=sorted(one.scopes),
            is_enabled=one.is_enabled,
            created_at=iso(one.created_ms),
        )


class TrustedIssuerList(Shape):
    list: list[ShownTrustedIssuer]
    next: str | None = None


@router.get("")
async def list_issuers(_by: Admin, conn: Read) -> TrustedIssuerList:
    return TrustedIssuerList(list=[ShownTrustedIssuer.of(one) for one in await store.list_all(conn)])


@router.post("", status_code=201)
async def add_issuer(body: NewTrustedIssuer, by: Admin, house: InHouse, conn: Write) -> ShownTrustedIssuer:
    """Trust the JWTs of an issuer for some users."""
    made = await house.trusted_issuers.add(conn, by.actor, body.draft, highest=by.caller.role)
    return ShownTrustedIssuer.of(made)


@router.patch("/{id}")
async def change_issuer(
    issuer_id: IssuerInPath, body: TrustedIssuerChange, by: Admin, house: InHouse, conn: Write
) -> ShownTrustedIssuer:
    """Change the fields that are given; `jwksUrl` null has the keys discovered."""
    changed = await house.trusted_issuers.change(
        conn,
        by.actor,
        as_id(issuer_id, "Trusted issuer"),
        body.draft,
        highest=by.caller.role,
        forget_jwks="jwks_url" in body.model_fields_set and not body.jwks_url,
    )
    return ShownTrustedIssuer.of(changed)


@router.delete("/{id}", status_code=204)
async def remove_issuer(issuer_id: IssuerInPath, by: Admin, house: InHouse, conn: Write) -> None:
    """Trust an issuer no more; its tokens end within a second."""
    await house.trusted_issuers.remove(conn, by.actor, as_id(issuer_id, "Trusted issuer"))


def _user(text: str) -> UserId:
    try:
        return UserId(as_id(text, "User"))
    except NotFound:
        raise BadRequest("there is no such user", param="subjects") from None
