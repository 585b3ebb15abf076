"""Telling owners and admins what happened lives here: by the webhook, and by mail when a server is set."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import structlog

from aigne_hub.access import store as access_store
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable
from aigne_hub.base.errors import HubError, NotFound, Unavailable
from aigne_hub.base.ids import IdSource
from aigne_hub.catalog.entries import Credential
from aigne_hub.catalog.statuses.entries import StatusChange
from aigne_hub.db.engine import Conn, Database
from aigne_hub.notices import store
from aigne_hub.notices.book import WebhookBook
from aigne_hub.notices.entries import Channel, Event, Notice, Webhook, signed_headers
from aigne_hub.outbound import Client
from aigne_hub.outbound.hooks import post_json
from aigne_hub.outbound.mail import Mailer

log = structlog.get_logger()

SETTLE_MS = 30_000  # a model that is back sooner is no news
QUIET_MS = 3_600_000  # nobody is mailed twice about one thing in this time
MOST_WAITING = 1000
MOST_TRIES = 7
_MOST_MAILED = 20
_LEASE_MS = 120_000  # longer than sending takes: when its worker dies meanwhile, another one sends it
_FIRST_PAUSE_MS = 10_000  # until the second try; four times as long until each next one
_AT_ONCE = 10  # of one tick; the next one goes on

_OPPOSITE = {Event.model_available: Event.model_unavailable, Event.model_unavailable: Event.model_available}


class Telling:
    """`tell_…` are steps of the transaction of what they tell; ticks send what is due, each by one worker."""

    def __init__(
        self,
        database: Database,
        client: Client,
        webhooks: WebhookBook,
        mailer: Mailer | None,
        ids: IdSource,
        clock: Clock,
    ) -> None:
        self._database = database
        self._client = client
        self._webhooks = webhooks
        self._mailer = mailer
        self._ids = ids
        self._clock = clock

    @property
    def is_mailed(self) -> bool:
        return self._mailer is not None

    async def tell_credential(self, conn: Conn, event: Event, provider: str, credential: Credential) -> None:
        """`error` of a credential is safe: it holds no secret."""
        facts = {"provider": provider, "credential": credential.name, "reason": credential.error}
        await self._put(conn, event, f"credential:{credential.id}", facts)

    async def tell_model(self, conn: Conn, provider: str, change: StatusChange) -> None:
        """What comes and goes within SETTLE_MS is taken back, and nobody hears of it."""
        event = Event.model_available if change.fault is None else Event.model_unavailable
        about = f"model:{change.provider_id}/{change.model}"
        if not await store.take_back(conn, about, _OPPOSITE[event]):
            reason = None if change.fault is None else f"{change.fault.code}: {change.fault.message}"
            facts = {"provider": provider, "model": change.model, "reason": reason}
            await self._put(conn, event, about, facts, wait_ms=SETTLE_MS)

    async def test(self) -> int:
        """Send a notice of a test to the webhook now: the status of its answer.

        Raises NotFound when there is no webhook, UpstreamFailed when it does not take the notice.
        """
        async with self._database.read() as conn:
            webhook = await store.find_webhook(conn)
        if webhook is None:
            raise NotFound("there is no webhook")
        now_ms, id_ = self._clock.now_ms(), self._ids.new()
        body = _body(id_, Event.test, {"reason": "somebody wanted to see whether notices arrive"}, now_ms)
        return await self._post(
            webhook, Notice(id_, id_, Channel.webhook, None, Event.test, "test", body, now_ms, None)
        )

    async def tick(self) -> None:
        """Send what is due. An outage of the database is somebody else's to tell."""
        with suppress(Unavailable):
            for _ in range(_AT_ONCE):
                async with self._database.glance() as conn:
                    due = await store.list_due(conn, now_ms=self._clock.now_ms(), limit=1)
                if not due:
                    return
                claimed = replace(due[0], due_ms=self._clock.now_ms() + _LEASE_MS, tries=due[0].tries + 1)
                async with self._database.write() as conn:
                    is_ours = await store.schedule(conn, due[0], due_ms=claimed.due_ms, tries=claimed.tries)
                if is_ours:
                    await self._send(claimed)

    async def _put(
        self, conn: Conn, event: Event, about: str, facts: dict[str, str | None], *, wait_ms: int = 0
    ) -> None:
        webhook = await store.find_webhook(conn)
        if (webhook is None and self._mailer is None) or await store.count_waiting(conn) >= MOST_WAITING:
            return  # the log has it in any case
        now_ms, notice_id = self._clock.now_ms(), self._ids.new()
        body = _body(notice_id, event, facts, now_ms)

        def to(channel: Channel, user_id: int | None = None) -> Notice:
            return Notice(
                self._ids.new(), notice_id, channel, user_id, event, about[:300], body, now_ms, now_ms + wait_ms
            )

        added = [] if webhook is None else [to(Channel.webhook)]
        if self._mailer is not None and not await store.was_mailed_since(conn, about[:300], now_ms - QUIET_MS):
            added += [to(Channel.mail, one.id) for one in await access_store.list_managers(conn, _MOST_MAILED)]
        if added:
            await store.add_notices(conn, added)

    async def _send(self, claimed: Notice) -> None:
        try:
            if claimed.channel is Channel.mail:
                await self._mail(claimed)
            else:
                async with self._database.read() as conn:
                    webhook = await store.find_webhook(conn)
                if webhook is not None:
                    await self._post(webhook, claimed)
        except HubError as error:
            pause_ms = _FIRST_PAUSE_MS * 4 ** (claimed.tries - 1)
            is_over = claimed.tries >= MOST_TRIES
            due_ms = None if is_over else self._clock.now_ms() + pause_ms
            told = log.error if is_over else log.warning
            told("notice not sent", by=claimed.channel, notice=claimed.event, given_up=is_over, error=error.message)
        else:
            due_ms = None
        async with self._database.write() as conn:
            await store.schedule(conn, claimed, due_ms=due_ms, tries=claimed.tries)

    async def _post(self, webhook: Webhook, notice: Notice) -> int:
        try:
            secret = self._webhooks.secret(webhook)
        except Unreadable as error:
            raise Unavailable("the webhook's secret is not of this hub's master key: set the webhook anew") from error
        body, now_s = notice.body.encode(), self._clock.now_ms() // 1000
        return await post_json(
            self._client, webhook.url, signed_headers(secret, str(notice.notice_id), now_s, body), body
        )

    async def _mail(self, notice: Notice) -> None:
        async with self._database.read() as conn:
            found = [] if notice.user_id is None else await access_store.users_by_id(conn, [notice.user_id])
        for user in found:
            if self._mailer is not None and user.email and user.role.manages and user.disabled_ms is None:
                await self._mailer.send(user.email, *_letter(notice))


def _body(id_: int, event: Event, facts: dict[str, str | None], now_ms: int) -> str:
    at = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return msgspec.json.encode({"id": str(id_), "type": event, "timestamp": at, "data": facts}).decode()


_WORDS = {
    Event.credential_deactivated: "{provider} refuses the credential {credential}: it is switched off, and rechecked",
    Event.credential_reactivated: "the credential {credential} of {provider} works again",
    Event.credential_given_up: "the credential {credential} of {provider} is not rechecked any more: replace it",
    Event.model_unavailable: "{model} is not available at {provider}",
    Event.model_available: "{model} is available at {provider} again",
}


def _letter(notice: Notice) -> tuple[str, str]:
    """The subject and the text of a mail."""
    facts = msgspec.json.decode(notice.body)["data"]
    words = _WORDS[notice.event].format_map({name: " ".join(str(value).split()) for name, value in facts.items()})
    reason = f"\n\n{facts['reason']}" if facts["reason"] else ""
    more = "You are told at most once an hour about each credential or model."
    return f"AIGNE Hub: {words}"[:200], f"{words[0].upper()}{words[1:]}.{reason}\n\n{more}\n"
