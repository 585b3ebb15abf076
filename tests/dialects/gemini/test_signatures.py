"""A signature goes through Google's clients and back, whoever made it."""

from __future__ import annotations

import base64

import pytest
from google.genai.types import Part

from aigne_hub.dialects.chat import Seal
from aigne_hub.dialects.gemini import signatures

SEALS = [
    Seal("gemini", "AVSoXO4="),
    Seal("anthropic_messages", "EqQB+/=="),
    Seal("anthropic_messages", "blob", "redacted"),
    Seal("openai_responses", "gAAAA_-é", "rs_1"),
]


@pytest.mark.parametrize("seal", SEALS)
def test_a_seal_comes_back_from_google_s_own_client(seal: Seal) -> None:
    part = Part.model_validate({"text": "x", "thoughtSignature": signatures.shown(seal)})
    assert part.thought_signature is not None
    again = base64.urlsafe_b64encode(part.thought_signature).decode()  # as the client sends bytes
    assert signatures.read(again) == seal
    assert signatures.read(signatures.shown(seal)) == seal


def test_a_signature_of_google_s_stays_as_it_is() -> None:
    for value in (signatures.UNSIGNED, "aHViO", "aHViOg==", "not base64 at all"):
        assert signatures.shown(Seal("gemini", value)) == value
    assert signatures.read("aHVi-=?") == Seal("gemini", "aHVi-=?")
    assert signatures.read(signatures.UNSIGNED) == Seal("gemini", signatures.UNSIGNED)


def test_either_alphabet_of_base64_becomes_the_first() -> None:
    assert signatures.standard("-_-_YQ") == "+/+/YQ=="
