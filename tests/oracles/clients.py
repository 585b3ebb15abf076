"""The official clients live here, one face for all: each can ask what a test says, and tell what the answer means.

The same client is the oracle when it points at the recording provider, and a caller when it points at the hub.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any, Protocol

import anthropic
import botocore.session
import openai
from botocore.config import Config
from google import genai
from google.genai import types

from tests.oracles import meanings
from tests.oracles.meanings import Meaning

PAIR = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfi"}
CALLERS = ("openai_chat", "openai_responses", "anthropic_messages", "gemini")


class Client(Protocol):
    async def ask(self, said: dict[str, Any], *, stream: bool) -> Meaning:
        """Ask what `said`, in this client's own words, says. Raises the client's own error."""
        ...


class ChatClient:
    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client

    async def ask(self, said: dict[str, Any], *, stream: bool) -> Meaning:
        if not stream:
            return meanings.of_chat(await self._client.chat.completions.create(**said))
        async with self._client.chat.completions.stream(**said, stream_options={"include_usage": True}) as events:
            await events.until_done()
            return meanings.of_chat(events.current_completion_snapshot)


class ResponsesClient:
    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client

    async def ask(self, said: dict[str, Any], *, stream: bool) -> Meaning:
        if not stream:
            return meanings.of_response(await self._client.responses.create(**said))
        last: Any = None
        async for event in await self._client.responses.create(**said, stream=True):
            last = event
        return meanings.of_response(last.response)


class MessagesClient:
    def __init__(self, client: anthropic.AsyncAnthropic) -> None:
        self._client = client

    async def ask(self, said: dict[str, Any], *, stream: bool) -> Meaning:
        if not stream:
            return meanings.of_message(await self._client.messages.create(**said))
        async with self._client.messages.stream(**said) as events:
            return meanings.of_message(await events.get_final_message())


class GeminiClient:
    def __init__(self, client: genai.client.AsyncClient) -> None:
        self._client = client

    async def ask(self, said: dict[str, Any], *, stream: bool) -> Meaning:
        if not stream:
            return meanings.of_content([await self._client.models.generate_content(**said)])
        chunks = await self._client.models.generate_content_stream(**said)
        return meanings.of_content([one async for one in chunks])


class BedrockClient:
    """AWS's client waits in its own thread."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def ask(self, said: dict[str, Any], *, stream: bool) -> Meaning:
        return await asyncio.to_thread(self._streamed if stream else self._whole, said)

    def _whole(self, said: dict[str, Any]) -> Meaning:
        answer = self._client.converse(**said)
        return meanings.of_converse(answer["output"]["message"]["content"], answer["stopReason"], answer["usage"])

    def _streamed(self, said: dict[str, Any]) -> Meaning:
        blocks: dict[int, dict[str, Any]] = {}
        end, usage = "", {}
        with closing(self._client.converse_stream(**said)["stream"]) as events:
            for event in events:
                if "contentBlockStart" in event:
                    start = event["contentBlockStart"]
                    blocks[start["contentBlockIndex"]] = _begun(start["start"])
                elif "contentBlockDelta" in event:
                    delta = event["contentBlockDelta"]
                    _add(blocks.setdefault(delta["contentBlockIndex"], {}), delta)
                elif "messageStop" in event:
                    end = event["messageStop"]["stopReason"]
                elif "metadata" in event:
                    usage = event["metadata"]["usage"]
        for block in blocks.values():
            if "toolUse" in block:
                block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
        return meanings.of_converse(list(blocks.values()), end, usage)


def _begun(start: dict[str, Any]) -> dict[str, Any]:
    return {"toolUse": {**start["toolUse"], "input": ""}}


def _add(block: dict[str, Any], event: dict[str, Any]) -> None:
    delta = event["delta"]
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    elif "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    elif "text" in delta.get("reasoningContent", {}):
        said = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {"text": ""})
        said["text"] += delta["reasoningContent"]["text"]


@asynccontextmanager
async def opened(dialect: str, root: str, key: str) -> AsyncIterator[Client]:
    """The official client of a dialect, for what serves it below `root`; it tries once."""
    if dialect in ("openai_chat", "openai_responses"):
        async with openai.AsyncOpenAI(base_url=f"{root}/v1", api_key=key, max_retries=0, timeout=10) as client:
            yield ChatClient(client) if dialect == "openai_chat" else ResponsesClient(client)
    elif dialect == "anthropic_messages":
        async with anthropic.AsyncAnthropic(base_url=root, api_key=key, max_retries=0, timeout=10) as messages:
            yield MessagesClient(messages)
    elif dialect == "gemini":
        options = types.HttpOptions(base_url=root, retry_options=types.HttpRetryOptions(attempts=1))
        async with genai.Client(api_key=key, http_options=options).aio as google:
            yield GeminiClient(google)
    else:
        bedrock = _bedrock(root)
        try:
            yield BedrockClient(bedrock)
        finally:
            bedrock.close()


def _bedrock(root: str) -> Any:
    return botocore.session.Session().create_client(
        "bedrock-runtime",
        region_name="eu-west-1",
        endpoint_url=root,
        aws_access_key_id=PAIR["access_key_id"],
        aws_secret_access_key=PAIR["secret_access_key"],
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10),
    )
