"""What a browser is told to forbid on the console's pages."""

from __future__ import annotations

from aigne_hub.console.headers import CONNECT_PATH, security_headers


def _policy(path: str) -> dict[str, str]:
    policy = dict(security_headers(path))[b"content-security-policy"].decode()
    return dict(part.split(" ", 1) for part in policy.split("; "))


def test_no_script_or_style_runs_that_is_not_a_file_of_ours() -> None:
    policy = _policy("/")
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    assert "unsafe" not in " ".join(policy.values())


def test_pages_cannot_be_embedded_or_rebased_and_send_nothing_elsewhere() -> None:
    policy = _policy("/")
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert policy["form-action"] == policy["connect-src"] == "'self'"
    headers = dict(security_headers("/"))
    assert headers[b"x-frame-options"] == b"DENY"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"same-origin"
    assert b"publickey-credentials-get=(self)" in headers[b"permissions-policy"]


def test_only_the_connect_page_keeps_the_window_that_opened_it() -> None:
    assert dict(security_headers("/"))[b"cross-origin-opener-policy"] == b"same-origin"
    assert dict(security_headers(CONNECT_PATH + "/x"))[b"cross-origin-opener-policy"] == b"same-origin"
    assert dict(security_headers(CONNECT_PATH))[b"cross-origin-opener-policy"] == b"unsafe-none"
