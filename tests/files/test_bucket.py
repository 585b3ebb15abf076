"""Files in a bucket: every request is signed as Amazon's own library signs it, and the hub still serves them itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aigne_hub.base.clock import Clock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Unavailable
from aigne_hub.files.bucket import Bucket, BucketAddress
from aigne_hub.files.drafts import Draft, Drafts
from aigne_hub.files.place import BytesLost, Place
from aigne_hub.files.threads import Threads
from aigne_hub.outbound import Client, Guard
from tests.databases import fresh_sqlite
from tests.files.fake_s3 import BUCKET, KEY, REGION, SECRET, FakeS3, serve_s3
from tests.files.shelf import chunked
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

A, B = "a" * 64, "b" * 64
LARGE = bytes(range(256)) * (20 << 12)  # 20 MB


@pytest.fixture
async def s3() -> AsyncIterator[FakeS3]:
    async with serve_s3() as bucket:
        yield bucket
        assert bucket.refused == []


class Shelves:
    """A bucket as a place, and drafts to put into it."""

    def __init__(self, bucket: Place, drafts: Drafts) -> None:
        self.bucket = bucket
        self._drafts = drafts

    async def draft(self, content: bytes) -> Draft:
        return await self._drafts.write(chunked([content[at : at + 100_000] for at in range(0, len(content), 100_000)]))

    async def content(self, key: str, start: int, size: int) -> bytes:
        async with self.bucket.read(key, start, size) as pieces:
            return b"".join([piece async for piece in pieces])


@asynccontextmanager
async def shelves(s3: FakeS3, folder: Path, *, prefix: str = "") -> AsyncIterator[Shelves]:
    threads, client = Threads(), Client(deadlines=Deadlines(), guard=Guard(allow_private=True))
    address = BucketAddress.parse(f"{s3.url}{prefix}?region={REGION}")
    try:
        yield Shelves(Bucket(client, address, threads, Clock()), Drafts(folder, threads))
    finally:
        await client.close()
        await asyncio.to_thread(threads.close)


async def test_bytes_are_put_read_in_part_listed_and_removed(s3: FakeS3, tmp_path: Path) -> None:
    async with shelves(s3, tmp_path, prefix="/some/prefix") as there:
        for key, content in ((A, b"0123456789"), (B, b"")):
            await there.bucket.put(await there.draft(content), key)
        assert list(s3.objects) == [f"some/prefix/{A}", f"some/prefix/{B}"]
        assert await there.content(A, 0, 10) == b"0123456789"
        assert await there.content(A, 3, 4) == b"3456"
        assert await there.content(B, 0, 0) == b""
        (one, two) = await there.bucket.keys_after("", 10)
        assert (one.key, two.key) == (A, B)
        assert abs(one.written_ms / 1000 - s3.objects[f"some/prefix/{A}"][1]) < 1
        assert [found.key for found in await there.bucket.keys_after(A, 10)] == [B]
        assert [found.key for found in await there.bucket.keys_after("", 1)] == [A]
        await there.bucket.remove(A)
        await there.bucket.remove(A)
        assert list(s3.objects) == [f"some/prefix/{B}"]
        with pytest.raises(BytesLost):
            await there.content(A, 0, 1)


async def test_a_large_file_goes_in_parts_that_memory_holds(s3: FakeS3, tmp_path: Path) -> None:
    async with shelves(s3, tmp_path) as there:
        await there.bucket.put(await there.draft(LARGE), A)
        assert hashlib.sha256(s3.objects[A][0]).digest() == hashlib.sha256(LARGE).digest()
        assert s3.largest_body == 8 << 20
        assert s3.uploads == {}
        assert await there.content(A, len(LARGE) - 5, 5) == LARGE[-5:]


async def test_an_upload_that_fails_midway_is_given_up(s3: FakeS3, tmp_path: Path) -> None:
    async with shelves(s3, tmp_path) as there:
        draft = await there.draft(LARGE)
        serve = s3.serve

        async def ill(asked: object, writer: asyncio.StreamWriter) -> None:
            s3.status = 503 if "partNumber=2" in asked.path else None  # type: ignore[attr-defined]
            await serve(asked, writer)  # type: ignore[arg-type]

        s3.upstream.script = ill
        with pytest.raises(OSError, match="status 503"):
            await there.bucket.put(draft, A)
    assert (s3.objects, s3.uploads) == ({}, {})


async def test_objects_of_others_are_passed_over_and_never_taken_for_gaps(s3: FakeS3, tmp_path: Path) -> None:
    s3.objects = dict.fromkeys((A, B, "a-note.txt", "aa/b", *[f"a{n}" for n in range(7)]), (b"", 0.0))
    async with shelves(s3, tmp_path) as there:
        assert [found.key for found in await there.bucket.keys_after("", 2)] == [A, B]
        s3.objects |= {f"a{n:03}": (b"", 0.0) for n in range(500)}
        with pytest.raises(OSError, match="prefix of its own"):
            await there.bucket.keys_after("", 2)


async def test_a_bucket_that_is_away_ill_or_missing_is_told_without_its_secret(s3: FakeS3, tmp_path: Path) -> None:
    async with shelves(s3, tmp_path) as there:
        s3.status = 500
        for work in (
            there.bucket.put(await there.draft(b"x"), A), there.bucket.remove(A), there.content(A, 0, 1),
            there.bucket.keys_after("", 1),
        ):  # fmt: skip
            with pytest.raises(OSError) as error:
                await work
            assert SECRET not in str(error.value)
    address = BucketAddress.parse("http://k:s-e-c-r-e-t@127.0.0.1:1/hub-files")
    assert "s-e-c-r-e-t" not in repr(address)
    client = Client(deadlines=Deadlines(), guard=Guard(allow_private=True))
    with pytest.raises(OSError, match="the bucket is away"):
        await Bucket(client, address, Threads(), Clock()).remove(A)
    await client.close()


def test_an_address_is_read() -> None:
    url = "https://AKID:a%2Fb%2Bc%40@minio.example:9000/bucket/some/prefix/?region=eu-west-3"
    address = BucketAddress.parse(url)
    assert (str(address.origin), address.path, address.prefix) == ("minio.example:9000", "/bucket", "some/prefix/")
    assert (address.signer.secret_access_key, address.signer.region) == ("a/b+c@", "eu-west-3")
    assert BucketAddress.parse("https://k:s@h.example/bucket").signer.region == "us-east-1"
    for bad in (
        "https://h.example/bucket",
        "https://k:s@h.example/",
        "https://k:s@h.example/b%2e",
        "https://k:s@/bucket",
    ):
        with pytest.raises(ValueError):
            BucketAddress.parse(bad)


@asynccontextmanager
async def hub_with(s3: FakeS3, template: Path, folder: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    settings = settings_for(fresh_sqlite(template, folder / "db"), folder, files_s3=f"{s3.url}/h?region={REGION}")
    async with running_hub(settings, upstream) as hub:
        yield hub


async def test_the_hub_serves_what_is_in_the_bucket_at_its_own_address(
    s3: FakeS3, sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    async with hub_with(s3, sqlite_template, tmp_path, upstream) as hub:
        kept = await hub.house.files.keep(hub.member.id, chunked([LARGE]), media_type="video/mp4", name="film.mp4")
        assert list(s3.objects) == [f"h/{kept.file.key}"]
        answer = await hub.http.get(kept.path)
        assert (answer.status_code, answer.content == LARGE) == (200, True)
        part = await hub.http.get(kept.path, headers={"range": "bytes=1000000-1000099"})
        assert (part.status_code, part.content) == (206, LARGE[1_000_000:1_000_100])
        assert [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
        s3.status = 500
        away = await hub.http.get(kept.path)
        assert (away.status_code, away.json()["error"]["code"]) == (503, "files_away")
        with pytest.raises(Unavailable) as error:
            await hub.house.files.keep(hub.member.id, chunked([b"x"]), media_type=None, name="a")
        assert error.value.code == "files_away"
        s3.status = None
        s3.objects[f"h/{B}"] = (b"left behind", 0.0)
        s3.objects["h/notes.txt"] = (b"an operator's own", 0.0)
        await hub.house.file_sweeper.tick()
        assert list(s3.objects) == [f"h/{kept.file.key}", "h/notes.txt"]
        await hub.http.delete(f"/api/files/{kept.file.id}", headers=hub.bearer())
        assert list(s3.objects) == ["h/notes.txt"]
        assert (await hub.http.get(kept.path)).status_code == 404


async def test_a_wrong_secret_is_refused_by_the_bucket_and_the_file_not_kept(tmp_path: Path) -> None:
    async with serve_s3() as s3:
        host = s3.url.rpartition("@")[2]
        threads, client = Threads(), Client(deadlines=Deadlines(), guard=Guard(allow_private=True))
        address = BucketAddress.parse(f"http://{KEY}:wrong@{host}?region={REGION}")
        draft = await Drafts(tmp_path, threads).write(chunked([b"x"]))
        with pytest.raises(OSError, match="status 403"):
            await Bucket(client, address, threads, Clock()).put(draft, A)
        assert s3.refused == [f"PUT /{BUCKET}/{A}"]
        await client.close()
        await asyncio.to_thread(threads.close)
