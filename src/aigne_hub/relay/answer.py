"""Answering one call lives here, from the resolved name to the settled record."""

from __future__ import annotations

import structlog
from msgspec import Struct

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import BadRequest, HubError, NotAllowed, Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Call, Dialect, Label, ServedDialect, Stream
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_errors import error_of_answer
from aigne_hub.dialects.pairing import Pair, pair
from aigne_hub.dialects.usage import Usage
from aigne_hub.outbound import Client, Exchange, Limits
from aigne_hub.relay.reply import Reply
from aigne_hub.usage.recorder import OpenCall, Recorder
from aigne_hub.usage.records import CallId, Source, Status

log = structlog.get_logger()

_LONGEST_DROPPED = 1000
_HUNG_UP = "the caller hung up before the end"


class Origin(Struct, frozen=True):
    """Where a call comes from, for its record: the id it has from the door on, and its caller's words."""

    call_id: CallId
    request_id: str
    app: str | None
    is_strict: bool = False  # refuse what a translation would lose
    headers: tuple[tuple[bytes, bytes], ...] = ()  # of the caller's dialect, for a provider that speaks it too


class Relay:
    """Answers calls through one target each."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        client: Client,
        recorder: Recorder,
        deadlines: Deadlines,
        clock: Clock,
        *,
        limits: Limits,
        drain_s: float,
    ) -> None:
        self._catalog = catalog
        self._client = client
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
        target = self._catalog.resolve(call.model)
        _refuse_foreign_model(caller, call, target)
        way = pair(dialect, target.dialects, target.quirks)
        body = way.carrier.write_request(call, target.model)
        _refuse_losses(way.losses, origin)
        record = self._open(caller, call, target, origin, dialect.name, way)
        if way.losses:
            reply.tell(b"x-hub-dropped", way.losses.header())
        try:
            exchange = await self._send(target, call, way, body, origin)
            try:
                if call.is_stream:
                    return await self._stream(exchange, call, way.carrier, reply, record, _label(record, target))
                return await self._whole(exchange, call, way.carrier, reply, record, _label(record, target))
            finally:
                exchange.close()
        except HubError as error:
            await self._fail(record, error, Source.partial if reply.has_started else Source.missing)
            if not reply.has_started:
                raise
            await reply.finish(dialect.write_error_event(error))
            return None
        finally:
            if not record.is_settled:  # cancelled, or a fault of ours: the record says so all the same
                record.settle(Status.failed, None, source=Source.partial, error="the hub broke the call off")

    def _open(self, caller: Caller, call: Call, target: Target, origin: Origin, dialect: str, way: Pair) -> OpenCall:
        return self._recorder.open(
            id=origin.call_id,
            request_id=origin.request_id,
            user_id=caller.user.id,
            key_id=caller.means_id,
            provider_id=target.provider.id,
            credential_id=target.credential_id,
            model=call.model,
            upstream_model=target.model,
            kind=call.kind.value,
            app=origin.app,
            dialect=dialect,
            upstream_dialect=way.upstream,
            dropped=way.losses.header()[:_LONGEST_DROPPED] if way.losses else None,
        )

    async def _send(self, target: Target, call: Call, way: Pair, body: bytes, origin: Origin) -> Exchange:
        """One attempt. Raises UpstreamFailed unless the provider answers with success."""
        path = target.base_path + way.carrier.path(call, target.model)
        headers = _headers(target, call, way, origin)
        if target.signer is not None:
            host, now_s = target.origin.host_header.decode("ascii"), self._clock.now_ms() / 1000
            signed = target.signer.headers("POST", host, path.decode("ascii"), body, now_s)
            headers = (*(pair for pair in headers if pair[0] != b"content-type"), *signed)
        exchange = await self._client.send(target.origin, b"POST", path, headers, body, self._limits)
        if exchange.status == 200:
            return exchange
        try:
            raise error_of_answer(exchange.status, await exchange.read(), _retry_after(exchange))
        finally:
            exchange.close()

    async def _whole(
        self, exchange: Exchange, call: Call, dialect: Dialect, reply: Reply, record: OpenCall, label: Label
    ) -> Usage | None:
        answer = await exchange.read()
        record.mark_first_byte()
        usage = dialect.read_usage(answer)
        shown = dialect.write_answer(answer, call, label)
        await record.settle(Status.success, usage, source=Source.reported if usage else Source.missing)
        await reply.whole(shown, None if dialect.is_json else exchange.header(b"content-type"))
        return usage

    async def _stream(
        self, exchange: Exchange, call: Call, dialect: Dialect, reply: Reply, record: OpenCall, label: Label
    ) -> Usage | None:
        stream = dialect.open_stream(call, label)
        await reply.begin()
        if await self._forward(exchange, stream, reply, record):
            last = stream.finish()
            source = Source.reported if stream.usage else Source.missing
            await record.settle(Status.success, stream.usage, source=source)
            await reply.finish(last)
        else:
            await record.settle(Status.failed, stream.usage, source=Source.partial, error=_HUNG_UP)
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

    async def _fail(self, record: OpenCall, error: HubError, source: Source) -> None:
        """Settle a call that failed; durable before its caller learns of it."""
        # A provider's words may quote the prompt: they go to the record, the log has the code alone.
        facts = {"call": str(record.id), "request_id": record.request_id, "code": error.code}
        if record.is_settled:  # settling itself failed: the database is away, and that is the error
            log.error("call not recorded", **facts)
            return
        log.warning("call failed", provider=record.provider_id, **facts)
        try:
            await record.settle(Status.failed, None, source=source, error=f"{error.code}: {error.message}")
        except Unavailable:
            log.error("call not recorded", **facts)


def _refuse_foreign_model(caller: Caller, call: Call, target: Target) -> None:
    if caller.rights.models is None:
        return
    if not caller.rights.allows_model(call.model, target.model, f"{target.provider.name}/{target.model}"):
        raise NotAllowed(f"this key may not call {call.model}", code="model_not_allowed", param="model")


def _headers(target: Target, call: Call, way: Pair, origin: Origin) -> tuple[tuple[bytes, bytes], ...]:
    headers = target.headers + origin.headers if way.is_same else target.headers
    if call.content_type is None:
        return headers
    return (*(pair for pair in headers if pair[0] != b"content-type"), (b"content-type", call.content_type))


def _refuse_losses(losses: Losses, origin: Origin) -> None:
    if origin.is_strict and (lost := losses.lost()):
        raise BadRequest(
            f"the model's provider cannot be told all of this request: {', '.join(lost)}. "
            "Leave it out, or do not ask for strictness.",
            code="not_carried",
            param=lost[0],
        )


def _label(record: OpenCall, target: Target) -> Label:
    return Label(record.id, record.started_ms // 1000, f"{target.provider.name}/{target.model}")


def _retry_after(exchange: Exchange) -> int | None:
    value = exchange.header(b"retry-after")
    return min(int(value), 86400) if value is not None and value.isdigit() else None
