"""Models as each maker's own client reads them.

Sources: https://platform.openai.com/docs/api-reference/models, https://platform.claude.com/docs/en/api/models/list and
https://ai.google.dev/api/models.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from aigne_hub.access.identity import Rights, Role, Scope
from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import ModelFacts
from aigne_hub.dialects.call import Kind
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

NAMES = [
    ("a", Kind.chat),
    ("embed", Kind.embedding),
    ("llama3.2:1b", Kind.chat),
    ("rank", Kind.rerank),
    ("vendor/deep", Kind.chat),
]
IDS = [f"up/{name}" for name, _ in NAMES]
VERSION = {"anthropic-version": "2023-06-01"}


@pytest.fixture
async def full(hub: RunningHub) -> RunningHub:
    facts = {"a": ModelFacts(8192, None, ("tools", "thinking"))}
    async with hub.house.database.write() as conn:
        await hub.house.providers.put_models(conn, hub.provider.id, NAMES, facts)
    async with asyncio.timeout(10):
        while len((await hub.http.get("/v1/models", headers=hub.bearer())).json()["data"]) != len(NAMES):
            await asyncio.sleep(0.05)
    return hub


@pytest.fixture
async def claude(full: RunningHub) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=full.url, api_key=full.member_key, max_retries=0) as opened:
        yield opened


@pytest.fixture
async def google(full: RunningHub) -> AsyncIterator[genai.client.AsyncClient]:
    options = types.HttpOptions(base_url=full.url, retry_options=types.HttpRetryOptions(attempts=1))
    async with genai.Client(api_key=full.member_key, http_options=options).aio as opened:
        yield opened


async def test_openai_s_client_lists_and_retrieves(full: RunningHub) -> None:
    async with openai.AsyncOpenAI(base_url=f"{full.url}/v1", api_key=full.member_key, max_retries=0) as client:
        assert [one.id async for one in client.models.list()] == IDS
        assert (await client.models.retrieve("up/vendor/deep")).owned_by == "up"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("up/none")


async def test_anthropic_s_client_lists_page_by_page(claude: anthropic.AsyncAnthropic) -> None:
    page = await claude.models.list()
    assert ([one.id for one in page.data], page.has_more) == (IDS, False)
    assert (page.first_id, page.last_id) == (IDS[0], IDS[-1])
    first = page.data[0]
    assert (first.type, first.display_name, first.max_input_tokens) == ("model", "a", 8192)
    assert abs((datetime.now(UTC) - first.created_at).total_seconds()) < 600
    assert page.data[1].max_input_tokens is None
    assert [one.id async for one in claude.models.list(limit=2)] == IDS
    before = await claude.models.list(limit=2, before_id=IDS[3])
    assert ([one.id for one in before.data], before.has_more) == (IDS[1:3], True)
    after = await claude.models.list(after_id=IDS[-1])
    assert (after.data, after.has_more, after.first_id) == ([], False, None)


async def test_anthropic_s_client_retrieves_one(claude: anthropic.AsyncAnthropic) -> None:
    assert (await claude.models.retrieve("up/vendor/deep")).id == "up/vendor/deep"
    with pytest.raises(anthropic.NotFoundError, match="does not exist"):
        await claude.models.retrieve("up/none")
    with pytest.raises(anthropic.BadRequestError, match="begin anew"):
        await claude.models.list(after_id="up/none")
    with pytest.raises(anthropic.BadRequestError, match="limit is"):
        await claude.models.list(limit=0)


async def test_google_s_client_lists_page_by_page(google: genai.client.AsyncClient) -> None:
    names = [one.name async for one in await google.models.list(config={"page_size": 2})]
    assert names == [f"models/{id_}" for id_ in IDS]
    everything = {one.name: one async for one in await google.models.list()}
    first = everything["models/up/a"]
    assert (first.display_name, first.description, first.input_token_limit) == ("a", "Upstream", 8192)
    assert (first.supported_actions, first.thinking) == (["generateContent", "countTokens"], True)
    assert everything["models/up/embed"].supported_actions == ["embedContent", "batchEmbedContents"]
    assert everything["models/up/rank"].supported_actions == []


@pytest.mark.parametrize("name", ["up/llama3.2:1b", "models/up/llama3.2:1b", "llama3.2:1b"])
async def test_google_s_client_gets_one(google: genai.client.AsyncClient, name: str) -> None:
    assert (await google.models.get(model=name)).name == "models/up/llama3.2:1b"


async def test_google_s_client_is_told_of_errors_in_its_own_words(google: genai.client.AsyncClient) -> None:
    with pytest.raises(errors.ClientError) as missing:
        await google.models.get(model="up/none")
    assert (missing.value.code, missing.value.status) == (404, "NOT_FOUND")
    with pytest.raises(errors.ClientError, match="begin anew"):
        await google.models.list(config={"page_token": "up/none"})


async def test_the_shape_is_the_client_s(full: RunningHub) -> None:
    def key(name: str) -> dict[str, str]:
        return {name: full.member_key}

    async def fields(path: str, headers: dict[str, str]) -> set[str]:
        answer = await full.http.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return set(answer.json())

    page = {"data", "has_more", "first_id", "last_id"}
    assert await fields("/v1/models", full.bearer()) == {"object", "data"}
    assert await fields("/v1/models", key("x-api-key")) == {"object", "data"}
    assert await fields("/v1/models", {**key("x-api-key"), **VERSION}) == page
    assert await fields("/v1/models", {**full.bearer(), **VERSION}) == page
    assert await fields("/v1/models", key("x-goog-api-key")) == {"models"}
    assert await fields(f"/v1/models?pageSize=9&key={full.member_key}", {}) == {"models"}
    assert await fields(f"/v1beta/models?pageSize=9999&key={full.member_key}", {}) == {"models"}
    assert await fields("/ai-kit/v1alpha/models", full.bearer()) == {"models"}


@pytest.mark.parametrize("path", ["/v1/models", "/v1beta/models", "/v1/models/up/a", "/v1beta/models/up/a"])
async def test_who_is_not_known_is_refused_in_the_client_s_words(full: RunningHub, path: str) -> None:
    answer = await full.http.get(path)
    assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True)
    assert ("status" in answer.json()["error"]) == path.startswith("/v1beta")
    refused = await full.http.get(path, headers={"x-api-key": "blocklet-wrong", **VERSION})
    shape = {"error"} if path.startswith("/v1beta") else {"type", "error"}
    assert (refused.status_code, set(refused.json())) == (401, shape)
    assert (await full.http.put(path, headers=full.bearer())).status_code in (404, 405)
    assert (await full.http.get(path + "?" + "a=1&" * 60, headers=full.bearer())).status_code == 400


@pytest.mark.parametrize("name", ["up/vendor/deep", "vendor/deep"])
@pytest.mark.parametrize("path", ["/v1/models", "/api/v2/models", "/ai-kit/v1/models"])
async def test_one_model_is_told_of_as_the_list_does(full: RunningHub, path: str, name: str) -> None:
    answer = await full.http.get(f"{path}/{name}", headers=full.bearer())
    everything = (await full.http.get("/v1/models", headers=full.bearer())).json()["data"]
    (wanted,) = (one for one in everything if one["id"] == "up/vendor/deep")
    assert (answer.status_code, answer.json()) == (200, wanted)


@pytest.mark.parametrize("name", ["up/nothing", "nothing", "up/"])
async def test_a_model_that_is_not_there_is_not_found(hub: RunningHub, name: str) -> None:
    answer = await hub.http.get(f"/v1/models/{name}", headers=hub.bearer())
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_model_that_the_key_may_not_call_is_not_there_for_it(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        rights = Rights(scopes=frozenset({Scope.models_read}), models=("up/e",))
        key = await hub.house.keys.create(conn, SYSTEM, hub.member.id, "narrow", role=Role.member, rights=rights)
    statuses = [
        (await hub.http.get(f"/v1/models/{name}", headers=hub.bearer(key.secret))).status_code
        for name in ("up/e", "up/m")
    ]
    assert statuses == [200, 404]
    assert (await hub.http.get("/v1/models/up/m")).status_code == 401
