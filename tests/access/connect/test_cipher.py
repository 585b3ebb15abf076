"""The encryption that published clients undo."""

from __future__ import annotations

import base64

import pytest

from aigne_hub.access.connect.cipher import encrypt_for_client
from tests.connect_client import decrypt_as_client

CHALLENGE, KEY_ID = "ab" * 24, "123456789"


def test_a_client_reads_what_was_encrypted_for_it() -> None:
    secret = "blocklet-" + "x" * 43
    text = encrypt_for_client(secret, challenge=CHALLENGE, key_id=KEY_ID)
    assert base64.b64decode(text).startswith(b"Salted__")
    assert decrypt_as_client(text, challenge=CHALLENGE, key_id=KEY_ID) == secret
    assert text != encrypt_for_client(secret, challenge=CHALLENGE, key_id=KEY_ID)


def test_another_session_does_not_read_it() -> None:
    text = encrypt_for_client("blocklet-secret", challenge=CHALLENGE, key_id=KEY_ID)
    with pytest.raises(ValueError):
        assert decrypt_as_client(text, challenge="cd" * 24, key_id=KEY_ID) != "blocklet-secret"
        raise ValueError
