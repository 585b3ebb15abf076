"""Every door for pictures leads to every provider that draws in words of its own."""

from __future__ import annotations

import asyncio
import base64
import json
from asyncio import StreamWriter
from typing import Any

import openai
import pytest
from google import genai
from google.genai import types

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.flows.keep_credential import CredentialDraft
from tests.dialects.chats import PIXEL
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(PIXEL)
MODELS = {
    "google": "gemini-2.5-flash-image",
    "ideogram": "ideogram-v3",
    "doubao": "doubao-seedream-4-5-251128",
}


async def paint(asked: Asked, writer: StreamWriter) -> None:
    """All three providers, each by the page that its dialect names."""
    if asked.path.endswith(("/generate", "/remix")):
        url = f"http://{asked.headers['host']}/ephemeral/x.png?exp=1&sig=2"
        await whole({"created": "2000-01-23T04:56:07Z", "data": [{"url": url, "is_image_safe": True}]})(asked, writer)
    elif asked.path.startswith("/ephemeral/"):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: %d\r\n\r\n" % len(PNG) + PNG)
        await writer.drain()
    elif asked.path.endswith("/images/generations"):
        shown = {"url": "https://tos.example/a"} if asked.json["response_format"] == "url" else {"b64_json": PIXEL}
        await whole({"data": [shown], "usage": {"output_tokens": 9}})(asked, writer)
    else:
        blob = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
        answer = {
            "candidates": [{"content": {"parts": [{"text": "Here."}, blob]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1290},
        }
        await whole(answer)(asked, writer)


@pytest.fixture
async def gallery(hub: RunningHub, upstream: Upstream) -> RunningHub:
    """A hub with the three providers, all at the test's upstream."""
    upstream.script = paint
    for name in MODELS:
        async with hub.house.database.write() as conn:
            provider = await hub.house.providers.add_provider(conn, SYSTEM, name, base_url=upstream.url)
        draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": f"key-of-{name}-0123456789"})
        await hub.house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await draw(hub, "doubao")).status_code != 200:
            await asyncio.sleep(0.05)
    upstream.asked.clear()
    return hub


async def draw(hub: RunningHub, provider: str, path: str = "/v1/images/generations", **body: Any) -> Any:
    return await hub.ask({"model": f"{provider}/{MODELS[provider]}", "prompt": "a cat", **body}, path=path)


async def fetched(hub: RunningHub, shown: dict[str, Any]) -> bytes:
    """The picture of one entry of an answer, wherever it is."""
    if "url" not in shown:
        return base64.b64decode(shown.get("b64_json") or shown["data"])
    return (await hub.http.get(shown["url"])).content


@pytest.mark.parametrize("provider", MODELS)
async def test_openai_s_client_draws_and_edits(gallery: RunningHub, upstream: Upstream, provider: str) -> None:
    model = f"{provider}/{MODELS[provider]}"
    async with openai.AsyncOpenAI(base_url=f"{gallery.url}/v1", api_key=gallery.member_key, max_retries=0) as client:
        made = await client.images.generate(model=model, prompt="a cat", response_format="b64_json")
        edited = await client.images.edit(
            model=model, prompt="a hat", image=("a.png", PNG, "image/png"), response_format="b64_json"
        )
    for answer in (made, edited):
        assert answer.data is not None
        assert (answer.data[0].b64_json, answer.data[0].url) == (PIXEL, None)
    drawn, changed = [asked for asked in upstream.asked if asked.method == "POST"]
    assert b"a cat" in drawn.body
    assert b"a hat" in changed.body
    assert (PNG in changed.body) or (PIXEL.encode() in changed.body)
    key = f"key-of-{provider}-0123456789"
    shown = {
        "google": ("x-goog-api-key", key),
        "ideogram": ("api-key", key),
        "doubao": ("authorization", f"Bearer {key}"),
    }
    name, value = shown[provider]
    assert drawn.headers[name] == changed.headers[name] == value
    for asked in upstream.asked:
        assert asked.method == "POST" or key not in repr(asked)  # who hands out pictures is shown no key
    calls = (await gallery.calls())[-2:]
    assert [(call.kind, call.status.value, call.usage.images) for call in calls] == [
        ("imageGeneration", "success", 1)
    ] * 2


@pytest.mark.parametrize("provider", MODELS)
async def test_addresses_are_given_to_who_asks_for_them(gallery: RunningHub, provider: str) -> None:
    answer = await draw(gallery, provider, response_format="url")
    (shown,) = answer.json()["data"]
    assert set(shown) == {"url"}
    assert "x-hub-dropped" not in answer.headers
    if provider != "doubao":
        assert await fetched(gallery, shown) == PNG
    assert shown["url"].startswith(gallery.url) == (provider == "google")


@pytest.mark.parametrize("provider", MODELS)
@pytest.mark.parametrize("wanted", ["file", "url"])
async def test_the_native_door_draws_and_edits(gallery: RunningHub, provider: str, wanted: str) -> None:
    for picture in ({}, {"image": [{"type": "file", "data": PIXEL, "mimeType": "image/png"}]}):
        given = {
            "prompt": "a cat",
            "modelOptions": {"model": f"{provider}/{MODELS[provider]}"},
            "outputFileType": wanted,
            **picture,
        }
        answer = await gallery.ask({"input": given, "options": {}}, path="/api/v2/image")
        assert answer.status_code == 200, answer.text
        (shown,) = answer.json()["images"]
        assert shown["type"] == wanted
        assert answer.json()["modelWithProvider"] == f"{provider}/{MODELS[provider]}"
        if wanted == "file":
            assert await fetched(gallery, shown) == PNG


@pytest.mark.parametrize("provider", MODELS)
async def test_the_reference_s_door_draws(gallery: RunningHub, provider: str) -> None:
    answer = await draw(gallery, provider, "/api/v2/image/generations", responseFormat="b64_json", n=1)
    (shown,) = answer.json()["images"]
    assert shown["b64Json"] == shown["b64_json"] == PIXEL


async def test_what_a_provider_cannot_be_told_is_told_and_refused_to_the_strict(
    gallery: RunningHub, upstream: Upstream
) -> None:
    answer = await draw(gallery, "google", quality="high", size="1536x1024")
    assert answer.headers["x-hub-dropped"] == "size=approximated, quality"
    upstream.asked.clear()
    body = {"model": f"google/{MODELS['google']}", "prompt": "a", "quality": "high"}
    refused = await gallery.ask(body, path="/v1/images/generations", **{"x-hub-strict": "1"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_carried")
    assert upstream.asked == []


async def test_a_picture_that_cannot_be_fetched_stays_at_its_address(gallery: RunningHub, upstream: Upstream) -> None:
    url = "http://169.254.169.254/latest/meta-data"
    upstream.script = whole({"data": [{"url": url, "is_image_safe": True}]})
    answer = await draw(gallery, "ideogram", response_format="b64_json")
    assert answer.json()["data"] == [{"url": url}]
    assert answer.headers["x-hub-dropped"] == "response_format=approximated"


async def test_a_refusal_of_a_provider_is_the_caller_s(gallery: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    answer = await draw(gallery, "google")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "content_filter")
    call = (await gallery.calls())[-1]
    assert call.status.value == "failed"


async def test_google_is_sent_what_its_own_client_sends(gallery: RunningHub, upstream: Upstream) -> None:
    await draw(gallery, "google", size="16:9", response_format="b64_json")
    async with genai.Client(
        api_key="k", http_options=types.HttpOptions(base_url=upstream.url.removesuffix("/v1"), api_version="v1")
    ).aio as client:
        answer = await client.models.generate_content(
            model=MODELS["google"],
            contents="a cat",
            config=types.GenerateContentConfig(
                response_modalities=["TEXT", "IMAGE"], image_config=types.ImageConfig(aspect_ratio="16:9")
            ),
        )
    ours, theirs = upstream.asked
    assert (ours.path, ours.json) == (theirs.path, theirs.json)
    parts = (answer.candidates or [])[0].content
    assert parts is not None and parts.parts is not None
    blob = parts.parts[1].inline_data
    assert blob is not None and blob.data == PNG


async def test_ideogram_s_key_is_tried_by_a_picture(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = paint
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(conn, SYSTEM, "ideogram", base_url=upstream.url)
    draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": "key-of-ideogram-0123456789"})
    await hub.house.credentials.add(SYSTEM, provider.id, draft)
    (asked,) = upstream.asked
    assert (asked.path, asked.headers["api-key"]) == ("/v1/ideogram-v3/generate", "key-of-ideogram-0123456789")
    assert asked.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"A cat" in asked.body and b"TURBO" in asked.body
    upstream.script = whole({"error": "Unauthorized"}, 401)
    with pytest.raises(BadRequest, match="refused the credential"):
        await hub.house.credentials.add(SYSTEM, provider.id, draft)


async def test_gpt_image_is_never_told_in_which_form_to_answer(gallery: RunningHub, upstream: Upstream) -> None:
    """https://platform.openai.com/docs/api-reference/images/create: response_format is of dall-e alone."""
    upstream.script = whole({"created": 1, "data": [{"b64_json": PIXEL}]})
    for body in ({"model": "up/gpt-image-1"}, {"model": "up/dall-e-3"}):
        await gallery.ask({**body, "prompt": "a", "response_format": "b64_json"}, path="/v1/images/generations")
    first, second = [json.loads(asked.body) for asked in upstream.asked]
    assert first == {"model": "gpt-image-1", "prompt": "a"}
    assert second == {"model": "dall-e-3", "prompt": "a", "response_format": "b64_json"}
