"""Registering an app over the API (contract 2.11)."""

from __future__ import annotations

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio

KEY = "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737"


async def test_register_gives_the_did_of_the_key(hub: RunningHub) -> None:
    answer = await hub.http.post("/api/app/register", json={"publicKey": KEY})
    assert answer.json()["id"] == "zNKmGECzYHG35nuasifWqyx9be5GWMnyv4Hd"


@pytest.mark.parametrize("body", [{}, {"publicKey": "x"}, {"publicKey": KEY, "role": "owner"}, {"publicKey": 5}])
async def test_a_bad_body_is_refused(hub: RunningHub, body: dict[str, object]) -> None:
    assert (await hub.http.post("/api/app/register", json=body)).status_code == 400


async def test_one_address_registers_only_so_many(hub: RunningHub) -> None:
    statuses = [
        (await hub.http.post("/api/app/register", json={"publicKey": f"{number:064x}"})).status_code
        for number in range(11)
    ]
    assert statuses[-1] == 429


async def test_an_app_asks_for_itself(hub: RunningHub) -> None:
    path, me = "/api/app/status", {"x-app-id": "zNKmGECzYHG35nuasifWqyx9be5GWMnyv4Hd"}
    for headers in ({}, me):
        answer = await hub.http.get(path, headers=headers)
        assert (answer.status_code, answer.json()) == (200, None)
    await hub.http.post("/api/app/register", json={"publicKey": KEY})
    assert (await hub.http.get(path, headers=me)).json() == {
        "id": me["x-app-id"],
        "subscription": None,
        "subscriptionDetailUrl": None,
    }
