"""Which addresses of providers are understood, and how they are shown in Host."""

from __future__ import annotations

import pytest

from aigne_hub.outbound import Origin


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "path", "host_header"),
    [
        ("https://api.example.com/v1", "https", "api.example.com", 443, "/v1", b"api.example.com"),
        ("https://API.Example.com:8443/v1//", "https", "api.example.com", 8443, "/v1", b"api.example.com:8443"),
        ("http://127.0.0.1:8080", "http", "127.0.0.1", 8080, "", b"127.0.0.1:8080"),
        ("http://localhost:80/", "http", "localhost", 80, "", b"localhost"),
        ("https://[2001:DB8::1]:443/x/y", "https", "2001:db8::1", 443, "/x/y", b"[2001:db8::1]"),
        ("http://[::1]:9/", "http", "::1", 9, "", b"[::1]:9"),
        ("https://bücher.example/", "https", "xn--bcher-kva.example", 443, "", b"xn--bcher-kva.example"),
        ("https://my_host.internal./a%20b", "https", "my_host.internal", 443, "/a%20b", b"my_host.internal"),
    ],
)
def test_an_address_is_split(url: str, scheme: str, host: str, port: int, path: str, host_header: bytes) -> None:
    origin, prefix = Origin.parse(url)
    assert (origin.scheme, origin.host, origin.port, prefix) == (scheme, host, port, path)
    assert origin.host_header == host_header


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://example.com", "http://"),
        ("example.com/v1", "http://"),
        ("//example.com", "http://"),
        ("https://", "no host"),
        ("https:///v1", "no host"),
        ("https://user:secret@example.com", "user name"),
        ("https://@example.com", "user name"),
        ("https://example.com/?a=b", "query"),
        ("https://example.com?", "query"),
        ("https://example.com/#x", "fragment"),
        ("https://example.com:99999", "cannot be read"),
        ("https://example.com:0", "port"),
        ("https://example.com:x", "cannot be read"),
        ("https://exa mple.com", "spaces"),
        ("https://example.com/a\r\nHost: evil", "spaces"),
        ("https://example.com/ü", "percent-encode"),
        ("https://exa%6dple.com", "not a valid name"),
        ("https://-.-..", "not a valid name"),
        ("https://" + "a" * 64 + ".example", "not a valid name"),
        ("https://[::1", "cannot be read"),
        ("https://[fe80::1%25eth0]/", "scope|malformed|cannot be read"),
    ],
)
def test_what_is_no_provider_address_is_told_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as failed:
        Origin.parse(url)
    assert "secret" not in str(failed.value)


def test_origins_are_equal_by_scheme_host_and_port() -> None:
    one, _ = Origin.parse("https://Example.com/a")
    two, _ = Origin.parse("https://example.com:443/b")
    assert one == two
    assert hash(one) == hash(two)
    assert one != Origin.parse("http://example.com:443")[0]
    assert str(one) == "example.com:443"
