"""The name that follows from a public key lives here: a DID address (contract 1.5)."""

from __future__ import annotations

import hashlib

_APP = b"\x0c\x01"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def did_of(public_key: bytes, kind: bytes = _APP) -> str:
    """`z` and the base58 of the type, 20 bytes of the key's SHA3-256, and 4 of the SHA3-256 of both."""
    body = kind + hashlib.sha3_256(public_key).digest()[:20]
    return "z" + _base58(body + hashlib.sha3_256(body).digest()[:4])


def _base58(data: bytes) -> str:
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    zeros = len(data) - len(data.lstrip(b"\x00"))
    return _ALPHABET[0] * zeros + digits
