"""Requests are signed as AWS's own client signs them."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.providers.sigv4 import Signer, signer_of

NOW_S = 1_760_000_000.5
HOST = "bedrock-runtime.us-east-1.amazonaws.com"


def by_botocore(path: str, body: bytes, token: str | None) -> dict[str, str]:
    request = AWSRequest("POST", f"https://{HOST}{path}", {"content-type": "application/json"}, body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=datetime.fromtimestamp(NOW_S, UTC)):
        SigV4Auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token), "bedrock", "us-east-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    st.sampled_from(
        ["/model/amazon.nova-pro-v1%3A0/converse", "/model/m/converse-stream", "/model/a%2Fb%3Ac/converse"]
    ),
    st.binary(max_size=100),
    st.none() | st.just("session/token=="),
)
def test_the_signature_is_botocore_s(path: str, body: bytes, token: str | None) -> None:
    signer = Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "us-east-1", "bedrock", token)
    ours = {name.decode(): value.decode() for name, value in signer.headers("POST", HOST, path, body, NOW_S)}
    assert ours == by_botocore(path, body, token)


def test_a_secret_is_not_shown() -> None:
    shown = repr(Signer("AKID", "very-secret", "us-east-1", "bedrock", "token-secret"))
    assert "secret" not in shown.replace("secret_access_key", "")
    assert "AKID" in shown


def test_only_a_key_pair_signs_and_its_region_is_found() -> None:
    pair = {"access_key_id": "AKID", "secret_access_key": "s", "session_token": "t"}
    assert signer_of({"api_key": "k"}, None, HOST) is None
    assert signer_of(pair, None, "bedrock-runtime.eu-central-1.amazonaws.com") == Signer(
        "AKID", "s", "eu-central-1", "bedrock", "t"
    )
    for region, host, found in (("ap-south-1", HOST, "ap-south-1"), (None, "127.0.0.1", "us-east-1")):
        signer = signer_of(pair, region, host)
        assert signer is not None
        assert signer.region == found
