"""What a person can do at a browser: look, click, type, choose a file."""

from pathlib import Path
import re

from playwright.sync_api import Locator, Page, expect

_PATIENCE = 20_000


class Person:
    """Somebody who knows no interface but the screen."""

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        """Sit down; nobody waits longer than twenty seconds."""
        self.page = page
        self._url = url
        self._pictures = pictures
        page.set_default_timeout(_PATIENCE)
        expect.set_options(timeout=_PATIENCE)

    def log_in(self, user: str, password: str) -> None:
        """Give name and password."""
        self.page.goto(self._url)
        self.page.locator('input[name="username"]').fill(user)
        self.page.locator('input[name="password"]').fill(password)
        self.page.locator('input[name="password"]').press("Enter")
        self.page.wait_for_url(lambda url: "/auth/" not in url)
        self.page.locator("ha-sidebar").wait_for()

    def go(self, path: str) -> None:
        """Open a page of Home Assistant, after a moment: it may be on its way."""
        self.page.wait_for_timeout(1500)
        self.page.goto(self._url + path)
        self.page.locator("ha-sidebar").wait_for()

    def press(self, name: str) -> None:
        """Press the button of this name that lies on top."""
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def click(self, text: str, where: str = "home-assistant") -> None:
        """Click on a text."""
        self.page.locator(where).get_by_text(text).first.click()

    def tap(self, text: str) -> None:
        """Tap the dashboard's tile that shows a text."""
        self.page.locator("hui-tile-card").filter(has_text=text).first.click()

    def choose(self, where: str, text: str) -> None:
        """Open a menu and click an entry of it."""
        self.page.locator(where).first.click()
        self.page.locator("ha-dropdown-item").filter(has_text=text).first.click()

    def fill(self, where: str, text: str) -> None:
        """Type into a field."""
        self.page.locator(where).first.fill(text)

    def give(self, *files: Path) -> None:
        """Put files into a form's boxes, in order, and wait until they are there."""
        boxes = self.page.locator("input[type=file]")
        expect(boxes).to_have_count(len(files))
        for number, path in enumerate(files):
            boxes.nth(number).set_input_files(path)
            self.sees(path.name)
            expect(self.page.locator("ha-file-upload progress")).to_have_count(0)
        # The id of the last upload reaches the form a moment after its name.
        self.page.wait_for_timeout(1500)

    def sees(self, text: str) -> Locator:
        """Look until a text is there."""
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible()
        return found

    def sees_button(self, pattern: str) -> None:
        """Look until a button, or a tile, reads like this."""
        name = re.compile(pattern)
        expect(self.page.get_by_role("button", name=name).first).to_be_visible()

    def takes_picture(self, name: str) -> None:
        """Photograph the screen when it has come to rest."""
        self.page.wait_for_timeout(1500)
        self.page.screenshot(path=self._pictures / f"{name}.png")
