"""Registering an app: once for each key, and waiting until somebody allows it."""

from __future__ import annotations

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

KEY = "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737"


async def test_an_app_waits_as_a_disabled_service_account(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        app = await hub.house.apps.register(conn, SYSTEM, "0x" + KEY)
        assert await hub.house.apps.register(conn, SYSTEM, KEY) == app
        account = await hub.house.users.find(conn, app.user_id)
    assert app.id == "zNKmGECzYHG35nuasifWqyx9be5GWMnyv4Hd"
    assert (account.kind, account.role) == ("service", "guest")
    assert account.disabled_ms is not None


@pytest.mark.parametrize("key", ["", "00", KEY + "00", "z" * 64])
async def test_what_is_no_key_is_refused(hub: RunningHub, key: str) -> None:
    async with hub.house.database.write() as conn:
        with pytest.raises(BadRequest) as refused:
            await hub.house.apps.register(conn, SYSTEM, key)
    assert refused.value.param == "publicKey"
