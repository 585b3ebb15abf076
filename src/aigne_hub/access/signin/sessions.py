"""Sessions live here: opening, finding, rotating and ending them, and their CSRF tokens."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import User, UserId
from aigne_hub.access.signin import store
from aigne_hub.access.signin.store import Session
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import NotSignedIn
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold

LIFE_S = 30 * 86_400
IDLE_S = 7 * 86_400
SEEN_EVERY_S = 60  # how exactly the time of the last sight is kept
_LONGEST_SECRET = 200
_LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with its user and its secret, which goes into the cookie and nowhere else."""

    session: Session
    user: User
    secret: str = field(repr=False)


def session_ended() -> NotSignedIn:
    return NotSignedIn("your session has ended: sign in again", code="session_ended")


class Sessions:
    """Each function is one step of its caller's transaction."""

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids

    async def open(self, conn: Conn, user: User, *, method: str, address: str | None, user_agent: str) -> SignedIn:
        """A fresh session. `method` is `password`, `passkey`, `sso` or `link`."""
        secret, now_ms = secrets.token_urlsafe(32), self._clock.now_ms()
        session = Session(
            id=self._ids.new(),
            user_id=user.id,
            method=method,
            address=address or "",
            user_agent=user_agent[:_LONGEST_AGENT],
            created_ms=now_ms,
            seen_ms=now_ms,
            expires_ms=now_ms + LIFE_S * 1000,
            ended_ms=None,
            digest=self._digest(secret),
        )
        await store.add_session(conn, session)
        return SignedIn(session, user, secret)

    async def find(self, conn: Conn, secret: str) -> SignedIn | None:
        """The live session of a cookie; None for one that ended, idled, expired, or whose user is disabled."""
        if not 1 <= len(secret) <= _LONGEST_SECRET:
            return None
        session = await store.find_session(conn, self._digest(secret))
        now_ms = self._clock.now_ms()
        if session is None or session.ended_ms is not None or now_ms >= session.expires_ms:
            return None
        if now_ms - session.seen_ms > IDLE_S * 1000:
            return None
        user = await user_store.find_user(conn, session.user_id)
        if user is None or user.disabled_ms is not None:
            return None
        return SignedIn(session, user, secret)

    async def confirm(self, conn: Conn, signed_in: SignedIn) -> None:
        """Raises NotSignedIn when the session has ended since the request came in.

        The first step of a transaction that lets somebody in for good: what ends sessions at the same moment comes
        either before it, or after it and then ends that, too.
        """
        await hold(conn, user_store.COUNTER)
        if await self.find(conn, signed_in.secret) is None:
            raise session_ended()

    async def rotate(self, conn: Conn, signed_in: SignedIn) -> SignedIn:
        """The same session under another secret: whoever has the old one is out."""
        secret = secrets.token_urlsafe(32)
        await store.replace_secret(conn, signed_in.session.id, self._digest(secret))
        return SignedIn(signed_in.session, signed_in.user, secret)

    async def end(self, conn: Conn, user_id: UserId, session_id: int) -> bool:
        return await store.end_session(conn, user_id, session_id, self._clock.now_ms())

    async def end_all(self, conn: Conn, user_id: UserId, *, but: int | None = None) -> int:
        return await user_store.end_sessions(conn, user_id, self._clock.now_ms(), but=but)

    async def touch(self, conn: Conn, session: Session, address: str | None) -> None:
        """Note that a session was used just now, and from where."""
        await store.touch_session(conn, session.id, seen_ms=self._clock.now_ms(), address=address or "")

    def needs_touch(self, session: Session) -> bool:
        return self._clock.now_ms() - session.seen_ms > SEEN_EVERY_S * 1000

    def csrf_token(self, secret: str) -> str:
        """What the console repeats in a header, which no other site can read."""
        return self._vault.digest(f"csrf {secret}").hex()

    def device_mark(self, email: str) -> str:
        """What a device keeps to be known again at the sign-in of this account."""
        return self._vault.digest(f"device {email.strip().lower()}").hex()

    def is_csrf_token(self, secret: str, token: str) -> bool:
        return hmac.compare_digest(self.csrf_token(secret).encode(), token.encode())

    def _digest(self, secret: str) -> bytes:
        return self._vault.digest(f"session {secret}")
