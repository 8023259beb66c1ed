"""The page and the picture of a training are written whole, and only where they can be."""

import subprocess
import sys
from pathlib import Path

import pytest

from microfp.cli import main


def test_the_demo_writes_a_page_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, picture = tmp_path / "out.html", tmp_path / "out.png"
    code = main(
        [
            *("demo", "--steps", "3", "--hidden", "2", "--samples", "6"),
            *("--report", str(page), "--png", str(picture)),
        ]
    )
    assert (code, capsys.readouterr().err) == (0, "")
    assert page.stat().st_size < 3_000_000
    assert picture.read_bytes()[1:4] == b"PNG"
    assert page.read_text(encoding="utf-8").count("<figure ") == 8


@pytest.mark.parametrize("target", ["out.txt", "nowhere/out.html"])
def test_a_page_that_cannot_be_written_is_refused_before_training(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["demo", "--report", str(tmp_path / target)])
    said = capsys.readouterr()
    assert (code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "--report: must " in said.err


def test_the_packages_of_the_extra_wait_until_a_chart_is_made() -> None:
    code = "import sys, microfp.charts; print('altair' in sys.modules, 'vl_convert' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]
