"""Nothing that comes from data steers a terminal; what other programs read is UTF-8."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from microfp.cli.arguments import CommandError
from microfp.cli.main import main
from microfp.cli.printing import Document, encoded, put
from tests.cli.answers import Terminal, process, write_csv

EVIL = "k\x1b]0;owned\x07\u202e\x85\x9b31m"
"""It sets the title of a terminal, turns the direction of writing, and colours what follows."""

STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def evil_table(folder: Path) -> Path:
    """A file whose name, columns and classes all steer a terminal."""
    rows = [(i / 8, "up" + EVIL if i < 30 else "low" + EVIL) for i in range(60)]
    return write_csv(folder / f"data{EVIL}.csv", (f"size{EVIL}", f"kind{EVIL}"), rows)


def trained(folder: Path) -> Path:
    model = folder / f"model{EVIL}.json"
    assert main(["train", str(evil_table(folder)), "--steps", "2", "--save", str(model)]) == 0
    return model


def broken(folder: Path) -> Path:
    return write_csv(folder / f"bad{EVIL}.csv", (f"a{EVIL}", f"b{EVIL}"), [("1", "x"), (EVIL, "y")])


Command = Callable[[Path], Sequence[str | Path]]

COMMANDS: dict[str, Command] = {
    "train": lambda it: ("train", evil_table(it), "--steps", "2"),
    "train, saved": lambda it: (
        "train", evil_table(it), "--steps", "2", "--save", it / f"new{EVIL}.json"
    ),
    "train, a wrong target": lambda it: ("train", evil_table(it), "--target", EVIL),
    "train, a wrong column": lambda it: ("train", evil_table(it), "--drop", EVIL),
    "train, a wrong cell": lambda it: ("train", broken(it)),
    "train, no file": lambda it: ("train", it / EVIL),
    "train, resumed": lambda it: ("train", evil_table(it), "--resume", trained(it), "--steps", "1"),
    "predict": lambda it: ("predict", trained(it), evil_table(it), "--probabilities"),
    "predict, into a file": lambda it: (
        "predict", trained(it), evil_table(it), "--output", it / f"out{EVIL}.csv"
    ),
    "predict, a wrong cell": lambda it: ("predict", trained(it), broken(it)),
    "predict, JSON": lambda it: ("predict", trained(it), evil_table(it), "--json"),
    "sweep": lambda it: (
        "sweep", evil_table(it), "--steps", "1", "2", "--save", it / f"best{EVIL}.json"
    ),
    "sweep, every run failed": lambda it: (
        "sweep", evil_table(it), "--steps", "9", "--learning-rate", "1e300"
    ),
    "demo": lambda it: ("demo", "--steps", "1", "--dataset", EVIL),
    "graph, a wrong formula": lambda it: ("graph", f"x * {EVIL}", "x=1"),
    "graph, a wrong name": lambda it: ("graph", "x", f"{EVIL}=1"),
    "explore": lambda it: (
        "explore", "x * x", "x=3", "--no-open", "--output", it / f"page{EVIL}.html"
    ),
    "no command": lambda it: (EVIL,),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("watched", [True, False], ids=["a terminal", "a pipe"])
def test_no_command_lets_data_steer_a_terminal(
    command: Command,
    watched: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [str(it) for it in command(tmp_path)]
    capsys.readouterr()
    told = Terminal() if watched else io.StringIO()
    monkeypatch.setattr("sys.stderr", told)
    monkeypatch.setattr("microfp.cli.progress.find_spec", lambda name: None)  # rich's bar has ESC
    if watched:
        monkeypatch.setattr("sys.stdout", told)
    main(arguments)
    shown = told.getvalue() + ("" if arguments[0] == "predict" else capsys.readouterr().out)
    shown = re.sub(r"\r\[[#.]*\] *\d+/\d+|\r *\r", "", shown)  # the bar of progress
    assert shown or arguments[0] == "predict"
    assert not STEERS.search(shown), ascii(shown)


def test_a_document_in_a_pipe_is_what_it_is(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    model = trained(tmp_path)
    capsysbinary.readouterr()
    assert main(["predict", str(model), str(evil_table(tmp_path))]) == 0
    heading, *rows = csv.reader(io.StringIO(capsysbinary.readouterr().out.decode(), newline=""))
    assert heading == [f"kind{EVIL}"]
    assert {cell for (cell,) in rows} <= {f"up{EVIL}", f"low{EVIL}"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16", "cp1252"])
def test_data_for_programs_are_utf_8_whatever_stdout_is(encoding: str, tmp_path: Path) -> None:
    rows = [(i / 8, "\u86cb" if i < 30 else "\U0001f99c") for i in range(60)]
    table = write_csv(tmp_path / "pets.csv", ("size", "kind"), rows)
    assert main(["train", str(table), "--steps", "2", "--save", str(tmp_path / "m.json")]) == 0
    found = subprocess.run(
        [sys.executable, "-m", "microfp", "predict", tmp_path / "m.json", table],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    ).stdout.decode("utf-8")
    assert {*found.splitlines()[1:]} <= {"\u86cb", "\U0001f99c"}


def test_what_utf_8_has_no_bytes_for_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match=r"UTF-8 has bytes for, got '\\ud800'"):
        put(Document("kind\n\ud800"))
    with pytest.raises(CommandError):
        encoded("\udcff")
    assert capsys.readouterr().out == ""


def test_lines_for_persons_say_what_a_narrow_encoding_lacks() -> None:
    code = "from microfp.cli.printing import put; put('\\u86cb \\x1b')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=environment
    )
    assert found.stdout == b"\\u86cb \\x1b\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("train", "--help"),
        ("graph", "x * x", "x=3"),
        ("graph", "x * x", "x=3", "--json"),
        ("demo", "--steps", "1", "--json"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_cannot_be_printed_is_said(arguments: tuple[str, ...], unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "microfp", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert found.returncode == 1
    assert found.stderr == "microfp: cannot write: No space left on device\n"


def test_help_and_version_are_printed_where_they_can_be() -> None:
    for asked, start in (("--help", "usage: microfp"), ("--version", "microfp 0.")):
        with process(asked) as running:
            assert running.stdout is not None
            assert running.stdout.read().startswith(start)
        assert running.returncode == 0


def test_nothing_else_in_the_package_prints() -> None:
    package = Path(str(import_module("microfp").__file__)).parent
    printing = re.compile(
        r"^(?!.*(>>>|\.\.\. )).*\b(print\(|sys\.std(out|err)\.write)", re.MULTILINE
    )
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if printing.search(path.read_text("utf-8"))
    }
    assert found == {"cli/printing.py", "cli/progress.py"}


def test_json_of_odd_names_is_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = trained(tmp_path)
    capsys.readouterr()
    assert main(["predict", str(model), str(evil_table(tmp_path)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["target"] == f"kind{EVIL}"
