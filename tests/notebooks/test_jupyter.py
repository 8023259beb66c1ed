"""The demo, exported for Jupyter, runs there."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.notebooks.notebooks import FOLDER


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's own making
def test_the_exported_demo_runs_in_jupyter(tmp_path: Path) -> None:
    exported = tmp_path / "demo.ipynb"
    subprocess.run(
        [sys.executable, "-m", "marimo", "export", "ipynb", FOLDER / "demo.py", "-o", exported],
        check=True,
        capture_output=True,
    )
    text = exported.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call] # it has no types
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = [
        (kind, content)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind, content in output.get("data", {}).items()
    ]
    assert "image/svg+xml" in dict(shown)
    assert sum("vegaEmbed" in content for kind, content in shown if kind == "text/html") == 5
