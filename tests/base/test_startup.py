"""Ctrl-C while the command is still being imported ends it without a word."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from microfp.base.startup import INTERRUPTED, is_command

# A finder that interrupts the import of one module, as Ctrl-C would.
SITE = """
import sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            {interrupt}
sys.meta_path.insert(0, Interrupting())
"""
INTERRUPTS = {
    "in the open": "raise KeyboardInterrupt",
    "wrapped": "raise RuntimeError('a class body') from KeyboardInterrupt()",
}


def run(
    folder: Path, name: str, interrupt: str, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    (folder / "sitecustomize.py").write_text(SITE.format(name=name, interrupt=interrupt))
    path = os.pathsep.join([str(folder), str(Path(__file__).parents[2])])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment
    )


@pytest.mark.parametrize("interrupt", INTERRUPTS.values(), ids=INTERRUPTS)
@pytest.mark.parametrize("name", ["microfp.values", "microfp.cli.main", "argparse"])
def test_an_interrupt_during_the_import_ends_the_command_quietly(
    tmp_path: Path, name: str, interrupt: str
) -> None:
    found = run(tmp_path, name, interrupt, "-m", "microfp", "demo", "--steps", "1")
    assert (found.returncode, found.stdout, found.stderr) == (INTERRUPTED, "", "")


def test_an_interrupt_of_another_program_keeps_its_traceback(tmp_path: Path) -> None:
    found = run(tmp_path, "microfp.values", INTERRUPTS["in the open"], "-c", "import microfp")
    assert found.returncode == -signal.SIGINT
    assert "Traceback" in found.stderr


def test_another_error_during_the_import_keeps_its_traceback(tmp_path: Path) -> None:
    found = run(tmp_path, "microfp.values", "raise RuntimeError('broken')", "-m", "microfp")
    assert found.returncode == 1
    assert "RuntimeError: broken" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "original", "expected"),
    [
        (["/usr/local/bin/microfp"], ["python", "/usr/local/bin/microfp"], True),
        (["-m", "demo"], ["python", "-mmicrofp", "demo"], True),
        (["-m"], ["python", "-m", "pytest"], False),
        (["microfp.py"], ["python", "microfp.py"], False),
        (["-c"], ["python", "-c", "import microfp"], False),
        ([], [], False),
    ],
)
def test_the_command_is_known_by_its_arguments(
    arguments: list[str], original: list[str], expected: bool
) -> None:
    assert is_command(arguments, original) is expected
