"""Every route of the control plane with every role, by key and by session, on one's own things and on another's.

LiteLLM CVE-2026-35029 (a route without a role check), CVE-2026-12795 (one without any), GHSA-qqcv-vg9f-5rr3 and
New API CVE-2026-30886 (objects of others) are of the kinds that this finds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from aigne_hub.access.identity import Rights, Role, Scope, User
from aigne_hub.access.signin.passkeys import store as passkey_store
from aigne_hub.access.signin.passkeys.store import Passkey
from aigne_hub.api.app import routes
from aigne_hub.api.gates import gated_routes
from aigne_hub.audit.records import SYSTEM
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import authorizations, files, identities, oauth_clients, sso_issuers
from tests.api.matrix import MATRIX, Line, Who
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

_REFUSALS = {"missing_api_key", "invalid_api_key", "forbidden", "session_ended", "session_needed", "insufficient_scope"}
_BODIES = {"PATCH /api/me/passkeys/{id}": {"name": "n"}}
_NOT_OPEN = [route for route, line in MATRIX.items() if line.who is not Who.anyone]


@dataclass(frozen=True)
class Caller:
    role: Role | None
    headers: dict[str, str]
    is_person: bool


def test_every_route_has_its_line_and_every_line_its_route() -> None:
    there = {f"{route.method} {route.path}" for route in gated_routes(routes())}
    assert sorted(there - MATRIX.keys()) == []
    assert sorted(MATRIX.keys() - there) == []


async def people(hub: RunningHub) -> list[Caller]:
    """Nobody, and somebody of every role by key and by session."""
    found = [Caller(None, {}, False), Caller(None, hub.bearer("blocklet-unknown"), False)]
    for role in Role:
        async with hub.house.database.write() as conn:
            user = await hub.house.users.add(conn, SYSTEM, f"a {role}", role=role)
            key = await hub.house.keys.create(conn, SYSTEM, user.id, "k", role=role)
        found += [Caller(role, hub.bearer(key.secret), False), Caller(role, await hub.signed_in(user), True)]
    return found


def is_allowed(line: Line, caller: Caller) -> bool:
    if line.who is Who.anyone:
        return True
    if caller.role is None or (line.who is Who.person and not caller.is_person):
        return False
    return line.who is not Who.manager or caller.role in (Role.owner, Role.admin)


def is_refused(answer: httpx.Response) -> bool:
    if answer.status_code not in (401, 403):
        return False
    body = answer.json()
    code = body["error"]["code"] if isinstance(body["error"], dict) else body.get("code")
    return code in _REFUSALS


async def ask(hub: RunningHub, route: str, headers: dict[str, str], id_: str = "1") -> httpx.Response:
    method, _, path = route.partition(" ")
    body: Any = None if method in ("GET", "DELETE") else _BODIES.get(route, {})
    async with httpx.AsyncClient(base_url=hub.url, timeout=20) as http:
        return await http.request(method, re.sub(r"{[^}]*}", id_, path), json=body, headers=headers)


@pytest.mark.parametrize("route", _NOT_OPEN)
async def test_a_route_lets_in_who_may_and_nobody_else(hub: RunningHub, route: str) -> None:
    line = MATRIX[route]
    for caller in await people(hub):
        if route in ("POST /api/auth/sign-out", "DELETE /api/me/sessions") and is_allowed(line, caller):
            continue  # it would end what the others are asked with
        answer = await ask(hub, route, caller.headers)
        assert answer.status_code < 500, (caller, answer.text)
        assert is_refused(answer) is not is_allowed(line, caller), (caller, answer.status_code, answer.text)


async def test_open_routes_know_nobody_and_refuse_nobody(hub: RunningHub) -> None:
    for route, line in MATRIX.items():
        if line.who is Who.anyone:
            answer = await ask(hub, route, {})
            assert answer.status_code < 500, (route, answer.text)
            body = answer.json() if answer.headers.get("content-type") == "application/json" else {}
            code = body.get("error", {}) if isinstance(body, dict) else {}
            assert not (isinstance(code, dict) and code.get("code") in _REFUSALS), (route, answer.text)


async def test_a_key_needs_the_scope_of_a_route(hub: RunningHub) -> None:
    for scope in Scope:
        rights = Rights(scopes=frozenset({scope}))
        async with hub.house.database.write() as conn:
            key = await hub.house.keys.create(conn, SYSTEM, hub.owner.id, "k", role=Role.owner, rights=rights)
        for route, line in MATRIX.items():
            if line.scope is None or line.is_owned or route.startswith(("DELETE", "PUT")):
                continue
            refused = is_refused(await ask(hub, route, hub.bearer(key.secret)))
            assert refused is (line.scope != scope), (route, scope)


async def things_of(hub: RunningHub, conn: Conn, user: User, number: int) -> dict[str, int]:
    """One thing of every kind that belongs to a user, by the path it is at."""
    house, now_ms = hub.house, hub.house.clock.now_ms()
    key = await house.keys.create(conn, SYSTEM, user.id, "k", role=user.role)
    session = await house.sessions.open(conn, user, method="password", address=None, user_agent="")
    passkey = Passkey(number, user.id, str(number).encode(), b"k", 0, "", "laptop", True, now_ms, None)
    await passkey_store.add(conn, passkey)
    await conn.execute(
        insert(sso_issuers).values(
            id=number, name="I", url=f"https://{number}.example", client_id="c", scopes="[]", role_map="{}",
            default_role="member", domains="[]", is_enabled=True, created_ms=now_ms,
        )
    )  # fmt: skip
    await conn.execute(
        insert(identities).values(id=number, user_id=user.id, issuer_id=number, subject="s", created_ms=now_ms)
    )
    await conn.execute(
        insert(oauth_clients).values(
            id=number, client_id=f"c{number}", name="C", is_public=True, redirect_uris="[]", grants="[]", scopes="[]",
            is_dynamic=False, created_ms=now_ms,
        )
    )  # fmt: skip
    await conn.execute(
        insert(authorizations).values(
            id=number, user_id=user.id, client_row=number, scopes='["inference"]', created_ms=now_ms
        )
    )
    await conn.execute(
        insert(files).values(
            id=number, user_id=user.id, digest=number.to_bytes(32), place="", name="a.png", media_type="image/png",
            size=1, sha256=b"", created_ms=now_ms, expires_ms=now_ms + 60_000,
        )
    )  # fmt: skip
    return {
        "/api/files/": number,
        "/api/access-keys/": key.key.id,
        "/api/me/sessions/": session.session.id,
        "/api/me/passkeys/": number,
        "/api/me/identities/": number,
        "/api/me/apps/": number,
    }


@pytest.mark.parametrize("role", [Role.guest, Role.member])
async def test_what_belongs_to_somebody_is_theirs_alone(hub: RunningHub, role: Role) -> None:
    owned = [route for route, line in MATRIX.items() if line.is_owned]
    for number, route in enumerate(owned):
        async with hub.house.database.write() as conn:
            me = await hub.house.users.add(conn, SYSTEM, f"me {number}", role=role)
            other = await hub.house.users.add(conn, SYSTEM, f"other {number}", role=Role.member)
            mine = await things_of(hub, conn, me, 1000 + number * 2)
            theirs = await things_of(hub, conn, other, 1001 + number * 2)
        headers, place = await hub.signed_in(me), next(at for at in mine if at in route)
        foreign = await ask(hub, route, headers, str(theirs[place]))
        assert foreign.status_code == 404, (route, foreign.text)
        own = await ask(hub, route, headers, str(mine[place]))
        assert own.status_code not in (401, 403, 404), (route, own.text)
