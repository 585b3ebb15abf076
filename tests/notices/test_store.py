"""The rows of the webhook and of notices on their way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.db.engine import Database
from aigne_hub.notices import store
from aigne_hub.notices.entries import Channel, Event, Notice, Webhook

pytestmark = pytest.mark.anyio

ONE = Notice(1, 10, Channel.webhook, None, Event.model_unavailable, "model:7/m", "{}", 100, 130)


async def test_a_notice_is_claimed_by_one_and_is_gone_when_it_is_sent(database: Database) -> None:
    async with database.write() as conn:
        await store.add_notices(conn, [ONE, replace(ONE, id=2, about="model:7/n", due_ms=140)])
        assert await store.list_due(conn, now_ms=129, limit=5) == []
        assert await store.list_due(conn, now_ms=130, limit=5) == [ONE]
        assert await store.schedule(conn, ONE, due_ms=500, tries=1)
        assert not await store.schedule(conn, ONE, due_ms=600, tries=1)
        claimed = replace(ONE, due_ms=500, tries=1)
        assert await store.list_due(conn, now_ms=500, limit=1) == [replace(ONE, id=2, about="model:7/n", due_ms=140)]
        assert await store.count_waiting(conn) == 2
        assert await store.schedule(conn, claimed, due_ms=None, tries=1)
        assert await store.count_waiting(conn) == 1
        await store.forget(conn, 1000)
        assert [one.id for one in await store.list_due(conn, now_ms=9999, limit=5)] == [2]


async def test_only_what_nobody_began_to_send_is_taken_back(database: Database) -> None:
    async with database.write() as conn:
        await store.add_notices(conn, [ONE])
        assert not await store.take_back(conn, ONE.about, Event.model_available)
        assert await store.take_back(conn, ONE.about, Event.model_unavailable)
        assert not await store.take_back(conn, ONE.about, Event.model_unavailable)
        await store.add_notices(conn, [replace(ONE, tries=1)])
        assert not await store.take_back(conn, ONE.about, Event.model_unavailable)


async def test_who_was_mailed_lately_is_known(database: Database) -> None:
    async with database.write() as conn:
        await store.add_notices(conn, [ONE, replace(ONE, id=2, channel=Channel.mail, about="credential:1")])
        assert await store.was_mailed_since(conn, "credential:1", 99)
        assert not await store.was_mailed_since(conn, "credential:1", 100)
        assert not await store.was_mailed_since(conn, ONE.about, 0)


async def test_there_is_one_webhook_and_what_waits_goes_with_it(database: Database) -> None:
    async with database.write() as conn:
        assert await store.find_webhook(conn) is None
        for name in ("a", "b"):
            await store.put_webhook(conn, Webhook(f"https://{name}.example", name.encode()), 1)
        assert await store.find_webhook(conn) == Webhook("https://b.example", b"b")
        await store.add_notices(conn, [ONE, replace(ONE, id=2, channel=Channel.mail)])
        await store.remove_webhook(conn)
        assert await store.find_webhook(conn) is None
        assert [one.id for one in await store.list_due(conn, now_ms=9999, limit=5)] == [2]
