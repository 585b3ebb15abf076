"""Pictures that a provider sent as bytes reach a caller who wants an address at one; without room, as bytes."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Status
from tests.databases import fresh_sqlite
from tests.dialects.chats import PIXEL
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import COMPLETION, Asked, Upstream, chunk, events_of, streamed, whole

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(PIXEL)
MADE = {"created": 1, "data": [{"b64_json": PIXEL}], "usage": {"input_tokens": 9, "output_tokens": 4}}
NATIVE_CHAT = {
    "model": "up/m", "input": {"messages": [{"role": "user", "content": "draw"}], "outputFileType": "url"},
}  # fmt: skip
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}


async def make_pictures(hub: RunningHub) -> RunningHub:
    """Let the provider make pictures beside its chats."""
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(
            conn, SYSTEM, hub.provider.id, dialects=("openai_chat", "openai_images", "openai_image_edits")
        )
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask({"model": "up/m", "prompt": "x"}, path="/v1/images/generations")).status_code == 400:
            await asyncio.sleep(0.05)
    return hub


@pytest.fixture
async def drawing(hub_on_both: RunningHub, upstream: Upstream) -> RunningHub:
    upstream.script = whole(MADE)
    return await make_pictures(hub_on_both)


@pytest.fixture
async def roomless(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A hub without room for files."""
    upstream.script = whole(MADE)
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, files_limit=0)
    async with running_hub(settings, upstream) as hub:
        yield await make_pictures(hub)


async def fetched(hub: RunningHub, url: str) -> bytes:
    assert url.startswith(f"{hub.url}/files/"), url
    answer = await hub.http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    return answer.content


async def owned(hub: RunningHub) -> list[dict[str, Any]]:
    answer = await hub.http.get("/api/files", headers=hub.bearer())
    found: list[dict[str, Any]] = answer.json()["list"]
    return found


@pytest.mark.parametrize("path", ["/api/v2/image", "/ai-kit/api/v2/images"])
async def test_a_native_picture_is_handed_out_at_an_address(drawing: RunningHub, path: str) -> None:
    body = {"input": {"prompt": "a cat", "outputFileType": "url", "modelOptions": {"model": "up/gpt-image-1"}}}
    answer = await drawing.ask(body, path=path)
    assert answer.status_code == 200, answer.text
    (image,) = answer.json()["images"]
    assert await fetched(drawing, image.pop("url")) == PNG
    assert image == {"type": "url", "mimeType": "image/png", "filename": "0.png"}
    assert answer.json()["usage"]["inputTokens"] == 9
    assert "x-hub-dropped" not in answer.headers
    (file,) = await owned(drawing)
    assert (file["name"], file["mediaType"], file["size"]) == ("0.png", "image/png", len(PNG))
    call = (await drawing.calls())[-1]
    assert (call.status, call.usage.images) == (Status.success, 1)


async def test_a_picture_is_bytes_for_who_does_not_ask_for_an_address(drawing: RunningHub) -> None:
    for wanted in ({"outputFileType": "file"}, {"outputFileType": "local"}, {}):
        body = {"input": {"prompt": "a cat", "model": "up/gpt-image-1", **wanted}}
        answer = await drawing.ask(body, path="/api/v2/image")
        assert answer.json()["images"] == [
            {"type": "file", "data": PIXEL, "mimeType": "image/png", "filename": "0.png"}
        ]  # fmt: skip
    assert await owned(drawing) == []


async def test_openai_s_own_client_gets_addresses(drawing: RunningHub, upstream: Upstream) -> None:
    async with openai.AsyncOpenAI(base_url=f"{drawing.url}/v1", api_key=drawing.member_key, max_retries=0) as client:
        made = await client.images.generate(model="up/gpt-image-1", prompt="a cat", response_format="url")
        assert upstream.asked[-1].json == {"model": "gpt-image-1", "prompt": "a cat"}
        edited = await client.images.edit(
            model="up/gpt-image-1", prompt="a dog", image=("a.png", PNG, "image/png"), response_format="url"
        )
        assert b"gpt-image-1" in upstream.asked[-1].body
        assert b"response_format" not in upstream.asked[-1].body
        assert b"a dog" in upstream.asked[-1].body
    for answer in (made, edited):
        assert answer.data is not None
        assert answer.data[0].b64_json is None
        assert answer.data[0].url is not None
        assert await fetched(drawing, answer.data[0].url) == PNG


async def test_the_reference_s_openai_like_paths_hand_out_addresses(drawing: RunningHub) -> None:
    body = {"model": "up/gpt-image-1", "prompt": "a cat", "responseFormat": "url"}
    answer = (await drawing.ask(body, path="/api/v2/image/generations")).json()
    assert answer["images"] == answer["data"]
    (image,) = answer["images"]
    assert list(image) == ["url"]
    assert await fetched(drawing, image["url"]) == PNG


async def test_what_the_provider_hands_out_itself_stays_as_it_is(drawing: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"created": 1, "data": [{"url": "https://x.example/a.png"}]})
    body = {"input": {"prompt": "a cat", "model": "up/dall-e-3", "outputFileType": "url"}}
    answer = (await drawing.ask(body, path="/api/v2/image")).json()
    assert answer["images"][0]["url"] == "https://x.example/a.png"
    assert await owned(drawing) == []


async def test_a_chat_that_draws_hands_out_addresses_whole_and_streamed(
    drawing: RunningHub, upstream: Upstream
) -> None:
    message = {"role": "assistant", "content": "here", "images": [PICTURE]}
    upstream.script = whole(
        {**COMPLETION, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    )  # fmt: skip
    answer = (await drawing.ask(NATIVE_CHAT, path="/api/v2/chat")).json()
    assert answer["text"] == "here"
    assert await fetched(drawing, answer["files"][0]["url"]) == PNG
    pieces = [
        chunk(choices=[{"index": 0, "delta": {"role": "assistant", "content": "he"}, "finish_reason": None}]),
        chunk(choices=[{"index": 0, "delta": {"content": "re", "images": [PICTURE]}, "finish_reason": None}]),
        chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
        chunk(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
    ]
    upstream.script = streamed(events_of(pieces))
    body = {**NATIVE_CHAT, "options": {"streaming": True}}
    events = [
        line[6:]
        for line in (await drawing.ask(body, path="/api/v2/chat")).text.split("\n")
        if line.startswith("data: ")
    ]
    shown = merged(events)
    assert shown["text"] == "here"
    (file,) = shown["files"]
    assert await fetched(drawing, file["url"]) == PNG
    assert (file["type"], file["mimeType"]) == ("url", "image/png")
    assert shown["usage"]["outputTokens"] == 2
    assert len(await owned(drawing)) == 2
    assert [call.status for call in (await drawing.calls())[-2:]] == [Status.success] * 2


async def test_without_room_a_picture_stays_in_the_answer_and_the_caller_is_told(roomless: RunningHub) -> None:
    body = {"input": {"prompt": "a cat", "outputFileType": "url", "model": "up/gpt-image-1"}}
    answer = await roomless.ask(body, path="/api/v2/image")
    assert answer.json()["images"] == [
        {"type": "file", "data": PIXEL, "mimeType": "image/png", "filename": "0.png"}
    ]  # fmt: skip
    assert answer.headers["x-hub-dropped"] == "outputFileType=approximated"
    plain = await roomless.ask(
        {"model": "up/gpt-image-1", "prompt": "a cat", "response_format": "url"}, path="/v1/images/generations"
    )
    assert plain.json()["data"] == [{"b64_json": PIXEL}]
    assert plain.headers["x-hub-dropped"] == "response_format=approximated"
    assert [call.status for call in (await roomless.calls())[-2:]] == [Status.success] * 2


async def test_what_is_no_base64_stays_in_the_answer(drawing: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"data": [{"b64_json": "!" * 40}, {"b64_json": PIXEL}]})
    body = {"model": "up/gpt-image-1", "prompt": "a cat", "response_format": "url"}
    bad, good = (await drawing.ask(body, path="/v1/images/generations")).json()["data"]
    assert bad == {"b64_json": "!" * 40}
    assert await fetched(drawing, good["url"]) == PNG


async def test_the_address_is_below_the_one_at_which_the_hub_is_reached(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    upstream.script = whole(MADE)
    settings = settings_for(
        fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, public_url="https://hub.example/ai"
    )
    async with running_hub(settings, upstream) as hub:
        await make_pictures(hub)
        body = {"model": "up/m", "prompt": "a cat", "response_format": "url"}
        answer = await hub.ask(body, path="/v1/images/generations")
        assert answer.json()["data"][0]["url"].startswith("https://hub.example/ai/files/")


async def test_a_large_picture_is_kept_in_full_while_others_are_answered(
    drawing: RunningHub, upstream: Upstream
) -> None:
    large = PNG + bytes(9_000_000)
    made = whole({"data": [{"b64_json": base64.b64encode(large).decode()}] * 2})
    small = whole(COMPLETION)

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await (made if asked.path.endswith("generations") else small)(asked, writer)

    upstream.script = script
    body = {"model": "up/m", "prompt": "a cat", "response_format": "url"}
    pictures, *chats = await asyncio.gather(
        drawing.ask(body, path="/v1/images/generations"), *[drawing.ask() for _ in range(20)]
    )
    assert {chat.status_code for chat in chats} == {200}
    for one in pictures.json()["data"]:
        assert await fetched(drawing, one["url"]) == large


def merged(events: list[str]) -> dict[str, Any]:
    """What a native client makes of a stream."""
    shown: dict[str, Any] = {}
    for event in events:
        delta = json.loads(event)["delta"]
        for name, text in delta.get("text", {}).items():
            shown[name] = shown.get(name, "") + text
        shown |= delta.get("json", {})
    return shown
