"""Charts of notebooks: dark where the notebook is, light where it is light, in a real browser."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.pages import OpenPage, Theme

NOTEBOOK = """
# /// script
# [tool.marimo.display]
# theme = "{theme}"
# ///

import marimo

app = marimo.App()


@app.cell
def _():
    from microfp import datasets, nn, trainer

    trainer.fit(nn.mlp(2, [3, 1]), datasets.moons(20), steps=5)
    return
"""
THEMES: tuple[Theme, ...] = ("light", "dark")
GROUND = "getComputedStyle(document.querySelector('.microfp-chart rect')).fill"


@pytest.fixture(scope="module", params=THEMES)
def notebook(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Theme, str]]:
    """A theme, and where marimo serves a notebook in it."""
    path = tmp_path_factory.mktemp("notebook") / "notebook.py"
    path.write_text(NOTEBOOK.format(theme=request.param), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["run", str(path), "--headless", "--no-token", "--port", str(port)]
    command = [sys.executable, "-m", "marimo", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        told = next(line for line in server.stdout if "URL:" in line)
        assert told
        yield request.param, f"http://127.0.0.1:{port}"
        server.terminate()


@pytest.mark.parametrize("system", THEMES)
def test_the_chart_of_a_run_has_the_theme_of_its_notebook(
    system: Theme,
    notebook: tuple[Theme, str],
    open_page: OpenPage,
    keep_picture: Callable[[Page, str], Path],
) -> None:
    theme, address = notebook
    tab = open_page(address, theme=system)
    page = tab.page
    expect(page.locator(".microfp-chart")).to_be_visible()
    keep_picture(page, f"run-in-{theme}-notebook-{system}")
    expected = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}
    assert page.evaluate(GROUND) == expected[theme]
    # What marimo fetches early and uses late is its own affair.
    tab.complaints[:] = [it for it in tab.complaints if "was preloaded" not in it]
