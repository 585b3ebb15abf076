"""What operators may change while the hub runs."""

from __future__ import annotations

import pytest

from tests.relay.two_targets import PLAIN, add
from tests.running import RunningHub
from tests.upstream import Upstream, serve_upstream

pytestmark = pytest.mark.anyio

PATH = "/api/preferences"


async def test_a_preference_is_changed_and_the_rest_stays(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    kept = (await hub.http.get(PATH, headers=olga)).json()
    assert kept == {
        "localSignIn": True,
        "dynamicRegistration": False,
        "creditBasedBillingEnabled": False,
        "creditPrefix": "",
        "excludedRotationProviders": "",
    }
    changed = await hub.http.patch(PATH, json={"dynamicRegistration": True}, headers=olga)
    assert changed.json() == kept | {"dynamicRegistration": True}
    changed = await hub.http.patch(PATH, json={"creditBasedBillingEnabled": True, "creditPrefix": "¥"}, headers=olga)
    now = {"dynamicRegistration": True, "creditBasedBillingEnabled": True, "creditPrefix": "¥"}
    assert changed.json() == (await hub.http.get(PATH, headers=olga)).json() == kept | now


async def test_credits_are_shown_with_a_sign_that_clients_know(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    assert (await hub.http.patch(PATH, json={"creditPrefix": "£"}, headers=olga)).status_code == 400


async def test_the_only_way_in_is_not_switched_off(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    refused = await hub.http.patch(PATH, json={"localSignIn": False}, headers=olga)
    assert (refused.status_code, refused.json()["error"]["param"]) == (409, "localSignIn")
    assert (await hub.http.get(PATH, headers=olga)).json()["localSignIn"] is True


async def test_what_nobody_knows_is_refused(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    assert (await hub.http.patch(PATH, json={"everything": True}, headers=olga)).status_code == 400


async def test_a_provider_that_is_left_out_is_called_by_its_own_name_alone(hub: RunningHub, upstream: Upstream) -> None:
    olga = await hub.signed_in(hub.owner)
    async with serve_upstream() as second:
        await add(hub, "up2", second)
        changed = await hub.http.patch(PATH, json={"excludedRotationProviders": "up2, poe"}, headers=olga)
        assert changed.json()["excludedRotationProviders"] == "up2,poe"
        await hub.catch_up()
        assert {(await hub.ask(PLAIN)).headers["x-hub-provider"] for _ in range(4)} == {"up"}
        assert (await hub.ask({**PLAIN, "model": "up2/m"})).headers["x-hub-provider"] == "up2"
        told = await hub.http.post("/api/routing/explain", json={"model": "m"}, headers=olga)
        assert [(one["target"], one["reason"]) for one in told.json()["leftOut"]] == [
            ("up2/m", "no bare name leads to it, by a preference")
        ]
        refused = await hub.http.patch(PATH, json={"excludedRotationProviders": "up 2"}, headers=olga)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "excludedRotationProviders")
