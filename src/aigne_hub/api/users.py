"""Users over the API live here, for owners and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from aigne_hub.access import store
from aigne_hub.access.identity import Role, User, UserId, UserKind
from aigne_hub.access.users import user_target
from aigne_hub.api.callers import Admin, InHouse, Read, Visit, Write, origin_of
from aigne_hub.api.people import ShownPerson, shown_people, shown_person
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.api.values import as_id
from aigne_hub.base.errors import BadRequest, NotAllowed
from aigne_hub.db.engine import Conn
from aigne_hub.house import House

router = APIRouter(tags=["users"])

InPath = Annotated[str, Path(alias="id", max_length=20)]


class NewServiceAccount(Strict):
    kind: UserKind
    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Role = Role.member


class UserChange(Strict):
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    role: Role | None = None
    is_disabled: bool | None = None


class PeoplePage(Shape):
    list: list[ShownPerson]
    next: str | None


class Revoked(Shape):
    revoked: int


class SentLink(Shape):
    """A link that was mailed, or is to be passed on by whoever asked for it."""

    link: str | None
    mailed: bool
    expires_at: str | None


@router.get("")
async def list_users(
    _by: Admin,
    conn: Read,
    kind: UserKind | None = None,
    q: Annotated[str, Query(max_length=100)] | None = None,
    after: Annotated[str, Query(max_length=20)] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PeoplePage:
    """Users, oldest first; `q` is part of a name or an e-mail address."""
    start = 0 if after is None else as_id(after, "User")
    found = await store.list_users(conn, after=start, limit=limit + 1, kind=kind, search=q)
    page = found[:limit]
    return PeoplePage(list=await shown_people(conn, page), next=str(page[-1].id) if len(found) > limit else None)


@router.post("", status_code=201)
async def create_user(body: NewServiceAccount, by: Admin, house: InHouse, conn: Write) -> ShownPerson:
    """Make a service account. People are invited."""
    if body.kind is not UserKind.service:
        raise BadRequest("people are invited: POST /api/invitations", param="kind")
    refuse_above(by, body.role)
    user = await house.users.add(conn, by.actor, body.name, role=body.role, kind=UserKind.service)
    return await shown_person(conn, user)


@router.get("/{id}")
async def read_user(user_id: InPath, _by: Admin, house: InHouse, conn: Read) -> ShownPerson:
    return await shown_person(conn, await house.users.find(conn, UserId(as_id(user_id, "User"))))


@router.patch("/{id}")
async def change_user(user_id: InPath, body: UserChange, by: Admin, house: InHouse, conn: Write) -> ShownPerson:
    """Change what is given. Another role, or being disabled, signs a user out everywhere."""
    user = await manageable(user_id, by, house, conn)
    if body.role is not None:
        refuse_above(by, body.role)
    changed = await house.users.change(
        conn, by.actor, user.id, name=body.name, role=body.role, is_disabled=body.is_disabled
    )
    return await shown_person(conn, changed)


@router.post("/{id}/sign-out", status_code=204)
async def sign_out(user_id: InPath, by: Admin, house: InHouse, conn: Write) -> None:
    """End every session of a user."""
    user = await manageable(user_id, by, house, conn)
    ended = await house.sessions.end_all(conn, user.id)
    await house.journal.note(conn, by.actor, "user.sign_out", user_target(user), after={"ended": ended})


@router.post("/{id}/revoke-keys")
async def revoke_keys(user_id: InPath, by: Admin, house: InHouse, conn: Write) -> Revoked:
    """End every access key of a user."""
    user = await manageable(user_id, by, house, conn)
    return Revoked(revoked=await house.keys.revoke_all(conn, by.actor, user.id))


@router.post("/{id}/password-reset")
async def reset_password(user_id: InPath, by: Admin, house: InHouse, request: Request) -> SentLink:
    """A link with which a person sets another password: mailed, or to be passed on."""
    async with house.database.write() as conn:
        user = await manageable(user_id, by, house, conn)
        if user.kind is not UserKind.person:
            raise BadRequest("a service account has no password")
        made = await house.links.reset(conn, by.actor, user)
    sent = await house.mailing.send(made, origin_of(request))
    return SentLink(link=sent.url, mailed=sent.is_mailed, expires_at=iso(made.link.expires_ms))


async def manageable(user_id: str, by: Visit, house: House, conn: Conn) -> User:
    """A user whom the caller may manage. Raises NotFound; NotAllowed for somebody with more rights."""
    user = await house.users.find(conn, UserId(as_id(user_id, "User")))
    if user.role.rank > by.caller.role.rank:
        raise NotAllowed(f"{user.name} is {user.role}: you cannot manage them", refused_as="user.refuse")
    return user


def refuse_above(by: Visit, role: Role) -> None:
    if role.rank > by.caller.role.rank:
        raise NotAllowed(
            f"you are {by.caller.role}: you cannot make anybody {role}", param="role", refused_as="user.refuse"
        )
