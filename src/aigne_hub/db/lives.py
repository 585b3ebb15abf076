"""Which processes of a data directory live is known here: each holds a lock, which goes when it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Lives:
    """The lock of this process's boot, and those of the others on the same data directory."""

    def __init__(self, folder: Path, boot: int) -> None:
        self._folder = folder
        self.boot = boot
        folder.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(self._path(boot), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def dead(self) -> list[int]:
        """The boots that ended without a word, however they went. They are told until they are buried."""
        found = [int(path.stem) for path in self._folder.glob("*.lock") if path.stem.isdigit()]
        return sorted([boot for boot in found if boot != self.boot and self._is_free(boot)])

    def bury(self, boot: int) -> None:
        """What a dead process left is put in order: it need not be told of again."""
        self._path(boot).unlink(missing_ok=True)

    def close(self) -> None:
        """This process ends in good order."""
        self.bury(self.boot)
        os.close(self._handle)

    def _is_free(self, boot: int) -> bool:
        try:
            handle = os.open(self._path(boot), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True

    def _path(self, boot: int) -> Path:
        return self._folder / f"{boot}.lock"
