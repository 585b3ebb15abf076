"""An answer on its way from its provider to the caller lives here: it is read, told, settled and passed on.

Nothing here decides who is asked: that is answer.py.
"""

from __future__ import annotations

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Label, Stream
from aigne_hub.dialects.inlined import Linking, Unpacking, UnpackingStream
from aigne_hub.dialects.said import Said
from aigne_hub.dialects.usage import Usage
from aigne_hub.files.desk import FileDesk
from aigne_hub.outbound import Exchange
from aigne_hub.relay.attempt import Attempt, Wish
from aigne_hub.relay.estimating import Estimating
from aigne_hub.relay.fetching import Fetching
from aigne_hub.relay.keeping import Keeping
from aigne_hub.relay.latency import Running
from aigne_hub.relay.leaving import Leaving
from aigne_hub.relay.record import label_of
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.silence import Silence
from aigne_hub.usage.recorder import OpenCall
from aigne_hub.usage.records import Source, Status


class Passing:
    """Passes the answers of attempts on."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        files: FileDesk,
        fetching: Fetching,
        estimating: Estimating,
        deadlines: Deadlines,
        *,
        drain_s: float,
    ) -> None:
        self._catalog = catalog
        self._files = files
        self._fetching = fetching
        self._estimating = estimating
        self._deadlines = deadlines
        self._drain_s = drain_s

    def leaving(self, wish: Wish, reply: Reply) -> Leaving:
        """What a hang-up of this caller means for an attempt."""
        drain_s = wish.caller.rights.drain_s
        return Leaving(self._deadlines, reply, self._drain_s if drain_s is None else drain_s)

    async def whole(
        self, exchange: Exchange, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall, leaving: Leaving
    ) -> Usage | None:
        answer, call, dialect = await exchange.read(), attempt.call, attempt.way.carrier
        record.mark_first_byte()
        usage = record.usage = dialect.read_usage(answer)
        keeping = self._keeping(wish, reply)
        if keeping is not None and isinstance(dialect, Unpacking):
            answer = await keeping.keep(dialect.unpack(answer, call)) or answer
        if call.wants_bytes and isinstance(dialect, Linking):
            answer = await self._fetching.put_in(dialect.linked(answer, call), reply) or answer
        source = Source.reported
        if usage is None:
            usage, source = await self._estimating.of_whole(wish.call, wish.dialect, answer)
        shown = dialect.write_answer(answer, call, self._label(attempt, record).settled(usage))
        tell(reply, attempt, len(record.attempts) + 1)
        leaving.end()
        content_type = None if dialect.is_json else exchange.header(b"content-type")
        if wish.origin.shared is not None:
            wish.origin.shared.last(shown, content_type)
        await record.settle(Status.success, usage, source=source)
        await reply.whole(shown, content_type)
        return usage

    async def stream(
        self, exchange: Exchange, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall, leaving: Leaving
    ) -> Usage | None:
        """The head of the answer waits for its first event, for a while: until then another target can still be tried.

        No event is later for it, and an error before the first has its true status.
        """
        stream = attempt.way.carrier.open_stream(attempt.call, self._label(attempt, record))
        said = record.said = Said()
        reply.watch()
        silence = Silence(
            self._deadlines, reply, lambda: _begin_in_silence(attempt, reply, record), wish.dialect.keep_alive
        )
        try:
            await self._forward(exchange, stream, said, attempt, reply, record)
        finally:
            silence.drop()
            record.seen = stream.usage
        keeping = self._keeping(wish, reply)
        if keeping is not None and isinstance(stream, UnpackingStream) and not reply.is_gone:
            await keeping.keep(stream.unpack())
        usage, source = stream.usage, Source.reported
        record.usage = usage
        last = stream.finish()
        if usage is None:
            usage, source = await self._estimating.of_stream(wish.call, wish.dialect, said, None)
        await self._begin(attempt, reply, record)
        leaving.end()
        if wish.origin.shared is not None:
            wish.origin.shared.last(last)
        await record.settle(Status.success, usage, source=source)
        await reply.finish(last)
        return usage

    async def _forward(
        self, exchange: Exchange, stream: Stream, said: Said, attempt: Attempt, reply: Reply, record: OpenCall
    ) -> None:
        """Pass the events on as they come, while there is somebody to get them."""
        while data := await exchange.next():
            record.mark_first_byte()
            events = stream.feed(data)
            if events:
                said.add(events)
                if not reply.is_gone:
                    await self._begin(attempt, reply, record)
                    await reply.send(events)
            if stream.error is not None:  # what was said before the error was the caller's
                raise stream.error

    async def _begin(self, attempt: Attempt, reply: Reply, record: OpenCall) -> None:
        if not reply.has_started:
            if attempt.leg is not None:
                attempt.leg.hear()
            if isinstance(attempt.seat, Running) and record.first_byte_s is not None:
                attempt.seat.spoke(record.first_byte_s)
            tell(reply, attempt, len(record.attempts) + 1)
            await reply.begin()

    def _label(self, attempt: Attempt, record: OpenCall) -> Label:
        return label_of(record, attempt.target, self._catalog.billing.prefix)

    def _keeping(self, wish: Wish, reply: Reply) -> Keeping | None:
        if not wish.call.wants_url:
            return None
        return Keeping(self._files, reply, user_id=wish.caller.user.id, hub_url=wish.origin.hub_url)


def _begin_in_silence(attempt: Attempt, reply: Reply, record: OpenCall) -> None:
    if not reply.has_started:
        if attempt.leg is not None:
            attempt.leg.hear_nothing()
        tell(reply, attempt, len(record.attempts) + 1)
        reply.begin_soon()


def tell(reply: Reply, attempt: Attempt, number: int) -> None:
    """What is told of the attempt that the call ends with; only before the answer begins."""
    if attempt.way.losses:
        reply.tell(b"x-hub-dropped", attempt.way.losses.header())
    reply.tell(b"x-hub-provider", attempt.target.provider.name)
    reply.tell(b"x-hub-attempts", str(number))
    if attempt.leg is not None:
        attempt.leg.tell()
