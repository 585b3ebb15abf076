"""Service accounts of Google Cloud; google-auth is the oracle of what they sign."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from google.oauth2 import service_account as google_service_account

from aigne_hub.providers.google_account import FIELD, ServiceAccount, account_of, vertex_path, vertex_url
from tests.providers.google_key import EMAIL, pem_of, private_key, service_account


def account(**changes: Any) -> ServiceAccount:
    found = account_of({FIELD: service_account(**changes)})
    assert found is not None
    return found


def opened(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Head and claims of an assertion that the account's key signed."""
    head, claims, signature = [base64.urlsafe_b64decode(part + "==") for part in assertion.split(".")]
    signed = assertion.rpartition(".")[0].encode()
    private_key().public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    return json.loads(head), json.loads(claims)


def test_it_signs_what_google_s_own_library_signs() -> None:
    form = parse_qs(account().token_request(1_700_000_000.9).decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    (assertion,) = form["assertion"]
    head, claims = opened(assertion)
    theirs = google_service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        json.loads(service_account()), scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    their_head, their_claims = opened(theirs._make_authorization_grant_assertion().decode())
    assert head == their_head
    assert claims["exp"] - claims["iat"] == their_claims["exp"] - their_claims["iat"] == 3600
    for name in ("iss", "aud", "scope"):
        assert claims[name] == their_claims[name]
    assert claims["iat"] == 1_700_000_000


def test_the_key_is_never_shown() -> None:
    assert "PRIVATE" not in repr(account())
    assert repr(account()).count(EMAIL) == 1


def test_another_credential_is_none() -> None:
    assert account_of({"api_key": "k"}) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 5000, "not as Google makes it"),
        ("x" * 20_001, "too long"),
        ("[]", "not as Google makes it"),
        ('{"type": "service_account"}', "not as Google makes it: Object missing required field `project_id`"),
        (service_account(private_key=7), "not as Google makes it"),
        (service_account(type="authorized_user"), "another kind of credential"),
        (service_account(project_id="../x"), "project_id"),
        (service_account(token_uri="http://10.0.0.1/token"), "token_uri"),
        (service_account(token_uri="file:///etc/passwd"), "token_uri"),
        (service_account(private_key="-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"), "cannot be read"),
        (service_account(private_key=pem_of(ec.generate_private_key(ec.SECP256R1()))), "no RSA key"),
    ],
    ids=range(13),
)
def test_what_is_no_service_account_is_told_why_and_nothing_of_it(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"service account|JSON") as refused:
        account_of({FIELD: text})
    assert why in str(refused.value)
    assert "BEGIN" not in str(refused.value) and "some-project" not in str(refused.value)


@pytest.mark.parametrize(
    ("region", "url"),
    [
        (None, "https://aiplatform.googleapis.com/v1"),
        ("global", "https://aiplatform.googleapis.com/v1"),
        ("europe-west4", "https://europe-west4-aiplatform.googleapis.com/v1"),
        ("evil.example/", "https://aiplatform.googleapis.com/v1"),
    ],
)
def test_a_region_has_an_address(region: str | None, url: str) -> None:
    assert vertex_url(region) == url


def test_models_are_in_a_project_or_in_none() -> None:
    within = "/v1/projects/some-project/locations/"
    assert vertex_path("/v1", "europe-west4", account()) == f"{within}europe-west4/publishers/google"
    assert vertex_path("/v1", None, account()) == f"{within}global/publishers/google"
    assert vertex_path("/v1", None, None) == "/v1/publishers/google"
    assert vertex_path("/v1/projects/p/locations/l/x", None, account()) == "/v1/projects/p/locations/l/x"
