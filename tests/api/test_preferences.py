"""What operators may change while the hub runs."""

from __future__ import annotations

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PATH = "/api/preferences"


async def test_a_preference_is_changed_and_the_rest_stays(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    assert (await hub.http.get(PATH, headers=olga)).json() == {"localSignIn": True, "dynamicRegistration": False}
    changed = await hub.http.patch(PATH, json={"dynamicRegistration": True}, headers=olga)
    assert changed.json() == {"localSignIn": True, "dynamicRegistration": True}


async def test_the_only_way_in_is_not_switched_off(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    refused = await hub.http.patch(PATH, json={"localSignIn": False}, headers=olga)
    assert (refused.status_code, refused.json()["error"]["param"]) == (409, "localSignIn")
    assert (await hub.http.get(PATH, headers=olga)).json()["localSignIn"] is True


async def test_what_nobody_knows_is_refused(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    assert (await hub.http.patch(PATH, json={"everything": True}, headers=olga)).status_code == 400
