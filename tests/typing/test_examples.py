"""Every example of README, docs and docstrings passes strict type checkers, as a reader's would."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.documents import ROOT
from tests.matrix import LATE
from tests.typing.examples import module_program, page_program, write_programs

SETTINGS = """\
[mypy]
plugins = microfp.mypy_plugin
untyped_calls_exclude = distributed
[mypy-onnxruntime.*,micrograd.*,llvmlite.*,sklearn.*]
ignore_missing_imports = True
"""


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples").resolve()
    write_programs(folder)
    assert len(list(folder.glob("page_*.py"))) > 20
    assert len(list(folder.glob("code_*.py"))) > 60
    (folder / "mypy.ini").write_text(SETTINGS, encoding="utf-8")
    options = {"typeCheckingMode": "standard", "include": ["."], "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(options), encoding="utf-8")
    return folder


def said(*command: str, folder: Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return result.stdout + result.stderr


def test_mypy_accepts_every_example(examples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Examples of a docstring run among the names of their module, and so may use its imports.
    options = ["--strict", "--implicit-reexport", "--config-file=mypy.ini"]
    told = said(sys.executable, "-m", "mypy", *options, ".", folder=examples)
    assert told.startswith("Success: no issues found"), told


def test_pyright_accepts_every_example(examples: Path) -> None:
    options = ["--outputjson", "--pythonpath", sys.executable]
    told = json.loads(said(sys.executable, "-m", "pyright", *options, folder=examples))
    assert told["summary"]["filesAnalyzed"] > 80
    errors = [it for it in told["generalDiagnostics"] if it["severity"] == "error"]
    assert [it for it in errors if not is_of_a_late_tool(it)] == []


def is_of_a_late_tool(error: dict[str, Any]) -> bool:
    """Whether an import is not found because this Python has no wheel of the tool yet."""
    late = [tool for tool in LATE if find_spec(tool) is None]
    unfound = error.get("rule") == "reportMissingImports"
    return unfound and any(f'"{tool}' in error["message"] for tool in late)


def test_a_page_is_one_program_with_the_lines_of_the_page() -> None:
    page = "# Title\n\n```python\nx = 1\n```\n\n```python\n>>> x + 1\n2\n>>> y = x\n```\n"
    found = dict(enumerate(page_program(page).split("\n"), start=1))
    assert {n: line for n, line in found.items() if line} == {4: "x = 1", 8: "x + 1", 10: "y = x"}


def test_what_is_shown_to_be_refused_is_left_out() -> None:
    page = (
        '```python\n>>> 1 + "a"\nTraceback (most recent call last):\nTypeError: no\n>>> 2\n2\n```\n'
    )
    assert page_program(page).split() == ["2"]


def test_a_docstring_is_a_function_that_has_the_names_of_its_module() -> None:
    text = '"""What.\n\n>>> take(2, [1])\n"""\n'
    program = module_program("microfp.toolbox", text)
    assert program.split("\n")[0] == "from microfp.toolbox import take as take"
    assert "def example_0() -> None:\n    take(2, [1])" in program
