"""Bad input at the door: each gets a clear error object, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.running import RunningHub
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio

MESSAGES = '"messages":[{"role":"user","content":"hi"}]'
ASK = f'{{"model":"up/m",{MESSAGES}}}'


async def post(hub: RunningHub, body: bytes, path: str = "/v1/chat/completions") -> tuple[int, dict[str, str]]:
    answer = await hub.http.post(path, content=body, headers=hub.bearer())
    error = answer.json()["error"]
    assert error["message"]
    assert "Traceback" not in answer.text
    return answer.status_code, error


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"hello", "invalid_json"),
        (b'{"model":', "invalid_json"),
        (b"[1,2]", "invalid_json"),
        (b'"text"', "invalid_json"),
        (b"null", "invalid_json"),
        (b'{"model":"up/m","messages":[{"role":"user","content":"\xff\xfe"}]}', "invalid_json"),
        (b'{"model":"up/m","x":"\xff",' + MESSAGES.encode() + b"}", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(hub: RunningHub, body: bytes, code: str) -> None:
    status, error = await post(hub, body)
    assert (status, error["code"]) == (400, code)
    assert await hub.calls() == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ('"model":7', "model"),
        ('"model":""', "model"),
        ('"model":null', "model"),
        ('"temperature":2.1', "temperature"),
        ('"temperature":-0.1', "temperature"),
        ('"temperature":"hot"', "temperature"),
        ('"top_p":1.1', "top_p"),
        ('"presence_penalty":-2.1', "presence_penalty"),
        ('"frequency_penalty":2.1', "frequency_penalty"),
        ('"max_tokens":0', "max_tokens"),
        ('"max_tokens":1.5', "max_tokens"),
        ('"n":0', "n"),
        ('"stream":"yes"', "stream"),
        ('"tools":{}', "tools"),
        ('"tools":[{"type":1}]', "tools[0].type"),
        ('"stream_options":[]', "stream_options"),
        ('"response_format":"json"', "response_format"),
        ('"prompt":"hi"', "prompt"),
    ],
)
async def test_a_wrong_field_is_named(hub: RunningHub, upstream: Upstream, fields: str, param: str) -> None:
    model = "" if fields.startswith('"model"') else '"model":"up/m",'
    status, error = await post(hub, f"{{{model}{MESSAGES},{fields}}}".encode())
    assert (status, error.get("param")) == (400, param)
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ("[]", "messages"),
        ("{}", "messages"),
        ('"hi"', "messages"),
        ('[{"content":"hi"}]', "messages[0]"),
        ('[{"role":"king","content":"hi"}]', "messages[0].role"),
        ('[{"role":"user","content":7}]', "messages[0].content"),
        ('[{"role":"user","content":["hi"]}]', "messages[0].content[0]"),
    ],
)
async def test_a_wrong_message_is_named(hub: RunningHub, messages: str, param: str) -> None:
    status, error = await post(hub, f'{{"model":"up/m","messages":{messages}}}'.encode())
    assert (status, error.get("param")) == (400, param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [('"topP":1.1', "top_p"), ('"maxTokens":0', "max_tokens"), ('"presencePenalty":3', "presence_penalty")],
)
async def test_the_older_names_have_the_same_limits(hub: RunningHub, fields: str, param: str) -> None:
    status, error = await post(hub, f'{{"model":"up/m",{MESSAGES},{fields}}}'.encode(), "/api/v2/chat/completions")
    assert (status, error.get("param")) == (400, param)


async def test_a_body_over_the_limit_is_refused_before_it_is_read(hub: RunningHub) -> None:
    status, error = await post(hub, b" " * (hub.settings.body_limit + 1))
    assert (status, error["code"]) == (413, "request_too_large")


async def test_a_chunked_body_over_the_limit_is_refused(hub: RunningHub) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(hub.settings.body_limit // 65536 + 2):
            yield b" " * 65536

    answer = await hub.http.post("/v1/chat/completions", content=pieces(), headers=hub.bearer())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_body_that_does_not_come_is_a_timeout(hub: RunningHub) -> None:
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ncontent-length: 50\r\n"
    answer = await raw(hub, f'{head}authorization: Bearer {hub.member_key}\r\n\r\n{{"model"'.encode())
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "request_timeout"


async def test_a_head_over_the_limit_is_refused(hub: RunningHub) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nx-big: " + b"a" * (hub.settings.header_limit + 1)
    for end in (b"\r\n\r\n", b""):
        answer = await raw(hub, head + end)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "headers_too_large"


async def test_a_head_that_does_not_end_is_a_timeout(hub: RunningHub) -> None:
    answer = await raw(hub, b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_what_is_no_http_is_told_so(hub: RunningHub) -> None:
    answer = await raw(hub, b"\x16\x03\x01 hello\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad_http"


async def test_an_unknown_path_is_told_in_json(hub: RunningHub) -> None:
    for path in ("/v1/nothing", "/ai-kit/v1/nothing", "/nothing"):
        answer = await hub.http.post(path, json={}, headers=hub.bearer())
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_a_wrong_method_is_told_with_the_right_one(hub: RunningHub, method: str) -> None:
    answer = await hub.http.request(method, "/v1/chat/completions", headers=hub.bearer())
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/v2/chat", "/v1/embeddings", "/v1/models"])
async def test_every_kind_of_bad_key_is_401_and_says_missing_or_invalid(hub: RunningHub, path: str) -> None:
    async def asked(headers: list[tuple[str, str]]) -> tuple[int, str, str]:
        method = "GET" if path == "/v1/models" else "POST"
        content = None if method == "GET" else ASK.encode()
        answer = await hub.http.request(method, path, headers=headers, content=content)
        return answer.status_code, answer.json()["error"]["code"], answer.headers["www-authenticate"]

    where = f'resource_metadata="{hub.url}/.well-known/oauth-protected-resource"'
    wrong = f'Bearer error="invalid_token", {where}'
    assert await asked([]) == (401, "missing_api_key", f"Bearer {where}")
    for value in (
        "Bearer blocklet-unknown",
        "Bearer sk-other",
        "Bearer",
        "Bearer a b",
        f"Basic {hub.member_key}",
        hub.member_key,
        f"Bearer {hub.member_key}x",
        f"Bearer {hub.member_key[:-1]}",
        f"Bearer {'a' * 5000}",
    ):
        assert await asked([("authorization", value)]) == (401, "invalid_api_key", wrong)


async def test_the_scheme_is_read_in_any_case(hub: RunningHub) -> None:
    assert (await hub.ask(None, authorization=f"bEaReR {hub.member_key}")).status_code == 200


async def test_a_key_is_taken_from_cookie_body_and_query_too(hub: RunningHub, upstream: Upstream) -> None:
    key, path = hub.member_key, "/v1/chat/completions"
    body = json.loads(ASK)
    answers = [
        await hub.http.post(path, json=body, headers={"cookie": f"a=b; login_token={key}"}),
        await hub.http.post(f"{path}?access_token={key}", json=body),
        await hub.http.post(path, json={**body, "access_token": key}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all(key.encode() not in asked.body for asked in upstream.asked)


async def test_two_keys_in_one_request_are_refused(hub: RunningHub, upstream: Upstream) -> None:
    key, path = hub.member_key, "/v1/chat/completions"
    body = json.loads(ASK)
    answers = [
        await hub.http.post(f"{path}?access_token={key}", json=body, headers=hub.bearer()),
        await hub.http.post(path, json={**body, "access_token": key}, headers=hub.bearer()),
        await hub.http.post(path, json=body, headers={**hub.bearer(), "cookie": f"login_token={key}"}),
        await hub.http.post(
            path, json=body, headers=[("authorization", f"Bearer {key}"), ("authorization", f"Bearer {key}")]
        ),
    ]
    assert [(a.status_code, a.json()["error"]["code"]) for a in answers] == [(400, "multiple_credentials")] * 4
    assert upstream.asked == []


async def raw(hub: RunningHub, sent: bytes) -> bytes:
    """Send bytes as they are and read until the hub closes."""
    port = int(hub.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        await writer.drain()
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


async def test_what_no_database_holds_is_no_model_and_no_provider_s_words(
    hub_on_both: RunningHub, upstream: Upstream
) -> None:
    refused = await hub_on_both.ask({"model": "up/m\x00", "messages": [{"role": "user", "content": "hi"}]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "model_not_found")
    assert upstream.asked == []
    upstream.script = whole({"error": {"message": "no\x00 such \x1b[31mthing"}}, status=400)
    answer = await hub_on_both.ask()
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "no such [31mthing")
    (call,) = await hub_on_both.calls()
    assert call.error == "upstream_rejected: no such [31mthing"
