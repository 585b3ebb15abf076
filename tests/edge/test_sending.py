"""Writing a whole answer at once: the same bytes as uvicorn's own two writes, and only where that is right."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from aigne_hub.edge.sending import WholeSend
from aigne_hub.edge.wire import Message, Send

pytestmark = pytest.mark.anyio

JSON = (b"content-type", b"application/json")


class Written(asyncio.Transport):
    """A transport that keeps each write apart."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def write(self, data: Any) -> None:
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        self.pieces.append(b"CLOSED")


def cycle_of(transport: Written, *, method: str = "GET", keep_alive: bool = True) -> RequestResponseCycle:
    scope: Any = {"type": "http", "method": method, "path": "/", "query_string": b"", "http_version": "1.1"}
    return RequestResponseCycle(
        scope=scope,
        transport=transport,
        flow=FlowControl(transport),
        logger=logging.getLogger("uvicorn.error"),
        access_logger=logging.getLogger("uvicorn.access"),
        access_log=False,
        default_headers=[],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def sent(messages: list[Message], *, whole: bool, **kind: Any) -> list[bytes]:
    transport = Written()
    cycle = cycle_of(transport, **kind)
    send: Send = WholeSend(cycle) if whole else cycle.send  # type: ignore[assignment]
    for message in messages:
        await send(dict(message))
    return transport.pieces


@pytest.mark.parametrize(
    ("messages", "kind"),
    [
        ([start(JSON, (b"content-length", b"2")), body(b"{}")], {}),
        ([start(JSON, (b"content-length", b"0")), body(b"")], {}),
        ([start(JSON, (b"content-length", b"2"), status=404), body(b"{}")], {"keep_alive": False}),
        ([start(JSON, (b"content-length", b"2"), (b"connection", b"close")), body(b"{}")], {}),
        ([start(JSON, (b"content-length", b"2")), body(b"{}")], {"method": "HEAD"}),
        ([start(JSON), body(b"{}")], {}),
        ([start(JSON), body(b"", more=True), body(b"a", more=True), body(b"b")], {}),
        ([start(JSON, (b"content-length", b"2")), body(b"{", more=True), body(b"}")], {}),
        ([start(status=204), body(b"")], {}),
    ],
)
async def test_the_bytes_are_those_of_the_server_itself(messages: list[Message], kind: dict[str, Any]) -> None:
    ours = await sent(messages, whole=True, **kind)
    theirs = await sent(messages, whole=False, **kind)
    assert b"".join(ours) == b"".join(theirs)


async def test_a_whole_answer_is_one_write() -> None:
    assert len(await sent([start(JSON, (b"content-length", b"2")), body(b"{}")], whole=True)) == 1


async def test_the_head_of_a_stream_goes_before_its_first_event() -> None:
    pieces = await sent([start(JSON), body(b"", more=True)], whole=True)
    assert pieces[0].startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_line_break_in_a_header_is_never_written() -> None:
    for name, value in ((b"x", b"a\r\nset-cookie: b"), (b"x\n", b"a"), (b"x", b"\n")):
        with pytest.raises(RuntimeError, match="line break"):
            await sent([start((name, value), (b"content-length", b"2")), body(b"{}")], whole=True)
