"""Inviting people over the API lives here, for owners and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.links import Invitation
from aigne_hub.api.callers import Admin, InHouse, Read, Write, origin_of
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.api.users import refuse_above
from aigne_hub.api.values import as_id

router = APIRouter(tags=["users"])


class NewInvitation(Strict):
    email: Annotated[str, Field(max_length=254)]
    name: Annotated[str, Field(max_length=100)] | None = None
    role: Role = Role.member


class ShownInvitation(Shape):
    id: str
    email: str
    name: str | None
    role: Role
    created_at: str | None
    expires_at: str | None
    created_by_name: str | None

    @classmethod
    def of(cls, one: Invitation) -> ShownInvitation:
        return cls(
            id=str(one.id),
            email=one.email,
            name=one.name,
            role=one.role,
            created_at=iso(one.created_ms),
            expires_at=iso(one.expires_ms),
            created_by_name=one.made_by,
        )


class SentInvitation(ShownInvitation):
    """An invitation that was mailed, or whose link is to be passed on."""

    link: str | None
    mailed: bool


class Invitations(Shape):
    list: list[ShownInvitation]
    next: str | None = None


@router.get("")
async def list_invitations(_by: Admin, house: InHouse, conn: Read) -> Invitations:
    """Invitations that wait, oldest first."""
    return Invitations(list=[ShownInvitation.of(one) for one in await house.links.invitations(conn)])


@router.post("", status_code=201)
async def invite(body: NewInvitation, by: Admin, house: InHouse, request: Request) -> SentInvitation:
    """Invite somebody, for a week. Inviting an address again makes the older link useless."""
    refuse_above(by, body.role)
    async with house.database.write() as conn:
        made = await house.links.invite(conn, by.actor, body.email, body.name, body.role)
        (kept,) = [one for one in await house.links.invitations(conn) if one.id == made.id]
    sent = await house.mailing.send(made, origin_of(request))
    return SentInvitation(**ShownInvitation.of(kept).model_dump(), link=sent.url, mailed=sent.is_mailed)


@router.delete("/{id}", status_code=204)
async def withdraw(
    invitation_id: Annotated[str, Path(alias="id", max_length=20)], by: Admin, house: InHouse, conn: Write
) -> None:
    await house.links.withdraw(conn, by.actor, as_id(invitation_id, "Invitation"))
