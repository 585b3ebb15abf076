"""The passage to the control plane: the body within limits, the request named, the mount point gone."""

from __future__ import annotations

import pytest

from aigne_hub.edge.passage import unmounted
from tests.running import RunningHub

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
