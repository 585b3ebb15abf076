"""Fetching small JSON documents: whole objects or failures."""

from __future__ import annotations

import pytest

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Client, Guard
from aigne_hub.outbound.documents import ask_json, fetch_json
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio


@pytest.fixture
def client() -> Client:
    return Client(deadlines=Deadlines(), guard=Guard(allow_private=True))


async def test_a_document_is_fetched_with_its_query(client: Client, upstream: Upstream) -> None:
    upstream.script = whole({"a": 1})
    assert await fetch_json(client, f"{upstream.url}/keys?v=2", headers=[(b"x-a", b"b")]) == {"a": 1}
    (asked,) = upstream.asked
    assert (asked.method, asked.path, asked.headers["x-a"]) == ("GET", "/v1/keys?v=2", "b")


async def test_a_form_is_posted_and_a_refusal_is_an_answer(client: Client, upstream: Upstream) -> None:
    upstream.script = whole({"error": "invalid_grant"}, 400)
    assert await ask_json(client, f"{upstream.url}/token", form=b"a=b") == (400, {"error": "invalid_grant"})
    (asked,) = upstream.asked
    assert (asked.method, asked.body) == ("POST", b"a=b")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"text"', b"\xff", b'{"a": '])
async def test_what_is_no_object_is_a_failure(client: Client, upstream: Upstream, body: bytes) -> None:
    upstream.script = whole(body)
    with pytest.raises(UpstreamFailed) as failed:
        await fetch_json(client, upstream.url)
    assert failed.value.kind is Failure.malformed


async def test_another_status_is_a_failure_and_redirects_are_not_followed(client: Client, upstream: Upstream) -> None:
    upstream.script = whole({}, 302, {"location": f"{upstream.url}/elsewhere"})
    with pytest.raises(UpstreamFailed):
        await fetch_json(client, upstream.url)
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("url", ["ftp://x", "https://", "http://127.0.0.1:1/ä", "http://127.0.0.1:1/?ä"])
async def test_an_address_that_cannot_be_is_a_failure(client: Client, url: str) -> None:
    with pytest.raises(UpstreamFailed):
        await fetch_json(client, url)


async def test_the_secret_part_of_an_address_is_not_told(client: Client, upstream: Upstream) -> None:
    upstream.script = whole(b"x")
    with pytest.raises(UpstreamFailed) as failed:
        await fetch_json(client, f"{upstream.url}?token=very-secret")
    assert "very-secret" not in failed.value.message


async def test_an_address_the_guard_forbids_is_not_asked(upstream: Upstream) -> None:
    strict = Client(deadlines=Deadlines(), guard=Guard(allow_private=False))
    with pytest.raises(UpstreamFailed) as failed:
        await fetch_json(strict, upstream.url)
    assert failed.value.kind is Failure.forbidden_address and not upstream.asked
