"""A bucket that believes nobody: each request's signature is made again by Amazon's own library and compared."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from unittest import mock
from urllib.parse import parse_qs, unquote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.upstream import Asked, Upstream, serve_upstream

KEY, SECRET, REGION, BUCKET = "AKIDEXAMPLE", "wJalr/XUtn+FEMI@K7MDENG", "eu-central-1", "hub-files"


@dataclass
class FakeS3:
    """`objects` by key with their time of writing in Unix seconds; `uploads` are those that were not completed."""

    upstream: Upstream
    objects: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    largest_body: int = 0
    status: int | None = None  # what is answered to everything, as when the service is ill

    @property
    def url(self) -> str:
        host = self.upstream.url.removeprefix("http://").removesuffix("/v1")
        return f"http://{KEY}:{SECRET.replace('/', '%2F').replace('+', '%2B').replace('@', '%40')}@{host}/{BUCKET}"

    async def serve(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.largest_body = max(self.largest_body, len(asked.body))
        status, body, headers = self._answer(asked)
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(head.encode() + b"\r\n" + body)
        await writer.drain()

    def _answer(self, asked: Asked) -> tuple[int, bytes, dict[str, str]]:
        if not is_signed(asked):
            self.refused.append(f"{asked.method} {asked.path}")
            return 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", {}
        if self.status is not None:
            return self.status, b"<Error><Code>SlowDown</Code></Error>", {}
        path, _, text = asked.path.partition("?")
        query = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        if bucket != BUCKET:
            return 404, b"<Error><Code>NoSuchBucket</Code></Error>", {}
        if not key:
            return 200, self._listing(query), {}
        return getattr(self, f"_{asked.method.lower()}")(key, query, asked)  # type: ignore[no-any-return]

    def _listing(self, query: dict[str, str]) -> bytes:
        wanted = sorted(key for key in self.objects if key.startswith(query["prefix"]) and key > query["start-after"])
        page = wanted[: int(query["max-keys"])]
        entries = "".join(
            f"<Contents><Key>{key}</Key><LastModified>{_iso(self.objects[key][1])}</LastModified></Contents>"
            for key in page
        )
        cut = "true" if len(wanted) > len(page) else "false"
        return f"<ListBucketResult><IsTruncated>{cut}</IsTruncated>{entries}</ListBucketResult>".encode()

    def _put(self, key: str, query: dict[str, str], asked: Asked) -> tuple[int, bytes, dict[str, str]]:
        if "partNumber" in query:
            self.uploads[query["uploadId"]][int(query["partNumber"])] = asked.body
        else:
            self.objects[key] = (asked.body, _now())
        return 200, b"", {"etag": f'"{hashlib.md5(asked.body).hexdigest()}"'}

    def _post(self, key: str, query: dict[str, str], asked: Asked) -> tuple[int, bytes, dict[str, str]]:
        if "uploads" in query:
            self.uploads["upload/1+"] = {}
            return 200, b"<X><UploadId>upload/1+</UploadId></X>", {}
        parts = self.uploads.pop(query["uploadId"])
        told = re.findall(rb'<PartNumber>(\d+)</PartNumber><ETag>"(\w+)"</ETag>', asked.body)
        if [(int(n), etag.decode()) for n, etag in told] != [
            (n, hashlib.md5(part).hexdigest()) for n, part in sorted(parts.items())
        ]:
            return 200, b"<Error><Code>InvalidPart</Code></Error>", {}
        self.objects[key] = (b"".join(part for _, part in sorted(parts.items())), _now())
        return 200, b"<CompleteMultipartUploadResult/>", {}

    def _get(self, key: str, _query: dict[str, str], asked: Asked) -> tuple[int, bytes, dict[str, str]]:
        if key not in self.objects:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", {}
        body = self.objects[key][0]
        if (part := re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("range", ""))) is None:
            return 200, body, {}
        return 206, body[int(part[1]) : int(part[2]) + 1], {}

    def _delete(self, key: str, query: dict[str, str], _asked: Asked) -> tuple[int, bytes, dict[str, str]]:
        if "uploadId" in query:
            self.uploads.pop(query["uploadId"])
        else:
            self.objects.pop(key, None)
        return 204, b"", {}


@asynccontextmanager
async def serve_s3() -> AsyncIterator[FakeS3]:
    async with serve_upstream() as upstream:
        bucket = FakeS3(upstream)
        upstream.script = bucket.serve
        yield bucket


def is_signed(asked: Asked) -> bool:
    """Whether botocore, given the same request and the time it claims, signs it in the same way."""
    at = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if asked.headers["x-amz-content-sha256"] != hashlib.sha256(asked.body).hexdigest():
        return False
    request = AWSRequest(asked.method, f"http://{asked.headers['host']}{asked.path}", {}, asked.body)
    request.context["payload_signing_enabled"] = True
    with mock.patch("botocore.auth.get_current_datetime", return_value=at):
        S3SigV4Auth(Credentials(KEY, SECRET), "s3", REGION).add_auth(request)
    return bool(request.headers["Authorization"] == asked.headers["authorization"])


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _now() -> float:
    return datetime.now(UTC).timestamp()
