"""`microfp lesson` brings the notebooks of the course, and loses nobody's answers."""

import subprocess
from pathlib import Path

import pytest

from microfp.cli.lesson import lesson_lines, notebooks
from tests.cli.answers import answer


def test_every_notebook_of_the_course_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "lesson")
    assert (code, err) == (0, "")
    names = [line.split()[0] for line in out.splitlines()[1:]]
    assert names == [*map(str, range(1, 14)), "demo", "gpt", "extras"]


@pytest.mark.parametrize("name", ["8", "08", "08_training", "08_training.py"])
def test_a_lesson_is_found_by_any_of_its_names(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = answer(capsys, "lesson", name, "--folder", str(tmp_path), "--no-open")
    assert (code, err) == (0, "")
    assert (tmp_path / "08_training.py").read_bytes() == notebooks()[7].read_bytes()


def test_a_copy_with_answers_is_opened_and_not_written(tmp_path: Path) -> None:
    copy = tmp_path / "08_training.py"
    copy.write_text("# my answers", encoding="utf-8")
    opened: list[Path] = []
    lines = list(lesson_lines("8", folder=str(tmp_path), edit=opened.append))
    assert "stays as it is" in lines[0]
    assert "press the arrow" in lines[1]
    assert opened == [copy]
    assert copy.read_text(encoding="utf-8") == "# my answers"


def test_a_name_that_is_none_is_refused_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, "lesson", "14", "--folder", str(tmp_path))
    assert (code, out) == (2, "")
    assert "there is no lesson '14': expected one of 1, 2," in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = answer(capsys, "lesson", "1", "--folder", str(tmp_path / "none"))
    assert code == 2
    assert "--folder: cannot write" in err


def test_the_notebooks_come_with_the_installed_package(bare_python: Path, tmp_path: Path) -> None:
    def ran(*arguments: str) -> str:
        command = [str(bare_python), "-m", "microfp", "lesson", *arguments]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout

    assert len(ran().splitlines()) == 1 + len(notebooks())
    for path in notebooks():
        ran(path.stem, "--no-open")
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
