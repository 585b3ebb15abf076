"""Single sign-on as people click it, at a certified OpenID provider: set up, come in, link, unlink, be refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.seeing import Eyes
from tests.browser.test_first_run import PASSWORD, become_owner, set_up_link
from tests.real.openid_provider import serving_provider
from tests.serving_process import ServingHub

CALLBACK = "/api/auth/sso/callback"
OLGA = {"email": "olga@example.com", "email_verified": True, "name": "Olga at Corp"}
ANN = {"email": "ann@example.com", "email_verified": True, "name": "Ann Example", "groups": ["staff", "ops"]}
WELCOME = re.compile("Welcome")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of the provider, which is its issuer."""
    with serving_provider() as issuer:
        yield issuer


@pytest.fixture
def olga(served: ServingHub, person: Callable[..., Page]) -> Page:
    """The owner, who has signed in with her password."""
    page = person(served.url)
    page.goto(set_up_link(served))
    become_owner(page)
    signs_out(page)
    page.get_by_label("Email").fill("olga@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name=WELCOME)).to_be_visible()
    return page


def says(provider: str, login: str, **claims: Any) -> None:
    """What the provider tells of somebody from now on."""
    assert httpx.put(f"{provider}/test/accounts/{login}", json=claims).status_code == 204


def signs_out(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Olga|Ann|Max")).last.click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def session_of(page: Page) -> dict[str, Any]:
    answer = page.request.get("/api/auth/session")
    assert answer.status == 200, answer.text()
    found: dict[str, Any] = answer.json()
    return found


def adds_issuer(page: Page, hub: ServingHub, provider: str, *, domain: str = "") -> None:
    """Registered at the provider, then entered in the console; members of `ops` become admins, others guests."""
    asked = {"client_name": "the hub", "redirect_uris": [f"{hub.url}{CALLBACK}"]}
    client = httpx.post(f"{provider}/reg", json=asked).json()
    page.get_by_role("link", name="Single sign-on", exact=True).click()
    page.get_by_role("button", name="Add a provider").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Corp")
    dialog.get_by_label("Issuer address").fill(provider)
    dialog.get_by_label("Client id").fill(client["client_id"])
    dialog.get_by_label("Client secret", exact=True).first.fill(client["client_secret"])
    dialog.get_by_label("Role of new users").select_option("guest")
    dialog.get_by_role("combobox", name="Email domains").fill(domain)
    dialog.get_by_text("Roles and scopes").click()
    dialog.get_by_label("Claim that holds roles").fill("groups")
    dialog.get_by_role("button", name="Add a line").click()
    dialog.get_by_label("Claim value 1").fill("ops")
    dialog.get_by_label("Role 1").select_option("admin")
    dialog.locator("button[type=submit]").click()
    redirect = page.get_by_role("dialog", name="Redirect address")
    expect(redirect.get_by_text(f"{hub.url}{CALLBACK}")).to_be_visible()
    redirect.get_by_role("button", name="Done").click()
    expect(redirect).to_have_count(0)


def passes_provider(page: Page, login: str) -> None:
    """At the provider's own pages: sign in, and agree."""
    page.get_by_placeholder("Enter any login").fill(login)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def comes_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.get_by_role("link", name="Continue with Corp").click()
    passes_provider(page, login)
    expect(page.get_by_role("heading", name=WELCOME)).to_be_visible()


def is_told(page: Page, path: str, words: str) -> None:
    """A refusal: at which page, in which words, and no code of it in them."""
    alert = page.get_by_role("alert").filter(has_text=words)
    expect(alert).to_be_visible()
    assert page.evaluate("location.pathname") == path
    assert "_" not in alert.inner_text()


def test_an_owner_adds_a_provider_and_somebody_new_comes_in_by_it(
    served: ServingHub, provider: str, olga: Page, person: Callable[..., Page], eyes: Eyes
) -> None:
    adds_issuer(olga, served, provider, domain="example.com")
    row = olga.get_by_role("row", name=re.compile("Corp"))
    for words in ("Guest", "example.com", "On"):
        expect(row.get_by_text(words, exact=True)).to_be_visible()
    row.get_by_role("button", name="Actions for Corp").click()
    olga.get_by_role("menuitem", name="Test").click()
    expect(olga.get_by_text("“Corp” answers")).to_be_visible()
    eyes.look(olga, "sso-issuers")

    says(provider, "ann", **ANN)
    ann = person(served.url)
    ann.goto("/sign-in?next=/access-keys")
    expect(ann.get_by_role("link", name="Continue with Corp")).to_be_visible()
    eyes.look(ann, "sso-sign-in")
    ann.get_by_role("link", name="Continue with Corp").click()
    passes_provider(ann, "ann")
    expect(ann.get_by_role("heading", name="Access keys", exact=True)).to_be_visible()
    expect(ann.get_by_role("button", name=re.compile("Ann Example.*Admin"))).to_be_visible()
    session = session_of(ann)
    told = {name: session["user"][name] for name in ("name", "email", "role", "hasPassword")}
    assert told == {"name": "Ann Example", "email": "ann@example.com", "role": "admin", "hasPassword": False}
    assert session["session"]["method"] == "sso"

    ann.get_by_role("link", name="Profile & sign-in").click()
    expect(ann.get_by_text("through another provider")).to_be_visible()
    ann.get_by_role("button", name="Unlink").click()
    ann.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(ann.get_by_text("This is the only way in.")).to_be_visible()
    ann.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    says(provider, "ann", **{**ANN, "groups": ["staff"]})
    ann.get_by_role("link", name="Overview", exact=True).click()
    signs_out(ann)
    ann.get_by_role("link", name="Continue with Corp").click()  # the provider knows her still
    expect(ann.get_by_role("button", name=re.compile("Ann Example.*Guest"))).to_be_visible()
    assert session_of(ann)["user"]["id"] == session["user"]["id"]


def test_somebody_known_links_a_provider_comes_in_by_it_and_unlinks_it(
    served: ServingHub, provider: str, olga: Page, person: Callable[..., Page], eyes: Eyes
) -> None:
    adds_issuer(olga, served, provider)
    says(provider, "olga", **OLGA)
    before = session_of(olga)["user"]
    olga.get_by_role("link", name="Profile & sign-in").click()
    olga.get_by_role("button", name="Link Corp").click()
    passes_provider(olga, "olga")
    expect(olga.get_by_role("button", name="Unlink")).to_be_visible()
    expect(olga.get_by_role("button", name="Link Corp")).to_have_count(0)
    eyes.look(olga, "sso-profile")

    signs_out(olga)
    olga.get_by_role("link", name="Continue with Corp").click()
    expect(olga.get_by_role("button", name=re.compile("Olga Owner.*Owner"))).to_be_visible()
    after = session_of(olga)
    assert (after["user"]["id"], after["user"]["role"]) == (before["id"], "owner")
    assert after["session"]["method"] == "sso"

    olga.get_by_role("link", name="Profile & sign-in").click()
    olga.get_by_role("button", name="Unlink").click()
    olga.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(olga.get_by_text("No linked accounts.")).to_be_visible()
    signs_out(olga)
    olga.get_by_role("link", name="Continue with Corp").click()
    is_told(olga, "/sign-in", "An account with your email address is here already.")
    assert olga.request.get("/api/auth/session").status == 401


def test_who_is_refused_reads_why_in_their_language(
    served: ServingHub, provider: str, olga: Page, person: Callable[..., Page], eyes: Eyes
) -> None:
    adds_issuer(olga, served, provider, domain="example.com")
    says(provider, "eve", **{**ANN, "email": "eve@elsewhere.example"})
    for locale, button, words, shot in (
        ("en-US", "Continue with Corp", "Email addresses of this domain may not sign in here.", "sso-refused"),
        ("zh-CN", "使用 Corp 继续", "该域名的邮箱不能在此登录。", "zh-sso-refused"),
    ):
        eve = person(served.url, locale)
        eve.goto("/sign-in")
        eve.get_by_role("link", name=button).click()
        passes_provider(eve, "eve")
        is_told(eve, "/sign-in", words)
        eyes.look(eve, shot)
        assert eve.request.get("/api/auth/session").status == 401

    max_ = person(served.url)
    max_.goto("/sign-in")
    max_.get_by_role("link", name="Continue with Corp").click()
    max_.get_by_role("link", name=re.compile("Cancel")).click()
    is_told(max_, "/sign-in", "You did not finish signing in at the provider.")


def test_who_cannot_link_reads_why_in_their_profile(
    served: ServingHub, provider: str, olga: Page, person: Callable[..., Page], eyes: Eyes
) -> None:
    adds_issuer(olga, served, provider)
    says(provider, "bea", **{**ANN, "email": "bea@example.com", "groups": []})
    comes_in(person(served.url), "bea")
    olga.get_by_role("link", name="Profile & sign-in").click()
    olga.get_by_role("button", name="Link Corp").click()
    olga.get_by_role("link", name=re.compile("Cancel")).click()
    is_told(olga, "/profile", "You did not finish signing in at the provider.")
    olga.get_by_role("button", name="Link Corp").click()
    passes_provider(olga, "bea")
    is_told(olga, "/profile", "Your account at the provider is linked to another user of this hub.")
    eyes.look(olga, "sso-not-linked")
    olga.get_by_role("alert").get_by_role("button", name="Close").click()
    expect(olga.get_by_role("alert")).to_have_count(0)
    assert olga.evaluate("location.pathname + location.search") == "/profile"
    expect(olga.get_by_text("No linked accounts.")).to_be_visible()


def test_the_pages_of_single_sign_on_are_whole_in_chinese(
    served: ServingHub, provider: str, olga: Page, person: Callable[..., Page], eyes: Eyes
) -> None:
    adds_issuer(olga, served, provider)
    says(provider, "olga", **OLGA)
    olga.get_by_role("link", name="Profile & sign-in").click()
    olga.get_by_role("button", name="Link Corp").click()
    passes_provider(olga, "olga")
    expect(olga.get_by_role("button", name="Unlink")).to_be_visible()
    reader = person(served.url, "zh-CN")
    reader.goto("/sign-in")
    expect(reader.get_by_role("link", name="使用 Corp 继续")).to_be_visible()
    eyes.look(reader, "zh-sso-sign-in")
    reader.context.add_cookies(olga.context.cookies())  # type: ignore[arg-type]
    for path, words in (("profile", "解除关联"), ("single-sign-on", "单点登录")):
        reader.goto(f"/{path}")
        expect(reader.get_by_text(words).last).to_be_visible()
        eyes.look(reader, f"zh-sso-{path}")
