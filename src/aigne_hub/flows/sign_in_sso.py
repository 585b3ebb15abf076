"""Signing in at an OpenID provider lives here: going there, coming back, and linking an account."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from aigne_hub.access.signin.sessions import SignedIn
from aigne_hub.access.signin.sign_in import Device, SignIn
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.claims import Person, read_person
from aigne_hub.access.signin.sso.identities import Identities
from aigne_hub.access.signin.sso.issuers import IssuerBook
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.access.tickets.desk import Purpose, TicketDesk, TicketRefused
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import NotAllowed
from aigne_hub.db.engine import Database
from aigne_hub.flows.openid import Grant, Metadata, OpenId, sso_failed

WAY_S = 600  # how long somebody may be away at the issuer


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser is sent, and the secret by which it is known when it comes back."""

    url: str
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Return:
    """What a browser brings back from the issuer."""

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    issuer: str | None
    error: str | None
    browser: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where somebody goes on; `signed_in` is None when an account was linked."""

    next: str
    signed_in: SignedIn | None


class SingleSignOn:
    """The authorization code flow with PKCE (OpenID Connect Core section 3.1), as its client."""

    def __init__(
        self,
        database: Database,
        openid: OpenId,
        issuers: IssuerBook,
        identities: Identities,
        tickets: TicketDesk,
        sign_in: SignIn,
    ) -> None:
        self._database = database
        self.openid = openid
        self.issuers = issuers
        self.identities = identities
        self._tickets = tickets
        self._sign_in = sign_in

    async def depart(
        self, issuer_id: int, redirect_uri: str, next_path: str, linking: SignedIn | None = None
    ) -> Departure:
        """Begin: with `linking`, to link an account to whoever is signed in there already.

        Raises NotFound, NotAllowed for an issuer that is disabled, BadRequest when it cannot be asked.
        """
        issuer = await self._issuer(issuer_id)
        metadata = await self.openid.discover(issuer.url)
        verifier, nonce, browser = secrets.token_urlsafe(48), secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        payload: dict[str, Any] = {
            "issuer": str(issuer.id),
            "verifier": verifier,
            "nonce": nonce,
            "browser": _mark(browser),
            "redirect_uri": redirect_uri,
            "next": next_path,
            "session": str(linking.session.id) if linking else None,
        }
        async with self._database.write() as conn:
            _, state = await self._tickets.issue(conn, Purpose.sso, payload, ttl_s=WAY_S)
        url = prepare_grant_uri(
            metadata.authorization_endpoint,
            issuer.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=" ".join(issuer.scopes),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Departure(url, browser)

    async def arrive(self, by: Actor, brought: Return, device: Device, session: SignedIn | None) -> Arrival:
        """End: sign in, or link. `session` is whoever is signed in in this browser now.

        Raises NotAllowed, NotSignedIn or Conflict, each with a code that the sign-in page explains.
        """
        begun = await self._begun(brought)
        issuer = await self._issuer(int(begun["issuer"]))
        metadata = await self.openid.discover(issuer.url)
        _check_answer(issuer, metadata, brought)
        grant = Grant(brought.code or "", begun["redirect_uri"], begun["verifier"], begun["nonce"])
        claims = await self.openid.claims_of(issuer, metadata, self.issuers.secret_of(issuer), grant)
        person = read_person(issuer, claims)
        if begun["session"] is None:
            return Arrival(begun["next"], await self._signed_in(by, issuer, person, device))
        if session is None or str(session.session.id) != begun["session"]:
            raise _lost("you were not signed in any more when you came back")
        await self._link(by, issuer, person, session)
        return Arrival(begun["next"], None)

    async def _begun(self, brought: Return) -> dict[str, Any]:
        """What this browser began; used up whatever comes of it."""
        try:
            async with self._database.write() as conn:
                begun = await self._tickets.redeem(conn, Purpose.sso, brought.state)
        except TicketRefused as refused:
            raise _lost("this sign-in was not begun here, or has ended") from refused
        if brought.browser is None or not hmac.compare_digest(_mark(brought.browser), begun["browser"]):
            raise _lost("this sign-in was begun in another browser")
        return begun

    async def _issuer(self, issuer_id: int) -> Issuer:
        async with self._database.read() as conn:
            issuer = await self.issuers.find(conn, issuer_id)
        if not issuer.is_enabled:
            raise NotAllowed(
                "this issuer is switched off", code="sso_disabled", refused_as="sign_in.sso",
                about=("sso_issuer", str(issuer.id)),
            )  # fmt: skip
        return issuer

    async def _signed_in(self, by: Actor, issuer: Issuer, person: Person, device: Device) -> SignedIn:
        async with self._database.write() as conn:
            await store.lock_issuer(conn, issuer.id)
            user = await self.identities.user_of(conn, by, issuer, person)
            return await self._sign_in.open(conn, by, user, method="sso", device=device)

    async def _link(self, by: Actor, issuer: Issuer, person: Person, session: SignedIn) -> None:
        user = session.user
        actor = Actor("user", user.id, user.name, "session", session.session.id, by.address, by.request_id)
        async with self._database.write() as conn:
            await store.lock_issuer(conn, issuer.id)
            await self.identities.link(conn, actor, issuer, person, user)


def _check_answer(issuer: Issuer, metadata: Metadata, brought: Return) -> None:
    """Whether the answer is this issuer's (RFC 9207 section 2.4), and a code."""
    if (brought.issuer is None and metadata.tells_issuer) or brought.issuer not in (None, metadata.issuer):
        raise sso_failed(issuer)
    if brought.error == "access_denied":
        raise NotAllowed(
            "signing in was cancelled at the issuer", code="sso_cancelled", refused_as="sign_in.sso",
            about=("sso_issuer", str(issuer.id)),
        )  # fmt: skip
    if brought.error is not None or not brought.code:
        raise sso_failed(issuer)


def _lost(message: str) -> NotAllowed:
    return NotAllowed(message, code="sso_state", refused_as="sign_in.sso")


def _mark(browser: str) -> str:
    return sha256(browser.encode()).hexdigest()
