"""Drafts are written whole or leave nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from aigne_hub.files.drafts import Drafts
from aigne_hub.files.threads import Threads
from tests.files.shelf import chunked

pytestmark = pytest.mark.anyio


async def test_a_draft_holds_all_chunks_and_knows_their_hash(tmp_path: Path) -> None:
    threads = Threads()
    drafts = Drafts(tmp_path / "drafts", threads)
    chunks = [b"a" * 100_000, b"", b"b" * 300_000, b"c"]
    draft = await drafts.write(chunked(chunks))
    whole = b"".join(chunks)
    assert draft.path.read_bytes() == whole
    assert (draft.size, draft.sha256) == (len(whole), hashlib.sha256(whole).digest())
    drafts.discard(draft)
    threads.close()
    assert list((tmp_path / "drafts").iterdir()) == []


async def test_only_old_drafts_are_swept(tmp_path: Path) -> None:
    threads = Threads()
    drafts = Drafts(tmp_path / "drafts", threads)
    draft = await drafts.write(chunked([b"x"]))
    (tmp_path / "drafts" / "other.txt").write_text("not ours")
    assert await drafts.sweep(0) == 0
    written_ms = int(draft.path.stat().st_mtime * 1000)
    assert await drafts.sweep(written_ms + 1000) == 1
    assert [path.name for path in (tmp_path / "drafts").iterdir()] == ["other.txt"]
    threads.close()
