"""A hub's first hour, as people see it: set up, sign in by passkey, invite, get a key, call, revoke."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.browser.seeing import Eyes
from tests.serving_process import ServingHub

PASSWORD = "correct horse battery"
MODEL = "local/smollm2-135m-instruct"


def set_up_link(hub: ServingHub) -> str:
    """The path of the link that `serve` prints for the first owner."""
    found = re.search(r"^ {2}http://localhost:\d+(/setup#token=\S+)$", "\n".join(hub.said), re.MULTILINE)
    assert found is not None, hub.said
    return found[1]


def with_virtual_passkeys(page: Page) -> None:
    """Give the browser a device that holds passkeys and verifies whoever asks."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )


def test_from_the_first_link_to_a_revoked_key(
    served_with_model: ServingHub, person: Callable[..., Page], eyes: Eyes
) -> None:
    hub = served_with_model
    url = hub.url.replace("127.0.0.1", "localhost")  # a passkey needs a name, not a number
    olga = person(url)
    olga.goto(set_up_link(hub))
    eyes.look(olga, "set-up")
    become_owner(olga)
    eyes.look(olga, "overview")

    with_virtual_passkeys(olga)
    olga.get_by_role("link", name="Profile & sign-in").click()
    olga.get_by_role("button", name=re.compile("Add a passkey")).first.click()
    confirm = olga.get_by_role("dialog")
    if confirm.count():
        confirm.get_by_role("button").last.click()
    expect(olga.get_by_text(re.compile("Never|Last used|Added", re.IGNORECASE)).first).to_be_visible()
    eyes.look(olga, "profile")
    olga.request.post("/api/auth/sign-out", headers={"x-csrf-token": token_of(olga)})
    olga.goto("/sign-in")
    eyes.look(olga, "sign-in")
    olga.get_by_role("button", name="Sign in with a passkey").click()
    expect(olga.get_by_role("heading", name=re.compile("Welcome"))).to_be_visible()

    link = invited(olga, "max@example.com")
    eyes.look(olga, "users")
    max_ = person(url)
    max_.goto(link.replace(hub.url, url))
    eyes.look(max_, "invitation")
    max_.get_by_label("Your name").fill("Max Member")
    max_.get_by_label("Password", exact=True).fill(PASSWORD)
    max_.get_by_role("button", name="Create the account").click()
    expect(max_.get_by_role("heading", name=re.compile("Welcome"))).to_be_visible()
    expect(max_.get_by_role("link", name="Audit log")).to_have_count(0)

    key = made_key(max_, eyes)
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
    answer = httpx.post(f"{hub.url}/v1/chat/completions", json=asked, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    max_.wait_for_timeout(6000)  # when and where from a key was last used is written every five seconds
    max_.reload()
    expect(max_.get_by_role("main").get_by_text("127.0.0.1", exact=True).first).to_be_visible()
    eyes.look(max_, "keys-used")

    max_.get_by_role("main").locator("button[aria-haspopup=menu]").first.click()
    max_.get_by_role("menuitem", name="Revoke").click()
    max_.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(max_.get_by_text("is revoked")).to_be_visible()
    max_.wait_for_timeout(1000)
    answer = httpx.post(f"{hub.url}/v1/chat/completions", json=asked, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 401

    olga.get_by_role("link", name="Audit log").click()
    expect(olga.get_by_text("key.revoke").first).to_be_visible()
    eyes.look(olga, "audit")


def become_owner(page: Page) -> None:
    """Fill the set-up page in, with a password."""
    page.get_by_label("Your name").fill("Olga Owner")
    page.get_by_label("Email").fill("olga@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name=re.compile("Welcome"))).to_be_visible()


def token_of(page: Page) -> str:
    found: str = page.request.get("/api/auth/session").json()["csrfToken"]
    return found


def invited(page: Page, email: str) -> str:
    """Invite somebody; the link to pass on."""
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("button", name=re.compile("Invite")).first.click()
    page.get_by_role("dialog").get_by_label("Email").fill(email)
    page.get_by_role("dialog").locator("button[type=submit]").click()
    field = page.get_by_role("dialog").get_by_role("textbox", name="Link")
    expect(field).to_be_visible()
    found = re.search(r"http\S+/link#token=[\w-]+", field.inner_text())
    assert found is not None
    page.get_by_role("dialog").get_by_role("button").last.click()
    return found[0]


def made_key(page: Page, eyes: Eyes) -> str:
    """Create a key; its secret, which is shown once."""
    page.get_by_role("link", name="Access keys", exact=True).first.click()
    eyes.look(page, "keys-empty")
    page.get_by_role("button", name="Create a key").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Website chat")
    dialog.locator("button[type=submit]").click()
    secret = dialog.get_by_text(re.compile(r"^blocklet-[\w-]{40,}$")).first
    expect(secret).to_be_visible()
    key = secret.inner_text().strip()
    dialog.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_text("Website chat").first).to_be_visible()
    eyes.look(page, "keys")
    return key
