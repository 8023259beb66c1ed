"""The notebooks, as Jupyter has them, run there."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from docs.builder.course import NOTEBOOKS, jupyter
from tests.notebooks.notebooks import FOLDER


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_run_in_the_order_in_which_they_stand(path: Path) -> None:
    names: dict[str, object] = {"display": repr}
    for cell in json.loads(jupyter(path))["cells"]:
        if cell["cell_type"] == "code":
            exec(cell["source"], names)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's own making
def test_the_demo_runs_in_jupyter() -> None:
    text = jupyter(FOLDER / "demo.py").decode()
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call] # it has no types
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = [
        (kind, content)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind, content in output.get("data", {}).items()
    ]
    assert "image/svg+xml" in dict(shown)
    assert sum("vegaEmbed" in content for kind, content in shown if kind == "text/html") == 5
