"""Asking a provider about videos: what it sees, and what it cannot make the hub do."""

from __future__ import annotations

import asyncio
from asyncio import StreamWriter

import pytest

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.dialects.gemini.videos import GeminiVideos
from aigne_hub.dialects.openai_videos.dialect import OpenAIVideos
from aigne_hub.dialects.videos import Asked
from aigne_hub.outbound import Limits
from aigne_hub.relay.videos import maker as room
from aigne_hub.relay.videos.maker import Maker
from tests.running import RunningHub
from tests.upstream import Asked as Seen
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio


@pytest.fixture
async def maker(hub: RunningHub) -> Maker:
    await hub.house.freshness.look()
    return Maker(hub.house.client, Clock(), Limits(first_byte_s=1, idle_s=1, total_s=2))


@pytest.fixture
async def target(hub: RunningHub, maker: Maker) -> Target:
    return hub.house.catalog.peek("up/sora-2")


async def test_an_answer_about_a_job_is_small(upstream: Upstream, maker: Maker, target: Target) -> None:
    upstream.script = whole(b"x" * (2 * room._JOB_BYTES))
    with pytest.raises(UpstreamFailed) as refused:
        await maker.begin(target, Asked(b"/videos", b"{}"))
    assert refused.value.kind is Failure.oversized


async def test_a_provider_that_accepts_says_so_in_its_own_way(upstream: Upstream, maker: Maker, target: Target) -> None:
    upstream.script = whole({"id": "v"}, status=202)
    assert await maker.begin(target, Asked(b"/videos", b"{}")) == b'{"id": "v"}'


async def test_deleting_what_is_gone_is_as_good(upstream: Upstream, maker: Maker, target: Target) -> None:
    for status in (200, 204, 404):
        upstream.script = whole(b"", status=status)
        await maker.delete(target, OpenAIVideos(), "v")
    upstream.script = whole({"error": {"message": "still running"}}, status=409)
    with pytest.raises(UpstreamFailed):
        await maker.delete(target, OpenAIVideos(), "v")
    await maker.give_up(target, OpenAIVideos(), "v")
    asked = len(upstream.asked)
    await maker.delete(target, GeminiVideos(), "models/m/operations/o")
    assert len(upstream.asked) == asked


async def test_giving_up_takes_no_longer_than_a_moment(
    upstream: Upstream, maker: Maker, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_seen: Seen, _writer: StreamWriter) -> None:
        await asyncio.sleep(30)

    upstream.script = silent
    monkeypatch.setattr(room, "_GIVE_UP_S", 0.05)
    async with asyncio.timeout(10):
        await maker.give_up(target, OpenAIVideos(), "v")


@pytest.mark.parametrize("where", ["http://10.0.0.1/x", "ftp://x/y", "//a b/", "https://user:pw@x/", "http://[::1"])
async def test_a_redirect_to_nowhere_good_is_not_followed(
    upstream: Upstream, maker: Maker, target: Target, where: str
) -> None:
    upstream.script = whole(b"", status=302, headers={"location": where})
    with pytest.raises(UpstreamFailed) as refused:
        await maker.open(target, b"/videos/v/content")
    assert refused.value.kind is Failure.malformed
    assert len(upstream.asked) == 1


async def test_redirects_have_an_end(upstream: Upstream, maker: Maker, target: Target) -> None:
    upstream.script = whole(b"", status=307, headers={"location": "next?a=b"})
    with pytest.raises(UpstreamFailed, match="307"):
        await maker.open(target, b"/videos/v/content")
    assert [one.path for one in upstream.asked[1:]] == ["/v1/videos/v/next?a=b"] * 3
