"""Setting and removing the webhook lives here."""

from __future__ import annotations

import secrets

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold
from aigne_hub.notices import store
from aigne_hub.notices.entries import SECRET_BYTES, Webhook, secret_text
from aigne_hub.outbound import Origin

_PLACE = "notice_webhook.sealed:1"
_LONGEST_URL = 500
_TARGET = Target("webhook", "notices")


class WebhookBook:
    """Keeps the webhook. Each function is one step of its caller's transaction, noted in the journal."""

    def __init__(self, vault: Vault, clock: Clock, journal: Journal) -> None:
        self._vault = vault
        self._clock = clock
        self._journal = journal

    async def put(self, conn: Conn, by: Actor, url: str) -> tuple[Webhook, str]:
        """Have notices sent to this address from now on, and a new secret that is shown this once.

        Raises BadRequest for what is no address.
        """
        url = checked_address(url)
        await hold(conn, store.COUNTER)
        old, secret = await store.find_webhook(conn), secrets.token_bytes(SECRET_BYTES)
        new = Webhook(url, self._vault.seal(secret, place=_PLACE))
        await store.put_webhook(conn, new, self._clock.now_ms())
        await self._journal.note(conn, by, "webhook.put", _TARGET, before=_facts(old), after=_facts(new))
        return new, secret_text(secret)

    async def remove(self, conn: Conn, by: Actor) -> None:
        await hold(conn, store.COUNTER)
        old = await store.find_webhook(conn)
        if old is None:
            raise NotFound("there is no webhook")
        await store.remove_webhook(conn)
        await self._journal.note(conn, by, "webhook.remove", _TARGET, before=_facts(old))

    def secret(self, webhook: Webhook) -> bytes:
        """Raises Unreadable when the master key does not open it."""
        return self._vault.open(webhook.sealed, place=_PLACE)


def checked_address(url: str) -> str:
    """Raises BadRequest for what cannot be sent to."""
    url = url.strip()
    try:
        if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "#" in url:
            raise ValueError(f"it has at most {_LONGEST_URL} visible ASCII characters and no fragment")
        Origin.parse(url.partition("?")[0])
    except ValueError as error:
        raise BadRequest(f"the webhook's address cannot be used: {error}", param="url") from error
    return url


def _facts(webhook: Webhook | None) -> Facts | None:
    return None if webhook is None else {"url": webhook.shown_url}
