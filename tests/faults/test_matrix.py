"""Every fault of the matrix through the real door: the right answer, one settlement, nothing left behind."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path

import httpx
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.usage import store
from aigne_hub.usage.records import AttemptRecord, CallRecord, Source, Status
from tests.databases import fresh_sqlite
from tests.faults.callers import CALLERS, events
from tests.faults.leaks import assert_nothing_left, look
from tests.faults.matrix import DEAF, FAULTS, REFUSING, TEXT, Case
from tests.relay.two_targets import by_request
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Asked, Upstream, serve_upstream

pytestmark = pytest.mark.anyio

LIMITS = {"connect_s": 0.5, "first_byte_s": 0.5, "idle_s": 0.5, "total_s": 1.5, "drain_s": 0.5, "answer_limit": 1 << 20}
STAYS = "stays"
LEAVES_AT_ONCE, LEAVES_ASKED, LEAVES_BEGUN = LEAVES = ("at once", "when the provider is asked", "when an answer begins")


@dataclass(frozen=True)
class Cell:
    """One call of the matrix, by a model of its own, so that it meets no memory of another."""

    name: str
    case: Case
    is_stream: bool
    targets: int
    dialect: str
    caller: str

    @property
    def is_tried_again(self) -> bool:
        return self.case.goes_on and self.targets == 2


def cells_of(fault: str) -> Iterator[Cell]:
    """Those who stay in each dialect, and those who leave in each phase."""
    of_dialects = [(dialect, STAYS) for dialect in CALLERS]
    leaving = [("Chat Completions", phase) for phase in LEAVES]
    numbers = count(1)
    for is_stream, targets, (dialect, caller) in product((False, True), (1, 2), of_dialects + leaving):
        case = FAULTS[fault].streamed if is_stream else FAULTS[fault].plain
        if case is not None:
            yield Cell(f"model{next(numbers)}", case, is_stream, targets, dialect, caller)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_answered_truly_and_settled_once(sqlite_template: Path, tmp_path: Path, fault: str) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    settings = settings_for(url, tmp_path, **LIMITS)
    cells = list(cells_of(fault))
    async with running_hub(settings, Upstream("http://127.0.0.1:9/v1")) as hub:
        await hub.catch_up()
        before = look()
        async with serve_upstream() as faulty, serve_upstream() as well:
            by_model = {cell.name: cell.case.fault for cell in cells}

            async def misbehave(asked: Asked, writer: asyncio.StreamWriter) -> None:
                script = by_model[asked.json["model"]]
                assert not isinstance(script, str)
                await script(asked, writer)

            faulty.script, well.script = misbehave, by_request
            with addresses() as bad:
                for cell in cells:
                    at = cell.case.fault if isinstance(cell.case.fault, str) else faulty.url
                    await add(hub, f"a{cell.name}", bad.get(at, at), cell.name)
                    if cell.targets == 2:
                        await add(hub, f"b{cell.name}", well.url, cell.name)
                await hub.catch_up()
                async with httpx.AsyncClient(base_url=hub.url, headers=hub.bearer(), timeout=20) as http:
                    await asyncio.gather(*[run(hub, http, cell, faulty) for cell in cells])
                    await settled(hub, cells)
        await assert_nothing_left(before)
        await check_records(hub, cells)


async def run(hub: RunningHub, http: httpx.AsyncClient, cell: Cell, faulty: Upstream) -> None:
    if cell.caller == STAYS:
        path, body = CALLERS[cell.dialect].request(cell.name, cell.is_stream)
        answer = await http.post(path, json=body, headers={"x-request-id": cell.name})
        check_answer(cell, answer)
    else:
        await call_and_leave(hub, http, cell, faulty)


def check_answer(cell: Cell, answer: httpx.Response) -> None:
    """What somebody who stays gets."""
    caller, case = CALLERS[cell.dialect], cell.case
    where = f"{cell}: {answer.status_code} {answer.text[:500]}"
    attempts = ("2", f"b{cell.name}") if cell.is_tried_again else (str(case.tries), f"a{cell.name}")
    assert (answer.headers["x-hub-attempts"], answer.headers["x-hub-provider"]) == attempts, where
    if cell.is_tried_again or case.outcome is None:
        assert answer.status_code == 200, where
        if cell.is_stream:
            assert caller.said(answer.content) == TEXT and caller.has_ended(answer.content), where
        else:
            assert caller.text(answer.json()) == TEXT, where
    elif case.has_begun:
        assert answer.status_code == 200, where
        assert caller.said(answer.content).startswith(TEXT[:3]), where
        *_, last = events(answer.content)
        assert caller.error(last) and not caller.has_ended(answer.content), where
    else:
        assert answer.status_code == case.status, where
        assert answer.headers["content-type"] == "application/json", where
        assert caller.error(answer.json())["message"], where


async def call_and_leave(hub: RunningHub, http: httpx.AsyncClient, cell: Cell, faulty: Upstream) -> None:
    path, body = CALLERS[cell.dialect].request(cell.name, cell.is_stream)
    request = http.build_request("POST", path, json=body, headers={"x-request-id": cell.name})
    data = b"".join([name + b": " + value + b"\r\n" for name, value in request.headers.raw])
    url = httpx.URL(hub.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"POST " + path.encode() + b" HTTP/1.1\r\n" + data + b"\r\n" + request.read())
    async with asyncio.timeout(10):
        if cell.caller == LEAVES_AT_ONCE:
            await writer.drain()
        elif cell.caller == LEAVES_BEGUN:
            await reader.read(1)
        elif isinstance(cell.case.fault, str):
            await hub_has_read(hub, http)
        else:
            while not any(asked.json["model"] == cell.name for asked in faulty.asked):
                await asyncio.sleep(0.01)
    writer.transport.abort()


async def hub_has_read(hub: RunningHub, http: httpx.AsyncClient) -> None:
    """What came before this request."""
    assert (await http.get("/v1/models", headers=hub.bearer())).status_code == 200


async def settled(hub: RunningHub, cells: list[Cell]) -> None:
    """Every call has its record, and none is still open; who leaves at once may not have called."""
    wanted = {cell.name for cell in cells if cell.caller != LEAVES_AT_ONCE}
    async with asyncio.timeout(20):
        while True:
            calls = await hub.calls()
            is_open = any(call.status is Status.processing for call in calls)
            if not is_open and wanted <= {call.request_id for call in calls}:
                return
            await asyncio.sleep(0.05)


async def check_records(hub: RunningHub, cells: list[Cell]) -> None:
    """One record for each call, true of how it ended."""
    calls = await hub.calls()
    found = {call.request_id: call for call in calls}
    assert len(found) == len(calls), "a call is on record twice"
    assert not any(call.status is Status.processing for call in calls)
    async with hub.house.database.read() as conn:
        attempts = await store.attempts_of(conn, [call.id for call in calls])
    for cell in cells:
        if cell.caller == STAYS:
            check_record(cell, found[cell.name], attempts.get(found[cell.name].id, []))


def check_record(cell: Cell, call: CallRecord, attempts: list[AttemptRecord]) -> None:
    case, where = cell.case, f"{cell}: {call}, {attempts}"
    if case.outcome is None:
        assert (call.status, attempts) == (Status.success, []), where
        assert (call.usage_source is Source.reported) is case.is_counted, where
        return
    outcomes = [case.outcome, "ok"] if cell.is_tried_again else [case.outcome] * case.tries
    assert [one.outcome for one in attempts] == outcomes, where
    assert call.status is (Status.success if cell.is_tried_again else Status.failed), where
    if cell.is_tried_again:
        assert (call.usage_source, call.usage.input, call.usage.output) == (Source.reported, 12, 3), where
    elif not case.has_begun:
        assert not call.usage.input and not call.usage.output, where


@contextmanager
def addresses() -> Iterator[dict[str, str]]:
    """An address that takes no connection, and one where nobody accepts and the queue is full."""
    with socket.socket() as deaf, socket.socket() as refusing, socket.socket() as first, socket.socket() as second:
        refusing.bind(("127.0.0.1", 0))
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        ports = {REFUSING: refusing.getsockname()[1], DEAF: deaf.getsockname()[1]}
        yield {name: f"http://127.0.0.1:{port}/v1" for name, port in ports.items()}


async def add(hub: RunningHub, name: str, url: str, model: str) -> None:
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(conn, SYSTEM, name, base_url=url, display_name=name)
        await hub.house.providers.put_models(conn, provider.id, [(model, Kind.chat)])
    draft = CredentialDraft("own", CredentialKind.api_key, {"api_key": "sk-0123456789"})
    await hub.house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
