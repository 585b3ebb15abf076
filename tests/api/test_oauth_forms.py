"""How OAuth's requests are read and answered: RFC 6749 sections 3.2, 5.1 and 5.2."""

from __future__ import annotations

import pytest

from tests.oauth_app import register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_a_parameter_that_is_given_twice_is_refused(hub: RunningHub) -> None:
    app = await register(hub)
    answer = await hub.http.post(
        "/oauth/token",
        content=f"client_id={app.client_id}&grant_type=refresh_token&grant_type=refresh_token&refresh_token=x",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
async def test_only_a_form_is_read(hub: RunningHub, kind: str) -> None:
    answer = await hub.http.post("/oauth/token", content=b"grant_type=x", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_no_answer_is_kept_by_a_cache(hub: RunningHub) -> None:
    app = await register(hub)
    back = await app.consent()
    good, bad = await app.redeem(back["code"]), await app.redeem("x")
    for answer in (good, bad):
        assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


async def test_a_wrong_secret_is_told_by_the_scheme_it_came_with(hub: RunningHub) -> None:
    app = await register(hub, is_public=False)
    answer = await hub.http.post(
        "/oauth/token", data={"grant_type": "refresh_token", "refresh_token": "x"}, auth=(app.client_id, "wrong")
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_an_address_that_nobody_registered_gets_a_page_and_never_a_redirect(hub: RunningHub) -> None:
    app = await register(hub)
    for changes in ({"redirect_uri": "https://evil.example/cb"}, {"client_id": "<script>alert(1)</script>"}):
        answer = await app.authorize(**changes)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert answer.headers["content-type"].startswith("text/html")
        assert "<script>" not in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
