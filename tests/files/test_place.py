"""The disk is a place; that the bucket is one too is tried in test_bucket.py."""

from __future__ import annotations

from pathlib import Path

from aigne_hub.files.disk import Disk
from aigne_hub.files.place import Place
from aigne_hub.files.threads import Threads


def test_a_disk_is_a_place(tmp_path: Path) -> None:
    place: Place = Disk(tmp_path, Threads())
    assert place is not None
