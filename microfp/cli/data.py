"""Options that say how a CSV file is read, and the reading itself."""

import argparse
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from microfp.cli.arguments import UsageError, expected
from microfp.cli.standard import INPUT, is_standard, read_by
from microfp.datasets import Dataset, Table, read_table, table_dataset
from microfp.errors import DataError

__all__ = ["add_form", "add_source", "read_dataset", "read_form"]


def add_source(command: argparse.ArgumentParser) -> None:
    """Add the options of a file with examples and their targets."""
    command.add_argument(
        "data", type=Path, metavar="DATA.csv", help="examples, one a line; - is standard input"
    )
    command.add_argument(
        "--target",
        metavar="COLUMN",
        help="the column to predict, by name, or by number from 0 without a header; default: "
        "the last one",
    )
    command.add_argument(
        "--drop",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column that is no input, such as an id; may be given several times",
    )
    add_form(command)


def add_form(command: argparse.ArgumentParser) -> None:
    """Add the options of any CSV file."""
    command.add_argument(
        "--delimiter",
        type=_delimiter,
        default=",",
        metavar="CHAR",
        help="what stands between two cells, or the word tab; default: a comma",
    )
    command.add_argument(
        "--no-header", action="store_true", help="the first line is data; columns go by number"
    )


_MARKS = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "space": " ",
    "pipe": "|",
    "colon": ":",
}


def _delimiter(text: str) -> str:
    text = _MARKS.get(text.lower(), text)
    if len(text) != 1 or text in '"\r\n':
        raise expected("one character, no quote or line end, or the word tab", text)
    return text


def read_form(path: Path, *, delimiter: str, no_header: bool) -> Table:
    """Read a CSV file, or raise what is wrong with it."""
    read = partial(read_table, header=not no_header, delimiter=delimiter)
    table = read_by(read, path)
    return table.set(source=INPUT) if is_standard(path) else table


def read_dataset(table: Table, target: str | None, drop: Sequence[str]) -> Dataset:
    """Read examples and targets, or raise what is wrong with them."""
    if target is not None and target not in table.names:
        names = ", ".join(table.names)
        raise UsageError(
            f"{table.source}, line 1: --target must be one of the columns {names:.200}, "
            f"got {target!r:.80}"
        )
    _check_names(table)
    try:
        return table_dataset(table, -1 if target is None else target, without=drop)
    except DataError as error:
        raise UsageError(f"{error}{_way_out(table, str(error))}") from None


def _way_out(table: Table, error: str) -> str:
    """The option that leaves out the column of a cell that is no number, where it is an input."""
    found = re.search(r", column (\d+)( \(.*?\))?: must be a finite number", error)
    if found is None:
        return ""
    name = table.names[int(found[1]) - 1]
    return f"; --drop {shlex.quote(name):.80} leaves the column out"


def _check_names(table: Table) -> None:
    """Check that columns can be found again by their names."""
    twice = [name for name, count in Counter(table.names).items() if count > 1]
    if twice:
        raise UsageError(
            f"{table.source}, line 1: the columns must have different names, got {twice[0]!r:.80} "
            "twice"
        )
