"""The built console lives here: every file of it, read once, by the exact path it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DIST = Path(__file__).parent / "dist"

_COMPRESSED = ".gz"
_HASHED = "/assets/"  # the build puts the hash of the content into the names of this folder only
_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".ico": b"image/x-icon",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".map": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".webmanifest": b"application/manifest+json",
    ".woff2": b"font/woff2",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the build. `compressed` is its gzip copy, made by the build, when there is one."""

    body: bytes
    compressed: bytes | None
    content_type: bytes
    etag: bytes
    is_immutable: bool


def read_build(folder: Path) -> Mapping[str, File]:
    """Every file under `folder` by its URL path; nothing when the console was not built."""
    if not (folder / "index.html").is_file():
        return {}
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != _COMPRESSED]
    return {"/" + path.relative_to(folder).as_posix(): _read(path, folder) for path in paths}


def _read(path: Path, folder: Path) -> File:
    body = path.read_bytes()
    compressed = path.with_name(path.name + _COMPRESSED)
    return File(
        body=body,
        compressed=compressed.read_bytes() if compressed.is_file() else None,
        content_type=_TYPES.get(path.suffix, b"application/octet-stream"),
        etag=b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode(),
        is_immutable=("/" + path.relative_to(folder).as_posix()).startswith(_HASHED),
    )
