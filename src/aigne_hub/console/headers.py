"""The security headers of the console live here: what its pages may load, run, embed and be embedded in."""

from __future__ import annotations

Headers = list[tuple[bytes, bytes]]

# The published clients open this page in a window of theirs and wait for its message, so it keeps its opener.
CONNECT_PATH = "/.well-known/service/gen-simple-access-key"

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_PERMISSIONS_POLICY = ", ".join(
    (
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
        "clipboard-write=(self)",
        "camera=()",
        "geolocation=()",
        "microphone=()",
        "payment=()",
        "usb=()",
    )
)
_EVERY_ANSWER = (
    (b"content-security-policy", _CONTENT_SECURITY_POLICY.encode()),
    (b"permissions-policy", _PERMISSIONS_POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def security_headers(path: str) -> Headers:
    opener = b"unsafe-none" if path == CONNECT_PATH else b"same-origin"
    return [*_EVERY_ANSWER, (b"cross-origin-opener-policy", opener)]
