"""Running the notebooks of the docs: as a whole, in this process, with what they define."""

import runpy
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import marimo

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"


@lru_cache
def definitions(name: str) -> Mapping[str, object]:
    """Run a notebook, where any cell that fails fails the test, and return what it defines."""
    app = runpy.run_path(str(FOLDER / f"{name}.py"))["app"]
    assert isinstance(app, marimo.App)
    _, found = app.run()
    return found
