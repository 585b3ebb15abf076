"""What claims say of a person."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.sso.claims import mapped_role, read_person, role_after
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.base.errors import NotAllowed


def issuer(**fields: Any) -> Issuer:
    kept: dict[str, Any] = {
        "id": 1, "name": "Corp", "url": "https://i", "client_id": "hub", "scopes": ("openid",), "role_claim": "groups",
        "role_map": {"ops": Role.admin, "all": Role.guest}, "default_role": Role.member, "domains": (),
        "is_enabled": True, "created_ms": 0,
    }  # fmt: skip
    return Issuer(**{**kept, **fields})


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["all", "ops"]}, Role.admin),
        ({"groups": "all"}, Role.guest),
        ({"groups": ["else", 7, None]}, Role.member),
        ({"groups": {"ops": True}}, Role.member),
        ({}, Role.member),
    ],
)
def test_the_highest_role_counts_and_the_default_without_one(claims: dict[str, Any], role: Role) -> None:
    assert mapped_role(issuer(), claims) is role


def test_a_claim_may_lie_within_another_or_have_dots_in_its_name() -> None:
    nested = issuer(role_claim="realm_access.roles")
    assert mapped_role(nested, {"realm_access": {"roles": ["ops"]}}) is Role.admin
    assert mapped_role(nested, {"realm_access": "ops"}) is Role.member
    assert mapped_role(issuer(role_claim="https://a.b/groups"), {"https://a.b/groups": ["ops"]}) is Role.admin
    assert mapped_role(issuer(role_claim=None), {"groups": ["ops"]}) is None


def test_only_a_map_that_names_owners_makes_or_unmakes_them() -> None:
    assert role_after(issuer(), Role.owner, Role.guest) is Role.owner
    assert role_after(issuer(), Role.admin, Role.guest) is Role.guest
    assert role_after(issuer(), Role.admin, None) is Role.admin
    naming = issuer(role_map={"board": Role.owner})
    assert role_after(naming, Role.owner, Role.member) is Role.member
    assert role_after(naming, Role.member, Role.owner) is Role.owner


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "  Ann\x00\n B. "}, "Ann B."),
        ({"name": "\x00", "preferred_username": "ann"}, "ann"),
        ({"email": "ann@example.com"}, "ann"),
        ({"name": "x" * 300}, "x" * 100),
        ({}, "Unnamed"),
        ({"name": 7}, "Unnamed"),
    ],
)
def test_everybody_has_a_name(claims: dict[str, Any], name: str) -> None:
    assert read_person(issuer(), {"sub": "s", **claims}).name == name


@pytest.mark.parametrize("subject", [None, "", 7, "x" * 256])
def test_nobody_comes_in_without_a_subject(subject: object) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_person(issuer(), {"sub": subject})
    assert refused.value.code == "sso_failed"


@pytest.mark.parametrize("flag", [False, "false"])
def test_an_address_that_is_not_verified_is_refused(flag: object) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_person(issuer(), {"sub": "s", "email": "ann@example.com", "email_verified": flag})
    assert refused.value.code == "sso_email"


def test_what_is_no_address_is_no_address() -> None:
    assert read_person(issuer(), {"sub": "s", "email": "not an address"}).email is None
    with pytest.raises(NotAllowed):
        read_person(issuer(domains=("example.com",)), {"sub": "s", "email": "x@evil.com\n@example.com"})
