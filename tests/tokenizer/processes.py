"""What the system knows of tokenizers' processes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path


def tokenizers_of(parent: int) -> list[int]:
    """The ids of the tokenizers that a process has as children."""
    return [int(one) for one in os.listdir("/proc") if one.isdigit() and _is_tokenizer(Path("/proc", one), parent)]


async def is_gone(pid: int) -> bool:
    """Whether a process ends within a few seconds."""
    for _ in range(500):
        if not _is_running(Path("/proc", str(pid))):
            return True
        await asyncio.sleep(0.01)
    return False


def _is_tokenizer(process: Path, parent: int) -> bool:
    try:
        return (
            int((process / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            and b"aigne_hub.tokenizer.child" in (process / "cmdline").read_bytes()
        )
    except OSError:
        return False


def _is_running(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
