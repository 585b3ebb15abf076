"""The calls by curl that the reference's guide shows, at the guide's paths, with its flags, headers and fields.

The guide's base URL and key are put in their place; the provider is scripted, and is called as OpenAI is.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.keep_credential import CredentialDraft
from tests.running import RunningHub
from tests.upstream import COMPLETION, Asked, Script, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

URL, TOKEN = "https://your-hub-url", "YOUR_API_TOKEN"
SOUND = b"ID3 not really a sound"
VECTORS = {
    "object": "list",
    "data": [{"object": "embedding", "embedding": [-0.5, 0.25], "index": 0}],
    "model": "text-embedding-ada-002-v2",
    "usage": {"prompt_tokens": 8, "total_tokens": 8},
}
PICTURE: dict[str, Any] = {"created": 1689623456, "data": [{"url": "https://pictures.example.com/a.png"}]}
PICTURE_BYTES: dict[str, Any] = {"created": 1689623456, "data": [{"b64_json": "iVBORw0KGgo="}]}
CHAT_ANSWER = {"id", "object", "created", "model", "choices", "usage", "role", "content", "text"}


@dataclass(frozen=True)
class Shown:
    """What curl printed: the body, and the status and type after it."""

    body: bytes
    status: int
    type: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def datas(self) -> list[str]:
        return [line.removeprefix("data: ") for line in self.body.decode().splitlines() if line.startswith("data: ")]


class Guide:
    """Runs the guide's examples: as whom, and in which folder."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    async def run(self, command: str, key: str) -> Shown:
        command = command.strip().replace(URL, self.url).replace(TOKEN, key)
        written = "\n%{http_code} %{content_type}"
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", f"{command} -sS -w '{written}'",
            cwd=self.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0, err.decode()
        body, _, tail = out.rpartition(b"\n")
        status, _, kind = tail.decode().partition(" ")
        return Shown(body, int(status), kind)


def answering(asked: Asked, writer: asyncio.StreamWriter) -> Any:
    """What OpenAI answers at its paths."""
    if asked.path.endswith("/audio/speech"):
        return sound()(asked, writer)
    if asked.path.endswith("/audio/transcriptions"):
        return whole({"text": "hello"})(asked, writer)
    if asked.path.endswith("/embeddings"):
        return whole(VECTORS)(asked, writer)
    if asked.path.endswith("/images/generations"):
        wants_bytes = asked.json.get("response_format") == "b64_json"
        return whole(PICTURE_BYTES if wants_bytes else PICTURE)(asked, writer)
    assert asked.path.endswith("/chat/completions")
    if asked.json.get("stream"):
        return streamed(events_of(chunks_of(["Hel", "lo"])))(asked, writer)
    return whole(COMPLETION)(asked, writer)


def sound() -> Script:
    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: {len(SOUND)}\r\n\r\n"
        writer.write(head.encode() + SOUND)
        await writer.drain()

    return script


@pytest.fixture
async def guide(hub: RunningHub, upstream: Upstream, tmp_path: Path) -> Guide:
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(conn, SYSTEM, "openai", base_url=upstream.url)
        names = [("gpt-4", Kind.chat), ("dall-e-3", Kind.image), ("sora-2", Kind.video)]
        await hub.house.providers.put_models(conn, provider.id, names)
    draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": "sk-upstream-0123456789"})
    await hub.house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
    async with asyncio.timeout(10):
        while not (await hub.http.get("/api/v2/status?model=openai/gpt-4", headers=hub.bearer())).json()["available"]:
            await asyncio.sleep(0.05)
    upstream.script = answering
    return Guide(hub.url, tmp_path)


@pytest.mark.parametrize("command", [
    "curl -X GET 'https://your-hub-url/api/v2/status' -H 'Authorization: Bearer YOUR_API_TOKEN'",
    "curl -X GET 'https://your-hub-url/api/v2/status?model=openai/gpt-4' -H 'Authorization: Bearer YOUR_API_TOKEN'",
    "curl --location --request GET 'https://your-hub-url/api/v2/status?model=openai/gpt-4o-mini' "
    "--header 'Authorization: Bearer YOUR_API_TOKEN'",
])  # fmt: skip
async def test_status(hub: RunningHub, guide: Guide, command: str) -> None:
    shown = await guide.run(command, hub.member_key)
    assert (shown.status, shown.json) == (200, {"available": True})


CHATS = [
    """
curl -X POST 'https://your-hub-url/api/v2/chat/completions' \\
  -H 'Authorization: Bearer YOUR_API_TOKEN' \\
  -H 'Content-Type: application/json' \\
  -d '{
    "model": "openai/gpt-4",
    "messages": [
      {"role": "system", "content": "You are brief."},
      {"role": "user", "content": "Hello!"}
    ]
  }'
""",
    """
curl --location --request POST 'https://your-hub-url/api/v2/chat/completions' \\
--header 'Authorization: Bearer YOUR_API_TOKEN' \\
--header 'Content-Type: application/json' \\
--data '{
    "model": "openai/gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": "Which river is in Bern?"}
    ],
    "stream": false
}'
""",
    """
curl -X POST 'https://your-hub-url/api/v2/chat' \\
  -H 'Authorization: Bearer YOUR_API_TOKEN' \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "openai/gpt-4", "messages": [{"role": "user", "content": "Hello!"}]}'
""",
    """
curl --location 'https://your-hub-url/api/chat/completions' \\
--header 'Authorization: Bearer YOUR_API_TOKEN' \\
--header 'Content-Type: application/json' \\
--data '{
    "model": "gpt-3.5-turbo",
    "messages": [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": "What is a hub?"}
    ]
}'
""",
]


@pytest.mark.parametrize("command", CHATS)
async def test_chats(hub: RunningHub, guide: Guide, command: str) -> None:
    shown = await guide.run(command, hub.member_key)
    assert (shown.status, shown.type) == (200, "application/json")
    answer = shown.json
    assert answer.keys() >= CHAT_ANSWER
    assert (answer["object"], answer["role"], answer["content"]) == ("chat.completion", "assistant", "Hello")
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "Hello"}
    assert answer["choices"][0]["finish_reason"] == "stop"
    usage = answer["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (12, 3, 15)


async def test_a_chat_streams(hub: RunningHub, guide: Guide) -> None:
    command = """
curl --location 'https://your-hub-url/api/chat/completions' \\
--header 'Authorization: Bearer YOUR_API_TOKEN' \\
--header 'Content-Type: application/json' \\
--header 'Accept: text/event-stream' \\
--data '{
    "model": "gpt-3.5-turbo",
    "messages": [{"role": "user", "content": "Tell a story."}],
    "stream": true
}'
"""
    shown = await guide.run(command, hub.member_key)
    assert (shown.status, shown.type.split(";")[0]) == (200, "text/event-stream")
    *datas, end = shown.datas
    chunks = [json.loads(data) for data in datas]
    assert end == "[DONE]"
    assert "".join([one["delta"].get("content", "") for one in chunks if "delta" in one]) == "Hello"
    assert chunks[0]["delta"]["role"] == "assistant"
    used = chunks[-1]["usage"]
    assert (used["promptTokens"], used["completionTokens"], used["totalTokens"]) == (12, 3, 15)


@pytest.mark.parametrize("command", [
    """
curl -X POST 'https://your-hub-url/api/v2/embeddings' \\
  -H 'Authorization: Bearer YOUR_API_TOKEN' \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "openai/text-embedding-ada-002", "input": "A fox jumps over a dog"}'
""",
    """
curl https://your-hub-url/api/embeddings \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer YOUR_API_TOKEN" \\
  -d '{"model": "text-embedding-3-small", "input": "A hub is a gateway."}'
""",
])  # fmt: skip
async def test_embeddings(hub: RunningHub, guide: Guide, command: str) -> None:
    shown = await guide.run(command, hub.member_key)
    assert (shown.status, shown.json) == (200, VECTORS)


PICTURES = [
    """
curl -X POST 'https://your-hub-url/api/v2/image/generations' \\
  -H 'Authorization: Bearer YOUR_API_TOKEN' \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "openai/dall-e-3", "prompt": "A dog with a helmet", "n": 1, "size": "1024x1024"}'
""",
    """
curl --location --request POST 'https://your-hub-url/api/v2/image/generations' \\
--header 'Authorization: Bearer YOUR_API_TOKEN' \\
--header 'Content-Type: application/json' \\
--data '{
    "model": "openai/dall-e-3", "prompt": "A cat in space", "n": 1, "size": "1024x1024", "responseFormat": "url"
}'
""",
    """
curl --location 'https://your-hub-url/api/images/generations' \\
--header 'Content-Type: application/json' \\
--header 'Authorization: Bearer YOUR_API_TOKEN' \\
--data '{"prompt": "A cat at a desk", "n": 1, "size": "1024x1024"}'
""",
]


@pytest.mark.parametrize("command", PICTURES)
async def test_pictures(hub: RunningHub, guide: Guide, command: str) -> None:
    """Asked for no form, the guide shows addresses and the reference's code sends bytes; the hub does as the code."""
    shown = await guide.run(command, hub.member_key)
    assert shown.status == 200, shown.body
    answer = shown.json
    assert answer["data"] == answer["images"]
    (picture,) = answer["data"]
    if "responseFormat" in command:
        assert picture == PICTURE["data"][0]
    else:
        assert picture["b64_json"] == picture["b64Json"] == PICTURE_BYTES["data"][0]["b64_json"]
    assert (answer["created"], answer["model"].startswith("dall-e")) == (1689623456, True)


async def test_a_picture_as_bytes(hub: RunningHub, guide: Guide) -> None:
    command = """
curl --location 'https://your-hub-url/api/images/generations' \\
--header 'Content-Type: application/json' \\
--header 'Authorization: Bearer YOUR_API_TOKEN' \\
--data '{
    "model": "dall-e-3", "prompt": "A city at sunset", "n": 1, "size": "1792x1024",
    "quality": "hd", "style": "vivid", "response_format": "b64_json"
}'
"""
    shown = await guide.run(command, hub.member_key)
    assert shown.status == 200, shown.body
    assert shown.json["data"][0]["b64_json"] == "iVBORw0KGgo="


@pytest.mark.parametrize("model", ["aignehub/gpt-3.5-turbo", "gpt-4o-mini"])
async def test_the_older_chat(hub: RunningHub, guide: Guide, model: str) -> None:
    command = f"""
curl -X POST https://your-hub-url/api/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer YOUR_API_TOKEN" \\
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello!"}}]}}'
"""
    shown = await guide.run(command, hub.owner_key)
    answer = shown.json
    assert (shown.status, answer["role"], answer["text"], answer["content"]) == (200, "assistant", "Hello", "Hello")
    assert (answer["usage"]["inputTokens"], answer["usage"]["outputTokens"]) == (12, 3)


async def test_the_older_status_embeddings_and_pictures(hub: RunningHub, guide: Guide) -> None:
    status = "curl -X GET 'https://your-hub-url/api/v1/status' --header 'Authorization: Bearer YOUR_API_TOKEN'"
    assert (await guide.run(status, hub.owner_key)).json == {"available": True}
    start = """curl -X POST \\
  https://your-hub-url/api/v1/{path} \\
  -H "Authorization: Bearer YOUR_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{body}'"""
    body = '{"model": "text-embedding-ada-002", "input": "The food was good"}'
    vectors = await guide.run(start.format(path="embeddings", body=body), hub.owner_key)
    assert vectors.json["data"] == VECTORS["data"]
    body = '{"model": "dall-e-3", "prompt": "A dog in a suit", "n": 1, "size": "1024x1024"}'
    picture = await guide.run(start.format(path="image/generations", body=body), hub.owner_key)
    assert picture.json["images"] == picture.json["data"]
    assert picture.json["data"][0]["b64_json"] == PICTURE_BYTES["data"][0]["b64_json"]
    assert picture.json["model"] == "dall-e-3"


async def test_the_older_sound(hub: RunningHub, guide: Guide, upstream: Upstream) -> None:
    (guide.folder / "audio.mp3").write_bytes(SOUND)
    command = """
curl -X POST \\
  https://your-hub-url/api/v1/audio/transcriptions \\
  -H "Authorization: Bearer YOUR_API_TOKEN" \\
  -H "Content-Type: multipart/form-data" \\
  -F file="@audio.mp3" \\
  -F model="whisper-1"
"""
    shown = await guide.run(command, hub.owner_key)
    assert (shown.status, shown.json) == (200, {"text": "hello"})
    assert SOUND in upstream.asked[-1].body
    command = """
curl -X POST \\
  https://your-hub-url/api/v1/audio/speech \\
  -H "Authorization: Bearer YOUR_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "tts-1", "input": "A fox jumped over a dog.", "voice": "alloy"}' \\
  --output speech.mp3
"""
    shown = await guide.run(command, hub.owner_key)
    assert (shown.status, shown.type, (guide.folder / "speech.mp3").read_bytes()) == (200, "audio/mpeg", SOUND)


async def test_a_wrong_key_is_told(guide: Guide) -> None:
    shown = await guide.run(CHATS[0], "blocklet-wrong")
    assert (shown.status, shown.json["error"]["code"]) == (401, "invalid_api_key")


async def test_lists_of_models(hub: RunningHub, guide: Guide) -> None:
    """What client A asks without a key, and the guide's list with one (contract 2.8, 3.1, 3.3)."""
    for kind, name in (("chat", "gpt-4"), ("image", "dall-e-3"), ("video", "sora-2")):
        shown = await guide.run(f"curl 'https://your-hub-url/api/ai/models?type={kind}'", "")
        (found,) = [one for one in shown.json if one["provider"] == "openai"]
        assert (shown.status, found["key"], found["type"]) == (200, f"openai/{name}", kind)
        assert found["status"] == {"available": True}
        assert isinstance(found["input_credits_per_token"], str)
    command = "curl https://your-hub-url/api/v2/models -H 'Authorization: Bearer YOUR_API_TOKEN'"
    listed = (await guide.run(command, hub.member_key)).json
    assert listed["object"] == "list"
    assert "openai/gpt-4" in [one["id"] for one in listed["data"]]
    command = "curl https://your-hub-url/api/user/info -H 'Authorization: Bearer YOUR_API_TOKEN'"
    assert (await guide.run(command, hub.member_key)).json["user"]["fullName"] == "Max"


async def test_what_was_used(hub: RunningHub, guide: Guide) -> None:
    """The guide's example asks for a month before the hub was; the same command with other times has the call."""
    command = """
curl -X GET 'https://your-hub-url/api/user/usage-stats?startTime=1672531200&endTime=1675228799' \\
--header 'Authorization: Bearer YOUR_API_TOKEN'
"""
    shown = await guide.run(command, hub.member_key)
    assert (shown.status, shown.type, shown.json["summary"]["totalCalls"]) == (200, "application/json", 0)
    assert shown.json["dailyStats"][0]["date"] == "2023-01-01"
    await guide.run(CHATS[0], hub.member_key)
    now = hub.house.clock.now_ms() // 1000
    command = command.replace("1672531200", str(now - 60)).replace("1675228799", str(now + 60))
    told = (await guide.run(command, hub.member_key)).json
    assert told["summary"]["byType"]["chatCompletion"]["totalUsage"] == 15
    assert sum(day["tokens"] for day in told["dailyStats"]) == 15
    assert told["modelStats"][0]["model"] == "gpt-4"
    assert (await guide.run(command, hub.owner_key)).json["summary"]["totalCalls"] == 0
    everybodys = await guide.run(command.replace("/usage-stats", "/admin/user-stats"), hub.owner_key)
    assert everybodys.json["trendComparison"]["current"]["totalCalls"] == 1
    command = "curl https://your-hub-url/api/v2/usage -H 'Authorization: Bearer YOUR_API_TOKEN'"
    assert (await guide.run(command, hub.member_key)).json["summary"] == told["summary"]


async def test_the_calls_that_failed(hub: RunningHub, guide: Guide) -> None:
    command = """
curl -X GET 'https://your-hub-url/api/user/model-calls?page=1&pageSize=10&status=failed' \\
--header 'Authorization: Bearer YOUR_API_TOKEN'
"""
    await guide.run(CHATS[0], hub.member_key)
    shown = await guide.run(command, hub.member_key)
    assert (shown.status, shown.json) == (200, {"count": 0, "list": [], "paging": {"page": 1, "pageSize": 10}})
