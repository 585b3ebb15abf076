"""The passage to the control plane: the body within limits, the request named, the mount point gone."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from aigne_hub.edge.passage import unmounted
from tests.databases import fresh_sqlite
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("/ai-kit/api/x", "/api/x"),
        ("/ai-kit", "/"),
        ("/ai-kit/", "/"),
        ("/ai-kitchen", "/ai-kitchen"),
        ("/api/ai-kit", "/api/ai-kit"),
    ],
)
def test_the_mount_point_is_taken_off_once(path: str, inner: str) -> None:
    assert unmounted({"path": path})["path"] == inner


async def test_a_request_without_an_id_is_given_one_of_its_own(hub: RunningHub) -> None:
    seen = {(await hub.http.get("/api/ai-providers/health")).headers["x-request-id"] for _ in range(3)}
    assert len(seen) == 3


async def test_a_body_reaches_its_route_whole(hub: RunningHub) -> None:
    body = {"name": "own", "baseUrl": "http://x/" + "v" * 400}
    made = await hub.http.post("/ai-kit/api/ai-providers", json=body, headers=hub.bearer(hub.owner_key))
    assert made.json()["baseUrl"] == body["baseUrl"]


async def test_where_the_hub_was_reached_is_known_in_the_control_plane(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    settings = replace(settings_for(url, tmp_path), trusted_proxies=(ip_network("127.0.0.0/8"),))
    async with running_hub(settings, upstream) as hub:
        headers = {"host": "hub.example", "x-forwarded-proto": "https"}
        told = (await hub.http.get("/.well-known/oauth-protected-resource", headers=headers)).json()
        assert told["resource"] == "https://hub.example"
        challenged = [await hub.http.get(path, headers=headers) for path in ("/v1/models", "/api/me")]
    (challenge,) = {one.headers["www-authenticate"] for one in challenged}
    assert 'resource_metadata="https://hub.example/.well-known/' in challenge
