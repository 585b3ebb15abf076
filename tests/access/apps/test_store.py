"""The rows of apps, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.apps import store
from aigne_hub.access.apps.store import App
from aigne_hub.access.identity import Role, UserKind
from aigne_hub.audit.records import SYSTEM
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_apps_are_read_as_they_were_written(hub_on_both: RunningHub) -> None:
    house = hub_on_both.house
    async with house.database.write() as conn:
        account = await house.users.add(conn, SYSTEM, "a", role=Role.guest, kind=UserKind.service)
        app = App("zA", bytes(32), account.id, 1000)
        await store.add(conn, app)
        assert await store.find(conn, "zA") == app
        assert await store.find(conn, "zB") is None
        assert await store.since(conn, 0) == [app]
        assert await store.count_waiting(conn) == 0
        await house.users.change(conn, SYSTEM, account.id, is_disabled=True)
        assert await store.count_waiting(conn) == 1
