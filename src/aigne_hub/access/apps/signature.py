"""What an app signs, and whether it did, live here (contract 1.5)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from decimal import Decimal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

SKEW_S = 600
_DEEPEST = 100
_EXACT = 2**53  # whole numbers beyond are rounded by JavaScript


class SignedRequest(Struct, frozen=True):
    """What a V1 call says of its signer, and what was signed."""

    app_id: str
    timestamp: int
    signature: str
    data: object
    user_did: str | None = None

    def is_by(self, public_key: bytes) -> bool:
        try:
            message = message_of(self.app_id, self.timestamp, self.data, self.user_did)
        except ValueError:
            return False
        return is_signed(public_key, message, self.signature)


def message_of(app_id: str, timestamp: int, data: object, user_did: str | None) -> str:
    """The text that is signed: JSON as the published clients write it, every object's keys in order.

    Raises ValueError for a body that is nested beyond reason.
    """
    fields = {"appId": app_id, "timestamp": timestamp, "data": data}
    if user_did is not None:
        fields["userDid"] = user_did
    return _stable(fields, 0)


def is_signed(public_key: bytes, message: str, signature: str) -> bool:
    """Whether `signature`, hex with or without `0x`, is Ed25519 over the SHA3-256 of the message."""
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
        digest = hashlib.sha3_256(message.encode("utf-8", "surrogatepass")).digest()
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw, digest)
    except (ValueError, InvalidSignature):
        return False
    return True


def _stable(value: object, depth: int) -> str:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        # JavaScript orders by UTF-16 units, which is the order of their big-endian bytes.
        names = sorted(value, key=lambda name: str(name).encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(name)}:{_stable(value[name], depth + 1)}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_stable(one, depth + 1) for one in value) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """A number as JavaScript writes it (ECMA-262, Number::toString). Raises ValueError for what JSON has not."""
    if isinstance(value, int) and abs(value) <= _EXACT:
        return str(value)
    try:
        value = float(value)  # JavaScript knows no other numbers
    except OverflowError:
        raise ValueError("not a number of JSON") from None
    if not math.isfinite(value):
        raise ValueError("not a number of JSON")
    if value == 0:
        return "0"
    sign, numerals, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, numerals))
    return ("-" if sign else "") + _placed(digits, len(digits) + int(exponent))


def _placed(digits: str, point: int) -> str:
    """The digits with their point after `point` of them, or with an exponent when that is far off."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"
