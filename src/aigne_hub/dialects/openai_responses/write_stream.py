"""Streamed answers of Responses live here, written from the middle's events.

Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects import sse
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Cited,
    Ended,
    Event,
    Finish,
    Media,
    MediaKind,
    MediaMade,
    RefusalPiece,
    Seal,
    Started,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    ToolUse,
    Used,
)
from aigne_hub.dialects.openai_responses.answers import (
    call_item,
    picture_item,
    write_end,
    write_head,
    write_reason,
)
from aigne_hub.dialects.openai_responses.items import NAME, message_item, reasoning_item, tool_seal, write_annotation
from aigne_hub.dialects.usage import Usage

_TEXT: dict[str, Any] = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
_REFUSAL: dict[str, Any] = {"type": "refusal", "refusal": ""}

_write = msgspec.json.Encoder().encode


class Writer:
    """Writes events for a client. The format has room for one candidate; the others' pieces are left out.

    `echoed` is what of the request stands in each response. Items are numbered within `id`. A tool use stays
    open until the answer ends, for pieces of several may come in turns.
    """

    def __init__(self, echoed: dict[str, Any], *, id: str, model: str, created_s: int) -> None:
        self._echoed = echoed
        self._id = id
        self._model = model
        self._created_s = created_s
        self._number = id.rpartition("_")[2]
        self._sequence = 0
        self._head: dict[str, Any] | None = None
        self._items: list[dict[str, Any]] = []
        self._open: str | None = None  # the type of the last item, while pieces go to it
        self._part: dict[str, Any] | None = None  # the part of that item, if it is a message
        self._pieces: list[str] = []  # of the part, or of the thought
        self._tokens: list[dict[str, Any]] = []  # of the part, where its probabilities were asked for
        self._tools: dict[int, tuple[int, list[str]]] = {}  # the place of each tool use, and its arguments
        self._finish: Finish | None = None
        self._has_refused = False
        self._usage: Usage | None = None

    def begin(self) -> bytes:
        """What a stream begins with; said once."""
        out: list[bytes] = []
        self._begun(out)
        return b"".join(out)

    def write(self, events: list[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            self._take(event, out)
        return b"".join(out)

    def finish(self) -> bytes:
        out: list[bytes] = []
        head = self._begun(out)
        self._close_all(out)
        reason = self._reason()
        response = {**head, **write_end(self._items, reason, self._usage)}
        if self._usage is not None and self._usage.tier is not None:
            response["service_tier"] = self._usage.tier
        self._say("response.incomplete" if reason else "response.completed", out, response=response)
        return b"".join(out)

    def _take(self, event: Event, out: list[bytes]) -> None:
        if isinstance(event, Used):
            self._usage = event.usage
            return
        if isinstance(event, Started):
            self._id, self._model = event.id or self._id, event.model or self._model
            return
        if event.choice or self._finish is not None:
            return
        self._begun(out)
        if isinstance(event, TextPiece):
            self._within(_TEXT, out)
            self._pieces.append(event.text)
            self._tokens += event.logprobs
            told = list(event.logprobs)
            self._say("response.output_text.delta", out, **self._here(), delta=event.text, logprobs=told)
        elif isinstance(event, RefusalPiece):
            self._has_refused = True
            self._within(_REFUSAL, out)
            self._pieces.append(event.text)
            self._say("response.refusal.delta", out, **self._here(), delta=event.text)
        elif isinstance(event, ThinkingPiece):
            self._think(event.text, out)
        elif isinstance(event, ThinkingSealed):
            self._seal(event.seal, out)
        elif isinstance(event, ToolStarted):
            self._start_tool(event, out)
        elif isinstance(event, ArgumentsPiece):
            self._argue(event, out)
        elif isinstance(event, Cited):
            self._cite(event, out)
        elif isinstance(event, MediaMade):
            self._show(event.media, out)
        elif isinstance(event, Ended):
            self._finish = event.finish
            self._close_all(out)

    def _begun(self, out: list[bytes]) -> dict[str, Any]:
        """The response as it begins; said once."""
        if self._head is None:
            self._head = write_head(self._echoed, id=self._id, model=self._model, created_s=self._created_s)
            self._say("response.created", out, response=self._head)
            self._say("response.in_progress", out, response=self._head)
        return self._head

    # Whole items:

    def _add(self, item: dict[str, Any], out: list[bytes]) -> None:
        self._items.append(item)
        self._say("response.output_item.added", out, output_index=len(self._items) - 1, item=item)

    def _complete(self, at: int, item: dict[str, Any], out: list[bytes]) -> None:
        self._items[at] = item
        self._say("response.output_item.done", out, output_index=at, item=item)

    def _close(self, out: list[bytes]) -> None:
        """End the item that is open."""
        if self._open == "message":
            self._close_part(out)
            self._complete(len(self._items) - 1, {**self._items[-1], "status": self._status()}, out)
        elif self._open == "reasoning":
            self._close_thought(None, out)
        self._open = None

    def _close_all(self, out: list[bytes]) -> None:
        self._close(out)
        for at, pieces in self._tools.values():
            arguments = "".join(pieces) or "{}"
            item = {**self._items[at], "arguments": arguments, "status": self._status()}
            place = {"item_id": item["id"], "output_index": at}
            self._say("response.function_call_arguments.done", out, **place, arguments=arguments)
            self._complete(at, item, out)
        self._tools = {}

    def _show(self, picture: Media, out: list[bytes]) -> None:
        if picture.kind is not MediaKind.image or picture.data is None:
            return
        self._close(out)
        item = picture_item(self._new_id("ig"), picture)
        self._add({**item, "status": "in_progress", "result": None}, out)
        self._complete(len(self._items) - 1, item, out)

    # Tool uses:

    def _start_tool(self, event: ToolStarted, out: list[bytes]) -> None:
        self._close(out)
        if event.seal is not None:
            item = reasoning_item(self._new_id("rs"), tool_seal(event.id, event.seal))
            self._add(item, out)
            self._complete(len(self._items) - 1, item, out)
        self._tools[event.index] = (len(self._items), [])
        self._add(call_item(self._new_id("fc"), ToolUse(event.id, event.name, ""), "in_progress"), out)

    def _argue(self, event: ArgumentsPiece, out: list[bytes]) -> None:
        if event.index not in self._tools:
            return
        at, pieces = self._tools[event.index]
        pieces.append(event.json)
        place = {"item_id": self._items[at]["id"], "output_index": at}
        self._say("response.function_call_arguments.delta", out, **place, delta=event.json)

    # Messages:

    def _within(self, part: dict[str, Any], out: list[bytes]) -> None:
        """Have a part of this type open, in a message that is."""
        if self._open != "message":
            self._close(out)
            self._add(message_item(self._new_id("msg"), [], "in_progress"), out)
            self._open = "message"
        if self._part is None or self._part["type"] != part["type"]:
            self._close_part(out)
            self._part = part
            self._say("response.content_part.added", out, **self._here(), part=part)

    def _close_part(self, out: list[bytes]) -> None:
        if self._part is None:
            return
        said = "".join(self._pieces)
        if self._part["type"] == "refusal":
            part = {**self._part, "refusal": said}
            self._say("response.refusal.done", out, **self._here(), refusal=said)
        else:
            part = {**self._part, "text": said, "logprobs": self._tokens}
            self._say("response.output_text.done", out, **self._here(), text=said, logprobs=self._tokens)
        self._say("response.content_part.done", out, **self._here(), part=part)
        self._items[-1] = {**self._items[-1], "content": [*self._items[-1]["content"], part]}
        self._part, self._pieces, self._tokens = None, [], []

    def _cite(self, event: Cited, out: list[bytes]) -> None:
        self._within(_TEXT, out)
        assert self._part is not None
        known = self._part["annotations"]
        annotation = write_annotation(event.citation, len("".join(self._pieces)))
        self._part = {**self._part, "annotations": [*known, annotation]}
        place = {**self._here(), "annotation_index": len(known)}
        self._say("response.output_text.annotation.added", out, **place, annotation=annotation)

    # Thoughts:

    def _think(self, text: str, out: list[bytes]) -> None:
        if self._open != "reasoning":
            self._close(out)
            self._add(reasoning_item(self._new_id("rs"), Thinking("")), out)
            self._open = "reasoning"
            empty = {"type": "summary_text", "text": ""}
            self._say("response.reasoning_summary_part.added", out, **self._summary(), part=empty)
        self._pieces.append(text)
        self._say("response.reasoning_summary_text.delta", out, **self._summary(), delta=text)

    def _seal(self, seal: Seal, out: list[bytes]) -> None:
        if self._open != "reasoning":
            self._close(out)
            own = seal.id if seal.of == NAME else None
            self._add(reasoning_item(own or self._new_id("rs"), Thinking("")), out)
        self._close_thought(seal, out)
        self._open = None

    def _close_thought(self, seal: Seal | None, out: list[bytes]) -> None:
        text = "".join(self._pieces)
        if self._open == "reasoning":
            part = {"type": "summary_text", "text": text}
            self._say("response.reasoning_summary_text.done", out, **self._summary(), text=text)
            self._say("response.reasoning_summary_part.done", out, **self._summary(), part=part)
        self._complete(len(self._items) - 1, reasoning_item(self._items[-1]["id"], Thinking(text, seal)), out)
        self._pieces = []

    # What events say of where they belong, and of the end:

    def _here(self) -> dict[str, Any]:
        """The place of the open part."""
        item = self._items[-1]
        return {"item_id": item["id"], "output_index": len(self._items) - 1, "content_index": len(item["content"])}

    def _summary(self) -> dict[str, Any]:
        """The place of the open thought, whose summary is one part."""
        return {"item_id": self._items[-1]["id"], "output_index": len(self._items) - 1, "summary_index": 0}

    def _new_id(self, kind: str) -> str:
        return f"{kind}_{self._number}_{len(self._items)}"

    def _reason(self) -> str | None:
        return write_reason(self._finish, has_refused=self._has_refused)

    def _status(self) -> str:
        return "incomplete" if self._reason() else "completed"

    def _say(self, kind: str, out: list[bytes], **fields: Any) -> None:
        said = {"type": kind, "sequence_number": self._sequence, **fields}
        out.append(sse.named_event(kind.encode(), _write(said)))
        self._sequence += 1
