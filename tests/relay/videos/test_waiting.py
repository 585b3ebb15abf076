"""Native videos: what the caller gets, what the provider sees, and what is on record (contract 2.5)."""

from __future__ import annotations

import asyncio
import base64
from asyncio import StreamWriter
from typing import Any

import httpx
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.dialects.chats import PIXEL
from tests.edge.films import FILM, Studio, Veo
from tests.relay.videos.conftest import HastyHub
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

PATH = "/api/v2/video"
WISH = {"prompt": "a cat", "seconds": "4", "model": "up/sora-2", "outputFileType": "file"}


def asked(**changes: Any) -> dict[str, Any]:
    return {"input": {**WISH, **changes}, "agent": "$CHAT_MODEL", "options": {"streaming": False}}


async def speak(hub: RunningHub, *dialects: str) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=dialects)
    await hub.catch_up()


def tasks_of_requests() -> int:
    """How many requests of the hub are being answered, or watched for a hang-up."""
    names = [repr(task.get_coro()) for task in asyncio.all_tasks()]
    return sum("run_asgi" in name or "_disconnect" in name for name in names)


@pytest.mark.parametrize("path", [PATH, f"/ai-kit{PATH}"])
async def test_a_video_is_made_while_its_caller_waits(
    hasty: HastyHub, upstream: Upstream, studio: Studio, path: str
) -> None:
    answer = await hasty.hub.ask(asked(), path=path)
    call = await hasty.hub.call()
    assert answer.json() == {
        "videos": [
            {
                "type": "file",
                "data": base64.b64encode(FILM).decode(),
                "mimeType": "video/mp4",
                "filename": f"{call.id}-0.mp4",
            }
        ],
        "seconds": 4,
        "usage": {"inputTokens": 0, "outputTokens": 0, "modelCallId": str(call.id)},
        "model": "sora-2",
        "modelWithProvider": "up/sora-2",
    }
    assert [(one.method, one.path) for one in upstream.asked] == [
        ("POST", "/v1/videos"),
        ("GET", "/v1/videos/video_up0"),
        ("GET", "/v1/videos/video_up0"),
        ("GET", "/v1/videos/video_up0/content"),
    ]
    assert upstream.asked[0].json == {"model": "sora-2", "prompt": "a cat", "seconds": "4"}
    assert (call.kind, call.status, call.usage.seconds, call.usage_source) == (
        "video",
        Status.success,
        4,
        Source.reported,
    )
    assert (call.dialect, call.upstream_dialect) == ("native_videos", "openai_videos")


async def test_a_picture_goes_along_as_a_file(hasty: HastyHub, upstream: Upstream, studio: Studio) -> None:
    image = {"type": "file", "data": PIXEL, "mimeType": "image/png"}
    assert (await hasty.hub.ask(asked(image=image), path=PATH)).status_code == 200
    assert base64.b64decode(PIXEL) in upstream.asked[0].body
    assert upstream.asked[0].headers["content-type"].startswith("multipart/form-data; boundary=hub-")


async def test_a_caller_who_wants_an_address_gets_one(hasty: HastyHub, studio: Studio) -> None:
    answer = (await hasty.hub.ask(asked(outputFileType="url"), path=PATH)).json()
    (video,) = answer["videos"]
    assert (video["type"], video["mimeType"]) == ("url", "video/mp4")
    assert video["url"].startswith(f"{hasty.hub.url}/files/")
    film = await hasty.hub.http.get(video["url"])
    assert (film.content, film.headers["content-type"]) == (FILM, "video/mp4")


async def test_google_makes_one_too(hasty: HastyHub, upstream: Upstream) -> None:
    await speak(hasty.hub, "gemini_videos")
    upstream.script = veo = Veo()
    answer = (await hasty.hub.ask(asked(model="up/veo-3", size="720p", negativePrompt="dogs"), path=PATH)).json()
    assert (base64.b64decode(answer["videos"][0]["data"]), answer["seconds"], veo.looks) == (FILM, 4, 2)
    assert upstream.asked[0].json == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {"resolution": "720p", "durationSeconds": 4, "negativePrompt": "dogs"},
    }
    call = await hasty.hub.call()
    assert (call.usage.seconds, call.usage_source) == (4, Source.missing)


async def test_what_the_provider_cannot_be_told_is_told(hasty: HastyHub, studio: Studio) -> None:
    answer = await hasty.hub.ask(asked(negativePrompt="dogs", size="720p"), path=PATH)
    assert answer.headers["x-hub-dropped"] == "size=approximated, negativePrompt"
    strict = await hasty.hub.ask(asked(negativePrompt="dogs"), path=PATH, **{"x-hub-strict": "1"})
    assert (strict.status_code, strict.json()["error"]["code"]) == (400, "not_carried")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({"code": "moderation_blocked", "message": "Not this cat."}, 400, "moderation_blocked"),
        ({"code": "internal_error", "message": "A lamp fell."}, 502, "internal_error"),
        (None, 502, "video_failed"),
    ],
)
async def test_a_job_that_fails_is_an_error_and_costs_nothing(
    hasty: HastyHub, studio: Studio, error: Any, status: int, code: str
) -> None:
    studio.stages = [{"status": "failed", "error": error}]
    answer = await hasty.hub.ask(asked(), path=PATH)
    shown = answer.json()["error"]
    assert (answer.status_code, shown["code"]) == (status, code)
    assert shown["message"].startswith("the video was not made: ")
    call = await hasty.hub.call()
    assert (call.status, call.usage.seconds, studio.deleted) == (Status.failed, None, [])


@pytest.mark.parametrize(
    ("status", "shown", "code"),
    [(400, 400, "upstream_rejected"), (401, 502, "upstream_credential"), (429, 429, "upstream_throttled")],
)
async def test_a_refusal_is_told_in_the_caller_s_words(
    hasty: HastyHub, upstream: Upstream, status: int, shown: int, code: str
) -> None:
    upstream.script = whole({"error": {"message": "no"}}, status=status, headers={"retry-after": "3"})
    answer = await hasty.hub.ask(asked(), path=PATH)
    assert (answer.status_code, answer.json()["error"]["code"]) == (shown, code)
    assert len(upstream.asked) == 1
    assert (await hasty.hub.call()).status is Status.failed


async def test_a_few_looks_may_fail(hasty: HastyHub, upstream: Upstream, studio: Studio) -> None:
    failures = 4

    async def shaky(request: Asked, writer: StreamWriter) -> None:
        nonlocal failures
        if request.method == "GET" and failures:
            failures -= 1
            await whole({"error": {"message": "busy"}}, status=503, headers={"retry-after": "20"})(request, writer)
        else:
            await studio(request, writer)

    upstream.script = shaky
    assert (await hasty.hub.ask(asked(), path=PATH)).status_code == 200
    assert hasty.clock.slept_s > 80
    failures = 99
    answer = await hasty.hub.ask(asked(), path=PATH)
    assert (answer.status_code, studio.deleted) == (503, ["video_up1"])


async def test_a_video_that_is_never_done_is_given_up(hasty: HastyHub, studio: Studio) -> None:
    studio.stages = [{"status": "in_progress"}]
    answer = await hasty.hub.ask(asked(), path=PATH)
    # The true status went with the head, while the reference's client still waited for one.
    assert answer.status_code == 200 and answer.text.startswith(" ")
    assert answer.json()["error"]["message"] == "the video was not made within 600 s, and is given up"
    assert 595 < hasty.clock.slept_s < 620
    call = await hasty.hub.call()
    assert (call.status, call.usage.seconds, call.usage_source) == (Status.failed, 4, Source.partial)
    assert studio.deleted == ["video_up0"]
    assert studio.looks["video_up0"] < 120


async def test_a_long_wait_keeps_its_caller(hasty: HastyHub, studio: Studio) -> None:
    studio.stages = [{"status": "in_progress"}] * 40 + [{"status": "completed"}]
    answer = await hasty.hub.ask(asked(), path=PATH)
    assert 150 < hasty.clock.slept_s < 600
    assert answer.text.startswith(" ")
    assert base64.b64decode(answer.json()["videos"][0]["data"]) == FILM
    assert "content-length" not in answer.headers
    assert (await hasty.hub.call()).status is Status.success


async def test_a_caller_who_leaves_is_settled_once_and_the_job_is_given_up(
    hasty: HastyHub, studio: Studio, upstream: Upstream
) -> None:
    studio.stages = [{"status": "in_progress"}]
    before = tasks_of_requests()
    with pytest.raises(httpx.ReadTimeout):
        await hasty.hub.http.post(PATH, json=asked(), headers=hasty.hub.bearer(), timeout=0.1)
    call = await hasty.hub.call()
    assert (call.status, call.usage.seconds, call.usage_source) == (Status.failed, 4, Source.partial)
    assert call.error is not None and call.error.startswith("caller_gone")
    async with asyncio.timeout(5):
        while not studio.deleted:
            await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        while tasks_of_requests() > before:  # nothing of the request is left
            await asyncio.sleep(0.01)
    looks = studio.looks["video_up0"]
    await asyncio.sleep(0.05)
    assert (studio.looks["video_up0"], len(await hasty.hub.calls())) == (looks, 1)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b"[1]"])
async def test_an_answer_that_is_no_job_is_told_as_one(hasty: HastyHub, upstream: Upstream, answer: bytes) -> None:
    upstream.script = whole(answer)
    refused = await hasty.hub.ask(asked(), path=PATH)
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "upstream_malformed")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nothing-such", "Invalid model format: nothing-such, should be {provider}/{model}"),
        ("nowhere/sora-2", "Video model provider nowhere not found"),
    ],
)
async def test_a_model_that_leads_nowhere_is_refused_in_the_reference_s_words(
    hasty: HastyHub, upstream: Upstream, model: str, message: str
) -> None:
    answer = await hasty.hub.ask(asked(model=model), path=PATH)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)
    assert upstream.asked == [] and await hasty.hub.calls() == []


async def test_a_provider_that_makes_no_videos_is_refused_in_the_reference_s_words(
    hasty: HastyHub, upstream: Upstream
) -> None:
    await speak(hasty.hub, "openai_chat")
    answer = await hasty.hub.ask(asked(), path=PATH)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Video model provider up not found")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (asked(prompt=""), "input.prompt"),
        (asked(seconds="soon"), "input.seconds"),
        (asked(size="wide"), "input.size"),
        (asked(image={"type": "file", "data": "no base64!"}), "input.image.data"),
        (asked(image={"type": "file", "data": "TVqQ", "mimeType": "application/x-dosexec"}), "input.image.data"),
        ({"prompt": "a"}, "input"),
    ],
)
async def test_bad_input_reaches_no_provider(
    hasty: HastyHub, upstream: Upstream, body: dict[str, Any], param: str
) -> None:
    answer = await hasty.hub.ask(body, path=PATH)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert upstream.asked == []


async def test_strangers_huge_bodies_and_other_types_reach_no_provider(hasty: HastyHub, upstream: Upstream) -> None:
    http, bearer = hasty.hub.http, hasty.hub.bearer()
    assert (await http.post(PATH, json=asked())).status_code == 401
    assert (await http.post(PATH, json=asked(prompt="x" * (1 << 20)), headers=bearer)).status_code == 413
    assert (await http.post(PATH, content=b"--b\r\n", headers=bearer)).status_code == 400
    assert (await http.get(PATH, headers=bearer)).status_code == 405
    assert upstream.asked == []


async def test_a_film_that_breaks_off_is_no_film(hasty: HastyHub, upstream: Upstream, studio: Studio) -> None:
    async def cut(request: Asked, writer: StreamWriter) -> None:
        if not request.path.endswith("/content"):
            await studio(request, writer)
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 999999\r\n\r\n" + FILM)
        await writer.drain()
        writer.close()

    upstream.script = cut
    for kind in ("file", "url"):
        answer = await hasty.hub.ask(asked(outputFileType=kind), path=PATH)
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_broken")
    assert [call.status for call in await hasty.hub.calls()] == [Status.failed] * 2
    assert [call.usage.seconds for call in await hasty.hub.calls()] == [4, 4]
