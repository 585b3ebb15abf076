"""The rows of the webhook and of notices on their way live here."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Row, delete, func, insert, select, update

from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import notice_webhook, notices
from aigne_hub.notices.entries import Channel, Event, Notice, Webhook

COUNTER = "notices"  # held by whoever changes the webhook
_ONLY = 1  # there is one webhook


async def find_webhook(conn: Conn) -> Webhook | None:
    row = (await conn.execute(select(notice_webhook))).one_or_none()
    return None if row is None else Webhook(row.url, row.sealed)


async def put_webhook(conn: Conn, webhook: Webhook, now_ms: int) -> None:
    await conn.execute(delete(notice_webhook))
    await conn.execute(
        insert(notice_webhook).values(id=_ONLY, url=webhook.url, sealed=webhook.sealed, updated_ms=now_ms)
    )


async def remove_webhook(conn: Conn) -> None:
    """Remove the webhook with all that waits for it."""
    await conn.execute(delete(notice_webhook))
    await conn.execute(delete(notices).where(notices.c.channel == Channel.webhook))


async def add_notices(conn: Conn, added: Iterable[Notice]) -> None:
    rows = [
        {
            "id": one.id,
            "notice_id": one.notice_id,
            "channel": one.channel,
            "user_id": one.user_id,
            "event": one.event,
            "about": one.about,
            "body": one.body,
            "created_ms": one.created_ms,
            "due_ms": one.due_ms,
            "tries": one.tries,
        }
        for one in added
    ]
    await conn.execute(insert(notices), rows)


async def count_waiting(conn: Conn) -> int:
    query = select(func.count()).select_from(notices).where(notices.c.due_ms.is_not(None))
    return int((await conn.execute(query)).scalar_one())


async def was_mailed_since(conn: Conn, about: str, since_ms: int) -> bool:
    query = select(notices.c.id).where(
        notices.c.about == about, notices.c.channel == Channel.mail, notices.c.created_ms > since_ms
    )
    return (await conn.execute(query.limit(1))).first() is not None


async def take_back(conn: Conn, about: str, event: Event) -> bool:
    """Remove what was to be told of a thing and that nobody has begun to send; whether there was anything."""
    removed = await conn.execute(
        delete(notices).where(
            notices.c.about == about, notices.c.event == event, notices.c.due_ms.is_not(None), notices.c.tries == 0
        )
    )
    return removed.rowcount > 0


async def list_due(conn: Conn, *, now_ms: int, limit: int) -> list[Notice]:
    query = select(notices).where(notices.c.due_ms <= now_ms).order_by(notices.c.due_ms, notices.c.id).limit(limit)
    return [_notice(row) for row in await conn.execute(query)]


async def schedule(conn: Conn, notice: Notice, *, due_ms: int | None, tries: int) -> bool:
    """Move a notice that is still where `notice` has it; of many who try, one does."""
    query = update(notices).where(notices.c.id == notice.id, notices.c.due_ms == notice.due_ms)
    moved = await conn.execute(query.values(due_ms=due_ms, tries=tries))
    return moved.rowcount == 1


async def forget(conn: Conn, before_ms: int) -> None:
    """What was told before then, or given up."""
    await conn.execute(delete(notices).where(notices.c.created_ms < before_ms, notices.c.due_ms.is_(None)))


def _notice(row: Row[tuple[object, ...]]) -> Notice:
    r = row._mapping
    return Notice(
        id=r["id"],
        notice_id=r["notice_id"],
        channel=Channel(r["channel"]),
        user_id=r["user_id"],
        event=Event(r["event"]),
        about=r["about"],
        body=r["body"],
        created_ms=r["created_ms"],
        due_ms=r["due_ms"],
        tries=r["tries"],
    )
