"""The application's entrance: which door a path leads to, and what every door answers."""

from __future__ import annotations

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_a_browser_may_ask_from_any_page(hub: RunningHub) -> None:
    for path in ("/v1/chat/completions", "/api/ai-providers"):
        answer = await hub.http.options(path, headers={"access-control-request-headers": "authorization"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-headers"] == "authorization"
        assert "POST" in answer.headers["access-control-allow-methods"]


async def test_the_mount_point_of_the_reference_leads_to_the_same_doors(hub: RunningHub) -> None:
    for path in ("/healthz", "/api/v2/status", "/api/ai-providers/health"):
        assert (await hub.http.get(f"/ai-kit{path}")).json() == (await hub.http.get(path)).json()


async def test_a_path_that_only_looks_like_a_door_is_none(hub: RunningHub) -> None:
    for path in ("/v1/chat/completions/", "/V1/chat/completions", "//v1/chat/completions", "/ai-kitv1/models"):
        assert (await hub.http.post(path, json={}, headers=hub.bearer())).status_code == 404


async def test_many_requests_on_one_connection_are_answered_in_turn(hub: RunningHub) -> None:
    for number in range(20):
        answer = await hub.ask(None, **{"x-request-id": f"r{number}"})
        assert answer.headers["x-request-id"] == f"r{number}"
    assert len(await hub.calls()) == 20
