"""What a person does about themself over the API lives here: profile, password, passkeys, sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.signin.passkeys import store as passkey_store
from aigne_hub.api.auth import AnsweredPasskey, AskedPasskey, site_of
from aigne_hub.api.callers import InHouse, Person, Read, SignedIn, Write
from aigne_hub.api.cookies import device_of, give_session
from aigne_hub.api.people import ShownPasskey, ShownPerson, ShownSession, shown_person
from aigne_hub.api.shapes import Shape, Strict
from aigne_hub.api.values import as_id
from aigne_hub.base.errors import NotFound

router = APIRouter(tags=["me"])

InPath = Annotated[str, Path(alias="id", max_length=20)]


class Profile(Strict):
    name: Annotated[str, Field(min_length=1, max_length=100)]


class NewPassword(Strict):
    current: Annotated[str, Field(max_length=1000)] | None = None
    password: Annotated[str, Field(max_length=1000)]


class NewName(Strict):
    name: Annotated[str, Field(min_length=1, max_length=100)]


class CsrfToken(Shape):
    csrf_token: str


class MadePasskey(ShownPasskey):
    """A new passkey; the session goes on under another secret, and this is its token."""

    csrf_token: str


class Sessions(Shape):
    list: list[ShownSession]


class Passkeys(Shape):
    list: list[ShownPasskey]


@router.get("")
async def me(by: SignedIn, conn: Read, house: InHouse) -> ShownPerson:
    return await shown_person(conn, await house.users.find(conn, by.caller.user.id))


@router.patch("")
async def change_me(body: Profile, by: Person, house: InHouse, conn: Write) -> ShownPerson:
    return await shown_person(conn, await house.users.change(conn, by.actor, by.caller.user.id, name=body.name))


@router.post("/password")
async def change_password(
    body: NewPassword, by: Person, house: InHouse, request: Request, response: Response
) -> CsrfToken:
    """Set a password; every other session ends, and this one goes on under another secret."""
    changed = await house.sign_in.change_password(
        by.actor, by.own_session, body.current, body.password, device_of(request, house)
    )
    give_session(request, response, house, changed)
    return CsrfToken(csrf_token=house.sessions.csrf_token(changed.secret))


@router.get("/passkeys")
async def list_passkeys(by: Person, conn: Read) -> Passkeys:
    return Passkeys(list=[ShownPasskey.of(one) for one in await passkey_store.list_own(conn, by.caller.user.id)])


@router.post("/passkeys/options")
async def ask_passkey(by: Person, house: InHouse, conn: Write, request: Request) -> AskedPasskey:
    user = by.caller.user
    return AskedPasskey.of(await house.passkeys.ask_new(conn, site_of(request), user.id, user.name, user.email))


@router.post("/passkeys", status_code=201)
async def add_passkey(
    body: AnsweredPasskey, by: Person, house: InHouse, conn: Write, request: Request, response: Response
) -> MadePasskey:
    made = await house.passkeys.add(conn, by.actor, site_of(request), by.caller.user.id, body.as_answer())
    rotated = await house.sessions.rotate(conn, by.own_session)
    give_session(request, response, house, rotated)
    return MadePasskey(**ShownPasskey.of(made).model_dump(), csrf_token=house.sessions.csrf_token(rotated.secret))


@router.patch("/passkeys/{id}")
async def rename_passkey(passkey_id: InPath, body: NewName, by: Person, house: InHouse, conn: Write) -> ShownPasskey:
    wanted = as_id(passkey_id, "Passkey")
    return ShownPasskey.of(await house.passkeys.rename(conn, by.actor, by.caller.user.id, wanted, body.name))


@router.delete("/passkeys/{id}", status_code=204)
async def remove_passkey(passkey_id: InPath, by: Person, house: InHouse, conn: Write) -> None:
    await house.passkeys.remove(conn, by.actor, by.caller.user.id, as_id(passkey_id, "Passkey"))


@router.get("/sessions")
async def list_sessions(by: Person, house: InHouse, conn: Read) -> Sessions:
    found = await signin_store.list_sessions(conn, by.caller.user.id, live_at=house.clock.now_ms())
    current = by.own_session.session.id
    return Sessions(list=[ShownSession.of(one, is_current=one.id == current) for one in found])


@router.delete("/sessions/{id}", status_code=204)
async def end_session(session_id: InPath, by: Person, house: InHouse, conn: Write) -> None:
    wanted = as_id(session_id, "Session")
    if not await house.sessions.end(conn, by.caller.user.id, wanted):
        raise NotFound("there is no such session")
    await house.journal.note(conn, by.actor, "session.end", after={"session": str(wanted)})


@router.delete("/sessions", status_code=204)
async def end_other_sessions(by: Person, house: InHouse, conn: Write) -> None:
    """Sign out everywhere but here."""
    ended = await house.sessions.end_all(conn, by.caller.user.id, but=by.own_session.session.id)
    await house.journal.note(conn, by.actor, "session.end_others", after={"ended": ended})
