"""The connect flow over HTTP lives here, at the paths the published clients know (contract 1.3)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from aigne_hub.access.connect.store import Connect
from aigne_hub.api.callers import Anyone, InHouse, Person, Read, Write
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.base.throttle import Throttle

_SERVICE = "/.well-known/service/api/access-key"
_BEGUN = 30
_BEGUN_PER_S = 600.0

SessionId = Annotated[str, Query(alias="sid", max_length=64)]


class ConnectSession(Shape):
    """What the waiting client sees; the last two come once a person has allowed it."""

    id: str
    type: str = "access-key-simple"
    key: str
    challenge: str
    created_at: str | None
    updated_at: str | None
    expire_at: str | None = None
    access_key_id: str | None = None
    access_key_secret: str | None = None

    @classmethod
    def of(cls, session: Connect, encrypted: str | None = None) -> ConnectSession:
        return cls(
            id=session.id,
            key=session.id,
            challenge=session.challenge,
            created_at=iso(session.created_ms),
            updated_at=iso(session.created_ms),
            expire_at=iso(session.key_expires_ms),
            access_key_id=str(session.key_id) if encrypted else None,
            access_key_secret=encrypted,
        )


class Consent(Strict):
    source: Annotated[str, Field(max_length=200)] = ""
    sid: Annotated[str, Field(min_length=1, max_length=64)]
    required_roles: Annotated[str, Field(max_length=200)] | None = None


class Connected(Shape):
    access_key_id: str
    expire_at: str | None


class ConnectState(Shape):
    status: str
    expires_at: str | None


def connect_routes() -> APIRouter:
    router = APIRouter(tags=["connect"])
    throttle = Throttle(_BEGUN, _BEGUN_PER_S)

    @router.post(f"{_SERVICE}/session", response_model_exclude_none=True)
    async def begin(by: Anyone, house: InHouse, conn: Write) -> ConnectSession:
        """A waiting session, for ten minutes; 30 in 10 minutes from one address."""
        throttle.take(by.address or "", house.clock.monotonic())
        return ConnectSession.of(await house.connects.begin(conn))

    @router.get(f"{_SERVICE}/session", response_model_exclude_none=True)
    async def fetch(by: Anyone, sid: SessionId, house: InHouse, conn: Write) -> ConnectSession:
        fetched = await house.connects.fetch(conn, by, sid)
        return ConnectSession.of(fetched.session, fetched.encrypted)

    @router.delete(f"{_SERVICE}/session")
    async def end(_by: Anyone, sid: SessionId, house: InHouse, conn: Write) -> dict[str, bool]:
        return {"deleted": await house.connects.end(conn, sid)}

    @router.post(f"{_SERVICE}/authorize")
    async def authorize(body: Consent, by: Person, house: InHouse, conn: Write) -> Connected:
        """The person at the console lets the client have a key of theirs."""
        roles = [role.strip() for role in (body.required_roles or "").split(",")]
        await house.sessions.confirm(conn, by.own_session)
        key = await house.connects.authorize(conn, by.actor, by.caller, body.sid, source=body.source, roles=roles)
        return Connected(access_key_id=str(key.id), expire_at=iso(key.expires_ms))

    @router.get("/api/connect/{sid}")
    async def state(sid: str, _by: Person, house: InHouse, conn: Read) -> ConnectState:
        """Whether a client still waits, for the page that asks the person."""
        session = await house.connects.find(conn, sid[:64])
        return ConnectState(status="pending" if session.key_id is None else "done", expires_at=iso(session.expires_ms))

    return router
