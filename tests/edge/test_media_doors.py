"""Pictures, sound, moderation and rerank at the hub's doors, by OpenAI's own client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import openai
import pytest

from aigne_hub.audit.records import SYSTEM
from tests.dialects.chats import PIXEL
from tests.running import RunningHub
from tests.upstream import Asked, Script, Upstream, whole

pytestmark = pytest.mark.anyio

SPOKEN = (
    "openai_chat",
    "openai_images",
    "openai_image_edits",
    "openai_moderations",
    "openai_speech",
    "openai_transcriptions",
    "openai_translations",
    "rerank",
)


@pytest.fixture
async def media_hub(hub: RunningHub) -> RunningHub:
    """A hub whose provider speaks all of it."""
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=SPOKEN)
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask({"model": "up/m", "input": "x"}, path="/v1/moderations")).status_code == 400:
            await asyncio.sleep(0.05)
    return hub


async def test_the_reference_s_paths_are_a_base_of_openai_s_client_too(
    media_hub: RunningHub, upstream: Upstream
) -> None:
    async with openai.AsyncOpenAI(
        base_url=f"{media_hub.url}/api/v2", api_key=media_hub.member_key, max_retries=0
    ) as client:
        upstream.script = whole({"created": 1, "data": [{"b64_json": PIXEL}]})
        edited = await client.images.edit(model="up/m", prompt="a dog", image=("a.png", b"\x89PNG", "image/png"))
        assert edited.data is not None
        assert edited.data[0].b64_json == PIXEL
        upstream.script = whole({"id": "modr-1", "model": "m", "results": []})
        assert (await client.moderations.create(model="up/m", input="hi")).id == "modr-1"
        counted = await client.responses.input_tokens.count(model="up/m", input="hi")
        assert counted.input_tokens > 0
    upstream.script = whole({"results": [{"index": 0, "relevance_score": 0.5}]})
    asked = {"model": "up/m", "query": "q", "documents": ["a"]}
    ranked = await media_hub.ask(asked, path="/api/v2/rerank")
    assert ranked.json()["results"][0]["relevance_score"] == 0.5
    paths = ["/v1/images/edits", "/v1/moderations", "/v1/rerank"]
    assert [asked.path for asked in upstream.asked[-3:]] == paths


@pytest.fixture
async def client(media_hub: RunningHub) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=f"{media_hub.url}/v1", api_key=media_hub.member_key, max_retries=0
    ) as opened:
        yield opened


def sound(kind: str, body: bytes) -> Script:
    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return script


async def test_pictures_are_made_and_edited(
    media_hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI
) -> None:
    upstream.script = whole(
        {"created": 1, "data": [{"b64_json": PIXEL}], "usage": {"input_tokens": 9, "output_tokens": 4}}
    )
    upstream.asked.clear()
    made = await client.images.generate(model="up/gpt-image-1", prompt="a cat")
    assert made.data is not None
    assert made.data[0].b64_json == PIXEL
    edited = await client.images.edit(model="up/gpt-image-1", prompt="a dog", image=("a.png", b"\x89PNG", "image/png"))
    assert edited.data is not None
    generated, form = upstream.asked
    assert (generated.path, generated.json) == ("/v1/images/generations", {"model": "gpt-image-1", "prompt": "a cat"})
    assert form.path == "/v1/images/edits"
    assert form.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"gpt-image-1" in form.body
    assert b"up/gpt-image-1" not in form.body
    call = (await media_hub.calls())[-1]
    assert (call.kind, call.usage.images, call.usage.input) == ("imageGeneration", 1, 9)


async def test_sound_comes_and_goes(media_hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    upstream.script = sound("audio/mpeg", b"ID3\x00\xff")
    spoken = await client.audio.speech.with_raw_response.create(model="up/tts-1", voice="alloy", input="hello")
    assert (spoken.content, spoken.headers["content-type"]) == (b"ID3\x00\xff", "audio/mpeg")
    upstream.script = whole({"text": "hello", "duration": 1.5})
    heard = await client.audio.transcriptions.create(model="up/whisper-1", file=("a.wav", b"RIFF", "audio/wav"))
    assert heard.text == "hello"
    upstream.script = sound("text/plain; charset=utf-8", b"hello\n")
    text = await client.audio.transcriptions.create(
        model="up/whisper-1", file=("a.wav", b"RIFF", "audio/wav"), response_format="text"
    )
    assert text == "hello\n"
    form = {"file": ("a.wav", b"RIFF")}
    answer = await media_hub.http.post(
        "/v1/audio/translations", data={"model": "up/w"}, files=form, headers=media_hub.bearer()
    )
    assert (answer.text, answer.headers["content-type"]) == ("hello\n", "text/plain; charset=utf-8")
    assert upstream.asked[-1].path == "/v1/audio/translations"
    assert [call.kind for call in (await media_hub.calls())[-4:]] == ["audioGeneration"] * 4
    assert [call.usage.seconds for call in (await media_hub.calls())[-4:]] == [None, 1.5, None, None]


async def test_a_page_is_never_shown_as_one(
    media_hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI
) -> None:
    upstream.script = sound("text/html", b"<script>alert(1)</script>")
    spoken = await client.audio.speech.with_raw_response.create(model="up/tts-1", voice="alloy", input="hello")
    assert spoken.headers["content-type"] == "application/octet-stream"


async def test_moderation_and_rerank(media_hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    upstream.script = whole({"id": "m", "model": "x", "results": []})
    assert (await client.moderations.create(model="up/omni", input="words")).results == []
    answer = {"results": [{"index": 1, "relevance_score": 0.9}], "usage": {"total_tokens": 7}}
    upstream.script = whole(answer)
    reranked = await media_hub.ask({"model": "up/r", "query": "q", "documents": ["a", "b"]}, path="/v1/rerank")
    assert reranked.json() == answer
    assert (await media_hub.calls())[-1].usage.input == 7


@pytest.mark.parametrize("path", ["/api/v2/image/generations", "/api/v2/images", "/api/image/generations"])
async def test_the_reference_s_paths_answer_in_its_shape(media_hub: RunningHub, upstream: Upstream, path: str) -> None:
    upstream.script = whole({"created": 1, "data": [{"url": "https://x.example/a.png"}]})
    answer = (
        await media_hub.ask({"model": "up/dall-e-3", "prompt": "a cat", "responseFormat": "url"}, path=path)
    ).json()
    assert answer["images"] == answer["data"] == [{"url": "https://x.example/a.png"}]
    assert answer["model"] == "dall-e-3"


async def test_a_provider_that_makes_no_pictures_is_said_not_to(hub: RunningHub, upstream: Upstream) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=("openai_chat",))
    await hub.catch_up()
    answer = await hub.ask({"model": "up/m", "prompt": "a cat"}, path="/v1/images/generations")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_call")
    assert upstream.asked == []


async def test_a_form_without_a_model_never_leaves(media_hub: RunningHub, upstream: Upstream) -> None:
    upstream.asked.clear()
    answer = await media_hub.http.post(
        "/v1/audio/transcriptions", files={"file": ("a.wav", b"RIFF")}, headers=media_hub.bearer()
    )
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model")
    assert json.loads(answer.content)["error"]["message"] == "the form names no model"
    assert upstream.asked == []
