"""The tests under every Python that is supported, and with the oldest and newest dependencies.

`make matrix` makes an environment for each of the Pythons that pyproject.toml names and this
machine has, and runs all tests in it with the versions of constraints.txt. Then the oldest of
these Pythons runs the tests of the library with the lowest versions that pyproject.toml allows of
the core dependencies and of the compiler, and the newest with the highest that can be had.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.version import Version

from tests.environments import PINNED, ROOT, install

PLACE = ROOT / ".matrix"
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
SUPPORTED = re.compile(r"Programming Language :: Python :: (3\.\d+)")
# What these test is not what the dependencies of the core could change.
TOOLS = ("browser", "notebooks", "typing")


class Cell(NamedTuple):
    """A run of the tests: by which Python, with what instead of the pinned versions."""

    python: str
    name: str
    instead: Sequence[str] = ()
    options: Sequence[str] = ()


def _project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
    return project


def supported() -> list[str]:
    """The Pythons that the metadata names, oldest first."""
    named = (SUPPORTED.fullmatch(line) for line in _project()["classifiers"])
    return sorted((match[1] for match in named if match), key=Version)


def lowest(requirement: str) -> str:
    """The lowest version that a requirement allows, as a requirement."""
    parsed = Requirement(requirement)
    (bound,) = (it.version for it in parsed.specifier if it.operator == ">=")
    return f"{parsed.name}=={bound}"


def _needs() -> list[str]:
    """What the core needs, and the compiler that the extra `native` brings."""
    project = _project()
    extras: dict[str, list[str]] = project["optional-dependencies"]
    compiler = [need for need in extras["native"] if Requirement(need).name == "llvmlite"]
    return [*project["dependencies"], *compiler]


def cells(pythons: Sequence[str]) -> list[Cell]:
    """The runs for these Pythons, which stand oldest first."""
    needs = _needs()
    library = [f"--ignore=tests/{folder}" for folder in TOOLS]
    return [
        *(Cell(python, "pinned") for python in pythons),
        Cell(pythons[0], "lowest", [lowest(need) for need in needs], library),
        Cell(pythons[-1], "highest", ["--upgrade", *needs], library),
    ]


def _candidates(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def interpreter(version: str) -> Path | None:
    """A Python of this version, asked itself: pyenv puts names on the path that do not run."""
    for candidate in _candidates(version):
        asked = subprocess.run(
            [candidate, "-c", VERSION], capture_output=True, text=True, check=False
        )
        if asked.stdout.strip() == version:
            return candidate
    return None


def environment(cell: Cell, found: Path) -> Path:
    """The interpreter of an environment with what the cell asks for."""
    python = PLACE / cell.python / "bin" / "python"
    if not python.exists():
        subprocess.run([found, "-m", "venv", PLACE / cell.python], check=True)
    steps = [(*PINNED, "--editable", f"{ROOT}[dev]"), *([cell.instead] if cell.instead else [])]
    for step in steps:
        if install(python, *step) != 0:
            sys.exit(f"matrix: pip cannot install {' '.join(step)} for Python {cell.python}")
    return python


def run(cell: Cell, found: Path, workers: str) -> bool:
    """Run a cell, print pytest's totals, and keep all that it said."""
    python = environment(cell, found)
    log = PLACE / f"{cell.python}-{cell.name}.log"
    command = (python, "-m", "pytest", "--numprocesses", workers, "--dist", "loadfile")
    with log.open("w", encoding="utf-8") as file:
        ran = subprocess.run(
            (*command, *cell.options),
            check=False,
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    totals = log.read_text(encoding="utf-8").splitlines()[-1].strip("= ")
    print(f"Python {cell.python}, {cell.name} dependencies: {totals} ({log})", flush=True)
    return ran.returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Run the tests under these versions, or all; `--workers N` as in pytest-xdist."""
    workers = "logical"
    if arguments[:1] == ["--workers"]:
        workers, arguments = arguments[1], arguments[2:]
    versions = [it for it in supported() if it in arguments or not arguments]
    found = {version: interpreter(version) for version in versions}
    for version, path in found.items():
        if path is None:
            print(f"Python {version}: not found, skipped", file=sys.stderr)
    there = {version: path for version, path in found.items() if path is not None}
    if not there:
        print(f"matrix: none of Python {', '.join(supported())} was found", file=sys.stderr)
        return 1
    passed = [run(cell, there[cell.python], workers) for cell in cells(list(there))]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
