"""Signing requests as AWS wants it lives here (Signature Version 4).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """An access key of AWS, for one service in one region."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    service: str
    session_token: str | None = field(default=None, repr=False)

    def headers(self, method: str, host: str, path: str, body: bytes, now_s: float) -> list[tuple[bytes, bytes]]:
        """The headers that sign a request without a query; `path` as it stands on the wire, `now_s` in Unix seconds."""
        encoded = quote(path, safe="/-_.~")  # what is encoded in the path is encoded once more
        signed = {"content-type": "application/json", "host": host}
        return self._signed(method, encoded, "", signed, hashlib.sha256(body).hexdigest(), now_s)

    def object_headers(
        self, method: str, host: str, path: str, query: Mapping[str, str], sha256: str, now_s: float
    ) -> list[tuple[bytes, bytes]]:
        """The same for S3, whose paths are encoded once, and which is told the hash of the body, in hex.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
        """
        return self._signed(
            method, path, query_of(query), {"host": host, "x-amz-content-sha256": sha256}, sha256, now_s
        )

    def _signed(
        self, method: str, path: str, query: str, signed: dict[str, str], sha256: str, now_s: float
    ) -> list[tuple[bytes, bytes]]:
        time = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {**signed, "x-amz-date": time}
        if self.session_token is not None:
            signed["x-amz-security-token"] = self.session_token
        names = ";".join(sorted(signed))
        fields = [f"{name}:{signed[name]}" for name in sorted(signed)]
        canonical = "\n".join([method, path, query, *fields, "", names, sha256])
        scope = f"{time[:8]}/{self.region}/{self.service}/aws4_request"
        to_sign = "\n".join([_ALGORITHM, time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4" + self.secret_access_key.encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        proof = f"{_ALGORITHM} Credential={self.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        found = [("authorization", proof), *((name, value) for name, value in signed.items() if name != "host")]
        return [(name.encode(), value.encode()) for name, value in found]


def query_of(query: Mapping[str, str]) -> str:
    """A query as it is signed, and may stand on the wire."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))


def signer_of(value: Mapping[str, str], region: str | None, host: str) -> Signer | None:
    """The signer of a credential that is an access key pair for Bedrock; None for any other.

    The region is the one that is said, else the one in the host's name, else us-east-1.
    """
    if "secret_access_key" not in value:
        return None
    found = _REGION.search(host)
    return Signer(
        value.get("access_key_id", ""),
        value["secret_access_key"],
        region or (found[1] if found else "us-east-1"),
        "bedrock",
        value.get("session_token"),
    )
