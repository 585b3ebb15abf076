"""The caller's side as the relay sees it: the edge's reply is one."""

from __future__ import annotations

from aigne_hub.edge.wire import AsgiReply, Message
from aigne_hub.relay.reply import Reply


async def receive() -> Message:
    return {"type": "http.disconnect"}


async def send(_message: Message) -> None:
    return None


def test_the_edges_reply_is_what_the_relay_needs() -> None:
    reply: Reply = AsgiReply(receive, send, "r")
    assert (reply.has_started, reply.is_gone) == (False, False)
