"""Issuing and redeeming tickets lives here."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from aigne_hub.access.tickets import store
from aigne_hub.access.tickets.store import Ticket
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn

_LONGEST = 200  # characters of a secret that is looked up at all


class Purpose(StrEnum):
    set_up = "set_up"
    invitation = "invitation"
    password_reset = "password_reset"
    passkey = "passkey"  # a WebAuthn challenge
    sso = "sso"  # a sign-in under way at an OpenID provider
    consent = "consent"  # an authorization request that waits for its user
    code = "code"  # an authorization code (RFC 6749 section 4.1)


class TicketRefused(BadRequest):
    """A ticket is no good. `code` is `link_invalid`, `link_expired` or `link_used`; `ticket` when it is known."""

    def __init__(self, reason: str, ticket: Ticket | None = None) -> None:
        about = None if ticket is None else (ticket.purpose, str(ticket.id))
        super().__init__(_REASONS[reason], code=f"link_{reason}", refused_as="ticket.refuse", about=about)
        self.ticket = ticket


_REASONS = {
    "invalid": "this link is not valid: check that it was copied whole, or ask for a new one",
    "expired": "this link has expired: ask for a new one",
    "used": "this link has been used already: ask for a new one if it was not by you",
}


class TicketDesk:
    """Issues and redeems tickets; each function is one step of its caller's transaction."""

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids

    async def issue(
        self, conn: Conn, purpose: Purpose, payload: Mapping[str, Any], *, ttl_s: int
    ) -> tuple[Ticket, str]:
        """A ticket and its secret, 256 random bits in url-safe base64, which is nowhere else."""
        secret, now_ms = secrets.token_urlsafe(32), self._clock.now_ms()
        ticket = Ticket(
            id=self._ids.new(),
            purpose=purpose,
            payload=json.dumps(payload),
            created_ms=now_ms,
            expires_ms=now_ms + ttl_s * 1000,
            used_ms=None,
            digest=self._digest(purpose, secret),
        )
        await store.add(conn, ticket)
        return ticket, secret

    async def peek(self, conn: Conn, purpose: Purpose, secret: str) -> Ticket:
        """The ticket, without using it. Raises TicketRefused."""
        ticket = None
        if len(secret) <= _LONGEST:
            ticket = await store.find(conn, purpose, self._digest(purpose, secret))
        if ticket is None:
            raise TicketRefused("invalid")
        if ticket.used_ms is not None:
            raise TicketRefused("used", ticket)
        if self._clock.now_ms() >= ticket.expires_ms:
            raise TicketRefused("expired", ticket)
        return ticket

    async def redeem(self, conn: Conn, purpose: Purpose, secret: str) -> dict[str, Any]:
        """Use the ticket up; its payload. Of many who try at once, one gets it. Raises TicketRefused."""
        ticket = await self.peek(conn, purpose, secret)
        if not await store.use(conn, ticket.id, self._clock.now_ms()):
            raise TicketRefused("used", ticket)
        return payload_of(ticket)

    def _digest(self, purpose: Purpose, secret: str) -> bytes:
        return self._vault.digest(f"ticket {purpose} {secret}")


def payload_of(ticket: Ticket) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ticket.payload)
    return found
