"""`-` is standard input or output wherever a file is named; what is said goes to stderr then."""

import io
import json
import sys
from pathlib import Path

import pytest

from microfp.cli import main
from tests.cli.answers import answer, check_complaint, process, write_moons


class Pipe(io.StringIO):
    """Standard input that holds some bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.buffer = io.BytesIO(content)  # type: ignore[misc]  # as a stream of text has it


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_moons(tmp_path_factory.mktemp("standard") / "data.csv")


@pytest.fixture(scope="module")
def model(data: Path) -> Path:
    path = data.parent / "model.json"
    assert main(["train", str(data), "--steps", "3", "--save", str(path)]) == 0
    return path


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", Pipe(content))


def test_examples_are_read_from_standard_input(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, data.read_bytes())
    told = answer(capsys, "train", "-", "--steps", "1")
    assert told.code == 0
    assert told.out.startswith("standard input: 60 examples, 2 inputs")


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_what_was_learnt_is_printed_alone(
    command: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answer(capsys, command, data, "--steps", "3", "--save", "-")
    assert told.code == 0
    assert "wrote standard output" in told.err
    learnt = tmp_path / "learnt.json"
    learnt.write_text(told.out, "utf-8")
    assert answer(capsys, "predict", learnt, data).code == 0
    assert json.loads(told.out)["format"] == "microfp predictor"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "data.csv", "--steps", "1", "--save", "-"),
        ("train", "data.csv", "--steps", "1", "--report", "-"),
        ("sweep", "data.csv", "--steps", "1", "--save", "-"),
        ("predict", "model.json", "data.csv", "--output", "-"),
        ("gpt", "data.csv", "--steps", "1", "--samples", "0", "--embedding", "4", "--save", "-"),
    ],
    ids=" ".join,
)
def test_nothing_is_said_to_be_written_that_finds_no_room(
    arguments: tuple[str, ...],
    model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(model.parent)
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(arguments) == 1
        monkeypatch.undo()
    told = capsys.readouterr().err
    assert told.endswith("microfp: cannot write: No space left on device\n")
    assert "wrote" not in told


def test_a_model_and_inputs_are_read_from_standard_input(
    data: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = answer(capsys, "predict", model, data).out
    given(monkeypatch, model.read_bytes())
    assert answer(capsys, "predict", "-", data).out == expected
    given(monkeypatch, data.read_bytes())
    assert answer(capsys, "predict", model, "-", "--output", "-").out == expected
    given(monkeypatch, model.read_bytes())
    resumed = answer(capsys, "train", data, "--resume", "-", "--steps", "1")
    assert "1 step in" in resumed.out


def test_documents_and_what_was_learnt_of_them_go_through_pipes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, b"anna\nbob\ncarl\n")
    told = answer(capsys, "gpt", "-", "--steps", "1", "--samples", "0", "--save", "-")
    assert told.code == 0
    assert "wrote standard output\n" in told.err
    given(monkeypatch, told.out.encode())
    drawn = answer(capsys, "sample", "-", "--samples", "3")
    assert (drawn.code, drawn.out.count("\n")) == (0, 3)
    given(monkeypatch, told.out.encode())
    refused = answer(capsys, "gpt", "-", "--resume", "-")
    check_complaint(refused, "-: must stand for one file at most")


def test_pages_and_pictures_are_printed_to_the_byte(data: Path) -> None:
    page = process("explore", "x * x", "x=2", "--output", "-")
    out, err = page.communicate()
    assert (page.returncode, err) == (0, "")
    assert out.startswith("<!doctype html>")
    del data


def test_a_report_is_printed_and_its_training_told_beside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = answer(capsys, "demo", "--steps", "1", "--report", "-")
    assert told.code == 0
    assert told.out.startswith("<!doctype html>")
    assert "after 1 step: loss" in told.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("predict", "-", "-"), "-: must stand for one file at most"),
        (("train", "-", "--resume", "-"), "-: must stand for one file at most"),
        (("train", "data.csv", "--save", "-", "--json"), "--save: cannot be - with --json"),
        (("demo", "--report", "-", "--png", "-"), "--png: must be a file where --report is -"),
        (("train", "-"), "standard input: must hold rows of numbers, is empty"),
        (("predict", "-", "data.csv"), "standard input: line 1, column 1: must be JSON"),
    ],
)
def test_one_line_says_what_standard_input_and_output_cannot_be(
    arguments: tuple[str, ...],
    message: str,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(data.parent)
    given(monkeypatch, b"")
    check_complaint(answer(capsys, *arguments), message)


def test_without_standard_input_there_is_a_word_on_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    check_complaint(answer(capsys, "train", "-"), "-: there is no standard input")


def test_auto_is_whatever_is_done_first(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.json"
    short = answer(capsys, "train", data, "--steps", "1", "--save", path)
    assert "backend python" in short.out
    assert '"backend": "auto"' in path.read_text("utf-8")
    many = ("--hidden", "32,32", "--steps", "1000", "--batch-size", "all")
    long = answer(capsys, "train", data, *many, "--json")
    assert json.loads(long.out)["backend"] == "native"
    assert json.loads(long.out)["configuration"]["backend"] == "auto"
