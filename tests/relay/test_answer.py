"""Answering a call: what the caller gets, what the provider saw, and what is on record."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.dialects.pairing import pair
from aigne_hub.relay.attempt import send
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.usage.records import Source, Status
from tests.databases import fresh_sqlite
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

STREAM = {"model": "up/m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


async def test_an_answer_reaches_the_caller_as_the_provider_wrote_it(hub: RunningHub, upstream: Upstream) -> None:
    answer = await hub.ask()
    assert answer.status_code == 200
    assert answer.content == json.dumps(COMPLETION).encode()
    assert answer.headers["content-type"] == "application/json"


async def test_the_provider_gets_the_callers_body_with_only_the_model_changed(
    hub: RunningHub, upstream: Upstream
) -> None:
    body = (
        b'{ "messages":[{"role":"user","content":"h\\u00e9"}] ,"model" : "up/m", '
        b'"x_new": 1e400, "seed":12345678901234567890 }'
    )
    answer = await hub.http.post("/v1/chat/completions", content=body, headers=hub.bearer())
    assert answer.status_code == 200
    assert upstream.asked[0].body == body.replace(b'"up/m"', b'"m"')
    assert upstream.asked[0].path == "/v1/chat/completions"


async def test_the_provider_sees_the_hubs_credential_and_nothing_of_the_caller(
    hub: RunningHub, upstream: Upstream
) -> None:
    await hub.ask(None, cookie="session=1", **{"x-forwarded-for": "10.1.1.1", "x-user-role": "owner"})
    seen = upstream.asked[0].headers
    assert seen["authorization"] == "Bearer sk-upstream-0123456789"
    assert set(seen) <= {
        "host",
        "authorization",
        "content-type",
        "content-length",
        "accept",
        "accept-encoding",
        "user-agent",
    }
    assert hub.member_key.encode() not in repr(upstream.asked).encode()


async def test_a_call_is_on_record_when_its_answer_is_whole(hub: RunningHub) -> None:
    await hub.ask(None, **{"x-request-id": "my-request-7", "x-aigne-hub-client-did": "my%20app"})
    (call,) = await hub.calls()
    assert (call.status, call.error, call.usage_source) == (Status.success, None, Source.reported)
    assert (call.model, call.upstream_model, call.kind) == ("up/m", "m", "chatCompletion")
    assert (call.usage.input, call.usage.output) == (12, 3)
    assert (call.request_id, call.app) == ("my-request-7", "my app")
    assert (call.user_id, call.provider_id) == (hub.member.id, hub.provider.id)
    assert call.duration_ms is not None and call.first_byte_ms is not None
    assert 0 <= call.first_byte_ms <= call.duration_ms < 5000


async def test_the_hub_names_the_request_when_the_caller_does_not(hub: RunningHub) -> None:
    answer = await hub.ask()
    (call,) = await hub.calls()
    assert answer.headers["x-request-id"] == call.request_id == str(call.id)


async def test_cached_tokens_are_kept_apart_from_fresh_ones(hub: RunningHub, upstream: Upstream) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 80},
        "completion_tokens_details": {"reasoning_tokens": 7},
    }
    upstream.script = whole({**COMPLETION, "usage": usage})
    await hub.ask()
    used = (await hub.call()).usage
    assert (used.input, used.cache_read, used.output, used.reasoning) == (20, 80, 13, 7)


async def test_an_answer_without_usage_is_a_success_whose_usage_is_estimated(
    hub: RunningHub, upstream: Upstream
) -> None:
    upstream.script = whole({name: value for name, value in COMPLETION.items() if name != "usage"})
    assert (await hub.ask()).status_code == 200
    call = await hub.call()
    assert (call.status, call.usage_source) == (Status.success, Source.estimated)
    assert call.usage.input is not None and call.usage.output is not None
    assert 1 <= call.usage.input <= 10 and 1 <= call.usage.output <= 3


@pytest.mark.parametrize(
    ("status", "given", "told", "code"),
    [
        (400, 400, "bad parameter", "upstream_rejected"),
        (401, 502, "the provider refused the hub's credential", "upstream_credential"),
        (403, 502, "the provider refused the hub's credential", "upstream_credential"),
        (404, 404, "bad parameter", "upstream_rejected"),
        (429, 429, "bad parameter", "upstream_throttled"),
        (500, 502, "the provider failed with status 500", "upstream_overloaded"),
        (503, 503, "the provider failed with status 503", "upstream_overloaded"),
    ],
)
async def test_a_providers_refusal_is_told_truly_and_recorded(
    hub: RunningHub, upstream: Upstream, status: int, given: int, told: str, code: str
) -> None:
    upstream.script = whole({"error": {"message": "bad parameter"}}, status, {"retry-after": "7"})
    answer = await hub.ask()
    assert answer.status_code == given
    assert told in answer.json()["error"]["message"]
    assert answer.json()["error"]["code"] == code
    assert answer.headers["retry-after"] == "7"
    call = await hub.call()
    assert call.status is Status.failed
    assert call.error is not None and call.error.startswith(code)


async def test_a_providers_words_reach_the_caller_without_its_secrets(hub: RunningHub, upstream: Upstream) -> None:
    said = "Incorrect key sk-upstream-0123456789 at https://internal.example/v1?token=abc"
    upstream.script = whole({"error": {"message": said}}, 400)
    message = (await hub.ask()).json()["error"]["message"]
    assert message == "Incorrect key [secret] at [address]"


async def test_an_answer_that_is_no_completion_is_a_bad_gateway(hub: RunningHub, upstream: Upstream) -> None:
    for answer in (b"<html>oops</html>", b"[]", b'{"choices":1}', b"\xff\xfe", b""):
        upstream.script = whole(answer)
        refused = await hub.ask()
        assert refused.status_code == 502
        assert refused.json()["error"]["code"] == "upstream_malformed"
    assert [call.status for call in await hub.calls()] == [Status.failed] * 5


async def test_a_provider_that_refuses_connections_is_a_bad_gateway(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, base_url="http://127.0.0.1:9/v1")
    await hub.catch_up()
    answer = await hub.ask()
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_refused")


async def test_a_provider_that_says_nothing_is_a_timeout(hub: RunningHub, upstream: Upstream) -> None:
    async def silent(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    upstream.script = silent
    answer = await hub.ask()
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "upstream_timeout")
    assert (await hub.call()).status is Status.failed


async def test_a_long_call_is_on_record_while_it_runs(hub: RunningHub, upstream: Upstream) -> None:
    go_on = asyncio.Event()

    async def wait(number: int) -> None:
        if number == 1:
            await go_on.wait()

    upstream.script = streamed(events_of(chunks_of(["Hello"])), between=wait)
    asking = asyncio.create_task(hub.ask(STREAM))
    async with asyncio.timeout(5):
        while not await hub.calls():
            await asyncio.sleep(0.05)
    (running,) = await hub.calls()
    assert (running.status, running.duration_ms) == (Status.processing, None)
    go_on.set()
    await asking
    done = await hub.call()
    assert (done.id, done.status) == (running.id, Status.success)


async def test_embeddings_pass_and_are_recorded(hub: RunningHub, upstream: Upstream) -> None:
    vectors = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
        "model": "e",
        "usage": {"prompt_tokens": 5, "total_tokens": 5},
    }
    upstream.script = whole(vectors)
    answer = await hub.ask({"model": "up/e", "input": "hello"}, path="/v1/embeddings")
    assert answer.json() == vectors
    call = await hub.call()
    assert (call.kind, call.usage.input, call.usage.output) == ("embedding", 5, 0)


async def test_a_call_that_names_no_known_model_leaves_nothing_behind(hub: RunningHub, upstream: Upstream) -> None:
    answer = await hub.ask({"model": "nobody-has-this", "messages": [{"role": "user", "content": "hi"}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "model_not_found")
    assert await hub.calls() == []
    assert upstream.asked == []


async def test_many_calls_at_once_are_each_recorded_once(hub: RunningHub) -> None:
    answers = await asyncio.gather(*(hub.ask(None, **{"x-request-id": f"r{n}"}) for n in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(call.request_id for call in await hub.calls()) == sorted(f"r{n}" for n in range(100))


@pytest.mark.parametrize(("size", "turns"), [(1000, []), (2 << 20, ["before pair", "before send"])])
async def test_others_have_turns_while_a_large_body_is_worked_on(
    sqlite_template: Path,
    tmp_path: Path,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    turns: list[str],
) -> None:
    had: list[str] = []
    at: list[str] = []

    def reaching(step: str, work: Any, following: str) -> Any:
        """The step, which also asks for a turn; had before the following step is reached, it was given."""

        def reached(*given: Any, **more: Any) -> Any:
            at.append(step)
            done = work(*given, **more)
            asyncio.get_running_loop().call_soon(lambda: had.append(f"before {following}") if at[-1] == step else None)
            return done

        return reached

    module = "aigne_hub.relay.answer"
    monkeypatch.setattr(f"{module}.refuse_unfit", reaching("fit", refuse_unfit, "pair"))
    monkeypatch.setattr(f"{module}.pair", reaching("pair", pair, "send"))
    monkeypatch.setattr(f"{module}.send", reaching("send", send, "the end"))
    asked = {"model": "up/m", "messages": [{"role": "user", "content": "x" * size}]}
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, body_limit=4 << 20)
    async with running_hub(settings, upstream) as hub:
        assert (await hub.ask(asked)).status_code == 200
    assert at == ["fit", "pair", "send"]
    assert [one for one in had if one != "before the end"] == turns
