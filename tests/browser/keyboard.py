"""A person who has only a keyboard: presses keys, and tells what each stop of the focus is and looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

_MOST_STOPS = 120
STOPS = "a[href], button, input, select, textarea, summary, [tabindex='0']"
_MEASURE = (Path(__file__).parent / "focused.js").read_text()


@dataclass(frozen=True)
class Stop:
    """What has the focus. Places are pixels of all that can be scrolled to, so they compare."""

    at: int  # its number among the elements of this page
    role: str
    name: str
    region: str  # dialog, main, nav, or frame
    html: str
    left: float
    top: float
    right: float
    bottom: float
    hidden: str  # why a person does not see it whole; empty when they do
    look: dict[str, Any]
    has_inner_stops: bool  # a date field: its parts are stops of one element

    def __str__(self) -> str:
        return f"{self.role} {self.name!r} ({self.html})"


class Keyboard:
    """A page in the hands of somebody without a pointer."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Accessibility.enable")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def retype(self, text: str) -> None:
        self.press("Control+a")
        self.type(text)

    @property
    def focused(self) -> Locator:
        return self.page.locator(":focus")

    def go(self, role: str, name: str | re.Pattern[str], *, key: str = "Tab") -> None:
        """Press Tab until that control has the focus."""
        passed: list[str] = []
        for _ in range(_MOST_STOPS):
            found = self.named()
            if found is not None and found[0] == role and _fits(name, found[1]):
                return
            passed.append(" ".join(found or ("nothing",)))
            self.press(key)
        raise AssertionError(f"no {role} {name!r} is reached by {key}; passed {list(dict.fromkeys(passed))}")

    def use(self, role: str, name: str | re.Pattern[str], key: str = "Enter") -> None:
        """Go there and press it."""
        self.go(role, name)
        self.press(key)

    def choose(self, menu: str | re.Pattern[str], item: str | re.Pattern[str]) -> None:
        """Open a menu, and go down to an item of it."""
        self.use("button", menu)
        expect(self.page.get_by_role("menuitem").first).to_be_focused()
        for _ in range(2 * self.page.get_by_role("menuitem").count()):  # it goes round, and the focus may be late
            found = self.named()
            if found is not None and _fits(item, found[1]):
                self.press("Enter")
                return
            self.press("ArrowDown")
            self.page.wait_for_timeout(20)
        raise AssertionError(f"the menu has no item {item!r}")

    def named(self) -> tuple[str, str] | None:
        """Role and accessible name of what has the focus, as the browser tells them to a screen reader."""
        found = self._devtools.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]
        if found.get("className") in (None, "HTMLBodyElement", "HTMLHtmlElement"):
            return None
        asked = {"objectId": found["objectId"], "fetchRelatives": False}
        node = self._devtools.send("Accessibility.getPartialAXTree", asked)["nodes"][0]
        return node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "")

    def begin(self) -> None:
        """Leave the page upwards, so that the next Tab comes to its first stop."""
        for _ in range(_MOST_STOPS):
            if self.named() is None:
                return
            self.press("Shift+Tab")
        raise AssertionError(f"{self.page.url} is not left by Shift+Tab")

    def walk(self, key: str = "Tab") -> list[tuple[Stop, dict[str, Any]]]:
        """Each stop from here to the end of the page, or around the dialog, and its look without the focus."""
        met: list[tuple[Stop, dict[str, Any]]] = []
        stop = self._first(key)
        while stop is not None and all(stop.at != before.at for before, _ in met):
            assert len(met) < _MOST_STOPS, f"{self.page.url} has no last stop"
            following, unfocused = self._next(stop, key)
            met.append((stop, unfocused))
            stop = following
        return met

    def _first(self, key: str) -> Stop | None:
        """The browser itself may be a stop between the last and the first of the page."""
        for _ in range(2):
            self.press(key)
            if (stop := self._measured(None)[0]) is not None:
                return stop
        return None

    def _next(self, stop: Stop, key: str) -> tuple[Stop | None, dict[str, Any]]:
        """The stop after that one, and how that one looks then."""
        for _ in range(8 if stop.has_inner_stops else 1):
            self.press(key)
            following, former = self._measured(stop)
            if following is None or following.at != stop.at:
                return following, former
        assert self.page.locator(STOPS).count() == 1, f"{key} does not leave {stop}"
        return None, {"signs": None}  # a page with one stop leads around to it

    def _measured(self, former: Stop | None) -> tuple[Stop | None, dict[str, Any]]:
        """What has the focus, and how a former stop looks now."""
        found = self.page.evaluate(_MEASURE, None if former is None else former.at)
        named = self.named()
        stop = None if found["now"] is None or named is None else Stop(role=named[0], name=named[1], **found["now"])
        return stop, found["former"]


def _fits(wanted: str | re.Pattern[str], name: str) -> bool:
    return name == wanted if isinstance(wanted, str) else wanted.search(name) is not None


def faults_of(stop: Stop, unfocused: dict[str, Any]) -> list[str]:
    """What a person without a pointer would complain of at this stop."""
    found = [] if stop.name.strip() else ["has no name"]
    if stop.hidden:
        found.append(stop.hidden)
    if stop.look["signs"] == unfocused["signs"]:
        found.append("looks the same without the focus")
    elif stop.look["contrast"] < 3:
        found.append(f"has a ring of contrast {stop.look['contrast']:.1f}, less than 3 (WCAG 1.4.11)")
    return [f"{stop} {fault}" for fault in found]


def out_of_order(before: Stop, after: Stop) -> bool:
    """Whether a reader's eye would have to jump back, up or to the left, inside one region of the page."""
    if before.region != after.region:
        return before.region == "main" and after.top < before.bottom
    middle = (after.top + after.bottom) / 2
    if after.bottom <= before.top + 4:
        return True
    return before.top <= middle <= before.bottom and after.right < before.left
