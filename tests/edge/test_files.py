"""Whoever has a file's address gets it, whole or in part; nothing in it is ever run; nobody else learns anything."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from aigne_hub.audit.records import SYSTEM
from aigne_hub.files.desk import Kept
from tests.dialects.chats import PIXEL
from tests.files.shelf import chunked, token_of
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(PIXEL)
FILM = bytes(n % 251 for n in range(700_000))


async def keep(hub: RunningHub, content: bytes, media_type: str | None = "image/png", name: str = "a.png") -> Kept:
    return await hub.house.files.keep(hub.member.id, chunked([content]), media_type=media_type, name=name)


async def test_a_plain_get_without_a_key_gets_the_file(hub_on_both: RunningHub) -> None:
    kept = await keep(hub_on_both, PNG)
    for path in (kept.path, f"/ai-kit{kept.path}", kept.path.rpartition("/")[0], kept.path + "?x=1"):
        answer = await hub_on_both.http.get(path)
        assert (answer.status_code, answer.content) == (200, PNG), path
    headers = {
        "content-type": "image/png",
        "content-length": str(len(PNG)),
        "content-disposition": 'inline; filename="a.png"',
        "x-content-type-options": "nosniff",
        "content-security-policy": (
            "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
        ),
        "referrer-policy": "no-referrer",
        "cache-control": "private, max-age=3600",
        "accept-ranges": "bytes",
        "etag": f'"{hashlib.sha256(PNG).hexdigest()[:32]}"',
        "access-control-allow-origin": "*",
    }
    assert {name: answer.headers.get(name) for name in headers} == headers
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "application/pdf", None]
)
async def test_what_a_browser_might_run_is_only_ever_a_download(hub: RunningHub, media_type: str | None) -> None:
    kept = await keep(hub, b"<script>alert(1)</script>", media_type, 'x.html"\r\nset-cookie: a=b')
    answer = await hub.http.get(kept.path)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="x.html_set-cookie_a_b"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


async def test_a_film_is_played_from_anywhere_in_it(hub: RunningHub) -> None:
    kept = await keep(hub, FILM, "video/mp4", "film.mp4")
    for asked, start, end in (
        ("0-99", 0, 99),
        ("300000-", 300_000, len(FILM) - 1),
        ("-5", len(FILM) - 5, len(FILM) - 1),
    ):
        answer = await hub.http.get(kept.path, headers={"range": f"bytes={asked}"})
        assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes {start}-{end}/{len(FILM)}")
        assert answer.content == FILM[start : end + 1]
        assert answer.headers["content-length"] == str(end + 1 - start)
    beyond = await hub.http.get(kept.path, headers={"range": f"bytes={len(FILM)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(FILM)}")
    assert beyond.json()["error"]["code"] == "range_not_satisfiable"
    assert (await hub.http.get(kept.path, headers={"range": "bytes=0-1,5-6"})).content == FILM


async def test_a_head_tells_what_a_get_would_bring(hub: RunningHub) -> None:
    kept = await keep(hub, FILM, "video/mp4", "film.mp4")
    got, told = await hub.http.get(kept.path), await hub.http.head(kept.path, headers={"range": "bytes=0-1"})
    assert (told.status_code, told.content) == (200, b"")
    varying = ("x-request-id", "date")
    assert {n: v for n, v in told.headers.items() if n not in varying} == {
        n: v for n, v in got.headers.items() if n not in varying
    }


async def test_content_that_is_known_is_not_sent_again(hub: RunningHub) -> None:
    kept = await keep(hub, PNG)
    etag = (await hub.http.get(kept.path)).headers["etag"]
    again = await hub.http.get(kept.path, headers={"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await hub.http.get(kept.path)).content == PNG  # on the same connection


async def test_a_page_of_another_site_may_ask_and_nobody_may_do_else(hub: RunningHub) -> None:
    kept = await keep(hub, PNG)
    asked = await hub.http.options(
        kept.path, headers={"origin": "https://other.example", "access-control-request-headers": "range"}
    )
    assert (asked.status_code, asked.headers["access-control-allow-headers"]) == (204, "range")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await hub.http.request(method, kept.path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


NOT_FOUND = {
    "error": {
        "message": "there is no such file, or its time is over", "type": "invalid_request_error",
        "code": "file_not_found",
    }
}  # fmt: skip


async def test_every_way_of_not_being_there_looks_the_same(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    expired, deleted, lost, elsewhere, orphaned = [await keep(hub, PNG) for _ in range(5)]
    async with hub.house.database.write() as conn:
        await conn.execute(text("UPDATE files SET expires_ms = 1 WHERE id = :id"), {"id": expired.file.id})
        await conn.execute(text("UPDATE files SET place = 'disk-b' WHERE id = :id"), {"id": elsewhere.file.id})
    await hub.house.files.remove(SYSTEM, deleted.file.id, user_id=None)
    (hub.settings.data_dir / "files" / lost.file.key[:2] / lost.file.key).unlink()
    token = token_of(orphaned.path)
    paths = [one.path for one in (expired, deleted, lost, elsewhere)]
    paths += ["/files/", "/files/x", "/files/" + "a" * 32, "/files/" + "a" * 32 + "/a.png", f"/files/{token}/a/b"]
    paths += [f"/files/{token[:-1]}", f"/files/{token}x", f"/files//{token}", "/files/%2e%2e%2fplace"]
    paths += [f"/files/{orphaned.file.key}", "/files/place", "/files/..%2f..%2fsecret.key", f"/files/{token}%00"]
    for path in paths:
        answer = await hub.http.get(path)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND), path
        assert answer.headers["cache-control"] == "no-store"
    assert (await hub.http.get(orphaned.path)).status_code == 200
    async with hub.house.database.write() as conn:
        await hub.house.users.change(conn, SYSTEM, hub.member.id, is_disabled=True)
    assert (await hub.http.get(orphaned.path)).json() == NOT_FOUND


async def test_a_file_does_not_stay_in_a_cache_beyond_its_end(hub: RunningHub) -> None:
    kept = await keep(hub, PNG)
    async with hub.house.database.write() as conn:
        await conn.execute(text("UPDATE files SET expires_ms = :at"), {"at": hub.house.clock.now_ms() + 100_500})
    assert (await hub.http.get(kept.path)).headers["cache-control"] in ("private, max-age=100", "private, max-age=99")


async def test_many_take_one_file_at_once(hub: RunningHub) -> None:
    kept = await keep(hub, FILM, "video/mp4", "film.mp4")
    answers = await asyncio.gather(*[hub.http.get(kept.path) for _ in range(40)])
    assert {hashlib.sha256(answer.content).digest() for answer in answers} == {kept.file.sha256}


async def test_a_file_that_is_shorter_than_it_should_be_does_not_look_whole(hub: RunningHub) -> None:
    kept = await keep(hub, FILM, "video/mp4", "film.mp4")
    path = hub.settings.data_dir / "files" / kept.file.key[:2] / kept.file.key
    path.write_bytes(FILM[:1000])
    with pytest.raises(httpx.RemoteProtocolError):
        await hub.http.get(kept.path)


async def test_who_takes_nothing_for_long_is_left(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> None:
    from tests.databases import fresh_sqlite

    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, idle_s=0.3)
    async with running_hub(settings, upstream) as hub:
        kept = await hub.house.files.keep(hub.member.id, zeros(60), media_type="video/mp4", name="film.mp4")
        reader, writer = await asyncio.open_connection(*hub.url.removeprefix("http://").split(":"), limit=1024)
        writer.write(f"GET {kept.path} HTTP/1.1\r\nhost: hub\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(1)
        taken = 0
        async with asyncio.timeout(10):
            try:
                while piece := await reader.read(1 << 20):
                    taken += len(piece)
            except ConnectionError:
                pass
        assert 0 < taken < kept.file.size
        writer.close()


async def zeros(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield bytes(1 << 20)
