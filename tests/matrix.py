"""The tests under every Python that is supported, and with the oldest and newest dependencies.

`make matrix` makes an environment for each of the Pythons that pyproject.toml names, and runs all
tests in it with the versions of constraints.txt. Then the oldest of these Pythons runs the tests of
the library with the lowest versions that pyproject.toml allows of the core dependencies and of the
compiler, and the newest with the highest that can be had.

A Python that this machine has not comes from Debian's testing suite, if this is root on Debian; if
not, it is said to be missing. `make newest` runs the heart of the tests under the newest Python.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from packaging.requirements import Requirement
from packaging.version import Version

from tests import testing_suite
from tests.environments import PINNED, ROOT, install

PLACE = ROOT / ".matrix"
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
SUPPORTED = re.compile(r"Programming Language :: Python :: (3\.\d+)")
# What these test is not what the dependencies of the core could change.
TOOLS = ("browser", "notebooks", "typing")
# What has no wheels for the newest Pythons at first, and the tests that need it.
LATE = {
    "marimo": (
        "docs/builder",
        "docs/notebooks",
        "docs/start/first-notebook.md",
        "tests/browser/test_explorer_widget.py",
        "tests/browser/test_names.py",
        "tests/browser/test_notebooks.py",
        "tests/browser/test_playground.py",
        "tests/browser/test_running.py",
        "tests/browser/test_site_pages.py",
        "tests/cli/test_lesson.py",
        "tests/notebooks",
        "tests/site",
    ),
    "onnxruntime": ("docs/guides/saving.md", "microfp/gpt/onnx.py"),
}
# The heart: records, engine, gradients, losses, optimisers, trainer, and the laws of all backends.
HEART = (
    "tests/base",
    "tests/func",
    "tests/graph",
    "tests/laws",
    "tests/optim",
    "tests/test_facade.py",
    "tests/test_gradients.py",
    "tests/losses/test_loss.py",
    "tests/test_official_demo.py",
    "tests/test_ops.py",
    "tests/test_record.py",
    "tests/test_record_annotations.py",
    "tests/test_schedules.py",
    "tests/test_tree.py",
    "tests/test_values.py",
    "tests/trainer",
    "microfp/record.py",  # after the tests, or the reader of its examples would import it twice
)

Python: TypeAlias = Sequence[str]
"""The command that starts a Python: its path, or how to run it in another system."""


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
        *(Cell(python, "pinned dependencies") for python in pythons),
        Cell(pythons[0], "lowest dependencies", [lowest(need) for need in needs], library),
        Cell(pythons[-1], "highest dependencies", ["--upgrade", *needs], library),
    ]


def _candidates(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def interpreter(version: str) -> Python | None:
    """A Python of this version, asked itself: pyenv puts names on the path that do not run."""
    for candidate in _candidates(version):
        asked = subprocess.run(
            [candidate, "-c", VERSION], capture_output=True, text=True, check=False
        )
        if asked.stdout.strip() == version:
            return [str(candidate)]
    return _brought(version)


def _brought(version: str) -> Python | None:
    """A Python of this version out of Debian's testing suite, if this machine can have it."""
    why = testing_suite.obstacle()
    if why is not None:
        print(f"Python {version}: MISSING, and {why}", file=sys.stderr)
        return None
    if not testing_suite.has(version):
        print(f"Python {version}: MISSING, in Debian's testing suite too", file=sys.stderr)
        return None
    return testing_suite.inside(f"python{version}")


def environment(cell: Cell, found: Python) -> Python:
    """The interpreter of an environment with what the cell asks for, made where it is not there."""
    folder = PLACE / cell.python
    *before, _name = found  # the environment stands in the project, which every system sees
    if not (folder / "pyvenv.cfg").exists():
        subprocess.run([*found, "-m", "venv", str(folder)], check=True)
    python = [*before, str(folder / "bin" / "python")]
    steps = [(*PINNED, "--editable", f"{ROOT}[dev]"), *([cell.instead] if cell.instead else [])]
    stamp, asked = folder / "asked.txt", _asked(steps)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == asked:
        return python
    stamp.unlink(missing_ok=True)
    for step in steps:
        if install(python, *step) != 0:
            sys.exit(f"matrix: pip cannot install {' '.join(step)} for Python {cell.python}")
    stamp.write_text(asked, encoding="utf-8")
    return python


def _asked(steps: Sequence[Sequence[str]]) -> str:
    """All that says what pip installs: its arguments, and the files that they lead to."""
    files = (ROOT / name for name in ("pyproject.toml", "constraints.txt"))
    texts = (file.read_text(encoding="utf-8") for file in files)
    return "\n".join([*map(" ".join, steps), *texts])


def without_late_tools(python: Python) -> list[str]:
    """The options that leave out tests whose tools this Python has not yet, said aloud."""
    ask = "import sys, importlib.util as u; sys.exit(u.find_spec(sys.argv[1]) is None)"
    options = []
    for tool, tests in LATE.items():
        if subprocess.run([*python, "-c", ask, tool], check=False).returncode != 0:
            print(f"NOT TESTED, for there is no {tool} yet: {', '.join(tests)}", flush=True)
            options += [f"--ignore={path}" for path in tests]
    return options


def run(cell: Cell, found: Python, workers: str) -> bool:
    """Run a cell, print pytest's totals, and keep all that it said."""
    python = environment(cell, found)
    late = [] if cell.options == HEART else without_late_tools(python)
    log = PLACE / f"{cell.python}-{cell.name.split()[0]}.log"
    command = (*python, "-m", "pytest", "--numprocesses", workers, "--dist", "loadfile")
    with log.open("w", encoding="utf-8") as file:
        ran = subprocess.run(
            (*command, *late, *cell.options),
            check=False,
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    text = log.read_text(encoding="utf-8")
    if ran.returncode != 0:
        print(text)
    totals = text.splitlines()[-1].strip("= ")
    print(f"Python {cell.python}, {cell.name}: {totals} ({log})", flush=True)
    return ran.returncode == 0


def heart() -> Cell:
    """The run of the heart of the tests under the newest Python."""
    return Cell(supported()[-1], "heart", options=HEART)


def fetch_heart() -> int:
    """Bring the newest Python, and what it needs."""
    found = interpreter(heart().python)
    return 0 if found and environment(heart(), found) else 1


def run_heart(workers: str) -> int:
    """Run the heart of the tests under the newest Python, which has to be there."""
    found = interpreter(heart().python)
    return 0 if found and run(heart(), found, workers) else 1


def main(arguments: Sequence[str]) -> int:
    """Run the tests under these versions, or all; `--workers N` as in pytest-xdist.

    `--heart` runs the heart under the newest; `--fetch` only brings what that takes.
    """
    if arguments == ["--fetch"]:
        return fetch_heart()
    workers = "logical"
    if arguments[:1] == ["--workers"]:
        workers, arguments = arguments[1], arguments[2:]
    if arguments == ["--heart"]:
        return run_heart(workers)
    versions = [it for it in supported() if it in arguments or not arguments]
    found = {version: interpreter(version) for version in versions}
    there = {version: command for version, command in found.items() if command is not None}
    if not there:
        print(f"matrix: none of Python {', '.join(supported())} was found", file=sys.stderr)
        return 1
    if any(command[0] == "unshare" for command in there.values()):
        testing_suite.bring_browser()
    passed = [run(cell, there[cell.python], workers) for cell in cells(list(there))]
    return 0 if all(passed) and len(there) == len(versions) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
