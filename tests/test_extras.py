"""Every extra has a use, and whoever lacks it is told what to install."""

from pathlib import Path

import pytest

from tests.environments import ROOT
from tests.extras import COMMAND, PROGRAMS, TOOLS, USES, declared, run_bare

CASES = [(extra, program) for extra, programs in USES.items() for program in programs]


def test_every_extra_has_a_use_and_every_use_an_extra() -> None:
    assert sorted([*PROGRAMS, *TOOLS]) == sorted(declared())
    assert all(PROGRAMS.values())


@pytest.mark.parametrize("command", TOOLS.values())
def test_an_extra_of_development_belongs_to_a_command(command: str) -> None:
    target = command.removeprefix("make ")
    assert f"\n{target}: " in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize(("extra", "program"), CASES, ids=[extra for extra, _ in CASES])
def test_without_the_extra_the_last_line_names_the_pip_command(
    extra: str, program: str, bare_python: Path
) -> None:
    ran = run_bare(bare_python, program)
    assert ran.returncode != 0
    assert f"pip install 'microfp[{extra}]'" in ran.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("extra", "program"), [case for case in CASES if case[1].startswith(COMMAND)]
)
def test_the_command_line_says_it_in_one_line(extra: str, program: str, bare_python: Path) -> None:
    ran = run_bare(bare_python, program)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
