"""Bytes in a bucket live here: of Amazon's S3, or of whatever speaks as it does.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.files.drafts import Draft
from aigne_hub.files.place import BytesLost, Found
from aigne_hub.files.threads import Threads
from aigne_hub.outbound import Client, Exchange, Limits, Origin
from aigne_hub.providers.sigv4 import Signer, query_of

_LIMITS = Limits(connect_s=10, first_byte_s=30, idle_s=30, total_s=600, answer_bytes=4 << 20)
_PART = 8 << 20  # what is sent at once; S3 takes parts of 5 MB and more, 10,000 of them
_MOST_PAGES = 10
_NOTHING = hashlib.sha256().hexdigest()
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]{1,1024})</UploadId>")
_ENTRY = re.compile(rb"<Contents>(.*?)</Contents>", re.DOTALL)
_ENTRY_KEY = re.compile(rb"<Key>([^<]*)</Key>")
_ENTRY_TIME = re.compile(rb"<LastModified>([^<]*)</LastModified>")
_IS_TRUNCATED = b"<IsTruncated>true</IsTruncated>"
_KEY = re.compile(r"[0-9a-f]{64}")

Query = Mapping[str, str]
_NO_QUERY: Query = {}


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is, and the key pair that opens it; `path` is `/bucket`, `prefix` stands before each key."""

    origin: Origin
    path: str
    prefix: str
    signer: Signer = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> BucketAddress:
        """Read `https://KEY:SECRET@host/bucket/prefix?region=eu-central-1`. Raises ValueError.

        Key and secret are percent-encoded where they hold `/`, `+` or `@`. The region is us-east-1 if none is said.
        """
        parts = urlsplit(url)
        if not parts.username or not parts.password:
            raise ValueError("the address holds no key and secret")
        bucket, _, prefix = parts.path.strip("/").partition("/")
        if not re.fullmatch(r"[A-Za-z0-9._-]{3,63}", bucket) or not re.fullmatch(r"[A-Za-z0-9._/-]{0,200}", prefix):
            raise ValueError("the path of the address is no bucket, or a bucket and a plain prefix")
        region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        origin, _ = Origin.parse(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
        signer = Signer(unquote(parts.username), unquote(parts.password), region, "s3")
        return cls(origin, f"/{bucket}", f"{prefix}/" if prefix else "", signer)


class Bucket:
    """A place in a bucket. Large files go there, and come from there, a part at a time."""

    def __init__(self, client: Client, address: BucketAddress, threads: Threads, clock: Clock) -> None:
        self._client = client
        self._at = address
        self._threads = threads
        self._clock = clock
        whole = f"{address.origin}{address.path}/{address.prefix}"
        self._name = f"s3-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"

    async def name(self) -> str:
        return self._name

    async def put(self, draft: Draft, key: str) -> None:
        if draft.size <= _PART:
            body = await self._threads.run(draft.path.read_bytes)
            await self._done("PUT", key, body=body, sha256=draft.sha256.hex())
            return
        started = _UPLOAD_ID.search(await self._done("POST", key, {"uploads": ""}))
        if started is None:
            raise OSError("the bucket began no upload")
        upload = {"uploadId": started[1].decode()}
        is_whole = False
        try:
            await self._put_parts(draft, key, upload)
            is_whole = True
        finally:
            if not is_whole:
                with suppress(OSError):
                    await self._done("DELETE", key, upload)

    @asynccontextmanager
    async def read(self, key: str, start: int, size: int) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        part = [(b"range", b"bytes=%d-%d" % (start, start + size - 1))] if size else []
        exchange = await self._send("GET", key, headers=part)
        try:
            if exchange.status == 404:
                raise BytesLost
            if exchange.status != (206 if size else 200):
                raise OSError(f"the bucket answered with status {exchange.status}")
            yield _pieces(exchange)
        finally:
            exchange.close()

    async def remove(self, key: str) -> None:
        with suppress(BytesLost):
            await self._done("DELETE", key)

    async def keys_after(self, key: str, limit: int) -> list[Found]:
        found: list[Found] = []
        after = self._at.prefix + key
        for _ in range(_MOST_PAGES):
            query = {"list-type": "2", "max-keys": str(limit), "prefix": self._at.prefix, "start-after": after}
            page = await self._done("GET", None, query)
            named = [(name, written_ms) for name, written_ms in _entries(page) if name > after]
            found += [
                Found(bare, written_ms)
                for name, written_ms in named
                if _KEY.fullmatch(bare := name.removeprefix(self._at.prefix))
            ]
            if len(found) >= limit or _IS_TRUNCATED not in page or not named:
                return found[:limit]
            after = named[-1][0]
        raise OSError("the bucket holds too much under this prefix that is not the hub's: give it a prefix of its own")

    async def _put_parts(self, draft: Draft, key: str, upload: Query) -> None:
        listed = b""
        async with aclosing(self._parts(draft.path)) as parts:
            number = 0
            async for body in parts:
                number += 1
                exchange = await self._send("PUT", key, {**upload, "partNumber": str(number)}, body=body)
                try:
                    await _answer(exchange)
                finally:
                    exchange.close()
                etag = exchange.header(b"etag") or b""
                listed += b"<Part><PartNumber>%d</PartNumber><ETag>%b</ETag></Part>" % (number, etag)
        told = await self._done(
            "POST", key, upload, body=b"<CompleteMultipartUpload>%b</CompleteMultipartUpload>" % listed
        )
        if b"<Error>" in told:  # which comes with status 200, as the head leaves before the parts are joined
            raise OSError("the bucket could not join the parts of a file")

    async def _parts(self, path: Path) -> AsyncGenerator[bytes, None]:
        file = await self._threads.run(path.open, "rb")
        try:
            while part := await self._threads.run(file.read, _PART):
                yield part
        finally:
            self._threads.leave(file.close)

    async def _done(
        self, method: str, key: str | None, query: Query = _NO_QUERY, *, body: bytes = b"", sha256: str | None = None
    ) -> bytes:
        exchange = await self._send(method, key, query, body=body, sha256=sha256)
        try:
            return await _answer(exchange)
        finally:
            exchange.close()

    async def _send(
        self,
        method: str,
        key: str | None,
        query: Query = _NO_QUERY,
        *,
        body: bytes = b"",
        sha256: str | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
    ) -> Exchange:
        """One request about an object, or without a key about the bucket. Raises OSError; close what it returns."""
        path = self._at.path if key is None else f"{self._at.path}/{self._at.prefix}{key}"
        if sha256 is None:
            sha256 = (await self._threads.run(hashlib.sha256, body)).hexdigest() if body else _NOTHING
        host, now_s = self._at.origin.host_header.decode("ascii"), self._clock.now_ms() / 1000
        signed = self._at.signer.object_headers(method, host, path, query, sha256, now_s)
        target = f"{path}?{query_of(query)}" if query else path
        try:
            return await self._client.send(
                self._at.origin, method.encode(), target.encode(), [*signed, *(headers or [])], body, _LIMITS
            )
        except UpstreamFailed as error:
            raise OSError(f"the bucket is away: {error.message}") from error


async def _answer(exchange: Exchange) -> bytes:
    """The body of a success. Raises BytesLost for 404, OSError for what else is none."""
    try:
        body = await exchange.read()
    except UpstreamFailed as error:
        raise OSError(f"the bucket is away: {error.message}") from error
    if exchange.status == 404:
        raise BytesLost
    if not 200 <= exchange.status < 300:
        raise OSError(f"the bucket answered with status {exchange.status}")
    return body


async def _pieces(exchange: Exchange) -> AsyncGenerator[bytes, None]:
    try:
        while piece := await exchange.next():
            yield piece
    except UpstreamFailed as error:
        raise OSError(f"the bucket broke off: {error.message}") from error


def _entries(page: bytes) -> list[tuple[str, int]]:
    """Each object of a listing: its key, and when it was written in Unix milliseconds."""
    found = []
    for entry in _ENTRY.findall(page):
        key, written = _ENTRY_KEY.search(entry), _ENTRY_TIME.search(entry)
        if key is not None and written is not None:
            at = datetime.fromisoformat(written[1].decode().replace("Z", "+00:00"))
            found.append((key[1].decode(), int(at.timestamp() * 1000)))
    return found
