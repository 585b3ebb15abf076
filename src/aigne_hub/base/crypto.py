"""Secrets at rest live here: keyed hashes for what is compared, AES-256-GCM for what is revealed."""

from __future__ import annotations

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_KEY_BYTES = 32
_VERSION = 1
_NONCE_BYTES = 12
_KEY_ID_BYTES = 8


class Unreadable(Exception):
    """A sealed value cannot be opened: sealed under another master key, moved, or tampered with."""


class Vault:
    """Seals, opens and hashes under one master key of 32 bytes; its repr shows only the key's id.

    The master key itself is never used directly: HKDF-SHA-256 (RFC 5869) derives one key for sealing
    (AES-256-GCM, NIST SP 800-38D, random 96-bit nonce) and one, the pepper, for hashing (HMAC-SHA-256).
    A sealed value is `version(1) ‖ key id(8) ‖ nonce(12) ‖ ciphertext ‖ tag(16)`.
    """

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key has {len(master_key)} bytes, {MASTER_KEY_BYTES} are needed")
        self.key_id = _derive(master_key, b"aigne-hub key id", _KEY_ID_BYTES)
        self._aead = AESGCM(_derive(master_key, b"aigne-hub seal", 32))
        self._pepper = _derive(master_key, b"aigne-hub pepper", 32)

    def __repr__(self) -> str:
        return f"Vault(key_id={self.key_id.hex()})"

    def seal(self, secret: bytes, *, place: str) -> bytes:
        """Encrypt `secret` bound to `place` (`table.column:row`): it opens nowhere else."""
        head = bytes([_VERSION]) + self.key_id
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return head + nonce + self._aead.encrypt(nonce, secret, head + place.encode())

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """Decrypt what `seal` made for the same `place`; raises Unreadable."""
        head_end = 1 + _KEY_ID_BYTES
        head, nonce, body = (
            sealed[:head_end],
            sealed[head_end : head_end + _NONCE_BYTES],
            sealed[head_end + _NONCE_BYTES :],
        )
        if head != bytes([_VERSION]) + self.key_id:
            raise Unreadable("sealed under another master key")
        try:
            return self._aead.decrypt(nonce, body, head + place.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable("damaged, or not sealed for this place") from error

    def digest(self, secret: str) -> bytes:
        """The keyed hash (32 bytes) by which a secret that is only compared is stored."""
        return hmac.digest(self._pepper, secret.encode("utf-8", "surrogatepass"), "sha256")


def mask(secret: str) -> str:
    """How a secret is shown: first 4, stars, last 4 (contract 5.2); `***` when that would be half of it or more."""
    if len(secret) <= 16:
        return "***"
    return secret[:4] + "*" * min(16, len(secret) - 8) + secret[-4:]


def _derive(master_key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(master_key)
