"""A device's request lives here: begun by the device, answered by a person, polled until then (RFC 8628)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from aigne_hub.access.identity import Scope, User
from aigne_hub.access.oauth import store as oauth_store
from aigne_hub.access.oauth.authorizations import Authorizations
from aigne_hub.access.oauth.clients import client_target
from aigne_hub.access.oauth.device import store
from aigne_hub.access.oauth.device.store import DeviceRequest
from aigne_hub.access.oauth.errors import OAuthError, invalid_grant
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Client, DeviceStatus, Grant, Issued
from aigne_hub.access.oauth.scopes import useful_scopes, wanted_scopes
from aigne_hub.access.oauth.tokens import Tokens
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Unavailable
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn

LIFE_S = 600
INTERVAL_S = 5
SLOWER_S = 5  # RFC 8628 section 3.5
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words; nothing that looks like a digit (section 6.1)
_LENGTH = 8
MOST = 10_000  # requests that wait at a time
_EARLY_MS = 500  # how much earlier than its interval a poll may arrive: networks are not even
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """What a device gets: the code it polls with, and the one it shows, such as `WDJB-MJHT`."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeviceQuestion:
    """What a person is asked: whether the device of `client` may do `scopes` in their name."""

    client: Client
    scopes: frozenset[Scope]


class DeviceDesk:
    """Each function is one step of its caller's transaction; the answers are noted in the journal."""

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        ids: IdSource,
        tokens: Tokens,
        authorizations: Authorizations,
        journal: Journal,
        *,
        most: int = MOST,
    ) -> None:
        self._most = most
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._tokens = tokens
        self._authorizations = authorizations
        self._journal = journal

    async def begin(self, conn: Conn, client: Client, asked: Parameters) -> DeviceCodes:
        """A request for ten minutes (section 3.1). Raises Unavailable when too many wait already."""
        scopes, now_ms = wanted_scopes(asked.get("scope"), client.scopes), self._clock.now_ms()
        if await store.count_open(conn, now_ms) >= self._most:
            raise Unavailable("too many devices wait: try again in a minute", retry_after=60)
        device_code, letters = secrets.token_urlsafe(32), "".join(secrets.choice(LETTERS) for _ in range(_LENGTH))
        request = DeviceRequest(
            id=self._ids.new(),
            client_row=client.id,
            scopes=scopes,
            status=DeviceStatus.pending,
            user_id=None,
            interval_s=INTERVAL_S,
            polled_ms=None,
            created_ms=now_ms,
            expires_ms=now_ms + LIFE_S * 1000,
        )
        await store.add(
            conn, request, device_digest=self._digest("device", device_code), user_digest=self._digest("user", letters)
        )
        return DeviceCodes(device_code, f"{letters[:4]}-{letters[4:]}")

    async def open(self, conn: Conn, user_code: str, user: User) -> DeviceQuestion:
        """What a person is asked who types `user_code`. Raises BadRequest for one that nobody waits with."""
        request, client = await self._waiting(conn, user_code)
        return DeviceQuestion(client, useful_scopes(request.scopes, user))

    async def answer(self, conn: Conn, by: Actor, user_code: str, user: User, *, is_allowed: bool) -> None:
        """The person's answer (section 3.3); each request is answered once."""
        await oauth_store.hold(conn)
        request, client = await self._waiting(conn, user_code)
        scopes = useful_scopes(request.scopes, user)
        is_allowed = is_allowed and bool(scopes)
        status = DeviceStatus.allowed if is_allowed else DeviceStatus.denied
        if not await store.move(conn, request.id, DeviceStatus.pending, status, user_id=user.id):
            raise _unknown_code()
        if is_allowed:
            await self._authorizations.allow(conn, by, client, user.id, scopes)
        action = "device.allow" if is_allowed else "device.deny"
        await self._journal.note(conn, by, action, client_target(client), after={"request": str(request.id)})

    async def redeem(self, conn: Conn, by: Actor, client: Client, asked: Parameters) -> Issued | OAuthError:
        """Tokens for a device code, once a person has allowed it (sections 3.4 and 3.5)."""
        code, now_ms = asked.need("device_code"), self._clock.now_ms()
        request = None
        if len(code) <= _LONGEST:
            request = await store.find_by_device(conn, self._digest("device", code))
        if request is None or request.client_row != client.id or request.status is DeviceStatus.used:
            return invalid_grant("the device code is not valid, or not any more", client_id=str(client.id))
        if now_ms >= request.expires_ms:
            return _refusal("expired_token", "the device code has expired: begin again", client)
        if request.polled_ms is not None and now_ms - request.polled_ms < request.interval_s * 1000 - _EARLY_MS:
            interval_s = request.interval_s + SLOWER_S
            await store.note_poll(conn, request.id, polled_ms=now_ms, interval_s=interval_s)
            return OAuthError("slow_down", f"poll every {interval_s} seconds from now on")
        await store.note_poll(conn, request.id, polled_ms=now_ms, interval_s=request.interval_s)
        if request.status is DeviceStatus.pending:
            return OAuthError("authorization_pending", "nobody has answered yet")
        if request.status is DeviceStatus.denied:
            return _refusal("access_denied", "the person said no", client)
        return await self._give(conn, by, client, request)

    async def _give(self, conn: Conn, by: Actor, client: Client, request: DeviceRequest) -> Issued | OAuthError:
        assert request.user_id is not None
        authorization = await oauth_store.find_authorization(conn, request.user_id, client.id)
        is_first = await store.move(conn, request.id, DeviceStatus.allowed, DeviceStatus.used)
        if authorization is None or not is_first:
            return invalid_grant("the device code is not valid, or not any more", client_id=str(client.id))
        return await self._tokens.issue(
            conn,
            by,
            client,
            authorization.id,
            grant=Grant.device_code,
            family_id=request.id,
            scopes=request.scopes & authorization.scopes,
        )

    async def _waiting(self, conn: Conn, user_code: str) -> tuple[DeviceRequest, Client]:
        letters = "".join(letter for letter in user_code.upper() if letter in LETTERS)
        request = await store.find_by_user(conn, self._digest("user", letters)) if len(letters) == _LENGTH else None
        client = None if request is None else await oauth_store.find_client(conn, request.client_row)
        if request is None or client is None or not client.is_live or request.status is not DeviceStatus.pending:
            raise _unknown_code()
        if self._clock.now_ms() >= request.expires_ms:
            raise _unknown_code()
        return request, client

    def _digest(self, kind: str, code: str) -> bytes:
        return self._vault.digest(f"{kind} code {code}")


def _refusal(code: str, message: str, client: Client) -> OAuthError:
    return OAuthError(code, message, refused_as="oauth.refuse", about=("client", str(client.id)))


def _unknown_code() -> BadRequest:
    return BadRequest(
        "no device waits with this code: check it, or begin again at the device",
        code="device_code_unknown",
        param="userCode",
        refused_as="device.refuse",
    )
