"""What the tests of the commands share: an answer, and files to ask about."""

import csv
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from microfp import datasets
from microfp.cli.main import main
from microfp.cli.printing import LONGEST_COMPLAINT

CONTROL = re.compile(r"[^\n -~]")


class Answer(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def answer(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Answer:
    code = main([str(argument) for argument in arguments])
    return Answer(code, *capsys.readouterr())


def found(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    """What a command answers in JSON, when it is content."""
    code, out, err = answer(capsys, *arguments, "--json")
    assert (code, err) == (0, ""), err
    data: dict[str, Any] = json.loads(out)
    return data


def check_complaint(told: Answer, *named: str, code: int = 2) -> None:
    """One line on stderr that names all of these, and nothing else."""
    assert (told.code, told.out) == (code, ""), told
    assert told.err.startswith("microfp: ")
    assert told.err.count("\n") == 1
    assert len(told.err) <= LONGEST_COMPLAINT + 1
    assert not CONTROL.search(told.err)
    assert all(name in told.err for name in named), told.err


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return path


def write_iris(path: Path) -> Path:
    data = datasets.iris()
    names = ("setosa", "versicolor", "virginica")
    rows = [(*x, names[int(y)]) for x, y in zip(data.xs, data.ys, strict=True)]
    return write_csv(
        path, ("sepal length", "sepal width", "petal length", "width", "species"), rows
    )


def write_moons(path: Path, n: int = 60) -> Path:
    data = datasets.moons(n)
    rows = [(*x, "up" if y < 0 else "low") for x, y in zip(data.xs, data.ys, strict=True)]
    return write_csv(path, ("x", "y", "moon"), rows)


def write_line(path: Path) -> Path:
    return write_csv(path, ("size", "price"), [(i / 2, 500.0 + 40.0 * i) for i in range(60)])


def ended_by_interrupt(ended: "subprocess.Popen[str]") -> bool:
    """Whether a process ended as shells know it from Ctrl-C: 130 to them, one way or the other.

    Where Ctrl-C comes while Python evaluates a text, as it does to make a named tuple, Python
    itself ends by the signal, whatever exit code it was given.
    """
    return ended.returncode in (130, -signal.SIGINT)


def process(*arguments: str | Path, group: bool = False) -> "subprocess.Popen[str]":
    """Start the command as a process, on request the first of a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "microfp", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=group,
    )
