"""Files at addresses of somebody else's: whole or a failure, never past the guard."""

from __future__ import annotations

from asyncio import StreamWriter

import pytest

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Client, Guard, Limits
from aigne_hub.outbound.downloads import download
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

LIMITS = Limits(connect_s=1, first_byte_s=1, idle_s=1, total_s=2, answer_bytes=1000)


def client(*, allow_private: bool = True) -> Client:
    return Client(deadlines=Deadlines(), guard=Guard(allow_private=allow_private))


async def test_a_file_comes_with_its_type_and_no_credential_goes(upstream: Upstream) -> None:
    upstream.script = whole(b"PNG", headers={"content-type": "Image/PNG; q=1"})
    found = await download(client(), f"{upstream.url}/a%20b.png?x=1&y=", LIMITS)
    assert found.data == b"PNG"
    (asked,) = upstream.asked
    assert (asked.method, asked.path) == ("GET", "/v1/a%20b.png?x=1&y=")
    assert set(asked.headers) == {"host", "accept-encoding", "user-agent", "accept"}


async def test_a_few_redirects_are_followed(upstream: Upstream) -> None:
    async def moved(asked: Asked, writer: StreamWriter) -> None:
        number = int(asked.path.rpartition("/")[2])
        if number == 0:
            await whole(b"there")(asked, writer)
        else:
            await whole(b"", 302, {"location": f"/v1/{number - 1}"})(asked, writer)

    upstream.script = moved
    assert (await download(client(), f"{upstream.url}/3", LIMITS)).data == b"there"
    with pytest.raises(UpstreamFailed, match="again and again"):
        await download(client(), f"{upstream.url}/4", LIMITS)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://x.example/a", Failure.refused),
        ("file:///etc/passwd", Failure.refused),
        ("https://", Failure.refused),
        ("https://user:word@x.example/", Failure.refused),
        ("http://x.example/ä", Failure.refused),
        ("http://x.example/?ä", Failure.refused),
        ("http://[::1", Failure.refused),
        ("http://x.example/" + "a" * 5000, Failure.refused),
        ("http://169.254.169.254/latest", Failure.forbidden_address),
        ("http://127.0.0.1:9/", Failure.forbidden_address),
        ("http://0x7f.1/", Failure.forbidden_address),
        ("http://[::ffff:10.0.0.1]/", Failure.forbidden_address),
    ],
)
async def test_what_may_not_be_asked_is_not(url: str, kind: Failure) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        await download(client(allow_private=False), url, LIMITS)
    assert failed.value.kind is kind


async def test_a_redirect_passes_the_guard_too(upstream: Upstream) -> None:
    upstream.script = whole(b"", 301, {"location": "http://169.254.169.254/latest"})
    with pytest.raises(UpstreamFailed) as failed:
        await download(client(), upstream.url, LIMITS)
    assert failed.value.kind is Failure.forbidden_address
    upstream.script = whole(b"", 301, {"location": "http://[::1"})
    with pytest.raises(UpstreamFailed):
        await download(client(), upstream.url, LIMITS)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(404, b"", Failure.rejected), (204, b"", Failure.rejected), (200, b"x" * 1001, Failure.oversized)],
)
async def test_what_is_not_there_or_too_large_is_a_failure(
    upstream: Upstream, status: int, body: bytes, kind: Failure
) -> None:
    upstream.script = whole(body, status)
    with pytest.raises(UpstreamFailed) as failed:
        await download(client(), upstream.url, LIMITS)
    assert failed.value.kind is kind
