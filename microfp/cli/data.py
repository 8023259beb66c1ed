"""Options that say how a CSV file is read and what its columns are, and the reading itself."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from microfp.base import text
from microfp.cli.arguments import Lines, UsageError, expected, one_of, whole
from microfp.cli.hints import meant
from microfp.cli.printing import is_watched, tell
from microfp.cli.progress import bar_of_bytes
from microfp.cli.standard import INPUT, is_standard, read_by
from microfp.datasets import (
    Choices,
    Cure,
    Dataset,
    Form,
    Marks,
    Schema,
    Table,
    TableError,
    Watch,
    described,
    is_delimiter,
    read_table,
    schema_of,
    strays,
    table_dataset,
    typed_dataset,
)
from microfp.experiments.predictors import Predictor

__all__ = [
    "Read",
    "Reading",
    "Source",
    "add_form",
    "add_source",
    "examples_of",
    "led",
    "notes_of",
    "parted",
    "read_dataset",
    "read_form",
    "read_source",
    "table_lines",
    "unread_note",
]

MOST_SHOWN = 40
"""How many columns are told of one by one."""

LARGE_FILE = 2**22


class Reading(NamedTuple):
    """How a file is read, and what is decided about its columns.

    >>> Reading(Form(), Choices()).choices.missing
    'fill'
    """

    form: Form
    choices: Choices


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
    for option, meaning in _COLUMNS.items():
        command.add_argument(
            f"--{option}", nargs="+", action="extend", default=[], metavar="COLUMN", help=meaning
        )
    _add_cells(command)
    add_form(command)


_COLUMNS: Mapping[str, str] = {
    "drop": "columns that are no inputs, such as an id",
    "numeric": "columns of numbers: what is no number is missing, $ and %% are passed over",
    "categorical": "columns of categories, or a target of classes, whatever they look like",
    "date": "columns of dates",
}


def _add_cells(command: argparse.ArgumentParser) -> None:
    """Add the options of what stands in a cell."""
    command.add_argument(
        "--missing",
        type=one_of(("fill", "skip", "error")),
        default="fill",
        metavar="WAY",
        help="fill missing cells with the median or the commonest and tell the model, skip such "
        "rows, or make them an error; default: fill",
    )
    command.add_argument(
        "--unseen",
        type=one_of(("other", "error")),
        default="other",
        metavar="WAY",
        help="at prediction, take a category that is not known for another one, or make it an "
        "error; default: other",
    )
    command.add_argument(
        "--date-order",
        type=one_of(("dmy", "mdy")),
        metavar="ORDER",
        help="dmy or mdy: whether the day or the month comes first in dates such as 03/04/2021, "
        "where no date of the column settles it",
    )
    command.add_argument(
        "--decimal",
        type=_mark,
        default=argparse.SUPPRESS,
        metavar="CHAR",
        help="what stands before a fraction",
    )
    command.add_argument(
        "--thousands",
        type=_mark,
        default=argparse.SUPPRESS,
        metavar="CHAR",
        help="what groups three digits",
    )


def _mark(given: str) -> str:
    if len(given) != 1 or given.isalnum() or given in '+-"\r\n':
        raise expected("one character, no digit, letter, sign or quote", given)
    return given


def add_form(command: argparse.ArgumentParser) -> None:
    """Add the options of any CSV file."""
    command.add_argument(
        "--delimiter",
        type=_delimiter,
        default=None,
        metavar="CHAR",
        help="what stands between two cells, or the word tab; default: what is found there",
    )
    command.add_argument(
        "--encoding", metavar="NAME", help="such as cp1252; default: what is found there"
    )
    command.add_argument(
        "--skip",
        type=whole(0),
        metavar="LINES",
        help="how many lines stand before the table; default: what is found there",
    )
    header = command.add_mutually_exclusive_group()
    header.add_argument(
        "--header",
        nargs="?",
        const="yes",
        type=one_of(("yes", "none")),
        metavar="yes",
        help="the first line holds names, whatever they look like; or none, as --no-header",
    )
    header.add_argument(
        "--no-header", action="store_true", help="the first line is data; columns go by number"
    )


_NAMED = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "space": " ",
    "pipe": "|",
    "colon": ":",
}


def _delimiter(given: str) -> str:
    mark = _NAMED.get(given.lower(), given)
    if not is_delimiter(mark):
        raise expected("one character, no quote or line end, or the word tab", given)
    return mark


def parted(given: Mapping[str, object]) -> tuple[Reading, dict[str, object]]:
    """Part the arguments of a command into what says how to read, and the others.

    >>> reading, others = parted({"skip": 2, "seed": 1})
    >>> reading.form.skip, others
    (2, {'seed': 1})
    """
    said = {name: value for name, value in given.items() if name in _SAID}
    others = {name: value for name, value in given.items() if name not in _SAID}
    header = {"yes": True, "none": False}.get(str(said.get("header")))
    ways = {"missing": said.get("missing", "fill"), "unseen": said.get("unseen", "other")}
    form = {name: said.get(name) for name in ("delimiter", "encoding", "skip")}
    ragged = "skip" if ways["missing"] == "skip" else "error"
    names = {name: _names(said.get(name)) for name in _COLUMNS}
    marks: dict[str, object] = {
        name: said[name] for name in ("decimal", "thousands") if name in said
    }
    return Reading(
        Form.create(
            {**form, "header": False if said.get("no_header") else header, "ragged": ragged}
        ),
        Choices.create(
            {
                **names,
                **ways,
                "date_order": said.get("date_order"),
                "marks": Marks.create(marks),
            }
        ),
    ), others


def _names(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else ()


_SAID = frozenset(
    (
        *_COLUMNS,
        "missing",
        "unseen",
        "date_order",
        "decimal",
        "thousands",
        "delimiter",
        "encoding",
        "skip",
        "header",
        "no_header",
    )
)


class Read(NamedTuple):
    """What there is to say of a file that was read."""

    name: str
    """What it is called."""
    notes: tuple[str, ...]
    """What was found out about it, and what of it is left out."""
    lines: tuple[str, ...]
    """What the columns were taken for, as `table_lines` lays it out."""


class Source(NamedTuple):
    """What was made of a file; its table, which may be large, is not kept."""

    dataset: Dataset
    """The examples."""
    read: Read
    """What there is to say of it."""


def read_source(path: Path, form: Form, make: Callable[[Table], Dataset]) -> Source:
    """Read a CSV file, make a dataset of it, and say what became of the columns."""
    table = read_form(path, form)
    dataset = make(table)
    lines = tuple(table_lines(table, dataset))
    return Source(dataset, Read(table.source, notes_of(table, dataset), lines))


def read_form(path: Path, form: Form) -> Table:
    """Read a CSV file, or raise what is wrong with it; of a large one, say how far it is."""
    table = read_by(partial(read_table, form=form, watch=_watching(path)), path)
    return table.set(source=INPUT) if is_standard(path) else table


def _watching(path: Path) -> Watch:
    try:
        size = path.stat().st_size
    except (OSError, ValueError):  # the reading will say so
        size = 0
    if size < LARGE_FILE:
        return lambda _done, _total: None
    tell(f"reading {path}, {size / 2**20:.0f} MB")
    return bar_of_bytes if is_watched(sys.stderr) else lambda _done, _total: None


def read_dataset(table: Table, target: str | None, reading: Reading, command: str) -> Dataset:
    """Make a dataset of a table, or raise all that is in the way, with the line that cures it."""
    if target is not None and target not in table.names:
        names = ", ".join(table.names)
        raise UsageError(
            f"{table.source}, line 1: --target must be one of the columns {names:.200}, "
            f"got {target!r:.80}{_perhaps(target, table.names)}"
        )
    try:
        return table_dataset(table, -1 if target is None else target, choices=reading.choices)
    except TableError as error:
        aim = "" if target is None else f" --target {quote(target)}"
        source = "-" if table.source == INPUT else quote(table.source)
        start = f"microfp {command} {source}{aim}{_form_options(reading.form)}"
        raise UsageError(f"{error.trouble}{_pasted(start, reading.choices, error)}") from None


def _form_options(form: Form) -> str:
    r"""The options that said how the file is read, as they are pasted behind a command.

    >>> _form_options(Form(delimiter="\t", skip=2, header=False))
    ' --delimiter tab --skip 2 --no-header'
    """
    mark = "tab" if form.delimiter == "\t" else form.delimiter
    given = {"delimiter": mark, "encoding": form.encoding, "skip": form.skip}
    options = [f"--{name} {quote(str(it))}" for name, it in given.items() if it is not None]
    header = {True: ["--header"], False: ["--no-header"], None: []}[form.header]
    return "".join(f" {option}" for option in (*options, *header))


def _perhaps(given: str, names: Sequence[str]) -> str:
    """What may have been meant by the name of a column that there is not."""
    hint = meant(given, names)
    return "" if hint is None else f"; did you mean --target {quote(hint)}?"


def _pasted(start: str, choices: Choices, error: TableError) -> str:
    """The command that cures all troubles, with what was chosen already."""
    if not error.cures:
        return ""
    given = {
        "drop": choices.drop,
        "numeric": choices.numeric,
        "categorical": choices.categorical,
        "date": choices.date,
    }
    known = [
        Cure(option, name)
        for option, names in given.items()
        for name in names
        if f"{name} must hold" not in error.trouble
    ]
    marks = {"decimal": choices.marks.decimal, "thousands": choices.marks.thousands}
    plain = Marks()
    known += [Cure(name, mark) for name, mark in marks.items() if mark != plain[name]]
    ways = {
        "date-order": choices.date_order,
        "missing": choices.missing if choices.missing != "fill" else None,
        "unseen": choices.unseen if choices.unseen != "other" else None,
    }
    known += [Cure(name, way) for name, way in ways.items() if way is not None]
    again = {cure.option for cure in error.cures} - set(_COLUMNS)
    kept = [cure for cure in known if cure.option not in again]
    whole = TableError("", tuple(dict.fromkeys([*kept, *error.cures])))
    return f"; try: {start} {whole.options}"


def examples_of(
    target: str | None, reading: Reading, begun: Predictor | None, table: Table
) -> Dataset:
    """Make a dataset of a table to train on, or to go on with what was begun."""
    return (
        read_dataset(table, target, reading, "train")
        if begun is None
        else _again(table, begun, reading.choices)
    )


def _again(table: Table, begun: Predictor, choices: Choices) -> Dataset:
    if begun.schema is not None:
        return typed_dataset(table, begun.schema)
    known = (*begun.features, begun.target)
    unused = tuple(name for name in table.names if name not in known)
    numeric = tuple(begun.features)
    return table_dataset(table, begun.target, choices=choices.set(drop=unused, numeric=numeric))


# What is said of a table


def led(first: Sequence[str], lines: Lines) -> Lines:
    """Some lines, and then those of a command.

    >>> list(led(["a table"], iter(["a training"])))
    ['a table', 'a training']
    """
    yield from first
    yield from lines


def table_lines(table: Table, dataset: Dataset) -> Lines:
    """Say what the columns were taken for, where there is something to say."""
    yield from (f"note: {note}" for note in table.notes)
    schema = schema_of(dataset)
    if schema is not None:
        yield from _column_lines(schema)
    yield from (f"note: {note}" for note in notes_of(table, dataset)[len(table.notes) :])


def notes_of(table: Table, dataset: Dataset) -> tuple[str, ...]:
    """What was found out about a file, and what of it is left out, in words."""
    schema = dataset.metadata.get("schema")
    strays = _strays(table, schema) if isinstance(schema, Schema) else ()
    return (*table.notes, *strays, *_skipped(dataset))


def _strays(table: Table, schema: Schema) -> Iterator[str]:
    """The texts in columns of numbers: how many, and the first one."""
    found = strays(schema, table)
    return (unread_note(it.column, it.times, it.found, table.lines[it.row]) for it in found)


def unread_note(name: str, count: int, cell: str, line: int) -> str:
    """Say how many cells of a column cannot be read.

    >>> unread_note("age", 2, "old", 7)
    "age: 2 cells cannot be read and count as missing, such as 'old' in line 7"
    """
    many = "1 cell cannot be read and counts" if count == 1 else f"{count} cells cannot be read"
    also = "" if count == 1 else " and count"
    return f"{name:.80}: {many}{also} as missing, such as {cell!r:.40} in line {line}"


def _column_lines(schema: Schema) -> Iterator[str]:
    rows: Sequence[tuple[str, str, str]] = described(schema)
    if not rows:
        return
    shown = rows if len(rows) <= MOST_SHOWN else rows[:MOST_SHOWN]
    yield from text.table(("column", "kind", "what becomes of it"), shown).split("\n")
    if len(rows) > len(shown):
        yield f"... and {len(rows) - len(shown)} columns more"
    yield ""


def _skipped(dataset: Dataset) -> Iterator[str]:
    unread = dataset.metadata.get("unread")
    if unread:
        yield f"cells that cannot be read, and count as missing: {unread}"
    for name, why in (("without_target", "without a target"), ("skipped", "with missing cells")):
        count = dataset.metadata.get(name)
        if count:
            yield f"{count} rows {why} are skipped" if count != 1 else f"1 row {why} is skipped"
