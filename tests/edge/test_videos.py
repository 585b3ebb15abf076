"""OpenAI's Videos at the hub's door, by its own client: begun, looked at, fetched, remixed, listed, deleted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import openai
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.edge.films import FILM, Studio, Veo
from tests.environment import environment
from tests.running import RunningHub, running_hub, served_hub, settings_for
from tests.upstream import Upstream, whole

# The client tells that OpenAI itself ended its service; others serve the format.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:The Sora API")]

SPOKEN = ("openai_chat", "openai_videos")


async def speak(hub: RunningHub, *dialects: str) -> None:
    """Have the provider speak these."""
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=dialects)
    await hub.catch_up()


@pytest.fixture
async def client(hub: RunningHub) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{hub.url}/v1", api_key=hub.member_key, max_retries=0) as opened:
        yield opened


@pytest.fixture
def studio(upstream: Upstream) -> Studio:
    upstream.script = studio = Studio()
    return studio


async def test_a_video_is_begun_looked_at_and_fetched(
    hub: RunningHub, upstream: Upstream, studio: Studio, client: openai.AsyncOpenAI
) -> None:
    begun = await client.videos.create(model="up/sora-2", prompt="a cat", seconds="8", size="1280x720")
    assert begun.id.startswith("video_") and begun.id not in studio.jobs
    assert (begun.status, begun.seconds, begun.size, begun.prompt) == ("queued", "4", "720x1280", "a cat")
    assert upstream.asked[0].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"up/sora-2" not in upstream.asked[0].body
    (call,) = await hub.calls()
    assert begun.id == f"video_{call.id}"
    assert (call.kind, call.status, call.usage.seconds) == ("video", Status.success, 4)
    assert (call.dialect, call.upstream_dialect, call.usage_source) == ("openai_videos",) * 2 + (Source.reported,)
    done = await client.videos.poll(begun.id, poll_interval_ms=1)
    assert (done.id, done.status, done.progress) == (begun.id, "completed", 100)
    film = await client.videos.download_content(begun.id)
    assert film.read() == FILM
    assert len(await hub.calls()) == 1  # looking and fetching are no calls


async def test_json_is_edited_in_place_and_so_is_the_answer(
    hub: RunningHub, upstream: Upstream, studio: Studio
) -> None:
    body = b'{"prompt":"a cat" , "model": "up/sora-2", "x_new":{"id":1e400}}'
    answer = await hub.http.post("/v1/videos", content=body, headers=hub.bearer())
    assert upstream.asked[0].body == body.replace(b"up/sora-2", b"sora-2")
    assert answer.json() == {**studio.jobs["video_up0"], "id": answer.json()["id"]}


async def test_a_part_of_a_film_may_be_asked_for(hub: RunningHub, upstream: Upstream, studio: Studio) -> None:
    id = (await hub.ask({"model": "up/sora-2", "prompt": "a"}, path="/v1/videos")).json()["id"]
    path = f"/v1/videos/{id}/content"
    part = await hub.http.get(f"{path}?variant=video", headers={**hub.bearer(), "range": "bytes=100-"})
    assert (part.status_code, part.content) == (206, FILM[100:])
    assert part.headers["content-range"] == f"bytes 100-{len(FILM) - 1}/{len(FILM)}"
    assert upstream.asked[-1].path == "/v1/videos/video_up0/content?variant=video"
    assert (await hub.http.get(f"{path}?variant=tape", headers=hub.bearer())).status_code == 400


async def test_a_remix_is_a_call_of_its_own(
    hub: RunningHub, upstream: Upstream, studio: Studio, client: openai.AsyncOpenAI
) -> None:
    first = await client.videos.create(model="up/sora-2", prompt="a cat")
    remix = await client.videos.remix(first.id, prompt="bluer")
    assert (remix.remixed_from_video_id, upstream.asked[-1].path) == (first.id, "/v1/videos/video_up0/remix")
    assert (await client.videos.retrieve(remix.id)).remixed_from_video_id == first.id
    calls = await hub.calls()
    assert [call.model for call in calls] == ["up/sora-2", "up/sora-2"]
    assert f"video_{calls[1].id}" == remix.id


async def test_each_sees_their_own_and_nobody_else_s(
    hub: RunningHub, studio: Studio, client: openai.AsyncOpenAI, upstream: Upstream
) -> None:
    ids = [(await client.videos.create(model="up/sora-2", prompt="a")).id for _ in range(3)]
    listed = [video async for video in client.videos.list(limit=2)]
    assert [video.id for video in listed] == ids[::-1]
    assert {video.status for video in listed} == {"in_progress"}
    assert [video.id async for video in client.videos.list(order="asc")] == ids
    asked = len(upstream.asked)
    theirs = hub.bearer(hub.owner_key)
    for method, path in (
        ("GET", ids[0]),
        ("DELETE", ids[0]),
        ("GET", f"{ids[0]}/content"),
        ("GET", "video_1"),
        ("GET", "video_up0"),
        ("GET", "x/y/z"),
    ):
        answer = await hub.http.request(method, f"/v1/videos/{path}", headers=theirs)
        assert answer.status_code == 404, path
    remix = await hub.http.post(f"/v1/videos/{ids[0]}/remix", json={"prompt": "a"}, headers=theirs)
    assert (remix.status_code, remix.json()["error"]["code"]) == (404, "video_not_found")
    assert (await hub.http.get("/v1/videos", headers=theirs)).json()["data"] == []
    assert len(upstream.asked) == asked


async def test_a_deleted_video_is_gone(hub: RunningHub, studio: Studio, client: openai.AsyncOpenAI) -> None:
    video = await client.videos.create(model="up/sora-2", prompt="a")
    deleted = await client.videos.delete(video.id)
    assert (deleted.id, deleted.deleted, studio.deleted) == (video.id, True, ["video_up0"])
    with pytest.raises(openai.NotFoundError):
        await client.videos.retrieve(video.id)
    assert (await hub.call()).status is Status.success


async def test_it_is_reached_below_every_mount(hub: RunningHub, studio: Studio) -> None:
    for base in ("/v1", "/api/v2", "/ai-kit/v1", "/ai-kit/api/v2"):
        made = await hub.ask({"model": "up/sora-2", "prompt": "a"}, path=f"{base}/videos")
        looked = await hub.http.get(f"{base}/videos/{made.json()['id']}", headers=hub.bearer())
        assert (made.status_code, looked.status_code) == (200, 200)


async def test_a_video_is_known_after_a_restart(
    database_url: str, tmp_path: Path, upstream: Upstream, studio: Studio
) -> None:
    settings = settings_for(database_url, tmp_path)
    async with running_hub(settings, upstream) as hub:
        id = (await hub.ask({"model": "up/sora-2", "prompt": "a"}, path="/v1/videos")).json()["id"]
    async with served_hub(settings) as url, httpx.AsyncClient(base_url=url, timeout=20) as http:
        looked = await http.get(f"/v1/videos/{id}", headers=hub.bearer())
        assert (looked.status_code, looked.json()["status"]) == (200, "in_progress")
        film = await http.get(f"/v1/videos/{id}/content", headers=hub.bearer())
        assert film.content == FILM


async def test_a_job_that_fails_is_told_as_the_provider_tells_it(
    hub: RunningHub, studio: Studio, client: openai.AsyncOpenAI
) -> None:
    studio.stages = [{"status": "failed", "error": {"code": "moderation_blocked", "message": "No."}}]
    video = await client.videos.create(model="up/sora-2", prompt="a")
    failed = await client.videos.retrieve(video.id)
    assert failed.status == "failed" and failed.error is not None and failed.error.code == "moderation_blocked"
    (listed,) = [one async for one in client.videos.list()]
    assert listed.error is not None and listed.error.message == "No."


@pytest.mark.parametrize(
    ("status", "shown", "code"),
    [(400, 400, "upstream_rejected"), (401, 502, "upstream_credential"), (429, 429, "upstream_throttled")],
)
async def test_a_refusal_is_told_in_the_caller_s_words(
    hub: RunningHub, upstream: Upstream, status: int, shown: int, code: str
) -> None:
    upstream.script = whole({"error": {"message": "no such size"}}, status=status, headers={"retry-after": "3"})
    answer = await hub.ask({"model": "up/sora-2", "prompt": "a"}, path="/v1/videos")
    assert (answer.status_code, answer.json()["error"]["code"]) == (shown, code)
    call = await hub.call()
    assert (call.status, call.usage.seconds) == (Status.failed, None)
    assert (await hub.http.get("/v1/videos", headers=hub.bearer())).json()["data"] == []


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"id":"../../secret"}', b"[1]"])
async def test_an_answer_that_is_no_job_is_told_as_one(hub: RunningHub, upstream: Upstream, answer: bytes) -> None:
    upstream.script = whole(answer)
    refused = await hub.ask({"model": "up/sora-2", "prompt": "a"}, path="/v1/videos")
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "upstream_malformed")
    assert (await hub.call()).status is Status.failed


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"model": "up/sora-2"}, 400, "prompt"),
        ({"model": "up/sora-2", "prompt": "a", "seconds": "soon"}, 400, "seconds"),
        ({"model": "up/sora-2", "prompt": "a", "size": "wide"}, 400, "size"),
        (
            {"model": "up/sora-2", "prompt": "a", "input_reference": {"image_url": "x"}},
            400,
            "input_reference.image_url",
        ),
        ({"model": "nobody", "prompt": "a"}, 400, "model"),
        ({"prompt": "x" * (1 << 20)}, 413, None),
    ],
)
async def test_bad_input_reaches_no_provider(
    hub: RunningHub, upstream: Upstream, body: dict[str, Any], status: int, param: str | None
) -> None:
    answer = await hub.ask(body, path="/v1/videos")
    assert (answer.status_code, answer.json()["error"].get("param")) == (status, param)
    assert upstream.asked == [] and await hub.calls() == []


async def test_a_body_of_another_type_reaches_no_provider(hub: RunningHub, upstream: Upstream) -> None:
    for body in (b"prompt=a&model=up/sora-2", b"--b\r\nbroken", b""):
        answer = await hub.http.post("/v1/videos", content=body, headers=hub.bearer())
        assert answer.status_code == 400
    files: Any = {"prompt": (None, "a"), "model": (None, "up/sora-2"), "input_reference": ("a.exe", b"MZ", "image/png")}
    answer = await hub.http.post("/v1/videos", files=files, headers=hub.bearer())
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "input_reference")
    assert upstream.asked == []


async def test_other_methods_pages_and_strangers_are_refused(hub: RunningHub, upstream: Upstream) -> None:
    for method, path, allowed in (
        ("PUT", "", "GET, POST"),
        ("PATCH", "/video_1", "GET, DELETE"),
        ("POST", "/video_1/content", "GET"),
    ):
        answer = await hub.http.request(method, f"/v1/videos{path}", headers=hub.bearer())
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    for query in ("limit=x", "limit=101", "order=up", "after=7"):
        assert (await hub.http.get(f"/v1/videos?{query}", headers=hub.bearer())).status_code == 400
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", "/video_1"),
        ("DELETE", "/video_1"),
        ("GET", "/video_1/content"),
    ):
        assert (await hub.http.request(method, f"/v1/videos{path}", json={"prompt": "a"})).status_code == 401
    assert upstream.asked == []


async def test_a_provider_that_makes_none_is_said_to(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "openai_chat")
    answer = await hub.ask({"model": "up/m", "prompt": "a"}, path="/v1/videos")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_call")
    assert upstream.asked == []


async def test_google_is_asked_behind_openai_s_door(
    hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI
) -> None:
    await speak(hub, "gemini_videos")
    upstream.script = Veo()
    begun = await client.videos.create(model="up/veo-3", prompt="a cat", seconds="8", size="1280x720")
    assert (begun.status, begun.seconds, begun.size, begun.model) == ("in_progress", "8", "1280x720", "veo-3")
    assert upstream.asked[0].path == "/v1/models/veo-3:predictLongRunning"
    assert upstream.asked[0].headers["x-goog-api-key"] == "sk-upstream-0123456789"
    assert json.loads(upstream.asked[0].body)["parameters"]["durationSeconds"] == 8
    done = await client.videos.poll(begun.id, poll_interval_ms=1)
    assert (done.status, done.progress) == ("completed", 100)
    assert (await client.videos.download_content(begun.id)).read() == FILM
    assert [asked.path for asked in upstream.asked[-2:]] == [
        "/v1/files/f1:download?alt=media",
        "/download/v1beta/files/f1:download?alt=media",
    ]
    assert upstream.asked[-1].headers["x-goog-api-key"] == "sk-upstream-0123456789"
    with pytest.raises(openai.BadRequestError):
        await client.videos.remix(begun.id, prompt="bluer")
    assert (await client.videos.delete(begun.id)).deleted
    (call,) = await hub.calls()
    assert (call.usage.seconds, call.usage_source, call.upstream_dialect) == (8, Source.missing, "gemini_videos")


async def test_a_film_that_is_elsewhere_is_not_fetched_without_https(
    hub: RunningHub, upstream: Upstream, studio: Studio
) -> None:
    id = (await hub.ask({"model": "up/sora-2", "prompt": "a"}, path="/v1/videos")).json()["id"]
    upstream.script = whole(b"", status=302, headers={"location": "http://169.254.169.254/latest/meta-data"})
    answer = await hub.http.get(f"/v1/videos/{id}/content", headers=hub.bearer())
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_malformed")
    upstream.script = whole(b"", status=302, headers={"location": "/again"})
    assert (await hub.http.get(f"/v1/videos/{id}/content", headers=hub.bearer())).status_code == 502


async def test_the_guide_s_example_runs(hub: RunningHub, studio: Studio, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/guide/videos.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0].replace("google/veo-3.1-generate-preview", "up/sora-2")
    studio.stages = [{"status": "completed", "progress": 100}]
    known = {"HUB_URL": hub.url, "HUB_KEY": hub.member_key}

    def follow() -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
        return subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment() | known
        )

    done = await anyio.to_thread.run_sync(follow)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "cat.mp4").read_bytes() == FILM
