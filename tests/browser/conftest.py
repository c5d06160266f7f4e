"""A real Chromium before a real Home Assistant, on loopback."""

from collections.abc import Iterator
import os
from pathlib import Path
import subprocess

from playwright.sync_api import sync_playwright
import pytest

from scripts.home_assistant import REPOSITORY, Server, prepare
from scripts.servers import free_port

from ..conftest import not_run
from .person import Person

BROWSER = REPOSITORY / ".servers" / "browser"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def chromium() -> Path:
    """Have Debian's Chromium, unpacked."""
    script = REPOSITORY / "scripts" / "debian_browser"
    try:
        done = subprocess.run(
            [script, BROWSER], check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        not_run(f"Chromium cannot be had: {getattr(error, 'stderr', error)}")
    return Path(done.stdout.strip())


@pytest.fixture
def server(tmp_path: Path, socket_enabled: None) -> Iterator[Server]:
    """Return a Home Assistant in which nothing is set up yet."""
    port = free_port()
    prepare(tmp_path / "config", port)
    found = Server(tmp_path / "config", port).start()
    yield found
    found.stop()


@pytest.fixture
def person(chromium: Path, server: Server, tmp_path: Path) -> Iterator[Person]:
    """Return somebody who sits before it; pictures go where `PICTURES` says."""
    pictures = Path(os.environ.get("PICTURES") or tmp_path / "pictures")
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        context = browser.new_context(
            viewport={"width": 1280, "height": 900},
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        context.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
        yield Person(context.new_page(), server.url, pictures)
        browser.close()
