"""Nobody hands on more than they have."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.access.delegation import checked_role, refuse_foreign, refuse_wider
from aigne_hub.access.identity import (
    ALL_RIGHTS,
    Caller,
    Key,
    KeyId,
    Limits,
    Means,
    Rights,
    Role,
    Scope,
    User,
    UserId,
)
from aigne_hub.base.errors import BadRequest, NotAllowed, NotFound

NARROW = Rights(
    scopes=frozenset({Scope.inference, Scope.keys_manage}),
    models=("openai/*", "gpt-5"),
    networks=(ip_network("10.0.0.0/8"),),
    limits=Limits(requests_per_minute=10, concurrency=2),
    is_strict=True,
)


def user(role: Role, number: int = 1) -> User:
    return User(UserId(number), "Ada", None, role, 0, None)


def maker(role: Role = Role.member, rights: Rights = ALL_RIGHTS) -> Caller:
    return Caller(user(role), role, Means.key, 1, rights)


def key_of(holder: User) -> Key:
    return Key(KeyId(1), holder.id, "k", holder.role, "p", "h", 0, None, None, None, b"")


@pytest.mark.parametrize(
    ("rights", "param"),
    [
        (ALL_RIGHTS, "scopes"),
        (Rights(scopes=frozenset({Scope.admin})), "scopes"),
        (Rights(scopes=NARROW.scopes), "models"),
        (Rights(scopes=NARROW.scopes, models=("*",)), "models"),
        (Rights(scopes=NARROW.scopes, models=("openai/*",)), "addresses"),
        (Rights(NARROW.scopes, ("gpt-5",), (ip_network("0.0.0.0/0"),)), "addresses"),
        (Rights(NARROW.scopes, ("gpt-5",), (ip_network("::/0"),)), "addresses"),
        (Rights(NARROW.scopes, ("gpt-5",), NARROW.networks), "limits"),
        (Rights(NARROW.scopes, ("gpt-5",), NARROW.networks, Limits(requests_per_minute=10)), "limits"),
        (Rights(NARROW.scopes, ("gpt-5",), NARROW.networks, Limits(11, None, 2)), "limits"),
        (Rights(NARROW.scopes, ("gpt-5",), NARROW.networks, NARROW.limits), "strict"),
    ],
)
def test_what_is_wider_is_refused_with_the_field(rights: Rights, param: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        refuse_wider(maker(rights=NARROW), Role.member, rights)
    assert refused.value.param == param


@pytest.mark.parametrize(
    "rights",
    [
        NARROW,
        Rights(frozenset({Scope.inference}), ("gpt-5",), (ip_network("10.1.0.0/16"),), Limits(10, 5, 1), True),
    ],
)
def test_what_is_no_wider_is_taken(rights: Rights) -> None:
    refuse_wider(maker(rights=NARROW), Role.guest, rights)


@given(st.sampled_from(Role), st.sampled_from(Role))
def test_no_role_is_above_its_makers(own: Role, wanted: Role) -> None:
    if wanted.rank > own.rank:
        with pytest.raises(NotAllowed, match="cannot be"):
            refuse_wider(maker(own), wanted, ALL_RIGHTS)
    else:
        refuse_wider(maker(own), wanted, ALL_RIGHTS)


@given(st.sampled_from(Role), st.sampled_from(Role), st.none() | st.sampled_from(Role))
def test_a_new_keys_role_is_never_above_its_holders(own: Role, holder: Role, wanted: Role | None) -> None:
    try:
        role = checked_role(maker(own), user(holder, 2), wanted)
    except BadRequest:
        assert wanted is not None and wanted.rank > holder.rank
        return
    assert role.rank <= holder.rank
    assert wanted is not None or role.rank <= own.rank


def test_a_key_of_somebody_else_is_not_there_for_members() -> None:
    other = user(Role.member, 2)
    with pytest.raises(NotFound):
        refuse_foreign(maker(Role.member), key_of(other), other)
    refuse_foreign(maker(Role.admin), key_of(other), other)


def test_an_admin_does_nothing_with_an_owners_key() -> None:
    owner = user(Role.owner, 2)
    with pytest.raises(NotAllowed):
        refuse_foreign(maker(Role.admin), key_of(owner), owner)
    refuse_foreign(maker(Role.owner), key_of(owner), owner)
