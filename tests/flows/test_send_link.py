"""Links on their way: mailed when a server is set, else given back; resets without telling who has an account."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.audit.records import SYSTEM
from aigne_hub.flows.send_link import url_of
from tests.databases import fresh_sqlite
from tests.outbound.test_mail import postbox
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

ORIGIN = "https://hub.example.com"


async def test_without_a_server_the_link_is_given_back(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        made = await hub.house.links.invite(conn, SYSTEM, "new@example.com", None, Role.member)
    sent = await hub.house.mailing.send(made, ORIGIN)
    assert (sent.url, sent.is_mailed) == (f"{ORIGIN}/link#token={made.secret}", False)
    assert made.secret not in repr(sent)
    hub.house.mailing.send_reset_later(SYSTEM, "max@example.com", ORIGIN)
    await hub.house.mailing.tick()


async def test_with_a_server_only_its_receiver_has_the_link(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    async with postbox() as box:
        smtp = f"smtp://127.0.0.1:{box.port}/?from=hub@example.com"
        async with running_hub(replace(settings_for(url, tmp_path), smtp_url=smtp), upstream) as hub:
            async with hub.house.database.write() as conn:
                made = await hub.house.links.invite(conn, SYSTEM, "new@example.com", None, Role.member)
            sent = await hub.house.mailing.send(made, ORIGIN)
            assert (sent.url, sent.is_mailed) == (None, True)
            assert url_of(made, ORIGIN) in box.mails[0].replace("=\r\n", "").replace("=3D", "=")
            for email in ("nobody@example.com", "MAX@example.com"):
                hub.house.mailing.send_reset_later(SYSTEM, email, ORIGIN)
            await hub.house.mailing.tick()
            assert len(box.mails) == 2
            assert "To: max@example.com" in box.mails[1]
            token = re.search(r"token=(?:3D)?(\S+)", box.mails[1].replace("=\r\n", ""))
            assert token is not None
            body = {"token": token[1], "password": "correct horse battery"}
            assert (await hub.http.post("/api/auth/links/redeem", json=body)).status_code == 200


async def test_a_mailbox_is_not_flooded_with_resets(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    async with postbox() as box:
        smtp = f"smtp://127.0.0.1:{box.port}/?from=hub@example.com"
        async with running_hub(replace(settings_for(url, tmp_path), smtp_url=smtp), upstream) as hub:
            for email in ["max@example.com"] * 5 + ["olga@example.com"]:
                hub.house.mailing.send_reset_later(SYSTEM, email, ORIGIN)
            await hub.house.mailing.tick()
    assert ["To: max" in mail for mail in box.mails] == [True, True, True, False]


async def test_a_server_that_is_away_does_not_lose_the_link(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    settings = replace(settings_for(url, tmp_path), smtp_url="smtp://127.0.0.1:1/?from=hub@example.com")
    async with running_hub(settings, upstream) as hub:
        async with hub.house.database.write() as conn:
            made = await hub.house.links.invite(conn, SYSTEM, "new@example.com", None, Role.member)
        sent = await hub.house.mailing.send(made, ORIGIN)
    assert (sent.url, sent.is_mailed) == (f"{ORIGIN}/link#token={made.secret}", False)


async def test_a_crowd_of_resets_is_bounded(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    settings = replace(settings_for(url, tmp_path), smtp_url="smtp://127.0.0.1:1/?from=hub@example.com")
    async with running_hub(settings, upstream) as hub:
        for n in range(1000):
            hub.house.mailing.send_reset_later(SYSTEM, f"u{n}@example.com", ORIGIN)
        assert hub.house.mailing._waiting.qsize() == 100
