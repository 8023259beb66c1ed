"""Targets of a fuzzer that follows coverage: bytes in, and nothing but documented errors out.

`python -m tests.fuzz.cover csv -runs=100000` hands one to Atheris.
"""

import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from microfp import backward, checkpoint, graph
from microfp.cli.main import main as command
from microfp.datasets import read_csv
from microfp.expressions import expression, variables
from tests.fuzz.alter import resealed
from tests.fuzz.use import attempt

DATA = "a,b,kind\n1,2,x\n3,4,y\n5,7,x\n2,2,y\n1,1,x\n0,3,y\n4,4,x\n8,1,y\n"


class Found(Exception):  # noqa: N818 - what has happened is its name
    """A fault, with its trace."""


def expect_documented(call: Callable[[], object]) -> None:
    """Run something.

    Raises:
        Found: If it raises what nothing documents.
    """
    for fault in attempt("target", call):
        raise Found(fault.trace)


def csv(data: bytes) -> None:
    """A CSV file, its first byte the delimiter."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(data[1:])
        delimiter = ",;\t|x"[data[0] % 5] if data else ","
        expect_documented(lambda: read_csv(path, header=len(data) % 2 == 0, delimiter=delimiter))


def formula(data: bytes) -> None:
    """A formula, and its graph."""
    text = data.decode("utf-8", "replace")
    expect_documented(lambda: backward(expression(text, dict.fromkeys(variables(text), 0.5))))


def graph_json(data: bytes) -> None:
    """A graph as JSON, written again."""
    text = data.decode("utf-8", "replace")
    expect_documented(lambda: graph.to_json(graph.from_json(text)))


def checkpoint_text(data: bytes) -> None:
    """A checkpoint as it is, and with the digest that fits, if it is one but for that."""
    text = data.decode("utf-8", "replace")
    expect_documented(lambda: checkpoint.from_json(text))
    try:
        sealed = resealed(json.loads(text))
    except (ValueError, AssertionError, KeyError, RecursionError):
        return
    expect_documented(lambda: checkpoint.from_json(sealed))


LAST: Mapping[str, Sequence[str]] = {
    "graph": (),
    "demo": ("--steps", "0", "--samples", "4", "--hidden", "2"),
    "train": ("--steps", "0", "--hidden", "2"),
    "predict": (),
}
"""What the arguments of a command end with, so that it is soon done."""


def command_line(data: bytes) -> None:
    """Arguments, with zero bytes between them, in a folder that has a file of data."""
    name = [*LAST][data[0] % len(LAST)] if data else "graph"
    arguments = [os.fsdecode(part) for part in data[1:].split(b"\0")]
    with TemporaryDirectory() as folder:
        (Path(folder) / "data.csv").write_text(DATA)
        here = Path.cwd()
        os.chdir(folder)
        try:
            expect_documented(lambda: _run([name, *arguments, *LAST[name]]))
        finally:
            os.chdir(here)


def _run(arguments: Sequence[str]) -> None:
    shown = io.TextIOWrapper(io.BytesIO(), "utf-8", "surrogateescape")
    with redirect_stdout(shown), redirect_stderr(shown):
        code = command(arguments)
    if code not in (0, 1, 2):
        raise RuntimeError(f"exit code {code}")


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "csv": csv,
    "formula": formula,
    "graph-json": graph_json,
    "checkpoint": checkpoint_text,
    "command-line": command_line,
}
