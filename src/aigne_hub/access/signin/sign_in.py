"""Signing in with a password, and changing one, live here."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import User
from aigne_hub.access.preferences import read_preferences
from aigne_hub.access.signin import store
from aigne_hub.access.signin.attempts import Attempts
from aigne_hub.access.signin.passwords import Checked, Hashing, checked_password
from aigne_hub.access.signin.sessions import Sessions, SignedIn
from aigne_hub.access.signin.store import Renewal
from aigne_hub.access.users import user_target
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, NotAllowed, NotSignedIn
from aigne_hub.db.engine import Conn, Database
from aigne_hub.db.versions import hold


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in: `is_known` when they have signed in to the same account there before."""

    address: str | None
    user_agent: str
    is_known: bool = False


class SignIn:
    """Opens sessions. Hashing waits outside of any transaction."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        hashing: Hashing,
        sessions: Sessions,
        attempts: Attempts,
        journal: Journal,
    ) -> None:
        self._database = database
        self._clock = clock
        self._hashing = hashing
        self._sessions = sessions
        self._attempts = attempts
        self._journal = journal

    async def by_password(self, by: Actor, email: str, password: str, device: Device) -> SignedIn:
        """Raises NotSignedIn, the same for whatever was wrong and after the same time; TooMany after many tries.

        NotAllowed (`local_sign_in_off`), whoever asks, when this hub takes no passwords.
        """
        email, address = email.strip().lower(), device.address or ""
        async with self._database.glance() as conn:
            await refuse_when_off(conn, "sign_in.password")
            self._attempts.begin(email, address, is_known_device=device.is_known)
            user = await user_store.find_user_by_email(conn, email)
            kept = (await store.ways_of(conn, user.id)).password_hash if user else None
        checked = await self._hashing.check(password, kept)
        if user is None or kept is None or not checked.is_right:
            raise refusal(user, "sign_in.password")
        async with self._database.write() as conn:
            # Hashing takes a while: a password that was replaced meanwhile lets nobody in, and does not come back.
            renewal = Renewal(kept, checked.renewed or kept)
            signed_in = await self.open(conn, by, user, method="password", device=device, password=renewal)
        self._attempts.succeeded(email, address, is_known_device=device.is_known)
        return signed_in

    async def open(
        self, conn: Conn, by: Actor, user: User, *, method: str, device: Device, password: Renewal | None = None
    ) -> SignedIn:
        """A session for a user who has proved who they are, as a step of the caller's transaction.

        With `password`, only while it is still the user's. Raises NotSignedIn.
        """
        if not await store.note_sign_in(conn, user.id, self._clock.now_ms(), password):
            raise refusal(user, f"sign_in.{method}")
        opened = await self._sessions.open(
            conn, user, method=method, address=device.address, user_agent=device.user_agent
        )
        actor = Actor(
            "user", user.id, user.name, "session", opened.session.id, address=by.address, request_id=by.request_id
        )
        await self._journal.note(conn, actor, f"sign_in.{method}", user_target(user))
        return opened

    async def change_password(
        self, by: Actor, signed_in: SignedIn, current: str | None, password: str, device: Device
    ) -> SignedIn:
        """Set another password; the session goes on under another secret, and all others end.

        So does all that applications may do: whoever knew the old password may have allowed it.

        `current` is needed when there is one. Raises NotSignedIn when it is wrong, BadRequest when the new
        one cannot be.
        """
        user = signed_in.user
        checked_password(password, name=user.name, email=user.email)
        async with self._database.glance() as conn:
            kept = (await store.ways_of(conn, user.id)).password_hash
        if kept is not None:
            await self._confirm(user, current, kept, device)
        hashed = await self._hashing.hash(password)
        async with self._database.write() as conn:
            await hold(conn, user_store.COUNTER)  # in the order of every change of a user
            if not await store.replace_password(conn, user.id, kept, hashed):
                raise _not_current(user)
            await self._sessions.end_all(conn, user.id, but=signed_in.session.id)
            ended = await user_store.end_applications(conn, user.id, self._clock.now_ms())
            await self._journal.note(conn, by, "user.password", user_target(user), after={"tokens_ended": ended})
            return await self._sessions.rotate(conn, signed_in)

    async def hash_new(self, password: str, *, name: str, email: str | None) -> str:
        """The hash of a password that is to be kept. Raises BadRequest when it cannot be."""
        return await self._hashing.hash(checked_password(password, name=name, email=email))

    async def _confirm(self, user: User, current: str | None, kept: str, device: Device) -> Checked:
        account, address = f"user {user.id}", device.address or ""
        if current is None:
            raise BadRequest("give your current password as well", param="current")
        self._attempts.begin(account, address, is_known_device=True)
        checked = await self._hashing.check(current, kept)
        if not checked.is_right:
            raise _not_current(user)
        self._attempts.succeeded(account, address, is_known_device=True)
        return checked


async def refuse_when_off(conn: Conn, action: str) -> None:
    """Raises NotAllowed when people come in by single sign-on alone."""
    if not (await read_preferences(conn)).local_sign_in:
        raise NotAllowed("sign in with single sign-on here", code="local_sign_in_off", refused_as=action)


def refusal(user: User | None, action: str) -> NotSignedIn:
    """The same words whoever it is; only the journal knows whether there is such a user."""
    return NotSignedIn(
        "the e-mail address or the password is not right",
        code="sign_in_refused",
        refused_as=action,
        about=("user", str(user.id)) if user else ("user", "unknown"),
    )


def _not_current(user: User) -> BadRequest:
    return BadRequest(
        "the current password is not right",
        param="current",
        refused_as="user.password",
        about=("user", str(user.id)),
    )
