"""Scopes as OAuth speaks of them."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role, Scope, User, UserId
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.scopes import useful_scopes, wanted_scopes, written

ALLOWED = frozenset({Scope.inference, Scope.usage_read})


def test_a_client_asks_for_some_or_all_of_what_it_may() -> None:
    assert wanted_scopes(None, ALLOWED) == ALLOWED
    assert wanted_scopes("inference  inference", ALLOWED) == {Scope.inference}
    for text in ("admin", "inference admin", "INFERENCE", " ", "inference,usage.read"):
        with pytest.raises(OAuthError) as refused:
            wanted_scopes(text, ALLOWED)
        assert refused.value.code == "invalid_scope"


@pytest.mark.parametrize(
    ("role", "has_admin"), [(Role.owner, True), (Role.admin, True), (Role.member, False), (Role.guest, False)]
)
def test_only_who_manages_has_a_use_of_the_scope_admin(role: Role, has_admin: bool) -> None:
    user = User(UserId(1), "Ada", None, role, 0, None)
    assert (Scope.admin in useful_scopes(frozenset(Scope), user)) is has_admin


def test_scopes_are_written_in_order() -> None:
    assert written(ALLOWED) == "inference usage.read"
