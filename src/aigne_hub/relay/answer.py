"""Answering one call lives here, from the resolved name to the settled record."""

from __future__ import annotations

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import HubError, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Call, Dialect, Label, ServedDialect, Stream
from aigne_hub.dialects.inlined import Linking, Unpacking, UnpackingStream
from aigne_hub.dialects.pairing import Pair, pair
from aigne_hub.dialects.usage import Usage
from aigne_hub.files.desk import FileDesk
from aigne_hub.outbound import Client, Exchange, Limits
from aigne_hub.relay import attempt
from aigne_hub.relay.fetching import Fetching
from aigne_hub.relay.filling import Filling
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.relay.keeping import Keeping
from aigne_hub.relay.record import (
    HUNG_UP,
    Origin,
    fail_record,
    label_of,
    open_record,
    refuse_foreign_model,
    refuse_losses,
)
from aigne_hub.relay.reply import Reply
from aigne_hub.usage.recorder import OpenCall, Recorder
from aigne_hub.usage.records import Source, Status


class Relay:
    """Answers calls through one target each."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        client: Client,
        files: FileDesk,
        fetching: Fetching,
        filling: Filling,
        recorder: Recorder,
        deadlines: Deadlines,
        clock: Clock,
        *,
        limits: Limits,
        drain_s: float,
    ) -> None:
        self._catalog = catalog
        self._client = client
        self._files = files
        self._fetching = fetching
        self._filling = filling
        self._recorder = recorder
        self._deadlines = deadlines
        self._clock = clock
        self._limits = limits
        self._drain_s = drain_s

    async def answer(
        self, caller: Caller, call: Call, dialect: ServedDialect, reply: Reply, origin: Origin
    ) -> Usage | None:
        """Answer `call`, or raise a HubError while nothing of an answer has left; what it used, if that is known.

        Once an answer has begun, an error ends it with an event in the caller's dialect.
        """
        target = self._catalog.resolve(call.model, call.kind)
        refuse_foreign_model(caller, call.model, target)
        refuse_unfit(call, dialect, target)
        call = await self._filling.filled(call, dialect, target)
        way = pair(dialect, call, target.model, target.dialects, target.quirks)
        refuse_losses(way.losses, origin)
        record = open_record(
            self._recorder,
            caller,
            call,
            target,
            origin,
            dialect=dialect.name,
            upstream=way.upstream,
            losses=way.losses,
        )
        if way.losses:
            reply.tell(b"x-hub-dropped", way.losses.header())
        keeping = None
        if call.wants_url:
            keeping = Keeping(self._files, reply, user_id=caller.user.id, hub_url=origin.hub_url)
        try:
            exchange = await self._send(target, call, way, origin)
            try:
                answer = self._stream if call.is_stream else self._whole
                label = label_of(record, target, self._catalog.billing.prefix)
                return await answer(exchange, call, way.carrier, reply, record, label, keeping)
            finally:
                exchange.close()
        except HubError as error:
            await fail_record(record, error, Source.partial if reply.has_started else Source.missing)
            if not reply.has_started:
                raise
            await reply.finish(dialect.write_error_event(error))
            return None
        finally:
            record.break_off()

    async def _send(self, target: Target, call: Call, way: Pair, origin: Origin) -> Exchange:
        """One attempt. Raises UpstreamFailed unless the provider answers with success."""
        exchange = await attempt.send(
            self._client,
            self._clock,
            self._limits,
            target,
            way.carrier.path(call, target.model),
            way.body,
            content_type=way.content_type,
            extra=origin.headers if way.is_same else (),
        )
        if exchange.status == 200:
            return exchange
        try:
            raise await attempt.refusal(exchange)
        finally:
            exchange.close()

    async def _whole(
        self,
        exchange: Exchange,
        call: Call,
        dialect: Dialect,
        reply: Reply,
        record: OpenCall,
        label: Label,
        keeping: Keeping | None,
    ) -> Usage | None:
        answer = await exchange.read()
        record.mark_first_byte()
        usage = record.usage = dialect.read_usage(answer)
        if keeping is not None and isinstance(dialect, Unpacking):
            answer = await keeping.keep(dialect.unpack(answer, call)) or answer
        if call.wants_bytes and isinstance(dialect, Linking):
            answer = await self._fetching.put_in(dialect.linked(answer, call), reply) or answer
        shown = dialect.write_answer(answer, call, label.settled(usage))
        await record.settle(Status.success, usage, source=Source.reported if usage else Source.missing)
        await reply.whole(shown, None if dialect.is_json else exchange.header(b"content-type"))
        return usage

    async def _stream(
        self,
        exchange: Exchange,
        call: Call,
        dialect: Dialect,
        reply: Reply,
        record: OpenCall,
        label: Label,
        keeping: Keeping | None,
    ) -> Usage | None:
        stream = dialect.open_stream(call, label)
        await reply.begin()
        if await self._forward(exchange, stream, reply, record):
            if keeping is not None and isinstance(stream, UnpackingStream) and not reply.is_gone:
                await keeping.keep(stream.unpack())
            record.usage = stream.usage
            last = stream.finish()
            source = Source.reported if stream.usage else Source.missing
            await record.settle(Status.success, stream.usage, source=source)
            await reply.finish(last)
        else:
            await record.settle(Status.failed, stream.usage, source=Source.partial, error=HUNG_UP)
        return stream.usage

    async def _forward(self, exchange: Exchange, stream: Stream, reply: Reply, record: OpenCall) -> bool:
        """Pass the events on as they come; False when the caller hung up and the rest was not waited for."""
        drain: int | None = None
        try:
            while data := await exchange.next():
                record.mark_first_byte()
                events = stream.feed(data)
                if stream.error is not None:
                    if events and drain is None:
                        await reply.send(events)  # what was said before the error is the caller's
                    raise stream.error
                if drain is None and reply.is_gone:
                    # The provider bills what it makes, so the usage at the end is worth a bounded wait.
                    drain = self._deadlines.set(self._drain_s, exchange.close)
                elif events:
                    await reply.send(events)
        except UpstreamFailed:
            if drain is None or stream.error is not None:
                raise
            return False
        finally:
            if drain is not None:
                self._deadlines.drop(drain)
        return True
