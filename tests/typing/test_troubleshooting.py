"""The page of troubleshooting says of a line what mypy says of it."""

import re
import subprocess
import sys

import pytest

from tests.documents import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
EXPLAINED = re.findall(r"^```text\n(.+)\nerror: (.+)\n```$", PAGE, re.MULTILINE)
PREAMBLE = """\
from microfp import Record, Value, attr, datasets, func, losses, nn, optim, trainer, value

data = datasets.moons(20)
model = nn.mlp(2, [1])
start = trainer.initial_state(model, optim.sgd(0.1))
state = next(trainer.train(model, data))
run = trainer.fit(model, data)


class Narrow(Record):
    slope: Value = attr()

    def __call__(self, x: float) -> Value:
        return self.slope * x


def area(width: float, height: float) -> Value:
    return value(width) * height


"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str]]:
    """What mypy says of a program of these lines: the number of the line, and the error.

    With the settings of the project, what `make types` has learnt of the package is known already.
    """
    program = tmp_path_factory.mktemp("explained") / "program.py"
    program.write_text(PREAMBLE + "\n".join(line for line, _ in EXPLAINED), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--hide-error-codes", str(program)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    errors = re.findall(r"program\.py:(\d+): error: (.+)", ran.stdout)
    return [(int(number) - PREAMBLE.count("\n"), message) for number, message in errors]


def test_the_page_explains_some_errors() -> None:
    assert len(EXPLAINED) == PAGE.count("\nerror: ") > 3


@pytest.mark.parametrize("place", range(len(EXPLAINED)))
def test_mypy_says_what_the_page_says(place: int, said: list[tuple[int, str]]) -> None:
    assert (place + 1, EXPLAINED[place][1]) in said


def test_mypy_has_nothing_to_say_of_the_lines_around(said: list[tuple[int, str]]) -> None:
    assert {number for number, _ in said} == set(range(1, len(EXPLAINED) + 1))
