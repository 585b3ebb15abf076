"""Roles and keys as values."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Key, KeyId, NewKey, Role, UserId


def key(**changes: int | None) -> Key:
    times: dict[str, int | None] = {"expires_ms": None, "revoked_ms": None, **changes}
    return Key(
        KeyId(1), UserId(2), "k", Role.member, "wxyz", 1000, times["expires_ms"], times["revoked_ms"], None, b"DIGEST"
    )


@pytest.mark.parametrize(
    ("changes", "now_ms", "is_live"),
    [
        ({}, 5000, True),
        ({"expires_ms": 5001}, 5000, True),
        ({"expires_ms": 5000}, 5000, False),
        ({"revoked_ms": 4000}, 5000, False),
        ({"revoked_ms": 9000}, 5000, False),
    ],
)
def test_a_key_lives_until_it_expires_or_is_revoked(changes: dict[str, int], now_ms: int, is_live: bool) -> None:
    assert key(**changes).is_live(now_ms) is is_live


def test_only_owners_and_admins_manage() -> None:
    assert [role for role in Role if role.manages] == [Role.owner, Role.admin]


def test_a_representation_shows_no_secret() -> None:
    assert "DIGEST" not in repr(key())
    assert "blocklet-s" not in repr(NewKey(key(), "blocklet-secret"))
