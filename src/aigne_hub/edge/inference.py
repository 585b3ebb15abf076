"""The inference door lives here: read the request, find the caller, hand the call to the relay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from msgspec import structs

from aigne_hub.access.bearer import find_bearer
from aigne_hub.access.identity import Caller, Limits
from aigne_hub.access.identity import Scope as Right
from aigne_hub.access.limits import LimitReached
from aigne_hub.base.errors import HubError, UnsupportedMedia
from aigne_hub.dialects.bodies import NotJson
from aigne_hub.dialects.call import Call, ServedDialect
from aigne_hub.dialects.native.dialect import is_native
from aigne_hub.dialects.usage import Usage
from aigne_hub.edge.challenge import challenge
from aigne_hub.edge.limits import estimated_tokens, standing_headers
from aigne_hub.edge.reading import (
    BodyReader,
    CallerGone,
    Fields,
    accepts_stream,
    address_of,
    app_of,
    hub_url,
    request_id_of,
)
from aigne_hub.edge.refusals import note_refusal
from aigne_hub.edge.wire import AsgiReply, Receive, Scope, Send, TimedSend, fault
from aigne_hub.house import House
from aigne_hub.relay.record import Origin
from aigne_hub.relay.repeats import Asked
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.shared import Shared
from aigne_hub.relay.timing import Timing
from aigne_hub.usage.records import CallId

log = structlog.get_logger()

Answer = Callable[[Caller, Call, ServedDialect, Reply, Origin], Awaitable[Usage | None]]


class InferenceDoor:
    """POST of one dialect. `is_reference` marks the reference's own paths, whose clients need more.

    `native` takes the bodies of such a path that have an `input`, as the reference's own format does.
    `answer` is what answers the calls, the relay if it is not said.
    """

    method = "POST"

    def __init__(
        self,
        house: House,
        reader: BodyReader,
        dialect: ServedDialect,
        *,
        is_reference: bool,
        native: ServedDialect | None = None,
        answer: Answer | None = None,
    ) -> None:
        self._house = house
        self._reader = reader
        self._dialect = dialect
        self._native = native
        self._is_reference = is_reference
        self._answer = house.relay.answer if answer is None else answer
        self._tells_timing = house.settings.server_timing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        timing = None
        if self._tells_timing:
            timing = Timing(self._house.clock.monotonic)
            send = TimedSend(send, timing)
        fields = dict(scope["headers"])
        call_id = self._house.recorder.new_id()
        request_id = request_id_of(fields) or str(call_id)
        reply, load = AsgiReply(receive, send, request_id), self._house.load
        load.running += 1
        try:
            if load.is_too_much:
                raise load.refusal()
            caller, call = await self._read(scope, fields, receive)
            origin = self._origin(call_id, request_id, scope, fields, caller, call)
            if timing is not None:
                timing.read()
                origin = structs.replace(origin, timing=timing)
            if b"idempotency-key" in fields:
                await self._answer_once(scope["path"], fields, caller, call, reply, origin)
            elif caller.rights.limits is None:
                await self._answer(caller, call, self._dialect_for(call), reply, origin)
            else:
                await self._answer_within(caller.rights.limits, caller, call, reply, origin, into=reply)
        except CallerGone:
            return  # nobody is left to answer, and nothing was begun
        except HubError as error:
            if not reply.has_started:
                await self._refuse(error, reply, scope, fields)
                await note_refusal(self._house, scope, fields, request_id, error)
        except Exception:  # a fault of ours: the caller gets an error object, the log the trace
            log.exception("call broke", request_id=request_id)
            if reply.has_started:
                raise  # the server cuts the connection, so that the answer does not look whole
            await self._refuse(fault(), reply, scope, fields)
        finally:
            load.running -= 1
            reply.close()

    async def _read(self, scope: Scope, fields: Fields, receive: Receive) -> tuple[Caller, Call]:
        """Who calls, and for what. A key in the head is checked before the body is taken."""
        headers, query = scope["headers"], scope["query_string"]
        address = address_of(scope, fields, self._house.settings.trusted_proxies)
        bearer = find_bearer(headers, query, None)
        caller = None if bearer is None else await self._house.identify(bearer, address)
        body = await self._reader.read(scope, fields, receive)
        if caller is None and b'"access_token"' not in body:
            caller = await self._house.identify(None)
        call = self._call(body, fields)
        if caller is None or call.body_token is not None:
            caller = await self._house.identify(find_bearer(headers, query, call.body_token), address)
        caller.require(Right.inference)
        return caller, call

    def _call(self, body: bytes, fields: Fields) -> Call:
        """What the body asks for. The reference's native path tells of one that is no JSON with 415 (contract 2.4)."""
        try:
            return self._dialect_of(body).read_request(body, accepts_stream=accepts_stream(fields))
        except NotJson as error:
            if self._native is None:
                raise
            raise UnsupportedMedia(f"Unsupported Media Type: {error.message}") from error

    def _origin(
        self, call_id: CallId, request_id: str, scope: Scope, fields: Fields, caller: Caller, call: Call
    ) -> Origin:
        passed = self._dialect.passed_headers
        headers = tuple([(name, fields[name]) for name in passed if name in fields]) if passed else ()
        url = hub_url(scope, fields, self._house.settings) if call.wants_url else ""
        is_strict = caller.rights.is_strict or fields.get(b"x-hub-strict") == b"1"
        return Origin(call_id, request_id, app_of(fields), is_strict, headers, fields.get(b"x-hub-tags", b""), url)

    def _dialect_of(self, body: bytes) -> ServedDialect:
        if self._native is not None and is_native(body):
            return self._native
        return self._dialect

    def _dialect_for(self, call: Call) -> ServedDialect:
        return self._native if self._native is not None and call.is_native else self._dialect

    async def _answer_once(
        self, path: str, fields: Fields, caller: Caller, call: Call, reply: AsgiReply, origin: Origin
    ) -> None:
        """Answer a call with an idempotency key: only the first with it is made, and counts for the key's limits."""
        key, last_event = fields[b"idempotency-key"], fields.get(b"last-event-id")
        asked = Asked.read(caller.user.id, caller.rights.models, path, call, key, last_event)
        dialect = self._dialect_for(call)

        async def run(shared: Shared) -> None:
            ours = structs.replace(origin, shared=shared)
            if caller.rights.limits is None:
                await self._answer(caller, call, dialect, shared, ours)
            else:
                await self._answer_within(caller.rights.limits, caller, call, reply, ours, into=shared)

        await self._house.repeats.answer(asked, origin.call_id, reply, dialect.write_error_event, run)

    async def _answer_within(
        self, limits: Limits, caller: Caller, call: Call, reply: AsgiReply, origin: Origin, *, into: Reply
    ) -> None:
        """Answer a call of a key that has limits, and tell where it stands with them."""
        try:
            lease = await self._house.counters.take(caller.means_id, limits, estimated_tokens(call))
        except LimitReached as reached:
            reply.extra += standing_headers(reached.lease)
            raise
        reply.extra += standing_headers(lease)
        try:
            usage = await self._answer(caller, call, self._dialect_for(call), into, origin)
            lease.end(None if usage is None else usage.total)
        finally:
            lease.end(0)  # a call that raised has used nothing; one that ended stays as it is

    async def _refuse(self, error: HubError, reply: AsgiReply, scope: Scope, fields: Fields) -> None:
        """The true status and JSON for everybody, but for the one client that cannot read it.

        `@blocklet/aigne-hub` is known by this Accept together with its own header, and learns an
        error's message and type only from an event (contract 2.3).
        """
        if self._is_reference and accepts_stream(fields) and b"x-aigne-hub-client-did" in fields:
            await reply.begin()
            await reply.finish(self._dialect.write_error_event(error))
        else:
            challenged = challenge(scope, self._house.settings, error)
            await reply.error(error, challenged, body=self._dialect.write_error(error))
