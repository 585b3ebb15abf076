"""The records of OAuth: when a token and a client are live, and what they never show."""

from __future__ import annotations

from dataclasses import replace

from aigne_hub.access.identity import UserId
from aigne_hub.access.oauth.records import Client, Grant, Token, TokenKind

TOKEN = Token(1, 2, 3, TokenKind.access, frozenset(), 0, 1000, None, None, UserId(4), 5)
CLIENT = Client(1, "hubc_x", "App", False, b"digest", "abcd", (), frozenset(), frozenset(), None, False, 0)


def test_a_token_lives_until_it_expires_is_used_or_revoked() -> None:
    assert TOKEN.is_live(999) and not TOKEN.is_live(1000)
    assert not replace(TOKEN, used_ms=1).is_live(1) and not replace(TOKEN, revoked_ms=1).is_live(1)


def test_a_client_lives_until_it_is_switched_off_or_removed() -> None:
    assert CLIENT.is_live
    assert not replace(CLIENT, disabled_ms=1).is_live and not replace(CLIENT, removed_ms=1).is_live
    assert "digest" not in repr(CLIENT)


def test_grants_are_named_as_their_rfcs_name_them() -> None:
    assert Grant("urn:ietf:params:oauth:grant-type:device_code") is Grant.device_code
