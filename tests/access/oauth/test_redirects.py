"""Where an answer may be sent: exactly where the client registered."""

from __future__ import annotations

import pytest

from aigne_hub.access.oauth.redirects import checked_redirects, host_of, is_registered
from aigne_hub.base.errors import BadRequest

GOOD = [
    "https://app.example/cb",
    "https://app.example",
    "https://app.example:8443/cb?tenant=7",
    "https://[2001:db8::1]/cb",
    "http://127.0.0.1/cb",
    "http://127.0.0.1:8080/cb",
    "http://[::1]:9/cb",
    "http://localhost:3000/cb",
    "com.example.app:/cb",
    "com.example.app://cb/x",
]
BAD = [
    "",
    "http://app.example/cb",
    "http://127.0.0.1.evil.example/cb",
    "http://127.0.0.1@evil.example/cb",
    "http://127.0.0.1:80@evil.example/cb",
    "http://localhost.evil.example/",
    "https://",
    "https:///cb",
    "https://user@app.example/cb",
    "https://user:pass@app.example/cb",
    "https://app.example/cb#fragment",
    "https://*.app.example/cb",
    "https://app.example/*",
    "https://app.example\\@evil.example/",
    "https://app.example/c b",
    "https://app.example/cb\n",
    "https://é.example/cb",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "myapp:/cb",
    "ftp://app.example/",
    "HTTPS://app.example/cb",
    "/cb",
    "app.example/cb",
    "https://app.example/" + "x" * 500,
]


def test_what_a_client_may_register() -> None:
    assert checked_redirects([*GOOD, GOOD[0]]) == tuple(GOOD)


@pytest.mark.parametrize("uri", BAD)
def test_what_a_client_may_not_register(uri: str) -> None:
    with pytest.raises(BadRequest):
        checked_redirects([uri])


def test_a_client_registers_a_bounded_number() -> None:
    with pytest.raises(BadRequest, match="at most 20"):
        checked_redirects([f"https://app.example/{number}" for number in range(21)])


@pytest.mark.parametrize("uri", GOOD)
def test_an_address_is_itself_and_no_other(uri: str) -> None:
    assert is_registered(uri, GOOD)
    for other in (uri + "x", uri.upper(), uri + "#x", uri + "&x=1", uri[:-1], uri + " "):
        assert not is_registered(other, [uri]), other


def test_an_application_of_this_machine_takes_the_port_it_gets_and_nothing_else() -> None:
    registered = ["http://127.0.0.1/cb", "https://app.example/cb"]
    for uri in ("http://127.0.0.1:1/cb", "http://127.0.0.1:65000/cb", "http://127.0.0.1/cb"):
        assert is_registered(uri, registered)
    for uri in (
        "http://127.0.0.1:1/other",
        "http://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1:1/cb#x",
        "http://localhost:1/cb",
        "http://[::1]:1/cb",
        "https://127.0.0.1:1/cb",
        "http://127.0.0.1:1@evil.example/cb",
        "http://127.0.0.1:x/cb",
        "http://127.0.0.2:1/cb",
        "https://app.example:444/cb",
    ):
        assert not is_registered(uri, registered), uri


def test_a_person_is_told_the_host_or_the_scheme() -> None:
    assert [host_of(uri) for uri in ("https://app.example:8443/cb", "http://[::1]:9/cb", "com.example.app:/cb")] == [
        "app.example:8443",
        "[::1]:9",
        "com.example.app",
    ]
