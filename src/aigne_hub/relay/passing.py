"""An answer on its way from its provider to the caller lives here: it is read, told, settled and passed on.

Nothing here decides who is asked: that is answer.py.
"""

from __future__ import annotations

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Label, Stream
from aigne_hub.dialects.inlined import Linking, Unpacking, UnpackingStream
from aigne_hub.dialects.usage import Usage
from aigne_hub.files.desk import FileDesk
from aigne_hub.outbound import Exchange
from aigne_hub.relay.attempt import Attempt, Wish
from aigne_hub.relay.fetching import Fetching
from aigne_hub.relay.keeping import Keeping
from aigne_hub.relay.record import HUNG_UP, label_of
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.silence import Silence
from aigne_hub.usage.recorder import OpenCall
from aigne_hub.usage.records import Source, Status


class Passing:
    """Passes the answers of attempts on."""

    def __init__(
        self, catalog: CatalogSnapshot, files: FileDesk, fetching: Fetching, deadlines: Deadlines, *, drain_s: float
    ) -> None:
        self._catalog = catalog
        self._files = files
        self._fetching = fetching
        self._deadlines = deadlines
        self._drain_s = drain_s

    async def whole(
        self, exchange: Exchange, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall
    ) -> Usage | None:
        answer, call, dialect = await exchange.read(), attempt.call, attempt.way.carrier
        record.mark_first_byte()
        usage = record.usage = dialect.read_usage(answer)
        keeping = self._keeping(wish, reply)
        if keeping is not None and isinstance(dialect, Unpacking):
            answer = await keeping.keep(dialect.unpack(answer, call)) or answer
        if call.wants_bytes and isinstance(dialect, Linking):
            answer = await self._fetching.put_in(dialect.linked(answer, call), reply) or answer
        shown = dialect.write_answer(answer, call, self._label(attempt, record).settled(usage))
        tell(reply, attempt, len(record.attempts) + 1)
        await record.settle(Status.success, usage, source=Source.reported if usage else Source.missing)
        await reply.whole(shown, None if dialect.is_json else exchange.header(b"content-type"))
        return usage

    async def stream(
        self, exchange: Exchange, attempt: Attempt, wish: Wish, reply: Reply, record: OpenCall
    ) -> Usage | None:
        """The head of the answer waits for its first event, for a while: until then another target can still be tried.

        No event is later for it, and an error before the first has its true status.
        """
        stream = attempt.way.carrier.open_stream(attempt.call, self._label(attempt, record))
        reply.watch()
        silence = Silence(
            self._deadlines, reply, lambda: _begin_in_silence(attempt, reply, record), wish.dialect.keep_alive
        )
        try:
            is_whole = await self._forward(exchange, stream, attempt, reply, record)
        finally:
            silence.drop()
        if is_whole:
            keeping = self._keeping(wish, reply)
            if keeping is not None and isinstance(stream, UnpackingStream) and not reply.is_gone:
                await keeping.keep(stream.unpack())
            record.usage = stream.usage
            last = stream.finish()
            source = Source.reported if stream.usage else Source.missing
            await self._begin(attempt, reply, record)
            await record.settle(Status.success, stream.usage, source=source)
            await reply.finish(last)
        else:
            await record.settle(Status.failed, stream.usage, source=Source.partial, error=HUNG_UP)
        return stream.usage

    async def _forward(
        self, exchange: Exchange, stream: Stream, attempt: Attempt, reply: Reply, record: OpenCall
    ) -> bool:
        """Pass the events on as they come; False when the caller hung up and the rest was not waited for."""
        drain: int | None = None
        try:
            while data := await exchange.next():
                record.mark_first_byte()
                events = stream.feed(data)
                if stream.error is not None:
                    if events and drain is None:
                        await self._begin(attempt, reply, record)
                        await reply.send(events)  # what was said before the error is the caller's
                    raise stream.error
                if drain is None and reply.is_gone:
                    # The provider bills what it makes, so the usage at the end is worth a bounded wait.
                    drain = self._deadlines.set(self._drain_s, exchange.close)
                elif events:
                    await self._begin(attempt, reply, record)
                    await reply.send(events)
        except UpstreamFailed:
            if drain is None or stream.error is not None:
                raise
            return False
        finally:
            if drain is not None:
                self._deadlines.drop(drain)
        return True

    async def _begin(self, attempt: Attempt, reply: Reply, record: OpenCall) -> None:
        if not reply.has_started:
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
        tell(reply, attempt, len(record.attempts) + 1)
        reply.begin_soon()


def tell(reply: Reply, attempt: Attempt, number: int) -> None:
    """What is told of the attempt that the call ends with; only before the answer begins."""
    if attempt.way.losses:
        reply.tell(b"x-hub-dropped", attempt.way.losses.header())
    reply.tell(b"x-hub-provider", attempt.target.provider.name)
    reply.tell(b"x-hub-attempts", str(number))
