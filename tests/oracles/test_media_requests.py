"""For the same embeddings and pictures the hub asks Google what Google's own client asks it, and OpenAI likewise."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from google import genai
from google.genai import types
from msgspec.structs import replace

from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.pairing import PICTURES
from tests.dialects.chats import PICTURE, PIXEL
from tests.dialects.fidelity_media import CAT, embedded, embedded_by_openai
from tests.oracles.conftest import KEY
from tests.oracles.test_requests import as_google_reads, differences
from tests.upstream import Upstream, serve_upstream, whole

pytestmark = pytest.mark.anyio


@pytest.fixture
async def recorder() -> AsyncIterator[Upstream]:
    async with serve_upstream() as upstream:
        yield upstream


@pytest.fixture
async def google(recorder: Upstream) -> AsyncIterator[genai.client.AsyncClient]:
    root = recorder.url.removesuffix("/v1")
    options = types.HttpOptions(base_url=root, retry_options=types.HttpRetryOptions(attempts=1))
    async with genai.Client(api_key=KEY, http_options=options).aio as opened:
        yield opened


def asked_of_google(recorder: Upstream) -> tuple[str, Any]:
    """The path after the API's version, and the body."""
    one = recorder.asked[-1]
    return "/" + one.path.split("/", 2)[2], as_google_reads(one.json)


async def test_texts_to_embed_reach_google_as_from_its_own_client(
    recorder: Upstream, google: genai.client.AsyncClient
) -> None:
    recorder.script = whole({"embeddings": [{"values": [0.5]}, {"values": [0.25]}]})
    config = types.EmbedContentConfig(output_dimensionality=256)
    await google.models.embed_content(model="m", contents=["a", "b"], config=config)
    _, theirs = asked_of_google(recorder)
    ours = json.loads(embedded({"input": ["a", "b"], "dimensions": 256}, Losses()))
    assert dict(differences(theirs, ours)) == {  # a text without a role is the user's
        f"requests.{i}.content.role": '"user" -> -' for i in (0, 1)
    }


async def test_texts_to_embed_reach_openai_as_from_its_own_client(recorder: Upstream) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.5]}
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    recorder.script = whole({"object": "list", "data": [vector], "model": "m", "usage": usage})
    async with openai.AsyncOpenAI(base_url=recorder.url, api_key=KEY, max_retries=0) as client:
        await client.embeddings.create(model="m", input=["a"], dimensions=256, encoding_format="float")
    said = {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 256}
    ours = json.loads(embedded_by_openai(said, Losses()))
    # Numbers are what OpenAI sends to whoever does not say; its own client asks for base64 unless told otherwise.
    assert list(differences(recorder.asked[-1].json, ours)) == [("encoding_format", '"float" -> -')]


async def test_a_picture_to_edit_reaches_google_as_from_its_own_client(
    recorder: Upstream, google: genai.client.AsyncClient
) -> None:
    made = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
    recorder.script = whole({"candidates": [{"content": {"parts": [made]}}]})
    said = [
        types.Part.from_text(text="a cat"),
        types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png"),
    ]
    config = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"], seed=7, image_config=types.ImageConfig(aspect_ratio="1:1")
    )
    contents = types.Content(role="user", parts=said)
    await google.models.generate_content(model="gemini-3-pro-image", contents=contents, config=config)
    wish = replace(CAT, fields={"seed": 7, "size": "1024x1024"}, pictures=(PICTURE,))
    drawing = PICTURES["gemini_images"].write_wish(wish, "gemini-3-pro-image", Losses())
    assert asked_of_google(recorder) == (drawing.path.decode(), json.loads(drawing.body))
