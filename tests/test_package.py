"""What is shipped: the files of the wheel, its needs, and what `import microfp` loads."""

import subprocess
import sys
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

import microfp
from microfp.cli import lesson

PACKAGE = Path(microfp.__file__).parent
CORE = {"microfp", "pyrsistent", "returns", "toolz"}

# Third-party modules and argument parsers that `import microfp` brought in.
LOADED = """
import sys
before = set(sys.modules)
import microfp
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - sys.stdlib_module_names | loaded & {"argparse", "optparse"}))
"""

# Two are entrances; `microfp.sklearn` is made of scikit-learn's classes, tests/extras.py runs it.
IMPORT_EVERY_MODULE = """
import importlib, pkgutil, microfp
for found in pkgutil.walk_packages(microfp.__path__, "microfp."):
    if found.name in {"microfp.__main__", "microfp.mypy_plugin"}:
        continue
    if not found.name.startswith("microfp.sklearn"):
        importlib.import_module(found.name)
print(microfp.__file__)
"""


def output_of(*command: str | Path) -> str:
    # Isolated from the checkout: the tests of the wheel must not find the source tree.
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="session")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    sources = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    notebooks = {name for name in shipped if ".data/data/share/microfp/notebooks/" in name}
    assert {Path(name).name for name in notebooks} == {path.name for path in lesson.notebooks()}
    assert "microfp/py.typed" in shipped
    assert shipped - notebooks == sources


def test_the_core_needs_three_packages(metadata: Message) -> None:
    needs = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    assert {need.partition("<")[0].partition(">")[0] for need in needs} == CORE - {"microfp"}


def test_the_licence_and_the_supported_pythons_are_named(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_version_is_the_same_inside_and_outside(metadata: Message) -> None:
    assert microfp.__version__ == metadata["Version"]


def test_every_module_imports_in_a_bare_environment(bare_python: Path) -> None:
    found = output_of(bare_python, "-I", "-c", IMPORT_EVERY_MODULE)
    assert Path(found.strip()).is_relative_to(bare_python.parent.parent)


def test_the_import_loads_the_core_alone() -> None:
    # In the development environment, where numpy and rich are there to be loaded by mistake.
    loaded = set(output_of(sys.executable, "-I", "-c", LOADED).split())
    assert "microfp" in loaded
    known = {"_pyrsistent_version", "pvectorc", "typing_extensions"}
    # The last is of Python 3.15 itself, which does not count it among the standard library.
    assert loaded <= CORE | known | {"_missing_stdlib_info"}


@pytest.mark.parametrize("name", ["microfp", "python"])
def test_the_command_is_installed(name: str, bare_python: Path) -> None:
    module = ["-m", "microfp"] if name == "python" else []
    assert "usage: " in output_of(bare_python.with_name(name), *module, "--help")
