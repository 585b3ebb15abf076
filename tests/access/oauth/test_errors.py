"""The errors of OAuth in the words of its RFCs."""

from __future__ import annotations

from aigne_hub.access.oauth.errors import OAuthError, Unverified, invalid_client, invalid_grant, oauth_body
from aigne_hub.base.errors import BadRequest, HubError, NotAllowed, NotSignedIn, TooMany, Unavailable


def test_an_error_is_told_by_its_word_and_its_sentence() -> None:
    assert oauth_body(OAuthError("slow_down", "wait")) == {"error": "slow_down", "error_description": "wait"}
    assert oauth_body(Unavailable("away"))["error"] == "temporarily_unavailable"
    assert oauth_body(TooMany("later"))["error"] == "temporarily_unavailable"
    assert oauth_body(BadRequest("bad"))["error"] == "invalid_request"
    assert oauth_body(NotSignedIn("who"))["error"] == "invalid_token"
    assert oauth_body(NotAllowed("no"))["error"] == "insufficient_scope"
    assert oauth_body(HubError("oops"))["error"] == "server_error"


def test_a_description_holds_only_what_the_rfc_lets_it() -> None:
    assert oauth_body(OAuthError("invalid_scope", 'a"b\\c\né…'))["error_description"] == "abc"


def test_refusals_know_what_the_journal_says_of_them() -> None:
    for error, about in ((invalid_grant("no", client_id="7"), "7"), (invalid_client(client_id="hubc_x"), "hubc_x")):
        assert (error.refused_as, error.about) == ("oauth.refuse", ("client", about))
    assert invalid_client().about == ("client", "-")
    assert (invalid_client().status, Unverified("no").status) == (401, 400)
