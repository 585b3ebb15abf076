"""The console's cookies: what they are bound to, with and without https."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aigne_hub.access.signin import store
from tests.databases import fresh_sqlite
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"


async def cookies_of(hub: RunningHub, **headers: str) -> dict[str, str]:
    """The cookies of a sign-in, each with all it says."""
    hashed = await hub.house.sign_in.hash_new(PASSWORD, name="Max", email=None)
    async with hub.house.database.write() as conn:
        await store.set_password(conn, hub.member.id, hashed)
    body = {"email": "max@example.com", "password": PASSWORD}
    answer = await hub.http.post("/api/auth/sign-in", json=body, headers=headers)
    assert answer.status_code == 200
    return {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(hub: RunningHub) -> None:
    cookies = await cookies_of(hub)
    assert "HttpOnly" in cookies["hub_session"] and "SameSite=lax" in cookies["hub_session"]
    assert "HttpOnly" in cookies["hub_device"] and "SameSite=strict" in cookies["hub_device"]
    assert "Path=/api/auth" in cookies["hub_device"]
    assert "Domain" not in cookies["hub_session"]


async def test_behind_https_they_are_secure(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    settings = replace(settings_for(url, tmp_path), public_url="https://hub.example.com")
    async with running_hub(settings, upstream) as hub:
        for cookie in (await cookies_of(hub)).values():
            assert "Secure" in cookie


async def test_a_header_that_anybody_can_send_makes_nothing_secure(hub: RunningHub) -> None:
    assert "Secure" not in (await cookies_of(hub, **{"x-forwarded-proto": "https"}))["hub_session"]
