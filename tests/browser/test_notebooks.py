"""The notebooks, served by marimo on this machine, draw their charts and answer their sliders."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.pages import OpenPage, Tab

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
LESSONS = sorted(path.stem for path in (FOLDER / "lessons").glob("*.py"))
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def await_server(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(address):
                return
        except URLError:
            server.poll()
    pytest.fail(f"marimo did not answer at {address}")


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "marimo",
        "--quiet",
        "run",
        *map(str, (FOLDER / "demo.py", FOLDER / "extras.py", FOLDER / "lessons")),
    ]
    options = ["--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen([*command, *options])
    address = f"http://127.0.0.1:{port}"
    await_server(address, server)
    yield address
    server.terminate()
    server.wait(PATIENCE)


def notebook(served: str, name: str, open_page: OpenPage, height: int) -> Tab:
    """Open a notebook, and wait as long as marimo may take to run it."""
    tab = open_page(f"{served}/?file={quote(str(FOLDER / f'{name}.py'), safe='')}", height=height)
    tab.page.set_default_timeout(1000 * PATIENCE)
    return tab


def forgive(tab: Tab) -> None:
    """Chromium's advice to marimo about pictures that it asked for early is none of ours."""
    tab.complaints[:] = [it for it in tab.complaints if "was preloaded" not in it]


def test_the_charts_are_drawn_and_the_sliders_recompute(
    served: str, open_page: OpenPage, keep_picture: Callable[[Page, str], Path]
) -> None:
    tab = notebook(served, "demo", open_page, height=4800)
    page = tab.page
    page.get_by_text("After 100 steps the loss is").wait_for()
    expect(page.locator("canvas")).to_have_count(5)  # the film has one for both of its charts
    assert page.get_by_text("Before training the loss is 0.8958").count() == 1
    page.get_by_role("heading", name="What to try").scroll_into_view_if_needed()
    keep_picture(page, "demo-notebook")

    steps = page.locator("[role=slider][aria-valuemax='200']")
    expect(steps).to_have_count(2)  # one beside the data, one beside the boundary
    steps.first.click()
    page.keyboard.press("Home")
    page.get_by_text("After 1 step the loss is 1.7236").wait_for()
    forgive(tab)


def test_the_experiments_draw_their_charts(
    served: str, open_page: OpenPage, keep_picture: Callable[[Page, str], Path]
) -> None:
    tab = notebook(served, "extras", open_page, height=6800)
    tab.page.get_by_text("With the rate 20 the loss rose to").wait_for()
    expect(tab.page.locator("canvas")).to_have_count(11)
    keep_picture(tab.page, "extras-notebook")
    forgive(tab)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_down_to_its_exercise(name: str, served: str, open_page: OpenPage) -> None:
    tab = notebook(served, f"lessons/{name}", open_page, height=2000)
    tab.page.get_by_text("Not yet:").first.wait_for()
    assert tab.page.get_by_role("slider").count() >= 1
    assert tab.page.get_by_role("heading", name="Exercise").count() == 1
    forgive(tab)
