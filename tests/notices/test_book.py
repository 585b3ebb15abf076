"""Setting the webhook: its secret is shown once and sealed, and what is no address is refused."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SHELL
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable, Vault
from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.db.engine import Database
from aigne_hub.notices import store
from aigne_hub.notices.book import WebhookBook, checked_address
from aigne_hub.notices.entries import secret_text

pytestmark = pytest.mark.anyio


def book(key: int = 1) -> WebhookBook:
    vault, clock = Vault(bytes([key]) * 32), Clock()
    return WebhookBook(vault, clock, Journal(vault, clock))


async def test_each_setting_makes_a_secret_that_only_the_master_key_opens(database: Database) -> None:
    async with database.write() as conn:
        _, first = await book().put(conn, SHELL, "https://hooks.example.com/a")
        _, second = await book().put(conn, SHELL, " https://hooks.example.com/a ")
        kept = await store.find_webhook(conn)
        assert kept is not None
        assert first != second == secret_text(book().secret(kept))
        with pytest.raises(Unreadable):
            book(2).secret(kept)
        await book().remove(conn, SHELL)
        with pytest.raises(NotFound):
            await book().remove(conn, SHELL)


async def test_of_two_who_set_it_at_once_the_last_one_has_it(database: Database) -> None:
    made: list[str] = []

    async def put(url: str) -> None:
        async with database.write() as conn:
            made.append((await book().put(conn, SHELL, url))[1])

    await asyncio.gather(*[put(f"https://h/{number}") for number in range(4)])
    async with database.read() as conn:
        kept = await store.find_webhook(conn)
    assert kept is not None
    assert secret_text(book().secret(kept)) == made[-1]


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example.com", "ftp://h/a", "https://u:p@h/a", "https://h/a#b", "https://h/ä", "https://h/" + "x" * 500],
)
def test_what_cannot_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(BadRequest, match="address cannot be used"):
        checked_address(url)


def test_a_query_and_a_slash_at_the_end_are_of_the_address() -> None:
    for url in ("https://h/a/", "http://127.0.0.1:1/hook?code=a&b=c"):
        assert checked_address(url) == url
