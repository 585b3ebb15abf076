"""Sending a link to whom it is for lives here: by mail when a server is set, else by whoever asked for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import structlog

from aigne_hub.access import store
from aigne_hub.access.identity import UserKind
from aigne_hub.access.signin.links import Links, MadeLink
from aigne_hub.access.tickets.desk import Purpose
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import HubError
from aigne_hub.db.engine import Database
from aigne_hub.outbound.mail import Mailer

log = structlog.get_logger()

_MOST_WAITING = 100
_PAGES = {Purpose.set_up: "/setup", Purpose.invitation: "/link", Purpose.password_reset: "/link"}
_WORDS = {
    Purpose.invitation: ("You are invited to AIGNE Hub", "You are invited to AIGNE Hub. Come in with this link"),
    Purpose.password_reset: ("Your new password for AIGNE Hub", "Set another password for AIGNE Hub with this link"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """`url` is None once the link was mailed: then only its receiver has it."""

    url: str | None = field(repr=False)
    is_mailed: bool


def url_of(made: MadeLink, origin: str) -> str:
    """The address of a link. Its secret is in the fragment, which no server and no log ever sees."""
    return f"{origin}{_PAGES[made.link.purpose]}#token={made.secret}"


class Mailing:
    """Mails links. Forgotten passwords are seen to afterwards, so that no answer tells who has an account."""

    def __init__(self, database: Database, links: Links, mailer: Mailer | None) -> None:
        self._database = database
        self._links = links
        self._mailer = mailer
        self._waiting: asyncio.Queue[tuple[Actor, str, str]] = asyncio.Queue(_MOST_WAITING)

    async def send(self, made: MadeLink, origin: str) -> Sent:
        """Mail a link; when that cannot be done, give it back to be passed on."""
        url = url_of(made, origin)
        if self._mailer is None or made.link.email is None:
            return Sent(url, is_mailed=False)
        subject, text = _WORDS[made.link.purpose]
        try:
            await self._mailer.send(made.link.email, subject, f"{text}:\n\n{url}\n\nIt works once.\n")
        except HubError as error:
            log.error("mail not sent", error=error.message)
            return Sent(url, is_mailed=False)
        return Sent(None, is_mailed=True)

    def send_reset_later(self, by: Actor, email: str, origin: str) -> None:
        """Have a reset link mailed to whoever has this address, if anybody has and mail can be sent."""
        if self._mailer is None:
            return
        try:
            self._waiting.put_nowait((by, email.strip().lower(), origin))
        except asyncio.QueueFull:
            log.warning("password reset dropped: too many wait")

    async def tick(self) -> None:
        """See to the forgotten passwords that wait."""
        while not self._waiting.empty():
            by, email, origin = self._waiting.get_nowait()
            async with self._database.write() as conn:
                user = await store.find_user_by_email(conn, email)
                if user is None or user.disabled_ms is not None or user.kind is not UserKind.person:
                    continue
                made = await self._links.reset_forgotten(conn, replace(by, name=None), user)
            if made is None:
                log.warning("password reset not mailed: enough this hour", user=user.id)
                continue
            await self.send(made, origin)
