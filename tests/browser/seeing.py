"""Looking at a page as a person and as axe do: pictures in an ignored folder, and no violation."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, ViewportSize

_AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_WIDE, _NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)


class Eyes:
    """Writes pictures below `folder` and checks each page for accessibility."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._axe = _AXE.read_text()

    def look(self, page: Page, name: str) -> None:
        """Take the page's picture in light and dark, wide and narrow; axe must find nothing in any."""
        page.wait_for_load_state("networkidle")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for size in (_WIDE, _NARROW):
                page.set_viewport_size(size)
                page.wait_for_timeout(150)
                self._folder.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=self._folder / f"{name}-{scheme}-{size['width']}.png", full_page=True)
                assert not self.violations(page), f"{name}, {scheme}, {size['width']} px: {self.violations(page)}"
                assert not self.is_too_wide(page), f"{name} needs to be scrolled sideways at {size['width']} px"
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(_WIDE)

    def violations(self, page: Page) -> list[str]:
        page.evaluate(self._axe)
        found = page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
            ".map(v => v.id + ': ' + v.nodes.map(n => n.html).slice(0, 3).join(' | '))"
        )
        return [str(one) for one in found]

    def is_too_wide(self, page: Page) -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
