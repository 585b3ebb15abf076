"""What the catalog holds, as values."""

from __future__ import annotations

import pytest

from aigne_hub.catalog.entries import Credential, CredentialId, CredentialKind, ProviderId, Target
from tests.catalog.test_snapshot import a_target


def credential(kind: CredentialKind, masked: dict[str, str]) -> Credential:
    return Credential(
        CredentialId(1), ProviderId(2), "n", kind, masked, True, None, 100, 0, None, 0, 0, sealed=b"SEALED"
    )


@pytest.mark.parametrize(
    ("kind", "masked", "text"),
    [
        (CredentialKind.api_key, {"api_key": "sk-a****mnop"}, "sk-a****mnop"),
        (
            CredentialKind.access_key_pair,
            {"access_key_id": "AKIA1", "secret_access_key": "abcd****wxyz"},
            "AKIA1 / abcd****wxyz",
        ),
        (CredentialKind.custom, {"a": "***", "b": "***"}, "a: ***, b: ***"),
    ],
)
def test_a_credential_is_told_apart_by_what_may_be_seen(
    kind: CredentialKind, masked: dict[str, str], text: str
) -> None:
    assert credential(kind, masked).display_text == text
    assert "SEALED" not in repr(credential(kind, masked))


def test_a_target_does_not_show_what_it_is_called_with() -> None:
    target: Target = a_target(b"Bearer sk-secret")
    assert "sk-secret" not in repr(target)
