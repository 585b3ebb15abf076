"""The shapes of the control plane: what they show and what they never do."""

from __future__ import annotations

from aigne_hub.api.shapes import NewCredential, ShownCredential, iso
from aigne_hub.catalog.entries import CredentialKind
from tests.catalog.test_entries import credential


def test_times_are_iso_8601_in_utc() -> None:
    assert iso(1_760_000_000_123) == "2025-10-09T08:53:20.123Z"
    assert iso(None) is None


def test_a_credentials_value_may_be_a_text_or_fields() -> None:
    assert NewCredential(name="n", value=" sk-1 ").fields == {"api_key": "sk-1"}
    both = NewCredential.model_validate(
        {"name": "n", "value": {"access_key_id": "A", "secret_access_key": "B"}, "credentialType": "access_key_pair"}
    )
    assert (both.kind, both.fields) == (
        CredentialKind.access_key_pair,
        {"access_key_id": "A", "secret_access_key": "B"},
    )


def test_a_shown_credential_is_camel_case_and_has_no_secret() -> None:
    shown = ShownCredential.of(credential(CredentialKind.api_key, {"api_key": "***"})).model_dump(by_alias=True)
    assert {"providerId", "credentialType", "lastUsedAt", "maskedValue", "displayText"} <= set(shown)
    assert "sealed" not in shown and "SEALED" not in repr(shown)
