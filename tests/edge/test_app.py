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


@pytest.mark.parametrize("path", ["/", "/sign-in", "/keys/of/somebody", "/.well-known/service/gen-simple-access-key"])
async def test_every_other_page_is_the_consoles_and_strict(hub: RunningHub, path: str) -> None:
    answer = await hub.http.get(path, headers={"accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/api/nothing", "/v1/nothing", "/oauth/nothing", "/.well-known/nothing"])
async def test_what_is_of_an_api_is_never_a_page(hub: RunningHub, path: str) -> None:
    answer = await hub.http.get(path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
