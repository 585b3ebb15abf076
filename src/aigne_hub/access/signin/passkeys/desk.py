"""Registering passkeys and signing in with them live here, by py_webauthn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import User, UserId
from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.signin.passkeys import store
from aigne_hub.access.signin.passkeys.store import Passkey
from aigne_hub.access.signin.sign_in import refusal
from aigne_hub.access.tickets.desk import Purpose, TicketDesk
from aigne_hub.access.users import checked_name
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn

CHALLENGE_S = 300
_HUB = "AIGNE Hub"
_KNOWN_TRANSPORTS = {one.value for one in AuthenticatorTransport}
_MOST_OF_ONE = 20

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """Where the console is: its origin, and the host name that passkeys are bound to."""

    origin: str
    rp_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is asked, and the ticket it answers with."""

    ticket: str
    options: Json


@dataclass(frozen=True, slots=True)
class Answered:
    """What a browser answered, with the ticket it was asked with."""

    ticket: str
    credential: Json
    name: str = "Passkey"


class PasskeyDesk:
    """Each function is one step of its caller's transaction, noted in the journal."""

    def __init__(self, clock: Clock, ids: IdSource, tickets: TicketDesk, journal: Journal) -> None:
        self._clock = clock
        self._ids = ids
        self._tickets = tickets
        self._journal = journal

    async def ask_new(self, conn: Conn, site: Site, user_id: UserId, name: str, email: str | None) -> Asked:
        """Options for a new passkey of a user, who may be about to be made."""
        known = await store.list_own(conn, user_id)
        options = webauthn.generate_registration_options(
            rp_id=site.rp_id,
            rp_name=_HUB,
            user_id=str(user_id).encode(),
            user_name=email or name,
            user_display_name=name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in known],
        )
        return await self._asked(conn, options, {"user": str(user_id), "challenge": _text(options.challenge)})

    async def add(self, conn: Conn, by: Actor, site: Site, user_id: UserId, answered: Answered) -> Passkey:
        """Keep the passkey a browser made. Raises BadRequest when the answer does not fit what was asked."""
        asked = await self._tickets.redeem(conn, Purpose.passkey, answered.ticket)
        if asked.get("user") != str(user_id):
            raise _unfit()
        try:
            made = webauthn.verify_registration_response(
                credential=dict(answered.credential),
                expected_challenge=base64url_to_bytes(asked["challenge"]),
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise _unfit() from error
        if await store.find(conn, made.credential_id):
            raise Conflict("this passkey is registered already", param="credential")
        if len(await store.list_own(conn, user_id)) >= _MOST_OF_ONE:
            raise Conflict(f"you have {_MOST_OF_ONE} passkeys already: remove one first")
        passkey = Passkey(
            id=self._ids.new(),
            user_id=user_id,
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=",".join(_transports(answered.credential)),
            name=checked_name(answered.name),
            is_synced=made.credential_backed_up,
            created_ms=self._clock.now_ms(),
            last_used_ms=None,
        )
        await store.add(conn, passkey)
        await self._journal.note(
            conn, by, "passkey.create", _target(passkey), after={"name": passkey.name, "user": str(user_id)}
        )
        return passkey

    async def ask_known(self, conn: Conn, site: Site) -> Asked:
        """Options for signing in with whatever passkey the device has for this hub."""
        options = webauthn.generate_authentication_options(
            rp_id=site.rp_id, user_verification=UserVerificationRequirement.REQUIRED
        )
        return await self._asked(conn, options, {"user": None, "challenge": _text(options.challenge)})

    async def take(self, conn: Conn, ticket: str) -> Json:
        """Use a challenge up, in a transaction of its own: it is answered once. Raises TicketRefused."""
        return await self._tickets.redeem(conn, Purpose.passkey, ticket)

    async def check(self, conn: Conn, site: Site, asked: Json, answered: Answered) -> User:
        """Whose passkey answered what was asked. Raises NotSignedIn, the same for whatever was wrong."""
        passkey = await store.find(conn, _credential_id(answered.credential))
        if asked.get("user", "") is not None or passkey is None:
            raise refusal(None, "sign_in.passkey")
        user = await user_store.find_user(conn, passkey.user_id)
        try:
            verified = webauthn.verify_authentication_response(
                credential=dict(answered.credential),
                expected_challenge=base64url_to_bytes(asked["challenge"]),
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise refusal(user, "sign_in.passkey") from error
        is_first = await store.note_use(conn, passkey, sign_count=verified.new_sign_count, now_ms=self._clock.now_ms())
        if user is None or not is_first:
            raise refusal(user, "sign_in.passkey")
        return user

    async def rename(self, conn: Conn, by: Actor, user_id: UserId, passkey_id: int, name: str) -> Passkey:
        old = await self._own(conn, user_id, passkey_id)
        await store.rename(conn, old.id, checked_name(name))
        new = await self._own(conn, user_id, passkey_id)
        await self._journal.note(
            conn, by, "passkey.change", _target(new), before={"name": old.name}, after={"name": new.name}
        )
        return new

    async def remove(self, conn: Conn, by: Actor, user_id: UserId, passkey_id: int) -> None:
        """Raises Conflict for the last way in."""
        old = await self._own(conn, user_id, passkey_id)
        ways = await signin_store.ways_of(conn, user_id)
        if ways.password_hash is None and ways.passkeys + ways.identities <= 1:
            raise Conflict("this is your only way in: set a password or add another passkey first", code="last_way_in")
        await store.remove(conn, old.id)
        await self._journal.note(conn, by, "passkey.remove", _target(old), before={"name": old.name})

    async def _own(self, conn: Conn, user_id: UserId, passkey_id: int) -> Passkey:
        found = await store.find_own(conn, user_id, passkey_id)
        if found is None:
            raise NotFound("there is no such passkey")
        return found

    async def _asked(self, conn: Conn, options: Any, payload: dict[str, Any]) -> Asked:
        _, secret = await self._tickets.issue(conn, Purpose.passkey, payload, ttl_s=CHALLENGE_S)
        return Asked(secret, options_to_json_dict(options))


def _transports(credential: Json) -> list[str]:
    response = credential.get("response")
    told = response.get("transports") if isinstance(response, dict) else None
    return [one for one in told if one in _KNOWN_TRANSPORTS] if isinstance(told, list) else []


def _credential_id(credential: Json) -> bytes:
    try:
        return base64url_to_bytes(str(credential.get("rawId") or credential.get("id") or ""))
    except ValueError:
        return b""


def _target(passkey: Passkey) -> Target:
    return Target("passkey", str(passkey.id), passkey.name)


def _text(challenge: bytes) -> str:
    return bytes_to_base64url(challenge)


def _unfit() -> BadRequest:
    return BadRequest(
        "what the browser answered does not fit what it was asked: try again",
        code="passkey_refused",
        param="credential",
        refused_as="passkey.create",
    )
