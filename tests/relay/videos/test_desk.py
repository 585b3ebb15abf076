"""The desk of video jobs, when something is not as it was: credentials, providers, keys, the database."""

from __future__ import annotations

from asyncio import StreamWriter

import pytest

from aigne_hub.access.identity import Limits, Rights, Role
from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.usage.records import Status
from tests.edge.films import FILM, Studio
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

ASK = {"model": "up/sora-2", "prompt": "a cat"}


async def begin(hub: RunningHub) -> str:
    return str((await hub.ask(ASK, path="/v1/videos")).json()["id"])


async def test_a_credential_that_was_replaced_still_reaches_its_videos(
    hub: RunningHub, upstream: Upstream, studio: Studio
) -> None:
    id = await begin(hub)
    async with hub.house.database.write() as conn:
        (old,) = await catalog_store.list_credentials(conn)
    draft = CredentialDraft("second", CredentialKind.api_key, {"api_key": "sk-second-0123456789"})
    await hub.house.credentials.add(SYSTEM, hub.provider.id, draft, is_checked=False)
    await hub.catch_up()
    await hub.http.get(f"/v1/videos/{id}", headers=hub.bearer())
    assert upstream.asked[-1].headers["authorization"] == "Bearer sk-upstream-0123456789"
    async with hub.house.database.write() as conn:
        await hub.house.providers.remove_credential(conn, SYSTEM, hub.provider.id, old.id)
    await hub.catch_up()
    looked = await hub.http.get(f"/v1/videos/{id}", headers=hub.bearer())
    assert looked.status_code == 200
    assert upstream.asked[-1].headers["authorization"] == "Bearer sk-second-0123456789"


async def test_a_provider_that_is_off_is_an_outage_and_one_that_is_gone_takes_its_videos(
    hub: RunningHub, studio: Studio
) -> None:
    id = await begin(hub)
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, enabled=False)
    await hub.catch_up()
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        answer = await hub.http.request(method, f"/v1/videos/{id}{path}", headers=hub.bearer())
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_unavailable")
    listed = (await hub.http.get("/v1/videos", headers=hub.bearer())).json()["data"]
    assert [one["status"] for one in listed] == ["queued"]
    async with hub.house.database.write() as conn:
        await hub.house.providers.remove_provider(conn, SYSTEM, hub.provider.id)
    assert (await hub.http.get(f"/v1/videos/{id}", headers=hub.bearer())).status_code == 404


async def test_a_key_that_is_narrowed_begins_no_other_model_s_video(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = Studio()
    id = await begin(hub)
    async with hub.house.database.write() as conn:
        rights = Rights(models=("up/m",), limits=Limits(requests_per_minute=1))
        key = await hub.house.keys.create(conn, SYSTEM, hub.member.id, "narrow", role=Role.member, rights=rights)
    for path in ("/v1/videos", f"/v1/videos/{id}/remix"):
        refused = await hub.http.post(path, json=ASK, headers=hub.bearer(key.secret))
        assert refused.status_code in (403, 429)
    assert len(upstream.asked) == 1


async def test_a_job_that_cannot_be_kept_is_given_up(hub: RunningHub, studio: Studio, upstream: Upstream) -> None:
    async def and_the_provider_vanishes(asked: Asked, writer: StreamWriter) -> None:
        async with hub.house.database.write() as conn:
            await hub.house.providers.remove_provider(conn, SYSTEM, hub.provider.id)
        await studio(asked, writer)

    upstream.script = and_the_provider_vanishes
    answer = await hub.ask(ASK, path="/v1/videos")
    assert answer.status_code == 500
    assert (await hub.call()).status is Status.failed


async def test_a_job_that_failed_at_once_costs_nothing(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"id": "v", "status": "failed", "error": {"code": "c", "message": "m"}})
    answer = await hub.ask(ASK, path="/v1/videos")
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    call = await hub.call()
    assert (call.status, call.usage.seconds, call.error) == (Status.failed, None, "c: m")


async def test_a_list_does_not_wait_for_a_provider_that_is_away(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = studio = Studio()
    ids = [await begin(hub) for _ in range(3)]
    upstream.script = whole(b"", status=500)
    listed = (await hub.http.get("/v1/videos", headers=hub.bearer())).json()["data"]
    assert [one["id"] for one in listed] == ids[::-1]
    assert {one["status"] for one in listed} == {"queued"}
    upstream.script = studio
    studio.stages = [{"status": "completed", "progress": 100, "completed_at": 1760000100}]
    listed = (await hub.http.get("/v1/videos", headers=hub.bearer())).json()["data"]
    assert {(one["status"], one["completed_at"]) for one in listed} == {("completed", 1760000100)}
    asked = len(upstream.asked)
    await hub.http.get("/v1/videos", headers=hub.bearer())
    assert len(upstream.asked) == asked  # what is over is not asked about again


async def test_a_film_that_breaks_off_does_not_look_whole(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = studio = Studio()
    id = await begin(hub)

    async def cut(asked: Asked, writer: StreamWriter) -> None:
        if not asked.path.endswith("/content"):
            await studio(asked, writer)
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 999999\r\n\r\n" + FILM)
        await writer.drain()
        writer.close()

    upstream.script = cut
    with pytest.raises(Exception, match=r"complete message body"):
        await hub.http.get(f"/v1/videos/{id}/content", headers=hub.bearer())
