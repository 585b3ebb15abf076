"""Posting messages to an operator's address: as it is written, and anything but success is a failure."""

from __future__ import annotations

import pytest

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Client, Guard
from aigne_hub.outbound.hooks import post_json
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio


def client_of(*, allow_private: bool = True) -> Client:
    return Client(deadlines=Deadlines(), guard=Guard(allow_private=allow_private))


@pytest.mark.parametrize("path", ["", "/", "/hook/", "/hook?code=1"])
async def test_a_message_is_posted_to_the_very_address(upstream: Upstream, path: str) -> None:
    root = upstream.url.removesuffix("/v1")
    upstream.script = whole(b"", 204)
    assert await post_json(client_of(), root + path, [(b"x-a", b"b")], b'{"a":1}') == 204
    (asked,) = upstream.asked
    assert (asked.method, asked.path, asked.json) == ("POST", path or "/", {"a": 1})
    assert (asked.headers["content-type"], asked.headers["x-a"]) == ("application/json", "b")


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_what_is_no_success_is_a_failure_and_no_redirect_is_followed(upstream: Upstream, status: int) -> None:
    upstream.script = whole(b"", status, {"location": upstream.url})
    with pytest.raises(UpstreamFailed, match=f"status {status}"):
        await post_json(client_of(), upstream.url, [], b"{}")
    assert len(upstream.asked) == 1


async def test_the_guard_keeps_from_private_addresses(upstream: Upstream) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        await post_json(client_of(allow_private=False), upstream.url, [], b"{}")
    assert failed.value.kind is Failure.forbidden_address
    assert upstream.asked == []
