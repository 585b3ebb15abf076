"""Service accounts of Google Cloud live here: their JSON read, and what they sign to get an access token.

Sources: RFC 7523 section 2.1, https://developers.google.com/identity/protocols/oauth2/service-account and, for the
addresses, https://docs.cloud.google.com/gemini-enterprise-agent-platform/reference/models/inference
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

VERTEX = "vertex"
FIELD = "service_account"  # of a credential of kind custom
GLOBAL = "global"

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE_S = 3600  # the longest that Google takes
_LONGEST = 20_000
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]{0,100}")
_LOCATION = re.compile(r"[a-z]+(-[a-z]+)*\d{0,2}")
_HERE = ("http://127.0.0.1:", "http://localhost:")

_write = msgspec.json.Encoder().encode


class _File(Struct):
    type: str
    project_id: str
    private_key_id: str
    private_key: str
    client_email: str
    token_uri: str = "https://oauth2.googleapis.com/token"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who asks for a token, and with which key; `token_uri` is where."""

    email: str
    key_id: str
    project: str
    token_uri: str
    key: RSAPrivateKey = field(repr=False, compare=False)

    def token_request(self, now_s: float) -> bytes:
        """The form that asks for an access token, with an assertion that is good for an hour."""
        head = {"alg": "RS256", "typ": "JWT", "kid": self.key_id}
        claims = {
            "iss": self.email,
            "scope": _SCOPE,
            "aud": self.token_uri,
            "iat": int(now_s),
            "exp": int(now_s) + _LIFE_S,
        }
        signed = _encoded(_write(head)) + b"." + _encoded(_write(claims))
        signature = self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        assertion = (signed + b"." + _encoded(signature)).decode("ascii")
        return urlencode({"grant_type": _GRANT, "assertion": assertion}).encode("ascii")


def account_of(value: Mapping[str, str]) -> ServiceAccount | None:
    """The service account of a credential; None when it is another credential.

    Raises ValueError, with a sentence for the operator and nothing of the secret in it.
    """
    text = value.get(FIELD)
    if text is None:
        return None
    if len(text) > _LONGEST:
        raise ValueError("the service account's JSON is too long to be one")
    try:
        read = msgspec.json.decode(text, type=_File)
    except msgspec.ValidationError as error:
        raise ValueError(f"the service account's JSON is not as Google makes it: {error}") from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise ValueError("the service account is not JSON: give the whole file that Google made") from None
    if read.type != FIELD:
        raise ValueError('the JSON is of another kind of credential: its type is not "service_account"')
    if not _PROJECT.fullmatch(read.project_id):
        raise ValueError("the project_id in the service account's JSON is none")
    if not read.token_uri.startswith(("https://", *_HERE)):
        raise ValueError("the token_uri in the service account's JSON is no https address")
    return ServiceAccount(
        read.client_email, read.private_key_id, read.project_id, read.token_uri, _key_of(read.private_key)
    )


def vertex_url(region: str | None) -> str:
    """The root of Vertex AI's API in a region, such as europe-west4; of all regions when none is said."""
    if region is None or region == GLOBAL or not _LOCATION.fullmatch(region):
        return "https://aiplatform.googleapis.com/v1"
    return f"https://{region}-aiplatform.googleapis.com/v1"


def vertex_path(path: str, region: str | None, account: ServiceAccount | None) -> str:
    """Where Google's models are below that root: in the account's project, or for an API key without one.

    An address that leads into a project already is left as it is.
    """
    if "/projects/" in path or "/publishers/" in path:
        return path
    where = "" if account is None else f"/projects/{account.project}/locations/{region or GLOBAL}"
    return f"{path}{where}/publishers/google"


def _key_of(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the private_key in the service account's JSON cannot be read") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private_key in the service account's JSON is no RSA key")
    return key


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
