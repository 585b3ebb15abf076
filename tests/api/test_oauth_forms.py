"""How OAuth's own answers look: what they forbid, and what an error says."""

from __future__ import annotations

import json

from aigne_hub.access.oauth.errors import OAuthError, invalid_client
from aigne_hub.api.oauth_forms import answer, error_answer, error_page, form_of, redirect
from aigne_hub.base.errors import NotAllowed, NotSignedIn, Unavailable


def test_nothing_is_kept_by_a_cache() -> None:
    for one in (answer({}), redirect("https://app.example/"), error_page(OAuthError("invalid_request", "no"))):
        assert one.headers["cache-control"] == "no-store"


def test_an_error_is_the_rfcs_json() -> None:
    body, headers = error_answer(OAuthError("invalid_grant", "no"))
    assert json.loads(body) == {"error": "invalid_grant", "error_description": "no"}
    assert "www-authenticate" not in headers
    assert json.loads(error_answer(Unavailable("away"))[0])["error"] == "temporarily_unavailable"


def test_who_is_not_known_learns_how_to_be() -> None:
    assert error_answer(invalid_client())[1]["www-authenticate"].startswith("Basic ")
    assert error_answer(NotSignedIn("no"))[1]["www-authenticate"] == 'Bearer error="invalid_token"'
    assert error_answer(NotAllowed("no"))[1]["www-authenticate"] == 'Bearer error="insufficient_scope"'


def test_the_page_of_an_error_shows_text_as_text() -> None:
    page = error_page(OAuthError("invalid_request", 'a <b> & "c" of OAuth'))
    assert b"A &lt;b&gt; &amp; &quot;c&quot; of OAuth." in page.body


def test_a_form_is_described_for_the_document() -> None:
    described = form_of("token")["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert described["schema"]["properties"] == {"token": {"type": "string"}}
