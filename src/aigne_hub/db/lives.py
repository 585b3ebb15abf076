"""Which processes of a data directory live is known here: each holds a lock, which goes when it dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

import structlog

log = structlog.get_logger()


class Lives:
    """The lock of this process's boot, and those of the others on the same data directory."""

    def __init__(self, folder: Path, boot: int) -> None:
        self.folder = folder
        self.boot = boot
        self._handle: int | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self._path(boot), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # a hub on PostgreSQL may run without a place to write
            log.warning("no lock in the data directory: calls of dead workers are closed late", error=error.strerror)

    @classmethod
    def of(cls, data_dir: Path, database: str, boot: int) -> Lives:
        """Boots are numbered by their database, so each has a folder."""
        return cls(data_dir / "lives" / hashlib.sha256(database.encode()).hexdigest()[:16], boot)

    def dead(self) -> list[int]:
        """The boots that ended without a word, however they went. They are told until they are buried."""
        found = [int(path.stem) for path in self.folder.glob("*.lock") if path.stem.isdigit()]
        return sorted([boot for boot in found if boot != self.boot and self._is_free(boot)])

    def bury(self, boot: int) -> None:
        """What a dead process left is put in order: it need not be told of again."""
        self._path(boot).unlink(missing_ok=True)

    def close(self) -> None:
        """This process ends in good order."""
        if self._handle is not None:
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
        return self.folder / f"{boot}.lock"
