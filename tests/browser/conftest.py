"""A real browser for the tests of pages: Chromium, headless, with no way out of this machine.

`open_page(address)` gives a `Tab`, a page that has opened without a complaint. Its later complaints
(an error on the console, an exception, a request that failed or left the machine) fail the test
when it ends. Without Chromium these tests are skipped, loudly; with
`MICROFP_REQUIRE_BROWSER=1`, as in CI, they then fail.
"""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.pages import Judge, OpenPage, Tab, Theme, Violation, watch

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / ".artifacts"
AXE = ARTEFACTS / "node_modules" / "axe-core" / "axe.min.js"
REQUIRED = "MICROFP_REQUIRE_BROWSER"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A page on a busy machine is slow, not wrong: whatever is expected may take this long to come.
expect.set_options(timeout=60_000)


def missing(what: str) -> None:
    """Skip the test, or fail it where a browser is required."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set, but {what}")
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It lives for one module, as playwright holds an event loop meanwhile."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("there is no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    tabs: list[Tab] = []

    def open_one(
        address: str | Path,
        *,
        width: int = 1280,
        height: int = 900,
        theme: Theme = "light",
        reduced_motion: bool = True,
        mobile: bool = False,
    ) -> Tab:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce" if reduced_motion else "no-preference",
            is_mobile=mobile,
            has_touch=mobile,
            offline=isinstance(address, Path),
        )
        tab = Tab(context.new_page(), [])
        tabs.append(tab)
        watch(tab)
        tab.page.goto(address.as_uri() if isinstance(address, Path) else address)
        return tab

    yield open_one
    for tab in tabs:
        tab.page.context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []


class Quiet(SimpleHTTPRequestHandler):
    """A server that does not write down what it is asked for."""

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where a plain server has the site, under a path of its own."""
    handler = partial(Quiet, directory=str(site.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}"
        server.shutdown()


@pytest.fixture
def violations() -> Callable[[Page], list[Violation]]:
    """What axe-core calls serious or critical on a page."""
    if not AXE.exists():
        missing("there is no axe-core: make axe")
    source = AXE.read_text(encoding="utf-8")

    def judge(page: Page) -> list[Violation]:
        page.evaluate(source)
        # No preloading: it would fetch the styles anew, which a page from a disk may not do.
        found: list[Violation] = page.evaluate(
            "axe.run({ preload: false }).then(result => result.violations)"
        )
        return [it for it in found if it["impact"] in ("serious", "critical")]

    return judge


@pytest.fixture
def keep_picture() -> Callable[[Page, str], Path]:
    """Keep a picture of a page among the artefacts, for people to look at."""

    def keep(page: Page, name: str) -> Path:
        path = ARTEFACTS / "screenshots" / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return keep


@pytest.fixture
def judge(
    violations: Callable[[Page], list[Violation]], keep_picture: Callable[[Page, str], Path]
) -> Judge:
    """Hold a page to what every page has to be: no wider than the screen, and accessible."""

    def judge_page(page: Page, name: str) -> None:
        keep_picture(page, name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []

    return judge_page


@pytest.fixture
def keep_figures() -> Callable[[str, dict[str, float]], None]:
    """Keep measured figures among the artefacts; the clock fails no test."""

    def keep(name: str, figures: dict[str, float]) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        text = json.dumps(figures, indent=2)
        (ARTEFACTS / f"{name}.json").write_text(text, encoding="utf-8")

    return keep
