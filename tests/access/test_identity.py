"""Roles, rights and keys as values."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from aigne_hub.access.identity import (
    Caller,
    Key,
    KeyId,
    Limits,
    Means,
    NewKey,
    Rights,
    Role,
    Scope,
    User,
    UserId,
)
from aigne_hub.base.errors import NotAllowed

KEY = Key(KeyId(1), UserId(2), "k", Role.member, "blocklet-aBcD", "wxyz", 1000, None, None, None, b"DIGEST")


@pytest.mark.parametrize(
    ("expires_ms", "revoked_ms", "now_ms", "is_live"),
    [
        (None, None, 5000, True),
        (5001, None, 5000, True),
        (5000, None, 5000, False),
        (None, 4000, 5000, False),
        (None, 9000, 5000, False),
    ],
)
def test_a_key_lives_until_it_expires_or_is_revoked(
    expires_ms: int | None, revoked_ms: int | None, now_ms: int, is_live: bool
) -> None:
    assert replace(KEY, expires_ms=expires_ms, revoked_ms=revoked_ms).is_live(now_ms) is is_live


def test_only_owners_and_admins_manage() -> None:
    assert [role for role in Role if role.manages] == [Role.owner, Role.admin]
    assert sorted(Role, key=lambda role: role.rank) == [Role.guest, Role.member, Role.admin, Role.owner]


def test_a_representation_shows_no_secret() -> None:
    assert "DIGEST" not in repr(KEY)
    assert "blocklet-s" not in repr(NewKey(KEY, "blocklet-secret"))


@pytest.mark.parametrize(
    ("patterns", "names", "is_allowed"),
    [
        (None, ("anything",), True),
        (("openai/*",), ("gpt-5", "openai/gpt-5"), True),
        (("gpt-5",), ("gpt-5", "openai/gpt-5"), True),
        (("openai/*",), ("claude", "anthropic/claude"), False),
        (("OpenAI/*",), ("openai/gpt-5",), False),
        (("*-mini",), ("openai/gpt-5-mini",), True),
        ((), ("gpt-5",), False),
    ],
)
def test_models_are_allowed_by_pattern(
    patterns: tuple[str, ...] | None, names: tuple[str, ...], is_allowed: bool
) -> None:
    assert Rights(models=patterns).allows_model(*names) is is_allowed


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::7", True),
        ("11.0.0.1", False),
        ("2001:db9::1", False),
        ("unix", False),
        (None, False),
    ],
)
def test_addresses_are_allowed_by_network(address: str | None, is_allowed: bool) -> None:
    rights = Rights(networks=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")))
    assert rights.allows_address(address) is is_allowed
    assert Rights().allows_address(address)


def test_a_limit_of_one_kind_is_a_limit() -> None:
    assert not Limits().is_any
    assert Limits(concurrency=1).is_any


def test_a_caller_without_a_scope_is_refused_what_needs_it() -> None:
    user = User(UserId(1), "Ada", None, Role.member, 0, None)
    caller = Caller(user, Role.member, Means.key, 1, Rights(scopes=frozenset({Scope.inference})))
    caller.require(Scope.inference)
    with pytest.raises(NotAllowed, match=r"usage\.read"):
        caller.require(Scope.usage_read)


def test_every_scope_is_told_in_words() -> None:
    assert all(len(scope.text) > 10 for scope in Scope)
