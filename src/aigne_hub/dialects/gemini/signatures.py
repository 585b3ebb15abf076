"""Thought signatures live here: what Google signed, and what others signed on its way through Google's field.

Source: https://ai.google.dev/gemini-api/docs/thought-signatures. The field holds bytes in base64, so a seal that is
not Google's is put into base64 too: Google's own clients read nothing else there.
"""

from __future__ import annotations

import base64
import binascii

from aigne_hub.dialects import seals
from aigne_hub.dialects.chat import Seal

NAME = "gemini"

# What the page names for calls that Google did not make: it switches the check of the signature off.
UNSIGNED = "skip_thought_signature_validator"

_WRAPPED = base64.b64encode(b"hub")  # how the base64 of every wrapped seal begins
_STANDARD = str.maketrans("-_", "+/")


def shown(seal: Seal) -> str:
    """How a client of this format gets a seal."""
    if seal.of == NAME and seal.id is None:
        return seal.value
    return base64.b64encode(seals.shown(seal, NAME).encode()).decode()


def read(signature: str) -> Seal:
    """The seal that a client sent back."""
    if signature.startswith(_WRAPPED.decode()):
        try:
            said = base64.b64decode(standard(signature)).decode()
        except (binascii.Error, UnicodeDecodeError):
            said = ""
        if said.startswith("hub:"):
            return seals.read(said, NAME)
    return Seal(NAME, signature)


def standard(data: str) -> str:
    """Base64 of either alphabet (RFC 4648 sections 4 and 5) in the first, padded; Google reads and sends both."""
    return data.translate(_STANDARD) + "=" * (-len(data) % 4)
