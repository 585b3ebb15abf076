"""Repeated calls live here: whoever comes with an idempotency key that is taken gets the answer of its call."""

from __future__ import annotations

import asyncio
import hashlib
import re
import zlib
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable, Vault
from aigne_hub.base.errors import BadRequest, Conflict, HubError, Unavailable
from aigne_hub.claims import store
from aigne_hub.claims.store import Claim, State
from aigne_hub.db.engine import Database
from aigne_hub.db.writer import Statement, Steps
from aigne_hub.dialects.call import Call
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.shared import Budget, CutEvent, Shared

_KEY = re.compile(rb"[\x20-\x7e]{1,255}")
_BOUNDARY = re.compile(rb'boundary="?([^";,]+)')
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0
_PACKED = 1 << 18  # bytes that are packed without leaving the loop; more is kept as it is
_write = msgspec.json.Encoder().encode

Run = Callable[[Shared], Awaitable[None]]


class Asked(Struct, frozen=True):
    """What is asked under which key; a key is its user's alone.

    And it is one of access keys that may call the same models: who may not call one gets no answer of it either.
    """

    user_id: int
    digest: bytes
    request: bytes
    after: int  # the last event that the caller has of it

    @classmethod
    def read(
        cls, user_id: int, models: tuple[str, ...] | None, path: str, call: Call, key: bytes, last_event: bytes | None
    ) -> Asked:
        """Raises BadRequest for a key, or the number of an event, that is none."""
        if not _KEY.fullmatch(key):
            raise BadRequest(
                "an Idempotency-Key has 1 to 255 visible characters",
                code="invalid_idempotency_key",
                param="idempotency-key",
            )
        after = 0
        if last_event is not None and call.is_stream:
            if not (last_event.isdigit() and len(last_event) < 10):
                raise BadRequest("Last-Event-ID is the number of an event", code="not_resumable", param="last-event-id")
            after = int(last_event)
        scope = b"" if models is None else "\0".join(["", *sorted(models)]).encode()
        return cls(user_id, hashlib.sha256(key + scope).digest(), _request_of(path, call), after)


class Repeats:
    """Answers calls with keys, in one worker: each is run once, whoever else comes with its key follows it."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, boot: int, *, total_s: float) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._boot = boot
        self._total_s = total_s
        self._budget = Budget()
        self._shared: dict[tuple[int, bytes], Shared] = {}
        self._keeping = Statement.compile(store.keeping(), store.KEEPING_COLUMNS, database.dialect)
        self._releasing = Statement.compile(store.releasing(), store.RELEASING_COLUMNS, database.dialect)

    async def answer(self, asked: Asked, call_id: int, reply: Reply, cut: CutEvent, run: Run) -> None:
        """Answer from what the key's call answered or is answering; `run` makes it when there is none.

        Raises HubError while nothing has left: Conflict when the key was used for another request.
        """
        name = (asked.user_id, asked.digest)
        shared = self._shared.get(name)
        if shared is not None:
            _refuse_other(shared.request, asked.request)
            await shared.follow(reply, cut, after=asked.after, is_first=False)
            return
        shared = self._shared[name] = Shared(call_id, asked.request, self._budget)
        refusal: HubError | None = None

        async def follow() -> None:
            nonlocal refusal
            try:
                await shared.follow(reply, cut, after=asked.after, is_first=True)
            except HubError as error:
                refusal = error

        try:
            async with asyncio.TaskGroup() as group:  # the call goes on when its first caller has gone
                group.create_task(follow())
                await self._fill(shared, asked, run)
        finally:
            shared.fail(Unavailable("the hub stopped before the call ended", retry_after=1))
            shared.free()
            del self._shared[name]
        if refusal is not None:
            raise refusal

    async def _fill(self, shared: Shared, asked: Asked, run: Run) -> None:
        """Run the call, or take what was kept of it; its error, if it ends in one, is every follower's."""
        claim = Claim(asked.user_id, asked.digest, asked.request, shared.call_id, self._boot, self._clock.now_ms())
        try:
            kept = await self._claimed(claim)
            if kept is not None:
                shared.call_id = kept.call_id
                self._load(shared, kept)
                return
            shared.keep = lambda answer: self._steps(claim, answer)
            try:
                await run(shared)
            finally:
                if not shared.is_settled:  # it never got as far as a record: refused, or a fault of ours
                    await self._release(claim)
        except HubError as error:
            shared.fail(error)

    async def _claimed(self, claim: Claim) -> Claim | None:
        """Claim the key; when that is done already, what was kept of it, as soon as its call has ended.

        Raises Conflict, or Unavailable when it does not end.
        """
        pause_s, deadline = _FIRST_PAUSE_S, self._clock.monotonic() + self._total_s
        while True:
            async with self._database.write() as conn:
                if await store.add(conn, claim):
                    return None
                found = await store.find(conn, claim.user_id, claim.digest)
                if found is not None:
                    _refuse_other(found.request, claim.request)
                    if found.state is State.running and found.boot == self._boot:
                        await store.remove(conn, found)  # of this worker, and it does not run: it could not be settled
                        found = None
            if found is not None and found.state is not State.running:
                return found
            if self._clock.monotonic() > deadline:
                raise Unavailable("the call with this Idempotency-Key still runs", code="still_running", retry_after=5)
            if found is not None:
                await self._clock.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _steps(self, claim: Claim, shared: Shared) -> Steps:
        """What keeps the answer, or lets the key go: who got nothing may try again, who got something has paid."""
        of = (claim.user_id, claim.digest, claim.call_id)
        if shared.is_empty:
            return ((self._releasing, of),)
        content = shared.content
        if content is None:
            return ((self._keeping, (State.not_kept.value, None, None, None, 0, *of)),)
        state = State.cut if shared.state is State.events and not shared.is_complete else shared.state
        packed = zlib.compress(content, 1 if len(content) <= _PACKED else 0)
        sealed = self._vault.seal(packed, place=_place(claim))
        media_type = None if shared.media_type is None else shared.media_type.decode("latin-1")[:100]
        head = _write(shared.head).decode()
        return ((self._keeping, (state.value, head, media_type, sealed, len(sealed), *of)),)

    def _load(self, shared: Shared, kept: Claim) -> None:
        """Raises Conflict when there was too much of it, or it was sealed with another master key."""
        try:
            packed = None if kept.answer is None else self._vault.open(kept.answer, place=_place(kept))
        except Unreadable:
            packed = None
        if packed is None:
            raise Conflict(
                "the call with this Idempotency-Key was answered, and its answer could not be kept",
                code="answer_not_kept",
                param="idempotency-key",
            )
        head = msgspec.json.decode(kept.head or "{}", type=dict[str, str])
        media_type = None if kept.media_type is None else kept.media_type.encode("latin-1")
        shared.load(kept.state, head, media_type, zlib.decompress(packed))

    async def _release(self, claim: Claim) -> None:
        async with self._database.write() as conn:
            await store.remove(conn, claim)


def _place(claim: Claim) -> str:
    """What a kept answer is sealed for (base/crypto.py)."""
    return f"claims.answer:{claim.user_id}/{claim.digest.hex()}"


def _refuse_other(request: bytes, other: bytes) -> None:
    if request != other:
        raise Conflict(
            "this Idempotency-Key was used for another request",
            code="idempotency_key_reused",
            param="idempotency-key",
        )


def _request_of(path: str, call: Call) -> bytes:
    """The digest of what is asked. A form's boundary is another at every try, and says nothing."""
    body = call.body
    found = None if call.content_type is None else _BOUNDARY.search(call.content_type)
    if found is not None:
        body = body.replace(found[1], b"")
    return hashlib.sha256(b"%b\0%d\0%b" % (path.encode("utf-8", "replace"), call.is_stream, body)).digest()
