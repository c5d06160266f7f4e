"""The browser writes in a font of its own, whatever the system has."""

from pathlib import Path
import subprocess

from .conftest import _ARGUMENTS, BROWSER

_PAGE = (
    "data:text/html,<span id=a style='font-size:40px'>Nebenkosten</span>"
    "<script>document.title=a.getBoundingClientRect().width>100</script>"
)


def test_text_has_a_width(chromium: Path) -> None:
    assert list(BROWSER.glob("usr/share/fonts/**/*.ttf"))
    done = subprocess.run(
        [str(chromium), "--headless", *_ARGUMENTS, "--dump-dom", _PAGE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "<title>true</title>" in done.stdout, done.stderr[-2000:]
