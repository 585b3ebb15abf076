"""Videos that their callers wait for live here: begun, looked at until done, fetched, answered (contract 2.5)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import structlog

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Failure, HubError, Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.dialects.call import Call, Kind, Label, ServedDialect
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.native.videos import Film, NativeVideos
from aigne_hub.dialects.pairing import called_videos
from aigne_hub.dialects.usage import Usage
from aigne_hub.dialects.videos import Asked, CalledVideos, Stage, Trouble, Video, error_of_trouble, malformed
from aigne_hub.files.desk import FileDesk
from aigne_hub.outbound import Exchange
from aigne_hub.relay.asking import ask_of
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.relay.leaving import CallerLeft
from aigne_hub.relay.plan import Planner
from aigne_hub.relay.record import (
    Origin,
    fail_record,
    label_of,
    open_record,
    refuse_foreign_model,
    refuse_losses,
)
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.videos.maker import Maker
from aigne_hub.relay.videos.pace import pauses
from aigne_hub.relay.videos.patience import Patience
from aigne_hub.usage.recorder import OpenCall, Recorder
from aigne_hub.usage.records import Source, Status

_FORGIVEN = frozenset({Failure.refused, Failure.timeout, Failure.broken, Failure.throttled, Failure.overloaded})
_MOST_FORGIVEN = 5  # failed looks in a row
_LONGEST_PAUSE_S = 60.0
_ENCODED_AT_ONCE = 1 << 18  # bytes that are put into base64 without leaving the loop


log = structlog.get_logger()


class _Job:
    """One video that a caller waits for; `video` is what was last heard of it.

    With a `hub_url` the caller wants its film at an address of the hub.
    """

    def __init__(
        self, target: Target, called: CalledVideos, record: OpenCall, patience: Patience, hub_url: str
    ) -> None:
        self.target = target
        self.called = called
        self.record = record
        self.patience = patience
        self.hub_url = hub_url
        self.video: Video | None = None

    @property
    def is_billed(self) -> bool:
        """Whether the provider began it, and has not failed: then it is paid for, fetched or not."""
        return self.video is not None and self.video.stage is not Stage.failed


class WaitingVideos:
    """Answers native calls for videos."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        planner: Planner,
        maker: Maker,
        files: FileDesk,
        recorder: Recorder,
        clock: Clock,
        *,
        total_s: float,
    ) -> None:
        self._catalog = catalog
        self._planner = planner
        self._maker = maker
        self._files = files
        self._recorder = recorder
        self._clock = clock
        self._total_s = total_s

    async def answer(
        self, caller: Caller, call: Call, dialect: ServedDialect, reply: Reply, origin: Origin
    ) -> Usage | None:
        """Make a video and answer with it, or raise a HubError while nothing of an answer has left."""
        assert isinstance(dialect, NativeVideos)
        assert call.video is not None
        target, called = self._resolve(caller, call, dialect, origin)
        refuse_foreign_model(caller, call.model, target)
        refuse_unfit(call, dialect, target)
        losses = Losses()
        asked = called.write_wish(call.video, target.model, losses)
        refuse_losses(losses, origin)
        record = open_record(
            self._recorder, caller, call, target, origin, dialect=dialect.name, upstream=called.name, losses=losses
        )
        if losses:
            reply.tell(b"x-hub-dropped", losses.header())
        job = _Job(target, called, record, Patience(self._clock, reply, self._total_s), origin.hub_url)
        try:
            films = await self._made(job, asked, reply)
            usage = _usage(job, call, len(films))
            label = label_of(record, target, self._catalog.billing.prefix).settled(usage)
            shown = await _written(dialect, films, usage.seconds, label)
            source = Source.reported if job.video is not None and job.video.seconds else Source.missing
            if origin.shared is not None:
                origin.shared.last(shown)
            await record.settle(Status.success, usage, source=source)
            await (reply.finish(shown) if reply.has_started else reply.whole(shown))
            return usage
        except HubError as error:
            await self._fail(job, call, error)
            if not reply.has_started:
                raise
            await reply.finish(dialect.write_error_event(error))
            return None
        finally:
            record.break_off(_usage(job, call, 1) if job.is_billed else None)

    def _resolve(
        self, caller: Caller, call: Call, dialect: NativeVideos, origin: Origin
    ) -> tuple[Target, CalledVideos]:
        """Raises BadRequest in the reference's words."""
        name = call.model
        try:
            route = self._catalog.route(name, Kind.video)
            target = self._planner.first(route, ask_of(route, caller, call, dialect, origin.tags))
        except BadRequest as error:
            if error.code != "model_not_found":
                raise
            provider, slash, _ = name.partition("/")
            if slash:
                raise _no_provider(provider) from None
            raise BadRequest(
                f"Invalid model format: {name}, should be {{provider}}/{{model}}", code="model_not_found", param="model"
            ) from None
        called = called_videos(target.dialects)
        if called is None:
            raise _no_provider(target.provider.name)
        return target, called

    async def _made(self, job: _Job, asked: Asked, reply: Reply) -> list[Film]:
        reply.watch()
        self._catalog.note_use(job.target)
        with self._planner.attempting(job.target):
            job.video = job.called.read_video(await self._maker.begin(job.target, asked))
        job.video = video = await self._finished(job, job.video)
        job.record.mark_first_byte()
        if video.stage is Stage.failed:
            raise error_of_trouble(video.trouble or Trouble("video_failed", "the provider did not say why"))
        paths = job.called.content_paths(video)
        if not paths:
            raise malformed()
        return [await self._film(job, path, f"{job.record.id}-{number}.mp4") for number, path in enumerate(paths)]

    async def _finished(self, job: _Job, video: Video) -> Video:
        """Look at the job until its last stage; a few failed looks in a row are forgiven."""
        failed, wait_s = 0, 0.0
        for pause_s in pauses():
            if video.stage.is_final:
                break
            await job.patience.pause(max(pause_s, min(wait_s, _LONGEST_PAUSE_S)))
            try:
                video = job.called.read_video(await self._maker.look(job.target, job.called, video.id))
                failed, wait_s = 0, 0.0
            except UpstreamFailed as error:
                failed, wait_s = failed + 1, float(error.retry_after or 0)
                if error.kind not in _FORGIVEN or failed > _MOST_FORGIVEN:
                    raise
        return video

    async def _film(self, job: _Job, path: bytes, name: str) -> Film:
        """At an address if the caller wants one and there is room; else its bytes, which no room is needed for."""
        if job.hub_url:
            try:
                return await self._kept(job, path, name)
            except Unavailable as error:
                log.warning("film not kept", call=str(job.record.id), code=error.code)
        exchange = await self._maker.open(job.target, path)
        try:
            data = b"".join([piece async for piece in _pieces(exchange, job.patience)])
        finally:
            exchange.close()
        return Film(_type_of(exchange), name, data=await _in_base64(data))

    async def _kept(self, job: _Job, path: bytes, name: str) -> Film:
        exchange = await self._maker.open(job.target, path)
        try:
            kept = await self._files.keep(
                job.record.facts.user_id, _pieces(exchange, job.patience), media_type=_type_of(exchange), name=name
            )
        finally:
            exchange.close()
        return Film(kept.file.media_type, kept.file.name, url=kept.url(job.hub_url))

    async def _fail(self, job: _Job, call: Call, error: HubError) -> None:
        """Settle what failed. A job that still runs is given up, and counted: its provider bills what it began."""
        video = job.video
        if video is None or not job.is_billed:
            await fail_record(job.record, error, Source.missing)
            return
        await fail_record(job.record, error, Source.partial, _usage(job, call, 1))
        if not video.stage.is_final or isinstance(error, CallerLeft | Unavailable):
            await self._maker.give_up(job.target, job.called, video.id)


class _Writes(Protocol):
    def show_films(self, films: Sequence[Film], seconds: float | None, label: Label) -> bytes: ...


async def _written(dialect: _Writes, films: list[Film], seconds: float | None, label: Label) -> bytes:
    return await asyncio.to_thread(dialect.show_films, films, seconds, label)


async def _pieces(exchange: Exchange, patience: Patience) -> AsyncIterator[bytes]:
    """The bytes of a film, at most as many as an answer may have."""
    size = 0
    while piece := await exchange.next():
        size += len(piece)
        if size > exchange.limits.answer_bytes:
            raise exchange.oversized()
        await patience.go_on()
        yield piece


async def _in_base64(data: bytes) -> str:
    if len(data) <= _ENCODED_AT_ONCE:
        return base64.b64encode(data).decode()
    return (await asyncio.to_thread(base64.b64encode, data)).decode()


def _usage(job: _Job, call: Call, films: int) -> Usage:
    """The seconds of film: as the provider told them, else as they were asked for, else its usual length."""
    told = job.video.seconds if job.video is not None else None
    asked = call.video.seconds if call.video is not None else None
    return Usage(seconds=float(told or asked or job.called.default_s) * films)


def _type_of(exchange: Exchange) -> str:
    kind = (exchange.header(b"content-type") or b"").decode("latin-1").partition(";")[0].strip().lower()
    return kind if kind.startswith("video/") else "video/mp4"


def _no_provider(name: str) -> BadRequest:
    return BadRequest(f"Video model provider {name} not found", code="model_not_found", param="model")
