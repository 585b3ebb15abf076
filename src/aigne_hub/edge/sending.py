"""Writing a whole answer at once lives here: head and body in one system call instead of two."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from aigne_hub.edge.wire import Headers, Message


class WholeSend:
    """The `send` of one request: holds the head back until the first of the body shows which kind of answer it is.

    An answer that is whole (its length is told, and it comes in one piece) is written here; every other
    goes to uvicorn as it is. An empty piece of body is enough to let the head of a stream go.
    """

    __slots__ = ("_cycle", "_head")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._head: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        head, self._head = self._head, None
        cycle = self._cycle
        if head is None:
            await cycle.send(message)  # type: ignore[arg-type]
        elif self._is_plain(head, message):
            self._write(head, message.get("body", b""))
        else:
            await cycle.send(head)  # type: ignore[arg-type]
            await cycle.send(message)  # type: ignore[arg-type]

    def _is_plain(self, head: Message, message: Message) -> bool:
        cycle = self._cycle
        return (
            not message.get("more_body", False)
            and cycle.keep_alive
            and not cycle.disconnected
            and not cycle.flow.write_paused
            and cycle.scope["method"] != "HEAD"
            and _has_length(head["headers"], len(message.get("body", b"")))
        )

    def _write(self, head: Message, body: bytes) -> None:
        cycle, headers = self._cycle, head["headers"]
        lines = [b"%b: %b\r\n" % field for field in headers]
        written = b"%b%b\r\n" % (STATUS_LINE[head["status"]], b"".join(lines))
        if written.count(b"\n") != len(lines) + 2:
            raise RuntimeError("a header of the answer has a line break")
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(written + body)
        cycle.message_event.set()
        cycle.on_response()


def _has_length(headers: Headers, length: int) -> bool:
    """Whether the head tells this very length, and nothing of closing or of another framing."""
    told = False
    for name, value in headers:
        if name == b"content-length":
            told = int(value) == length
        elif name in (b"connection", b"transfer-encoding"):
            return False
    return told
