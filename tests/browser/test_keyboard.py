"""The console by keyboard alone: no pointer, nothing focused by a script; what a person gets at each step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.inhabited import Inhabited, inhabited
from tests.browser.keyboard import STOPS, Keyboard, faults_of
from tests.browser.test_first_run import PASSWORD
from tests.browser.test_oauth import PAGES

NARROW = ViewportSize(width=360, height=740)
OUTSIDE = ("/sign-in", "/forgot", "/nothing-here")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture
def olga(hub: Inhabited, person: Callable[..., Page]) -> Keyboard:
    """The owner, signed in."""
    return Keyboard(hub.opened(person))


def arrived(hands: Keyboard, path: str) -> Keyboard:
    """At an address, as by the browser's own bar."""
    hands.page.goto(path)
    expect(hands.page.get_by_role("heading", level=1)).to_be_visible()
    expect(hands.page.locator(".mantine-Skeleton-root")).to_have_count(0)
    return hands


def content(hands: Keyboard) -> Locator:
    return hands.page.locator("#content")


def button(hands: Keyboard, name: str) -> Locator:
    return hands.page.get_by_role("button", name=name, exact=True).first


def told(hands: Keyboard, text: str) -> None:
    """A notice that a screen reader speaks of its own accord."""
    expect(hands.page.get_by_role("alert").filter(has_text=text).first).to_be_visible()


def opened(hands: Keyboard, title: str) -> Locator:
    """The dialog of that title: it has the focus, keeps it in both directions, and each stop of it is seen."""
    dialog = hands.page.get_by_role("dialog", name=title)
    expect(dialog.locator(":focus")).to_have_count(1)
    for key in ("Tab", "Shift+Tab"):
        met = hands.walk(key)
        assert len(met) > 1 and {stop.region for stop, _ in met} == {"dialog"}, [str(stop) for stop, _ in met]
        assert not (found := [fault for stop, unfocused in met for fault in faults_of(stop, unfocused)]), found
    return dialog


def closed(hands: Keyboard, opener: Locator) -> None:
    expect(hands.page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def at_fault(hands: Keyboard, name: str, text: str) -> None:
    """The focus is in the field at fault, which says so and is described by the reason."""
    assert hands.named() is not None
    expect(hands.focused).to_have_accessible_name(name)
    expect(hands.focused).to_have_accessible_description(re.compile(re.escape(text)))
    expect(hands.focused).to_have_attribute("aria-invalid", "true")


def test_the_first_stop_of_every_page_leads_to_its_content(hub: Inhabited, olga: Keyboard) -> None:
    for path in (page for page in PAGES if page not in OUTSIDE):
        arrived(olga, path)
        olga.press("Tab")
        assert olga.named() == ("link", "Skip to the content"), path
        olga.press("Enter")
        expect(content(olga)).to_be_focused()
        olga.press("Tab")
        has_stops = content(olga).locator(STOPS).count() > 0
        expect(content(olga).locator(":focus")).to_have_count(1 if has_stops else 0)


def test_a_person_signs_in_and_out(hub: Inhabited, person: Callable[..., Page]) -> None:
    hands = arrived(Keyboard(person(hub.url)), "/sign-in")
    expect(hands.page.get_by_label("Email")).to_be_focused()
    hands.press("Enter")
    at_fault(hands, "Email", "Fill this in.")
    hands.type("olga@example.com")
    hands.press("Enter")
    at_fault(hands, "Password", "Fill this in.")
    hands.type("not the password")
    hands.use("button", "Sign in")
    told(hands, "password")
    expect(button(hands, "Sign in")).to_be_focused()

    hands.go("textbox", "Password", key="Shift+Tab")
    hands.retype(PASSWORD)
    hands.press("Enter")
    expect(hands.page).to_have_title("Welcome, Olga Owner · AIGNE Hub")
    expect(content(hands)).to_be_focused()

    hands.choose(re.compile("Olga Owner"), "Sign out")
    expect(hands.page).to_have_title("Sign in · AIGNE Hub")
    expect(hands.page.get_by_label("Email")).to_be_focused()
    hands.use("link", re.compile("Cannot sign in"))
    expect(hands.page).to_have_title("Get back in · AIGNE Hub")
    expect(content(hands)).to_be_focused()


def test_a_key_is_created_rotated_and_revoked(olga: Keyboard) -> None:
    olga.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    create = button(arrived(olga, "/access-keys"), "Create a key")
    olga.use("button", "Create a key")
    opened(olga, "Create an access key")
    olga.press("Escape")
    closed(olga, create)

    olga.press("Enter")
    expect(olga.page.get_by_label("Name", exact=True)).to_be_focused()
    olga.press("Enter")
    at_fault(olga, "Name", "Fill this in.")
    olga.type("By hand")
    olga.press("Enter")
    made = opened(olga, "Your new key")
    olga.use("button", "Copy Key")
    expect(made.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    copied = olga.page.evaluate("navigator.clipboard.readText()")
    assert copied == made.get_by_role("textbox", name="Key", exact=True).inner_text()
    olga.use("button", "I have stored it")
    closed(olga, create)

    actions = button(olga, "Actions for By hand")
    olga.choose("Actions for By hand", "Rotate")
    dialog = opened(olga, "Rotate “By hand”?")
    olga.go("combobox", "The present key works for")
    olga.press("ArrowUp")
    expect(dialog.get_by_label("The present key works for")).to_have_value("3600")
    olga.use("button", "Rotate")
    opened(olga, "Your new key")
    olga.press("Escape")  # the key is never shown again: no slip of a finger closes it
    opened(olga, "Your new key")
    olga.use("button", "I have stored it")
    closed(olga, actions)

    olga.choose("Actions for By hand", "Revoke")
    opened(olga, "Revoke “By hand”?")
    olga.press("Escape")
    closed(olga, actions)
    olga.choose("Actions for By hand", "Revoke")
    expect(olga.page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    olga.use("button", "Revoke")
    told(olga, "“By hand” is revoked")
    expect(actions).to_have_count(0)
    closed(olga, content(olga))


def test_a_refused_field_is_found_in_a_folded_part(olga: Keyboard) -> None:
    arrived(olga, "/access-keys")
    olga.use("button", "Create a key")
    olga.use("DisclosureTriangle", re.compile("Restrictions"))
    olga.go("combobox", "Addresses")
    olga.type("nowhere")
    olga.press("Enter")
    olga.go("DisclosureTriangle", re.compile("Restrictions"), key="Shift+Tab")
    olga.press("Enter")
    olga.go("textbox", "Name", key="Shift+Tab")
    olga.type("Narrow")
    olga.press("Enter")
    at_fault(olga, "Addresses", "nowhere")


def test_lines_and_notices_that_go_leave_the_focus_somewhere(olga: Keyboard) -> None:
    arrived(olga, "/trusted-issuers")
    olga.use("button", "Trust an issuer")
    olga.use("button", "Add a line")
    olga.go("button", "Remove line 1", key="Shift+Tab")
    olga.press("Enter")
    expect(olga.page.get_by_role("button", name="Remove line 1")).to_have_count(0)
    expect(button(olga, "Add a line")).to_be_focused()

    arrived(olga, "/profile?error=sso_refused")
    olga.use("button", "Close")
    expect(olga.page.get_by_role("alert")).to_have_count(0)
    expect(content(olga)).to_be_focused()


def test_somebody_is_invited_gets_a_role_and_is_disabled(hub: Inhabited, olga: Keyboard) -> None:
    joins(hub, "max@example.com", "Max Member")
    arrived(olga, "/users")
    olga.use("button", "Invite somebody")
    opened(olga, "Invite somebody")
    olga.go("textbox", "Email")
    olga.press("Enter")
    at_fault(olga, "Email", "Fill this in.")
    olga.type("max@example.com")
    olga.press("Enter")
    at_fault(olga, "Email", "exists already")
    olga.retype("eve@example.com")
    olga.press("Enter")
    opened(olga, "The invitation of eve@example.com")
    olga.go("button", "Copy Link")
    olga.use("button", "Done")
    closed(olga, button(olga, "Invite somebody"))

    actions, row = button(olga, "Actions for Max Member"), olga.page.get_by_role("row", name=re.compile("Max"))
    olga.choose("Actions for Max Member", "Edit")
    opened(olga, "Edit Max Member")
    olga.go("combobox", "Role")
    olga.type("Gu")
    olga.use("button", "Save")
    told(olga, "Max Member is saved")
    expect(row.get_by_text("Guest")).to_be_visible()
    closed(olga, actions)

    olga.choose("Actions for Max Member", "Disable")
    opened(olga, "Disable Max Member?")
    olga.use("button", "Disable")
    told(olga, "Max Member is disabled")
    expect(row.get_by_text("Disabled")).to_be_visible()
    closed(olga, actions)


def joins(hub: Inhabited, email: str, name: str) -> None:
    """Somebody invited opens their link."""
    token = hub.post("/api/invitations", email=email, role="member")["link"].partition("#token=")[2]
    body = {"token": token, "name": name, "password": PASSWORD}
    assert httpx.post(f"{hub.url}/api/auth/links/redeem", json=body).is_success


def test_a_service_account_is_made_and_its_keys_follow(olga: Keyboard) -> None:
    arrived(olga, "/service-accounts")
    olga.use("button", "Create a service account")
    opened(olga, "Create a service account")
    olga.go("textbox", "Name")
    olga.type("Batch")
    olga.press("Enter")
    expect(olga.page).to_have_title("Access keys of Batch · AIGNE Hub")
    told(olga, "Batch is created")
    closed(olga, content(olga))


def test_an_oauth_client_is_registered_and_removed(olga: Keyboard) -> None:
    arrived(olga, "/oauth-clients")
    olga.use("button", "Register a client")
    opened(olga, "Register a client")
    for name in ("The user allows it in the browser", "It may renew its access"):
        olga.use("checkbox", name, "Space")
    olga.go("textbox", "Name")
    olga.type("Wiki")
    olga.press("Enter")
    at_fault(olga, "The user allows it in the browser", "Choose at least one.")
    olga.press("Space")
    olga.use("button", "Register a client")
    at_fault(olga, "Redirect addresses", "Fill this in.")
    olga.type("https://wiki.example.com/back")
    olga.use("button", "Register a client")
    opened(olga, "The client is registered")
    olga.go("button", "Copy Client id")
    olga.use("button", "Done")
    closed(olga, button(olga, "Register a client"))

    olga.choose("Actions for Wiki", "Delete")
    opened(olga, "Delete “Wiki”?")
    olga.use("button", "Delete")
    told(olga, "“Wiki” is deleted")
    closed(olga, content(olga))


@pytest.mark.parametrize(("answer", "told_back"), [("Allow", "code="), ("Deny", "error=access_denied")])
def test_an_application_is_answered(hub: Inhabited, olga: Keyboard, answer: str, told_back: str) -> None:
    arrived(olga, hub.consent_page())
    with olga.page.expect_request(re.compile(r"^http://127\.0\.0\.1:9/callback")) as returned:
        olga.use("button", answer)
    assert told_back in returned.value.url


def test_a_device_is_let_in(hub: Inhabited, olga: Keyboard) -> None:
    arrived(olga, "/device")
    expect(olga.page.get_by_label("Code")).to_be_focused()
    olga.type("BBBBBBBB")
    olga.press("Enter")
    expect(olga.page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_be_visible()
    expect(olga.page.get_by_label("Code")).to_be_focused()
    expect(olga.focused).to_have_attribute("aria-invalid", "true")
    expect(olga.focused).to_have_accessible_description(re.compile(r"\w"))
    olga.retype(hub.device_code())
    olga.press("Enter")
    expect(olga.page).to_have_title("Allow Notebook? · AIGNE Hub")
    expect(content(olga)).to_be_focused()
    olga.use("button", "Allow")
    expect(olga.page).to_have_title("The device is connected · AIGNE Hub")
    expect(content(olga)).to_be_focused()


def test_a_waiting_program_gets_its_key(hub: Inhabited, olga: Keyboard) -> None:
    arrived(olga, hub.connect_page())
    olga.use("button", "Allow")
    expect(olga.page).to_have_title("Connected · AIGNE Hub")
    expect(olga.page.get_by_role("status").filter(has_text="The application has its key")).to_be_visible()
    expect(content(olga)).to_be_focused()


def test_a_session_is_ended(hub: Inhabited, olga: Keyboard) -> None:
    elsewhere = {"email": "olga@example.com", "password": PASSWORD}
    httpx.post(f"{hub.url}/api/auth/sign-in", json=elsewhere, headers={"user-agent": "Firefox/130.0 Linux"})
    arrived(olga, "/profile")
    olga.use("button", re.compile("End the session of Firefox"))
    told(olga, "The session is ended")
    expect(olga.page.get_by_role("button", name=re.compile("End the session of Firefox"))).to_have_count(0)
    expect(content(olga)).to_be_focused()


def test_the_journal_is_filtered_opened_and_read_on(hub: Inhabited, olga: Keyboard) -> None:
    for n in range(60):
        assert hub.api.patch("/api/me", json={"name": f"Olga {n}"}).is_success
    assert hub.api.patch("/api/me", json={"name": "Olga Owner"}).is_success
    entries = arrived(olga, "/audit").page.get_by_role("list", name="Entries").get_by_role("listitem")
    expect(entries).to_have_count(50)
    olga.use("button", "Load more")
    expect(entries.nth(51)).to_be_visible()
    expect(entries.nth(50).locator("summary")).to_be_focused()

    olga.go("textbox", "Action", key="Shift+Tab")
    olga.type("invitation.create")
    expect(entries.filter(has_text="user.")).to_have_count(0)
    olga.go("combobox", "Outcome")
    olga.type("D")
    expect(olga.focused).to_have_value("done")
    expect(entries.first).to_contain_text("invitation.create")
    olga.use("DisclosureTriangle", re.compile("invitation.create"))
    expect(entries.first.get_by_text("Seal")).to_be_visible()
    olga.press("Enter")
    expect(entries.first.get_by_text("Seal")).to_be_hidden()

    olga.go("textbox", "Target", key="Shift+Tab")
    olga.type("nothing")
    expect(olga.page.get_by_role("heading", name="Nothing found")).to_be_visible()
    olga.use("button", "Clear the filters")
    expect(entries.nth(1)).to_be_visible()
    expect(content(olga)).to_be_focused()


def test_language_and_colours_are_switched(olga: Keyboard) -> None:
    arrived(olga, "/")
    html, menu = olga.page.locator("html"), re.compile("Olga Owner")
    olga.choose(menu, re.compile("Theme"))
    olga.press("Enter")
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(olga.focused).to_have_accessible_name("Theme: Dark")
    olga.press("ArrowDown", "Enter")
    expect(html).to_have_attribute("lang", "zh-CN")
    expect(olga.page).to_have_title(re.compile("欢迎.*Olga Owner"))
    olga.press("Escape")
    expect(olga.page.get_by_role("menu")).to_have_count(0)
    expect(olga.page.get_by_role("button", name=menu)).to_be_focused()


def test_the_navigation_of_a_narrow_screen_opens_and_closes(hub: Inhabited, person: Callable[..., Page]) -> None:
    page = person(hub.url)
    page.set_viewport_size(NARROW)
    page.emulate_media(reduced_motion="reduce")
    hands = arrived(Keyboard(page), "/sign-in")
    hands.type("olga@example.com")
    hands.go("textbox", "Password")
    hands.type(PASSWORD)
    hands.press("Enter")
    expect(content(hands)).to_be_focused()

    burger = button(hands, "Open the navigation")
    hands.use("button", "Open the navigation")
    opened(hands, "Pages")
    hands.press("Escape")
    closed(hands, burger)
    hands.press("Enter")
    expect(page.get_by_role("dialog").locator(":focus")).to_have_count(1)
    hands.use("link", "Authorised apps")
    expect(page).to_have_title("Authorised apps · AIGNE Hub")
    closed(hands, content(hands))

    hands.choose("Menu of Olga Owner", "Sign out")
    expect(page).to_have_title("Sign in · AIGNE Hub")
    expect(page.get_by_label("Email")).to_be_focused()


def test_a_new_page_has_the_focus_and_another_title(olga: Keyboard) -> None:
    arrived(olga, "/")
    for name, title in (("Users", "Users"), ("Audit log", "Audit log"), ("Settings", "Settings")):
        olga.use("link", name)
        expect(olga.page).to_have_title(f"{title} · AIGNE Hub")
        expect(content(olga)).to_be_focused()
    olga.page.go_back()
    expect(olga.page).to_have_title("Audit log · AIGNE Hub")
    expect(content(olga)).to_be_focused()
