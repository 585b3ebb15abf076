"""The master key lives here: the one that was set, or one of a file that is made once."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from aigne_hub.base.crypto import MASTER_KEY_BYTES
from aigne_hub.settings import BadSetting, Settings


def master_key(settings: Settings) -> bytes:
    """The key of HUB_SECRET_KEY, else of the file in the data directory, made once with mode 0600."""
    if settings.secret_key is not None:
        return settings.secret_key
    path = settings.data_dir / "secret.key"
    if not path.exists():
        _make_key_file(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise BadSetting(f"HUB_SECRET_KEY is not set and {path} cannot be read: {error}") from error
    if len(key) != MASTER_KEY_BYTES:
        raise BadSetting(f"HUB_SECRET_KEY is not set and {path} does not hold {MASTER_KEY_BYTES} bytes in hex")
    return key


def _make_key_file(path: Path) -> None:
    """Whole or not at all, and never over another: two hubs that start at once get the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(MASTER_KEY_BYTES).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
