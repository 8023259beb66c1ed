"""The explorer as a widget: in a real notebook, in a browser, with no way out of this machine."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.pages import OpenPage

MINUS = "\N{MINUS SIGN}"
NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    from microfp import backward, explorer, relu, value

    x, w, b = value(2, label="x"), value(-3, label="w"), value(7, label="b")
    y = relu(x * w + b)
    y
    return backward, explorer, y


@app.cell
def _(explorer, y):
    explorer.widget(y, title="relu(x*w + b)")
    return


@app.cell
def _(backward, y):
    backward(y)
    return
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where marimo serves the notebook."""
    path = tmp_path / "notebook.py"
    path.write_text(NOTEBOOK, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["run", str(path), "--headless", "--no-token", "--port", str(port)]
    command = [sys.executable, "-m", "marimo", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        told = []
        for line in server.stdout:
            told.append(line)
            if "URL:" in line:
                break
        assert "URL:" in told[-1], "".join(told)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def test_the_widget_works_in_marimo(
    address: str, open_page: OpenPage, keep_picture: Callable[[Page, str], Path]
) -> None:
    page = open_page(address, height=1700).page
    page.get_by_text("Step 1 of 13").wait_for()
    gradients = page.locator("tbody td.gradient")
    page.get_by_role("button", name="Last step").click()
    expect(gradients).to_have_text([f"{MINUS}3", "2", "1", "1", "1", "1"])
    page.get_by_label("Value of x").fill("4")
    expect(gradients).to_have_text(["0", "0", "0", "0", "0", "1"])  # 4 * -3 + 7 < 0
    page.locator(".mfp-explorer").press("Home")
    expect(page.locator(".counter")).to_have_text("Step 1 of 13")
    expect(page.get_by_text(re.compile("data -6"))).to_be_visible()  # the picture of the value
    expect(page.get_by_role("cell", name="n0 * n1")).to_be_visible()  # the table of gradients
    keep_picture(page, "explorer-marimo")
