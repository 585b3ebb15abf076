"""A call whose target fails before the first byte goes on with the next, and nobody notices; after it, it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigne_hub.access.identity import Rights
from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.databases import fresh_sqlite
from tests.relay.two_targets import ERROR, PLAIN, STREAM, add, add_credential, attempts, by_request, hang, reset
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import (
    COMPLETION,
    Asked,
    Script,
    Upstream,
    chunk,
    chunks_of,
    events_of,
    serve_upstream,
    streamed,
    whole,
)

pytestmark = pytest.mark.anyio


def headed(body: bytes, *, then: Callable[[asyncio.StreamWriter], Any] = asyncio.StreamWriter.close) -> Script:
    """Answers with a good head and this much of a body."""

    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 5000\r\n\r\n" + body)
        await writer.drain()
        then(writer)

    return script


FAULTS: dict[str, tuple[Script, str, int | None]] = {
    "hang": (hang, "timeout", None),
    "401": (whole(ERROR, 401), "credential", 401),
    "403": (whole(ERROR, 403), "credential", 403),
    "404": (whole(ERROR, 404), "rejected", 404),
    "408": (whole(ERROR, 408), "rejected", 408),
    "429": (whole(ERROR, 429, {"retry-after": "7"}), "throttled", 429),
    "500": (whole(ERROR, 500), "overloaded", 500),
    "502": (whole(b"<html>", 502), "overloaded", 502),
    "503": (whole(ERROR, 503), "overloaded", 503),
    "529": (whole(ERROR, 529), "overloaded", 529),
    "redirect": (whole(b"", 302), "malformed", None),
    "reset": (reset, "broken", None),
    "reset after the head": (headed(b"", then=lambda writer: writer.transport.abort()), "broken", None),
}
PLAIN_FAULTS: dict[str, tuple[Script, str, int | None]] = {
    **FAULTS,
    "not json": (whole(b"<html>oops</html>"), "malformed", None),
    "truncated": (headed(json.dumps(COMPLETION).encode()[:40]), "broken", None),
    "truncated json": (whole(json.dumps(COMPLETION).encode()[:40]), "malformed", None),
}
STREAM_FAULTS: dict[str, tuple[Script, str, int | None]] = {
    **FAULTS,
    "not an event stream": (whole(b"<html>oops</html>"), "broken", None),
    "truncated": (headed(b'data: {"id":"chatcmpl'), "broken", None),
    "nothing at all": (streamed([]), "broken", None),
    "an error as its first event": (streamed([b'data: {"error":{"message":"overloaded"}}\n\n']), "overloaded", None),
}


async def check_the_second_answered(hub: RunningHub, answer: httpx.Response, outcome: str, status: int | None) -> None:
    assert answer.status_code == 200
    assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up2", "2")
    call = await hub.call()
    assert (call.status, call.error, call.usage_source) == (Status.success, None, Source.reported)
    assert (call.usage.input, call.usage.output) == (12, 3)
    first, last = await attempts(hub)
    assert (first.provider_id, first.outcome, first.status) == (hub.provider.id, outcome, status)
    assert (last.provider_id, last.outcome, last.status) == (call.provider_id, "ok", 200)
    assert call.provider_id != hub.provider.id
    assert call.credential_id == last.credential_id != first.credential_id
    assert first.error is not None and last.error is None
    assert call.started_ms == first.started_ms <= last.started_ms


@pytest.mark.parametrize("fault", PLAIN_FAULTS)
async def test_a_plain_answer_comes_from_the_next_target(
    two: RunningHub, upstream: Upstream, second: Upstream, fault: str
) -> None:
    upstream.script, outcome, status = PLAIN_FAULTS[fault]
    answer = await two.ask(PLAIN)
    assert answer.json() == COMPLETION
    await check_the_second_answered(two, answer, outcome, status)
    assert (len(upstream.asked), len(second.asked)) == (1, 1)


@pytest.mark.parametrize("fault", STREAM_FAULTS)
async def test_a_stream_comes_from_the_next_target(
    two: RunningHub, upstream: Upstream, second: Upstream, fault: str
) -> None:
    upstream.script, outcome, status = STREAM_FAULTS[fault]
    answer = await two.ask({**STREAM, "stream_options": {"include_usage": True}})
    assert answer.content == b"".join(events_of(chunks_of(["Hel", "lo"])))
    await check_the_second_answered(two, answer, outcome, status)
    assert (len(upstream.asked), len(second.asked)) == (1, 1)


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "streamed"])
async def test_a_provider_that_takes_no_connection_is_passed_over(two: RunningHub, body: dict[str, Any]) -> None:
    async with two.house.database.write() as conn:
        await two.house.providers.change_provider(conn, SYSTEM, two.provider.id, base_url="http://127.0.0.1:9/v1")
    await two.catch_up()
    await check_the_second_answered(two, await two.ask(body), "refused", None)


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "streamed"])
async def test_a_request_that_is_refused_itself_is_not_tried_elsewhere(
    two: RunningHub, upstream: Upstream, second: Upstream, status: int, body: dict[str, Any]
) -> None:
    upstream.script = whole(ERROR, status)
    answer = await two.ask(body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (status, "no luck")
    assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up", "1")
    assert second.asked == []
    (only,) = await attempts(two)
    assert (only.outcome, only.status, only.number) == ("rejected", status, 1)
    assert (await two.call()).status is Status.failed


async def test_the_usual_call_has_no_attempts_on_record(two: RunningHub, second: Upstream) -> None:
    answer = await two.ask(PLAIN)
    assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up", "1")
    assert await attempts(two) == []
    assert second.asked == []
    assert "x-hub-provider, x-hub-attempts" in answer.headers["access-control-expose-headers"]


async def test_a_bare_name_takes_turns_and_a_named_provider_none(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    upstream.script = by_request
    seen = [(await two.ask(body)).headers["x-hub-provider"] for body in (PLAIN, STREAM, PLAIN, STREAM)]
    assert seen == ["up", "up2", "up", "up2"]
    for _ in range(2):
        assert (await two.ask({**PLAIN, "model": "up2/m"})).headers["x-hub-provider"] == "up2"


async def test_a_named_provider_goes_on_with_its_other_credentials(hub: RunningHub, upstream: Upstream) -> None:
    await add_credential(hub, hub.provider, "second")
    keys: list[str] = []

    async def by_key(asked: Asked, writer: asyncio.StreamWriter) -> None:
        keys.append(asked.headers["authorization"].removeprefix("Bearer "))
        await (whole(COMPLETION) if "second" in keys[-1] else whole(ERROR, 401))(asked, writer)

    upstream.script = by_key
    answer = await hub.ask()
    assert (answer.status_code, answer.headers["x-hub-attempts"]) == (200, "2")
    assert keys == ["sk-upstream-0123456789", "sk-second-0123456789"]
    first, last = await attempts(hub)
    assert (first.provider_id, first.outcome) == (last.provider_id, "credential")


@pytest.mark.parametrize("body", [PLAIN, STREAM])
@pytest.mark.parametrize(
    ("faults", "status", "code", "wait"),
    [
        ((whole(ERROR, 429, {"retry-after": "30"}), whole(ERROR, 429, {"retry-after": "7"})), 429, "throttled", "7"),
        ((whole(ERROR, 429), whole(ERROR, 429)), 429, "throttled", "5"),
        ((whole(ERROR, 401), whole(ERROR, 403)), 502, "credential", None),
        ((whole(ERROR, 500), whole(ERROR, 401)), 502, "overloaded", None),
        ((whole(ERROR, 404), whole(ERROR, 404)), 404, "rejected", None),
        ((whole(ERROR, 404), reset), 502, "broken", None),
    ],
)
async def test_when_all_fail_the_most_telling_is_told_and_never_401(
    two: RunningHub,
    upstream: Upstream,
    second: Upstream,
    faults: Any,
    status: int,
    code: str,
    wait: str | None,
    body: dict[str, Any],
) -> None:
    upstream.script, second.script = faults
    answer = await two.ask(body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, f"upstream_{code}")
    assert answer.headers.get("retry-after") == wait
    assert answer.headers["x-hub-attempts"] == "2"
    assert (await two.call()).status is Status.failed


async def test_attempts_have_an_end(hub: RunningHub, upstream: Upstream) -> None:
    for number in range(6):
        await add_credential(hub, hub.provider, f"number{number}")
    upstream.script = whole(ERROR, 500)
    answer = await hub.ask()
    assert (answer.status_code, answer.headers["x-hub-attempts"]) == (502, "5")
    assert len({asked.headers["authorization"] for asked in upstream.asked}) == 5
    assert [one.number for one in await attempts(hub)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("ends", ["cut", "error"])
async def test_after_the_first_byte_a_stream_ends_in_its_own_dialect(
    two: RunningHub, upstream: Upstream, second: Upstream, path: str, ends: str
) -> None:
    pieces = events_of(chunks_of(["Hel"]), done=False)[:2]
    if ends == "error":
        pieces.append(b'data: {"error":{"message":"overloaded"}}\n\n')
    upstream.script = streamed(pieces, ends=ends == "error")
    answer = await two.ask({**STREAM, "max_tokens": 9}, path=path)
    assert answer.status_code == 200
    assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up", "1")
    last = [line for line in answer.text.split("\n") if line.startswith("data: ")][-1]
    assert "error" in json.loads(last[6:])
    assert "Hel" in answer.text and "[DONE]" not in answer.text
    assert second.asked == []
    call = await two.call()
    assert (call.status, call.usage_source) == (Status.failed, Source.estimated)
    (only,) = await attempts(two)
    assert only.outcome == ("broken" if ends == "cut" else "overloaded")


async def test_a_stream_that_breaks_at_the_second_target_tells_of_that(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    upstream.script = whole(ERROR, 429)
    second.script = streamed(events_of([chunk(choices=[])], done=False), ends=False)
    answer = await two.ask(STREAM)
    last = [line for line in answer.text.split("\n") if line.startswith("data: ")][-1]
    assert json.loads(last[6:])["error"]["code"] == "upstream_broken"
    assert [one.outcome for one in await attempts(two)] == ["throttled", "broken"]


async def test_each_attempt_is_written_anew_for_its_provider(hub: RunningHub, upstream: Upstream) -> None:
    """The first provider speaks another dialect, in which something is lost; the second gets the caller's own words."""
    async with serve_upstream() as other:
        other.script = whole(ERROR, 500)
        async with hub.house.database.write() as conn:
            await hub.house.providers.change_provider(
                conn, SYSTEM, hub.provider.id, dialects=("anthropic_messages",), base_url=other.url
            )
        await add(hub, "up2", upstream)
        body = {**PLAIN, "seed": 7, "x_new": 1}
        answer = await hub.ask(body)
        assert answer.status_code == 200
        assert other.asked[0].path == "/v1/messages" and "seed" not in other.asked[0].json
        assert upstream.asked[0].json == body
        assert "x-hub-dropped" not in answer.headers
        call = await hub.call()
        assert (call.upstream_dialect, call.dropped) == ("openai_chat", None)


async def test_a_strict_caller_gets_a_target_that_loses_nothing(hub: RunningHub, upstream: Upstream) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=("anthropic_messages",))
    body = {**PLAIN, "seed": 7}
    await hub.catch_up()
    refused = await hub.ask(body, **{"x-hub-strict": "1"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_carried")
    assert upstream.asked == []
    await add(hub, "up2", upstream)
    answer = await hub.ask(body, **{"x-hub-strict": "1"})
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up2", "1")
    upstream.script = whole(ERROR, 500)
    assert (await hub.ask(body, **{"x-hub-strict": "1"})).headers["x-hub-attempts"] == "1"


async def test_a_narrowed_key_goes_only_where_it_may(two: RunningHub, upstream: Upstream, second: Upstream) -> None:
    async with two.house.database.write() as conn:
        narrow = await two.house.keys.create(
            conn, SYSTEM, two.member.id, "narrow", role=two.member.role, rights=Rights(models=("up2/m",))
        )
    for _ in range(2):
        answer = await two.ask(PLAIN, authorization=f"Bearer {narrow.secret}")
        assert answer.headers["x-hub-provider"] == "up2"
    second.script = whole(ERROR, 500)
    assert (await two.ask(PLAIN, authorization=f"Bearer {narrow.secret}")).status_code == 502
    assert upstream.asked == []


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "streamed"])
async def test_for_a_caller_who_has_gone_nobody_else_is_asked(
    two: RunningHub, upstream: Upstream, second: Upstream, body: dict[str, Any]
) -> None:
    async with gone_caller(two, upstream, body) as fail:
        fail.set()
        call = await two.call()
    assert call.status is Status.failed and call.error is not None and call.error.startswith("upstream_overloaded")
    assert second.asked == []
    assert [one.outcome for one in await attempts(two)] == ["overloaded"]


@asynccontextmanager
async def gone_caller(hub: RunningHub, upstream: Upstream, body: dict[str, Any]) -> Any:
    """A caller who hung up while the first provider was silent, which then fails when it is told to."""
    asked, fail = asyncio.Event(), asyncio.Event()

    async def late(seen: Asked, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await fail.wait()
        await whole(ERROR, 500)(seen, writer)

    upstream.script = late
    data = json.dumps(body).encode()
    url = httpx.URL(hub.url)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {hub.member_key}\r\n"
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
    async with asyncio.timeout(10):
        await asked.wait()
    writer.transport.abort()
    await until_seen(hub)
    yield fail


async def until_seen(hub: RunningHub) -> None:
    """The hub has read what the network told it before this answer."""
    answered: Awaitable[httpx.Response] = hub.http.get("/v1/models", headers=hub.bearer())
    assert (await answered).status_code == 200


async def test_all_attempts_together_take_no_longer_than_one_may(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    async with running_hub(settings_for(url, tmp_path, total_s=1.5), upstream) as hub:
        for number in range(4):
            await add_credential(hub, hub.provider, f"number{number}")
        upstream.script = hang
        answer = await hub.ask()
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "upstream_timeout")
        assert len(upstream.asked) <= 2
        assert len(await attempts(hub)) == len(upstream.asked)
