"""The demo notebook, served by marimo on this machine, draws its charts and answers its sliders."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from tests.pages import OpenPage

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "demo.py"
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
    command = [sys.executable, "-m", "marimo", "--quiet", "run", str(NOTEBOOK)]
    options = ["--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen([*command, *options])
    address = f"http://127.0.0.1:{port}"
    await_server(address, server)
    yield address
    server.terminate()
    server.wait(PATIENCE)


def test_the_charts_are_drawn_and_the_sliders_recompute(
    served: str, open_page: OpenPage, keep_picture: Callable[[Page, str], Path]
) -> None:
    tab = open_page(served, height=4800)
    page = tab.page
    page.set_default_timeout(1000 * PATIENCE)
    page.get_by_text("After 100 steps the loss is").wait_for()
    page.wait_for_function("document.querySelectorAll('canvas, svg.marks').length >= 5")
    assert page.get_by_text("Before training the loss is 0.8958").count() == 1
    page.get_by_role("heading", name="What to try").scroll_into_view_if_needed()
    keep_picture(page, "demo-notebook")

    slider = page.locator("[role=slider][aria-valuemax='200']")
    slider.click()
    page.keyboard.press("Home")
    page.get_by_text("After 1 steps the loss is 0.8958").wait_for()
    # Chromium's advice to marimo about pictures that it asked for early is none of ours.
    tab.complaints[:] = [it for it in tab.complaints if "was preloaded" not in it]
