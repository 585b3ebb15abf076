"""Bad chats at the door of each dialect: refused in its own words, and unheard of by providers of every dialect."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aigne_hub.audit.records import SYSTEM
from tests.running import RunningHub
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

Body = dict[str, Any] | bytes

BROKEN = "@@ no base64"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ZIP = base64.b64encode(b"PK\x03\x04\x14" + b"\x00" * 25 + b"secrets.txt" + b"\x00" * 100).decode()
PROGRAM = base64.b64encode(b"MZ\x90\x00\x03" + b"\x00" * 100).decode()
NO_SCHEMA = {"type": "object", "properties": 3}
HI = {"role": "user", "content": "hi"}
GOOGLE_HI = {"role": "user", "parts": [{"text": "hi"}]}
PATHS = {
    "chat": "/v1/chat/completions",
    "hybrid": "/api/v2/chat/completions",
    "messages": "/v1/messages",
    "count": "/v1/messages/count_tokens",
    "responses": "/v1/responses",
    "response count": "/v1/responses/input_tokens",
    "gemini": "/v1beta/models/up/m:generateContent",
    "gemini count": "/v1beta/models/up/m:countTokens",
    "native": "/api/v2/chat",
}


def chat(*messages: Any, **more: Any) -> Body:
    return {"model": "up/m", "messages": [HI, *messages], **more}


def chat_file(part: dict[str, Any]) -> Body:
    return chat({"role": "user", "content": [part]})


def message(*content: Any, **more: Any) -> Body:
    return {"model": "up/m", "max_tokens": 9, "messages": [{"role": "user", "content": [*content]}, HI], **more}


def message_file(mime: str, data: str) -> Body:
    return message({"type": "image", "source": {"type": "base64", "media_type": mime, "data": data}})


def message_document(mime: str, data: str) -> Body:
    return message({"type": "document", "source": {"type": "base64", "media_type": mime, "data": data}})


def response(*items: Any, **more: Any) -> Body:
    return {"model": "up/m", "input": [HI, *items], **more}


def response_file(part: dict[str, Any]) -> Body:
    return response({"role": "user", "content": [part]})


def google(*parts: Any, **more: Any) -> Body:
    return {"contents": [GOOGLE_HI, *([{"role": "user", "parts": [*parts]}] if parts else [])], **more}


def native(*messages: Any, **more: Any) -> Body:
    return {"input": {"messages": [HI, *messages], "modelOptions": {"model": "up/m"}, **more}}


CHAT: dict[str, Body] = {
    "malformed body": b'{"model":"up/m","messages":[',
    "unknown role": chat({"role": "king", "content": "hi"}),
    "orphan tool result": chat({"role": "tool", "tool_call_id": "call_9", "content": "sunny"}),
    "bad base64": chat_file({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BROKEN}"}}),
    "bad base64 of a file": chat_file(
        {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{BROKEN}"}}
    ),
    "wrong media type": chat_file({"type": "image_url", "image_url": {"url": f"data:image/svg+xml;base64,{PIXEL}"}}),
    "sound of no format": chat_file({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "exe"}}),
    "program for a sound": chat_file({"type": "input_audio", "input_audio": {"data": PROGRAM, "format": "wav"}}),
    "archive": chat_file(
        {"type": "file", "file": {"filename": "a", "file_data": f"data:application/zip;base64,{ZIP}"}}
    ),
    "archive for a document": chat_file(
        {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{ZIP}"}}
    ),
    "format of no schema": chat(
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": NO_SCHEMA}}
    ),
    "format of a word": chat(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": "word"}}),
    "tool of no schema": chat(tools=[{"type": "function", "function": {"name": "f", "parameters": NO_SCHEMA}}]),
    "tool of a word": chat(tools=[{"type": "function", "function": {"name": "f", "parameters": "word"}}]),
}
MESSAGES: dict[str, Body] = {
    "malformed body": b'{"model":"up/m","messages":[',
    "unknown role": {"model": "up/m", "max_tokens": 9, "messages": [HI, {"role": "king", "content": "hi"}]},
    "orphan tool result": message({"type": "tool_result", "tool_use_id": "toolu_9", "content": "sunny"}),
    "bad base64": message_file("image/png", BROKEN),
    "wrong media type": message_file("image/svg+xml", PIXEL),
    "archive": message_document("application/zip", ZIP),
    "archive for a document": message_document("application/pdf", ZIP),
    "program for a picture": message_file("image/png", PROGRAM),
    "tool of no schema": message(tools=[{"name": "f", "input_schema": NO_SCHEMA}]),
    "tool of a word": message(tools=[{"name": "f", "input_schema": "word"}]),
}
RESPONSES: dict[str, Body] = {
    "malformed body": b'{"model":"up/m","input":[',
    "unknown role": response({"role": "king", "content": "hi"}),
    "orphan tool result": response({"type": "function_call_output", "call_id": "call_9", "output": "sunny"}),
    "bad base64": response_file({"type": "input_image", "image_url": f"data:image/png;base64,{BROKEN}"}),
    "wrong media type": response_file({"type": "input_image", "image_url": f"data:image/svg+xml;base64,{PIXEL}"}),
    "program": response_file({"type": "input_file", "filename": "a.exe", "file_data": PROGRAM}),
    "program by its type": response_file(
        {"type": "input_file", "filename": "a", "file_data": "data:application/x-msdownload;base64,aGk="}
    ),
    "sound of no format": response_file({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "exe"}}),
    "format of no schema": response(text={"format": {"type": "json_schema", "name": "x", "schema": NO_SCHEMA}}),
    "format of a word": response(text={"format": {"type": "json_schema", "name": "x", "schema": "word"}}),
    "tool of no schema": response(tools=[{"type": "function", "name": "f", "parameters": NO_SCHEMA}]),
    "tool of a word": response(tools=[{"type": "function", "name": "f", "parameters": "word"}]),
}
GEMINI: dict[str, Body] = {
    "malformed body": b'{"contents":[',
    "unknown role": {"contents": [GOOGLE_HI, {"role": "king", "parts": [{"text": "hi"}]}]},
    "orphan tool result": google({"functionResponse": {"name": "f", "response": {"sky": "sunny"}}}),
    "bad base64": google({"inlineData": {"mimeType": "image/png", "data": BROKEN}}),
    "wrong media type": google({"inline_data": {"mime_type": "image/svg+xml", "data": PIXEL}}),
    "sound of no format": google({"inlineData": {"mimeType": "audio/exe", "data": "aGk="}}),
    "archive": google({"inlineData": {"mimeType": "application/zip", "data": ZIP}}),
    "program for a film": google({"inlineData": {"mimeType": "video/mp4", "data": PROGRAM}}),
    "format of no schema": google(generationConfig={"responseJsonSchema": NO_SCHEMA}),
    "format of no schema of Google": google(generationConfig={"response_schema": NO_SCHEMA}),
    "format of a word": google(generationConfig={"responseSchema": "word"}),
    "tool of no schema": google(tools=[{"functionDeclarations": [{"name": "f", "parametersJsonSchema": NO_SCHEMA}]}]),
    "tool of a word": google(tools=[{"function_declarations": [{"name": "f", "parameters": "word"}]}]),
}
NATIVE: dict[str, Body] = {
    "unknown role": native({"role": "king", "content": "hi"}),
    "orphan tool result": native({"role": "tool", "toolCallId": "call_9", "content": "sunny"}),
    "bad base64": native({"role": "user", "content": [{"type": "file", "mimeType": "image/png", "data": BROKEN}]}),
    "wrong media type": native(
        {"role": "user", "content": [{"type": "file", "mimeType": "image/svg+xml", "data": PIXEL}]}
    ),
    "archive": native({"role": "user", "content": [{"type": "file", "mimeType": "application/zip", "data": ZIP}]}),
    "program of no type": native({"role": "user", "content": [{"type": "file", "data": PROGRAM}]}),
    "format of no schema": native(
        responseFormat={"type": "json_schema", "jsonSchema": {"name": "x", "schema": NO_SCHEMA}}
    ),
    "tool of no schema": native(tools=[{"type": "function", "function": {"name": "f", "parameters": NO_SCHEMA}}]),
    "tool of a word": native(tools=[{"type": "function", "function": {"name": "f", "parameters": "word"}}]),
}
FORMATS = {
    "format of no schema": message(output_config={"format": {"type": "json_schema", "schema": NO_SCHEMA}}),
    "format of a word": message(output_config={"format": {"type": "json_schema", "schema": "word"}}),
}
MISTAKES = {
    "chat": CHAT,
    "hybrid": CHAT,
    "messages": {**MESSAGES, **FORMATS},
    "count": MESSAGES,
    "responses": RESPONSES,
    "response count": RESPONSES,
    "gemini": GEMINI,
    "gemini count": GEMINI,
    "native": NATIVE,
}
PROVIDERS = ("openai_chat", "anthropic_messages", "openai_responses", "gemini", "bedrock_converse")


def shape(door: str, answer: dict[str, Any]) -> Any:
    """What tells a client of this door that the fault is its own."""
    if door in ("messages", "count"):
        return answer["type"], answer["error"]["type"]
    if door.startswith("gemini"):
        return answer["error"]["code"], answer["error"]["status"]
    return answer["error"]["type"]


OWN = {
    "messages": ("error", "invalid_request_error"),
    "count": ("error", "invalid_request_error"),
    "gemini": (400, "INVALID_ARGUMENT"),
    "gemini count": (400, "INVALID_ARGUMENT"),
}


@pytest.mark.parametrize("door", PATHS)
async def test_a_mistake_is_told_in_the_door_s_own_words_and_reaches_no_provider(
    hub: RunningHub, upstream: Upstream, door: str
) -> None:
    for provider in PROVIDERS:
        async with hub.house.database.write() as conn:
            await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=(provider,))
        await hub.catch_up()
        for mistake, body in MISTAKES[door].items():
            case = (provider, mistake)
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            answer = await hub.http.post(PATHS[door], content=sent, headers=hub.bearer())
            assert (*case, answer.status_code) == (*case, 400)
            assert (*case, shape(door, answer.json())) == (*case, OWN.get(door, "invalid_request_error"))
            assert answer.json()["error"]["message"]
    assert upstream.asked == []
    assert await hub.calls() == []


@pytest.mark.parametrize("door", PATHS)
async def test_an_image_that_is_too_large_is_told_in_the_door_s_own_words(
    hub: RunningHub, upstream: Upstream, door: str
) -> None:
    data = PIXEL[:-4] + "A" * hub.settings.body_limit
    pictures: dict[str, Body] = {
        "chat": chat_file({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}),
        "messages": message_file("image/png", data),
        "responses": response_file({"type": "input_image", "image_url": f"data:image/png;base64,{data}"}),
        "gemini": google({"inlineData": {"mimeType": "image/png", "data": data}}),
        "native": native({"role": "user", "content": [{"type": "file", "mimeType": "image/png", "data": data}]}),
    }
    same = {"hybrid": "chat", "count": "messages", "response count": "responses", "gemini count": "gemini"}
    answer = await hub.http.post(PATHS[door], json=pictures[same.get(door, door)], headers=hub.bearer())
    told = {
        "messages": ("error", "request_too_large"),
        "count": ("error", "request_too_large"),
        "gemini": (413, "INVALID_ARGUMENT"),
        "gemini count": (413, "INVALID_ARGUMENT"),
    }
    assert answer.status_code == 413
    assert shape(door, answer.json()) == told.get(door, "invalid_request_error")
    assert upstream.asked == []


@pytest.mark.parametrize("body", [b'{"input":{', b"hello", b"", b"input=hi", b'{"input":"\xff"}'])
async def test_the_native_chat_tells_of_a_body_that_is_no_json_as_the_reference_does(
    hub: RunningHub, upstream: Upstream, body: bytes
) -> None:
    answer = await hub.http.post(PATHS["native"], content=body, headers=hub.bearer())
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (415, "unsupported_media_type")
    assert error["message"].startswith("Unsupported Media Type: ")
    assert upstream.asked == []


async def test_a_native_body_of_json_that_says_something_else_is_a_bad_request(hub: RunningHub) -> None:
    for body in (b"[1]", b'{"input":7}', b"null"):
        answer = await hub.http.post(PATHS["native"], content=body, headers=hub.bearer())
        assert (body, answer.status_code) == (body, 400)


async def test_a_file_at_an_address_goes_on_as_it_is(hub: RunningHub, upstream: Upstream) -> None:
    """https://openrouter.ai/docs/guides/overview/multimodal/pdfs takes an address where OpenAI wants data."""
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://example.com/a.pdf"}}
    answer = await hub.http.post(PATHS["chat"], json=chat_file(part), headers=hub.bearer())
    assert answer.status_code == 200
    assert upstream.asked[0].json["messages"][1]["content"] == [part]
