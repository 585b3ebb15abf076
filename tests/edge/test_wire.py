"""What leaves the edge: heads, errors, and the caller's hang-up."""

from __future__ import annotations

import asyncio
import json

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import HubError, TooLarge, TooMany, WrongMethod
from aigne_hub.edge.wire import AsgiReply, Message, TimedSend
from aigne_hub.relay.timing import Timing

pytestmark = pytest.mark.anyio


class Caller:
    """Keeps what was sent; hangs up when told."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.hang_up = asyncio.Event()

    async def receive(self) -> Message:
        await self.hang_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.got.append(message)

    @property
    def head(self) -> dict[bytes, bytes]:
        return dict(self.got[0]["headers"])


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (TooMany("slow", retry_after=7), 429, (b"retry-after", b"7")),
        (WrongMethod("POST"), 405, (b"allow", b"POST")),
        (TooLarge("big"), 413, (b"connection", b"close")),
    ],
)
async def test_an_error_has_its_header(error: HubError, status: int, header: tuple[bytes, bytes]) -> None:
    caller = Caller()
    await AsgiReply(caller.receive, caller.send, "r1").error(error)
    assert caller.got[0]["status"] == status
    assert header in caller.got[0]["headers"]
    assert caller.head[b"x-request-id"] == b"r1"
    assert int(caller.head[b"content-length"]) == len(caller.got[1]["body"])
    assert json.loads(caller.got[1]["body"])["error"]["message"] == error.message


async def test_a_stream_is_begun_filled_and_finished() -> None:
    caller = Caller()
    reply = AsgiReply(caller.receive, caller.send, "r1")
    await reply.begin()
    await reply.send(b"a")
    await reply.finish(b"b")
    reply.close()
    assert caller.head[b"content-type"].startswith(b"text/event-stream")
    assert (caller.head[b"cache-control"], caller.head[b"x-accel-buffering"]) == (b"no-cache", b"no")
    assert [(m["body"], m.get("more_body", False)) for m in caller.got[1:]] == [
        (b"", True),
        (b"a", True),
        (b"b", False),
    ]


async def test_a_hang_up_is_noticed() -> None:
    caller = Caller()
    reply = AsgiReply(caller.receive, caller.send, "r1")
    await reply.begin()
    assert not reply.is_gone
    caller.hang_up.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert reply.is_gone
    reply.close()


async def test_a_body_that_nobody_read_is_no_hang_up() -> None:
    caller = Caller()
    said = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return said.pop() if said else await caller.receive()

    reply = AsgiReply(receive, caller.send, "r")
    reply.watch()
    await asyncio.sleep(0)
    assert not reply.is_gone
    caller.hang_up.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert reply.is_gone


async def test_an_answer_may_begin_before_it_is_known() -> None:
    caller = Caller()
    reply = AsgiReply(caller.receive, caller.send, "r")
    reply.tell(b"x-hub-dropped", "size")
    await reply.begin_whole()
    await reply.send(b" ")
    await reply.finish(b"{}")
    assert (reply.has_started, caller.head[b"content-type"], caller.head[b"x-hub-dropped"]) == (
        True,
        b"application/json",
        b"size",
    )
    assert b"".join([message.get("body", b"") for message in caller.got]) == b" {}"
    reply.close()


@pytest.mark.parametrize("is_overtaken", [False, True])
async def test_a_stream_begins_once_whoever_begins_it(is_overtaken: bool) -> None:
    caller = Caller()
    reply = AsgiReply(caller.receive, caller.send, "r1")
    reply.tell(b"x-hub-provider", "one")
    reply.begin_soon()
    reply.tell(b"x-hub-provider", "two")
    if is_overtaken:
        await reply.begin()
    for _ in range(5):
        await asyncio.sleep(0)
    await reply.finish(b"data: x\n\n")
    reply.close()
    starts = [message for message in caller.got if message["type"] == "http.response.start"]
    assert [dict(one["headers"])[b"x-hub-provider"] for one in starts] == [b"two"]
    assert b"".join(one.get("body", b"") for one in caller.got) == b"data: x\n\n"


@pytest.mark.parametrize("is_read", [True, False])
async def test_the_head_alone_tells_where_the_time_went_once_a_call_was_read(is_read: bool) -> None:
    caller, timing = Caller(), Timing(StoppedClock().monotonic)
    if is_read:
        timing.read()
    reply = AsgiReply(caller.receive, TimedSend(caller.send, timing), "r1")
    await reply.whole(b"{}")
    told = b"access;dur=0.000, total;dur=0.000" if is_read else None
    assert caller.head.get(b"server-timing") == told
    assert (caller.head[b"x-request-id"], len(caller.got), caller.got[1]["body"]) == (b"r1", 2, b"{}")
