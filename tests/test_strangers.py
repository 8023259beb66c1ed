"""What comes from somebody else is read as it stands, or refused: by every reader alike."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from returns.io import IOResult, impure_safe
from returns.unsafe import unsafe_perform_io

from microfp import checkpoint, nn, streams, trainer
from microfp.base.files import open_rows, write_atomically
from microfp.cli.main import main
from microfp.datasets import Table, moons, read_csv, read_table, table_numbers
from microfp.errors import DataError, MicrofpError
from microfp.experiments.predictors import load_predictor
from microfp.export import from_safetensors, to_safetensors
from microfp.graph import from_json
from microfp.optim import sgd

MODEL = nn.mlp(2, [1])


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


NO_FILES: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a socket": socket_at,
    "a device without end": lambda path: path.symlink_to("/dev/zero"),
    "an empty device": lambda path: path.symlink_to("/dev/null"),
    "a folder": Path.mkdir,
    "nothing": lambda path: None,
    "a link in a circle": lambda path: path.symlink_to(path),
}


READERS: dict[str, Callable[[Path], IOResult[object, Exception]]] = {
    "checkpoint.load": checkpoint.load,
    "load_predictor": load_predictor,
    "read_csv": read_csv,
    "read_table": read_table,
    "from_safetensors": lambda path: from_safetensors(MODEL, path),
}

WRITERS: dict[str, Callable[[Path], IOResult[object, Exception]]] = {
    "checkpoint.save": lambda path: checkpoint.save(trainer.initial_state(MODEL, sgd(0.1)), path),
    "to_safetensors": lambda path: to_safetensors(MODEL, path),
    "write_atomically": lambda path: write_atomically(path, b"content"),
    "open_rows": impure_safe(lambda path: open_rows(path, append=True)),
    "tee_to_csv": impure_safe(lambda path: list(streams.tee_to_csv(path, append=True)([]))),
    "tee_to_jsonl": impure_safe(lambda path: list(streams.tee_to_jsonl(path)([]))),
}


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_reads_plain_files_alone_and_waits_for_nobody(
    reader: str, kind: str, tmp_path: Path
) -> None:
    NO_FILES[kind](tmp_path / "file")
    error = unsafe_perform_io(READERS[reader](tmp_path / "file").failure())
    assert isinstance(error, MicrofpError)
    assert str(error).startswith(f"{tmp_path / 'file'}: must be a readable file: ")


@pytest.mark.parametrize("kind", sorted(NO_FILES.keys() - {"nothing"}))
@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_writes_plain_files_alone_and_waits_for_nobody(
    writer: str, kind: str, tmp_path: Path
) -> None:
    NO_FILES[kind](tmp_path / "file")
    before = os.lstat(tmp_path / "file")
    assert isinstance(unsafe_perform_io(WRITERS[writer](tmp_path / "file").failure()), Exception)
    assert os.lstat(tmp_path / "file") == before
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# What commands write is written last, and found out about first.


def csv_of_moons(folder: Path) -> str:
    rows = (f"{x},{y},{label}" for (x, y), label in zip(moons(20).xs, moons(20).ys, strict=True))
    (folder / "moons.csv").write_text("\n".join(("x,y,label", *rows)))
    return str(folder / "moons.csv")


COMMANDS: dict[str, Callable[[str, str], list[str]]] = {
    "demo --report": lambda data, out: ["demo", "--report", f"{out}.html"],
    "demo --png": lambda data, out: ["demo", "--png", f"{out}.png"],
    "explore": lambda data, out: ["explore", "x", "x=1", "--no-open", "--output", out],
    "train": lambda data, out: ["train", data, "--save", out],
    "sweep": lambda data, out: ["sweep", data, "--seed", "1", "2", "--save", out],
    "predict": lambda data, out: ["predict", f"{data}.json", data, "--output", out],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_finds_out_first_that_it_cannot_write(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = csv_of_moons(tmp_path)
    assert main(["train", data, "--steps", "0", "--save", f"{data}.json"]) == 0
    capsys.readouterr()
    # in /proc nobody can make a file, not even who may write anywhere
    assert main(COMMANDS[command](data, "/proc/file")) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "/proc/file" in shown.err
    assert "cannot write" in shown.err


# Numbers are read in one way.


def is_cell(text: str) -> bool:
    table = Table(source="a.csv", names=("a",), rows=((text,),), lines=(2,))
    try:
        table_numbers(table, ["a"])
    except DataError:
        return False
    return True


NUMBERS: dict[str, Callable[[str], bool]] = {
    "a formula's variable": lambda text: main(["graph", "x", f"x={text}"]) == 0,
    "an option": lambda text: main(["demo", "--steps", "0", f"--alpha={text}"]) == 0,
    "a whole option": lambda text: main(["demo", f"--steps={text}"]) == 0,
    "widths": lambda text: main(["demo", "--steps", "0", f"--hidden={text}"]) == 0,
    "a formula": lambda text: main(["graph", text]) == 0,
    "a cell": is_cell,
}


@pytest.mark.parametrize("place", NUMBERS)
@pytest.mark.parametrize(
    "text", ["1_0", "\u0663", "0x1", "1e999", "1e", "one", "-", "1 0", "1" * 400]
)
def test_what_is_no_number_in_one_place_is_none_in_another(text: str, place: str) -> None:
    assert not NUMBERS[place](text)


@pytest.mark.parametrize("place", NUMBERS)
@pytest.mark.parametrize("text", ["1", "2"])
def test_what_is_a_number_in_one_place_is_one_in_another(text: str, place: str) -> None:
    assert NUMBERS[place](text)


def test_graphs_hold_no_number_that_a_float_does_not() -> None:
    with pytest.raises(DataError, match="1e999 is too large for a float"):
        from_json('{"nodes": [{"id": "n0", "op": "leaf", "data": 1e999}]}')
