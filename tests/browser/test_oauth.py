"""What people see of OAuth 2.0: consent, devices, authorised apps; and every page in either language."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from playwright.sync_api import Page, expect

from tests.browser.seeing import Eyes
from tests.browser.test_first_run import become_owner, set_up_link
from tests.cli.shell import Shell
from tests.serving_process import ServingHub

PAGES = (
    "/", "/access-keys", "/apps", "/profile", "/users", "/service-accounts", "/oauth-clients", "/single-sign-on",
    "/trusted-issuers", "/audit", "/settings", "/sign-in", "/forgot", "/nothing-here",
)  # fmt: skip
CALLBACK = "http://127.0.0.1:9/callback"


def client_of(shell: Shell, *words: str) -> str:
    made = shell.run("client", "create", "--name", "Notebook", *words, "--json")
    assert made.code == 0, made.err
    found: str = json.loads(made.out)["client_id"]
    return found


def owner(hub: ServingHub, person: Callable[..., Page], locale: str = "en-US") -> Page:
    page = person(hub.url, locale)
    page.goto(set_up_link(hub))
    become_owner(page)
    return page


def test_a_person_allows_an_application_and_takes_it_back(
    served: ServingHub, shell: Shell, person: Callable[..., Page], eyes: Eyes
) -> None:
    olga = owner(served, person)
    client_id = client_of(shell, "--redirect-uri", CALLBACK, "--public")
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK, "scope": "inference models.read",
        "state": "s1", "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    olga.goto("/oauth/authorize?" + urlencode(query))
    expect(olga.get_by_role("heading", name="Allow Notebook?")).to_be_visible()
    expect(olga.get_by_text("Call models")).to_be_visible()
    eyes.look(olga, "consent")
    with olga.expect_request(re.compile(r"^http://127\.0\.0\.1:9/callback")) as returned:
        olga.get_by_role("button", name="Allow").click()
    told = parse_qs(urlsplit(returned.value.url).query)
    assert (told["state"], told["iss"]) == (["s1"], [served.url])

    form = {"grant_type": "authorization_code", "code": told["code"][0], "redirect_uri": CALLBACK}
    form |= {"client_id": client_id, "code_verifier": verifier}
    token = httpx.post(f"{served.url}/oauth/token", data=form).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{served.url}/v1/models", headers=bearer).status_code == 200

    olga.goto("/apps")
    expect(olga.get_by_text("Notebook").first).to_be_visible()
    eyes.look(olga, "apps")
    olga.get_by_role("main").locator("button[aria-haspopup=menu]").first.click()
    olga.get_by_role("menuitem", name="Stop").click()
    olga.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(olga.get_by_role("dialog")).to_have_count(0)
    olga.wait_for_timeout(1000)
    assert httpx.get(f"{served.url}/v1/models", headers=bearer).status_code == 401


def test_a_person_lets_a_device_in(served: ServingHub, shell: Shell, person: Callable[..., Page], eyes: Eyes) -> None:
    olga = owner(served, person)
    client_id = client_of(shell, "--public", "--grant", "device_code", "--grant", "refresh_token")
    asked = httpx.post(f"{served.url}/oauth/device_authorization", data={"client_id": client_id}).json()
    olga.goto("/device")
    eyes.look(olga, "device")
    olga.goto(asked["verification_uri_complete"])
    allow = olga.get_by_role("button", name=re.compile("Allow|Continue"))
    expect(allow.first).to_be_visible()
    if olga.get_by_role("button", name="Continue").count():
        olga.get_by_role("button", name="Continue").click()
    expect(olga.get_by_role("button", name="Allow")).to_be_visible()
    eyes.look(olga, "device-consent")
    olga.get_by_role("button", name="Allow").click()
    expect(olga.get_by_role("heading", name="The device is connected")).to_be_visible()
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": asked["device_code"],
        "client_id": client_id,
    }
    assert httpx.post(f"{served.url}/oauth/token", data=form).json()["access_token"]


def test_every_page_is_whole_in_both_languages(served: ServingHub, person: Callable[..., Page], eyes: Eyes) -> None:
    english = owner(served, person)
    for locale, page in (("en-US", english), ("zh-CN", person(served.url, "zh-CN"))):
        if page is not english:
            page.context.add_cookies(english.context.cookies())  # type: ignore[arg-type]
        for path in PAGES:
            page.goto(path)
            expect(page.get_by_role("heading").first).to_be_visible()
            language = page.evaluate("document.documentElement.lang")
            assert language.startswith(locale[:2]), (path, language)
            eyes.look(page, f"{locale[:2]}-{path.strip('/') or 'overview'}")
