"""The rows of video jobs: each belongs to one user, goes with its provider, and is forgotten in the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import IdSource
from aigne_hub.catalog.entries import ProviderId
from aigne_hub.catalog.registry import Registry
from aigne_hub.db.engine import Database
from aigne_hub.dialects.videos import Stage
from aigne_hub.videos import store
from aigne_hub.videos.store import VideoJob

pytestmark = pytest.mark.anyio

CLOCK, VAULT = StoppedClock(), Vault(bytes(32))


@pytest.fixture
async def job(database: Database) -> VideoJob:
    ids, journal = IdSource(CLOCK, 1), Journal(VAULT, CLOCK)
    async with database.write() as conn:
        user = await Users(CLOCK, ids, journal).add(conn, SYSTEM, "Max", role=Role.member)
        provider = await Registry(VAULT, CLOCK, ids, journal).add_provider(conn, SYSTEM, "openai")
        job = VideoJob(
            id=100,
            user_id=user.id,
            provider_id=provider.id,
            credential_id=3,
            model="openai/sora-2",
            upstream_model="sora-2",
            dialect="openai_videos",
            upstream_id="video_up",
            remixed_from=None,
            seconds=4.0,
            size="720x1280",
            created_ms=1,
            stage=Stage.queued,
        )
        await store.add(conn, job)
    return job


async def test_a_job_is_found_by_its_owner_alone(database: Database, job: VideoJob) -> None:
    async with database.write() as conn:
        assert await store.find(conn, job.user_id, job.id) == job
        assert await store.find(conn, job.user_id + 1, job.id) is None
        await store.remove(conn, job.user_id + 1, job.id)
        assert await store.find(conn, job.user_id, job.id) == job
        await store.remove(conn, job.user_id, job.id)
        assert await store.find(conn, job.user_id, job.id) is None


async def test_what_was_heard_is_kept(database: Database, job: VideoJob) -> None:
    heard = replace(
        job, stage=Stage.failed, progress=7, error_code="c", error_message="m", completed_s=2, expires_s=3, seconds=8.0
    )
    async with database.write() as conn:
        await store.note(conn, replace(heard, model="another"))
        assert await store.find(conn, job.user_id, job.id) == heard


async def test_pages_go_both_ways(database: Database, job: VideoJob) -> None:
    async with database.write() as conn:
        for id in (101, 102):
            await store.add(conn, replace(job, id=id))

        async def page(after: int | None, *, newest: bool) -> tuple[list[int], bool]:
            jobs, has_more = await store.page(conn, job.user_id, after=after, limit=2, is_newest_first=newest)
            return [one.id for one in jobs], has_more

        assert await page(None, newest=True) == ([102, 101], True)
        assert await page(101, newest=True) == ([100], False)
        assert await page(None, newest=False) == ([100, 101], True)
        assert await page(101, newest=False) == ([102], False)
        assert await store.page(conn, 1, after=None, limit=2, is_newest_first=True) == ([], False)


async def test_jobs_go_with_their_provider_and_with_time(database: Database, job: VideoJob) -> None:
    async with database.write() as conn:
        await store.add(conn, replace(job, id=101))
        assert await store.forget(conn, 101) == 1
        registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 2), Journal(VAULT, CLOCK))
        await registry.remove_provider(conn, SYSTEM, ProviderId(job.provider_id))
        assert await store.find(conn, job.user_id, 101) is None
