"""The rows of video jobs live here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Row, delete, insert, select, update

from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import videos
from aigne_hub.dialects.videos import Stage


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A job as it is kept; `upstream_id` is the provider's, `stage` and what follows what was last heard of it."""

    id: int
    user_id: int
    provider_id: int
    credential_id: int
    model: str
    upstream_model: str
    dialect: str
    upstream_id: str
    remixed_from: int | None
    seconds: float | None
    size: str | None
    created_ms: int
    stage: Stage
    progress: int = 0
    error_code: str | None = None
    error_message: str | None = None
    completed_s: int | None = None
    expires_s: int | None = None


async def add(conn: Conn, job: VideoJob) -> None:
    await conn.execute(insert(videos).values(id=job.id, **_fixed(job), **_heard(job)))


async def note(conn: Conn, job: VideoJob) -> None:
    """Keep what was heard of a job."""
    await conn.execute(update(videos).where(videos.c.id == job.id).values(**_heard(job)))


async def find(conn: Conn, user_id: int, video_id: int) -> VideoJob | None:
    query = select(videos).where(videos.c.id == video_id, videos.c.user_id == user_id)
    row = (await conn.execute(query)).one_or_none()
    return _job(row) if row else None


async def remove(conn: Conn, user_id: int, video_id: int) -> None:
    await conn.execute(delete(videos).where(videos.c.id == video_id, videos.c.user_id == user_id))


async def page(
    conn: Conn, user_id: int, *, after: int | None, limit: int, is_newest_first: bool
) -> tuple[list[VideoJob], bool]:
    """The jobs of a user after that one in their order, and whether there are more."""
    query = select(videos).where(videos.c.user_id == user_id).limit(limit + 1)
    if is_newest_first:
        query = query.order_by(videos.c.id.desc())
        query = query if after is None else query.where(videos.c.id < after)
    else:
        query = query.order_by(videos.c.id)
        query = query if after is None else query.where(videos.c.id > after)
    found = [_job(row) for row in await conn.execute(query)]
    return found[:limit], len(found) > limit


async def forget(conn: Conn, before_id: int) -> int:
    """Forget the jobs that were begun before an id; how many."""
    return (await conn.execute(delete(videos).where(videos.c.id < before_id))).rowcount


def _fixed(job: VideoJob) -> dict[str, object]:
    return {
        "user_id": job.user_id,
        "provider_id": job.provider_id,
        "credential_id": job.credential_id,
        "model": job.model,
        "upstream_model": job.upstream_model,
        "dialect": job.dialect,
        "upstream_id": job.upstream_id,
        "remixed_from": job.remixed_from,
        "size": job.size,
        "created_ms": job.created_ms,
    }


def _heard(job: VideoJob) -> dict[str, object]:
    return {
        "stage": job.stage.value,
        "progress": job.progress,
        "seconds": job.seconds,
        "error_code": job.error_code,
        "error_message": job.error_message,
        "completed_s": job.completed_s,
        "expires_s": job.expires_s,
    }


def _job(row: Row[tuple[object, ...]]) -> VideoJob:
    r = row._asdict()
    return VideoJob(**{**r, "stage": Stage(r["stage"])})
