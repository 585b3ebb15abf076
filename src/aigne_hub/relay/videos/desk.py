"""The desk of video jobs lives here: they are begun, looked at, listed, fetched and deleted by their owners alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from msgspec import structs

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, HubError, NotFound
from aigne_hub.catalog.entries import CredentialId, ProviderId, Target
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.db.engine import Database
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_videos import answers
from aigne_hub.dialects.openai_videos.dialect import NAME, OpenAIVideos, Remix
from aigne_hub.dialects.pairing import VIDEOS, called_videos
from aigne_hub.dialects.usage import Usage
from aigne_hub.dialects.videos import Asked, CalledVideos, Stage, Trouble, Video
from aigne_hub.outbound import Exchange
from aigne_hub.relay.asking import ask_of
from aigne_hub.relay.attempt import Headers
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.relay.plan import Planner
from aigne_hub.relay.record import (
    Origin,
    fail_record,
    open_record,
    refuse_foreign_model,
    refuse_losses,
)
from aigne_hub.relay.reply import Reply
from aigne_hub.relay.videos.maker import Maker
from aigne_hub.usage.recorder import OpenCall, Recorder
from aigne_hub.usage.records import Source, Status
from aigne_hub.videos import store
from aigne_hub.videos.store import VideoJob

_LOOKS_AT_ONCE = 8  # while a page is listed
_LISTING_S = 10.0


class VideoDesk:
    """Serves OpenAI's Videos, through providers of any format."""

    def __init__(
        self,
        database: Database,
        catalog: CatalogSnapshot,
        planner: Planner,
        maker: Maker,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._planner = planner
        self._maker = maker
        self._recorder = recorder
        self._clock = clock

    async def create(
        self, caller: Caller, call: Call, dialect: ServedDialect, reply: Reply, origin: Origin
    ) -> Usage | None:
        """Begin a video, or a remix of one, and answer with its job. Raises HubError; nothing has left then."""
        assert isinstance(dialect, OpenAIVideos)
        losses, source = Losses(), None
        if isinstance(dialect, Remix):
            source = await self._job(caller, dialect.source)
            call = structs.replace(call, model=source.model)
            target, called = self._catalog.priced(self._reach(source), Kind.video), VIDEOS[source.dialect]
            if called.name != NAME:
                raise BadRequest("videos of this provider cannot be remixed", code="unsupported_call", param="video_id")
            asked = dialect.remixed(call, source.upstream_id)
        else:
            route = self._catalog.route(call.model, Kind.video)
            target = self._planner.first(route, ask_of(route, caller, call, dialect, origin.tags))
            called = _called(target)
            asked = _asked(dialect, called, call, target, losses)
        refuse_foreign_model(caller, call.model, target)
        refuse_unfit(call, dialect, target)
        refuse_losses(losses, origin)
        record = open_record(
            self._recorder, caller, call, target, origin, dialect=dialect.name, upstream=called.name, losses=losses
        )
        if losses:
            reply.tell(b"x-hub-dropped", losses.header())
        try:
            job, video, answer = await self._begun(record, target, called, asked, dialect, call, source)
            shown = _shown(job, called, answer)
            if origin.shared is not None:
                origin.shared.last(shown)
            usage = await _settle(record, job, video)
            await reply.whole(shown)
            return usage
        except HubError as error:
            await fail_record(record, error, Source.missing)
            raise
        finally:
            record.break_off()

    async def look(self, caller: Caller, video_id: int) -> bytes:
        """What there is to tell of a video now. Raises NotFound when it is nobody's, or another's."""
        job = await self._job(caller, video_id)
        called = VIDEOS[job.dialect]
        if job.stage.is_final and called.name != NAME:
            return answers.written(_told(job))  # there is nothing to hear that the caller's format could tell
        job, answer = await self._heard(job, called)
        return _shown(job, called, answer)

    async def page(self, caller: Caller, *, after: int | None, limit: int, is_newest_first: bool) -> bytes:
        """The caller's own videos, as last heard of; those that still run are looked at, as far as that goes soon."""
        async with self._database.read() as conn:
            jobs, has_more = await store.page(
                conn, caller.user.id, after=after, limit=limit, is_newest_first=is_newest_first
            )
        turns = asyncio.Semaphore(_LOOKS_AT_ONCE)
        known = {job.id: job for job in jobs}

        async def look(job: VideoJob) -> None:
            async with turns:
                with suppress(HubError):
                    known[job.id], _ = await self._heard(job, VIDEOS[job.dialect])

        with suppress(TimeoutError):
            async with asyncio.timeout(_LISTING_S), asyncio.TaskGroup() as group:
                for job in jobs:
                    if not job.stage.is_final:
                        group.create_task(look(job))
        return answers.written_list([_told(job) for job in known.values()], has_more=has_more)

    async def open_film(self, caller: Caller, video_id: int, variant: str | None, extra: Headers) -> Exchange:
        """The film of a finished video on its way (200, 206 or 416); must be closed."""
        job = await self._job(caller, video_id)
        called = VIDEOS[job.dialect]
        video = Video(job.upstream_id, Stage.completed)
        if called.name != NAME:  # where the film is has to be asked for
            video = called.read_video(await self._maker.look(self._reach(job), called, job.upstream_id))
            if video.stage is not Stage.completed:
                raise BadRequest(f"the video is not there yet: it is {video.stage}", code="video_not_ready")
        paths = called.content_paths(video, variant)
        return await self._maker.open(self._reach(job), paths[0], extra)

    async def delete(self, caller: Caller, video_id: int) -> bytes:
        """Delete a video at its provider, where that can be, and here."""
        job = await self._job(caller, video_id)
        await self._maker.delete(self._reach(job), VIDEOS[job.dialect], job.upstream_id)
        async with self._database.write() as conn:
            await store.remove(conn, caller.user.id, job.id)
        return answers.written_deletion(job.id)

    async def _job(self, caller: Caller, video_id: int) -> VideoJob:
        async with self._database.read() as conn:
            job = await store.find(conn, caller.user.id, video_id)
        if job is None:
            raise no_such_video()
        return job

    def _reach(self, job: VideoJob) -> Target:
        return self._catalog.reach(ProviderId(job.provider_id), CredentialId(job.credential_id), job.upstream_model)

    async def _heard(self, job: VideoJob, called: CalledVideos) -> tuple[VideoJob, bytes]:
        """Look at a job; kept when it is in another stage than before."""
        answer = await self._maker.look(self._reach(job), called, job.upstream_id)
        heard = _with(job, called.read_video(answer))
        if heard.stage is not job.stage:
            async with self._database.write() as conn:
                await store.note(conn, heard)
        return heard, answer

    async def _begun(
        self,
        record: OpenCall,
        target: Target,
        called: CalledVideos,
        asked: Asked,
        dialect: OpenAIVideos,
        call: Call,
        source: VideoJob | None,
    ) -> tuple[VideoJob, Video, bytes]:
        """Begin at the provider and keep the job; one that cannot be kept is given up."""
        self._catalog.note_use(target)
        with self._planner.attempting(target):
            answer = await self._maker.begin(target, asked)
            record.mark_first_byte()
            video = called.read_video(answer)
        seconds, size = dialect.measures_of(call) if source is None else (source.seconds, source.size)
        job = VideoJob(
            id=record.id,
            user_id=record.facts.user_id,
            provider_id=record.facts.provider_id,
            credential_id=record.facts.credential_id,
            model=record.facts.model,
            upstream_model=target.model,
            dialect=called.name,
            upstream_id=video.id,
            remixed_from=None if source is None else source.id,
            seconds=float(seconds or called.default_s),
            size=size,
            created_ms=record.started_ms,
            stage=video.stage,
        )
        job = _with(job, video)
        try:
            async with self._database.write() as conn:
                await store.add(conn, job)
        except HubError:
            await self._maker.give_up(target, called, video.id)
            raise
        return job, video, answer


def no_such_video() -> NotFound:
    return NotFound("there is no such video", code="video_not_found", param="video_id")


async def _settle(record: OpenCall, job: VideoJob, video: Video) -> Usage | None:
    """The beginning of a video is what is paid for, unless it has failed at once."""
    if job.stage is Stage.failed:
        error = f"{job.error_code}: {job.error_message}"
        await record.settle(Status.failed, None, source=Source.missing, error=error)
        return None
    usage = Usage(seconds=job.seconds)
    await record.settle(Status.success, usage, source=Source.reported if video.seconds else Source.missing)
    return usage


def _called(target: Target) -> CalledVideos:
    """OpenAI's own format where it is spoken at all: then nothing is lost. Raises BadRequest."""
    called = VIDEOS[NAME] if NAME in target.dialects else called_videos(target.dialects)
    if called is None:
        raise BadRequest("the provider of this model makes no videos", code="unsupported_call", param="model")
    return called


def _asked(dialect: OpenAIVideos, called: CalledVideos, call: Call, target: Target, losses: Losses) -> Asked:
    if called.name == NAME:
        return dialect.edited(call, target.model)
    return called.write_wish(dialect.read_wish(call), target.model, losses)


def _with(job: VideoJob, video: Video) -> VideoJob:
    """The job after what was heard."""
    trouble = video.trouble
    return replace(
        job,
        stage=video.stage,
        progress=100 if video.stage is Stage.completed else video.progress,
        seconds=video.seconds or job.seconds,
        size=video.size or job.size,
        error_code=None if trouble is None else trouble.code,
        error_message=None if trouble is None else trouble.message,
        completed_s=video.completed_s,
        expires_s=video.expires_s,
    )


def _shown(job: VideoJob, called: CalledVideos, answer: bytes) -> bytes:
    """The provider's own words where they are of the caller's format, else the hub's."""
    if called.name == NAME:
        return answers.edited(answer, job.id, job.remixed_from)
    return answers.written(_told(job))


def _told(job: VideoJob) -> answers.Told:
    return answers.Told(
        id=job.id,
        created_s=job.created_ms // 1000,
        model=job.upstream_model,
        stage=job.stage,
        progress=job.progress,
        seconds=job.seconds,
        size=job.size,
        trouble=None if job.error_code is None else Trouble(job.error_code, job.error_message or ""),
        completed_s=job.completed_s,
        expires_s=job.expires_s,
        remixed_from=job.remixed_from,
    )
