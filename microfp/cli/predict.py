"""`microfp predict`: from a saved predictor and a CSV file to a CSV file of predictions."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from returns.io import IOResult

from microfp.base.files import replace
from microfp.base.json import to_json
from microfp.cli.answers import Answers, answers_to, csv_of
from microfp.cli.arguments import (
    CommandError,
    Commands,
    Lines,
    Parser,
    UsageError,
    add_json,
    check_writable,
    target,
)
from microfp.cli.data import add_form, add_missing, parted, read_form, unread_note
from microfp.cli.printing import Document, encoded, tell
from microfp.cli.progress import columns_of
from microfp.cli.scores import detail_lines, score_table
from microfp.cli.standard import check_standard, is_standard, read_by
from microfp.datasets import Form, Table, read_pieces, table_texts
from microfp.errors import FileError
from microfp.experiments import Score, Tally, score_row, total_score
from microfp.experiments.predictors import Prediction, Predictor, load_predictor

__all__ = ["add_predict", "predict_lines"]

PIECE = 5_000
"""How many rows are predicted at a time."""

MOST_TOLD = 10
"""Of how many rows that have no prediction it is said why."""


def add_predict(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "predict",
        help="predict what is not known yet, by what `train` has saved",
        description="Predict a class or a number for each line of a CSV file, and print them as "
        "CSV. The columns are found by their names, and others are passed over. Cells that are "
        "missing or cannot be read are filled as in training, and the latter counted on standard "
        "error. A row that cannot be predicted is said there too, has an empty cell, and makes the "
        "exit code 1.",
        allow_abbrev=False,
    )
    _add_files(command)
    command.add_argument("--probabilities", action="store_true", help="add a column for each class")
    command.add_argument(
        "--keep",
        nargs="+",
        action="extend",
        default=[],
        metavar="COLUMN",
        help="columns that are printed before the predictions, such as an id",
    )
    _add_gaps(command)
    command.add_argument(
        "--score", action="store_true", help="say how good it is, by the target in the file"
    )
    command.add_argument("--escape-formulas", action="store_true", help=argparse.SUPPRESS)
    command.add_argument(
        "--no-escape-formulas",
        action="store_true",
        help="leave texts as they are that a spreadsheet would take for a formula, and that get a "
        "' in front by default: those that begin with = + - or @ and are no numbers",
    )
    command.add_argument(
        "--output",
        type=target,
        metavar="FILE.csv",
        help="write a file instead of printing; - prints",
    )
    add_json(command)
    command.set_defaults(answer=_answer)


def _add_gaps(command: Parser) -> None:
    """Add what becomes of cells that are missing or cannot be read."""
    add_missing(
        command,
        ("fill", "error"),
        "fill cells that are missing or cannot be read, or predict no row with such a cell; "
        "default: what train was told",
    )
    command.add_argument(
        "--filled",
        action="store_true",
        help="add a column that names the inputs which were missing or could not be read",
    )


def _add_files(command: Parser) -> None:
    """Add what is read."""
    command.add_argument(
        "model", type=Path, metavar="MODEL.json", help="what train has saved; - is standard input"
    )
    command.add_argument(
        "data", type=Path, metavar="DATA.csv", help="inputs, one a line; - is standard input"
    )
    add_form(command)


def _answer(  # noqa: PLR0913 - an option each
    model: Path,
    data: Path,
    *,
    probabilities: bool,
    keep: list[str],
    missing: Literal["fill", "error"] | None,
    filled: bool,
    score: bool,
    escape_formulas: bool,
    no_escape_formulas: bool,
    output: Path | None,
    json: bool,
    **form: object,
) -> Lines:
    check_standard([model, data])
    predictor = _treating(missing, read_by(partial(_predictor, data), model))
    reading, _ = parted(form)
    tables = _tables(data, reading.form)
    if json and output is not None:
        raise UsageError("--output: cannot be given with --json, which is printed")
    if json and escape_formulas:
        raise UsageError("--escape-formulas: is for CSV, and cannot be given with --json")
    output = None if is_standard(output) else output
    first = next(tables)
    if output is not None:
        check_writable("--output", output, model, data)
    by_place = reading.form.header is False
    return predict_lines(
        predictor,
        (_by_place(predictor, it) if by_place else it for it in chain([first], tables)),
        probabilities=probabilities,
        keep=keep,
        filled=filled,
        scored=score,
        escape_formulas=not no_escape_formulas,
        output=output,
        json=json,
        tell=tell,
    )


def _treating(missing: Literal["fill", "error"] | None, predictor: Predictor) -> Predictor:
    """The predictor that fills missing cells or refuses them, as asked for."""
    if missing is None or predictor.schema is None:
        return predictor
    return predictor.set(schema=predictor.schema.set(missing=missing))


def _tables(data: Path, form: Form) -> Iterator[Table]:
    """The rows of a file, some thousands at a time; of standard input, all of them."""
    if is_standard(data) or not data.exists():
        yield read_form(data, form)
    else:
        yield from read_pieces(data, rows=PIECE, form=form)


def _predictor(data: Path, model: Path) -> IOResult[Predictor, FileError]:
    return load_predictor(model).alt(lambda error: _perhaps_swapped(error, model, data))


def _perhaps_swapped(error: FileError, model: Path, data: Path) -> FileError:
    """The error of a model that is none, and the question whether the data are the model."""
    if model.suffix == ".json" or is_standard(model):
        return error
    if data.suffix != ".json":
        return UsageError(f"{error}; MODEL.json is what `microfp train --save` has written")
    return UsageError(f"{error}; are the two files swapped? It is MODEL.json, then DATA.csv")


def _by_place(predictor: Predictor, table: Table) -> Table:
    """The table with the names of the inputs, if it has as many columns and no names."""
    schema = predictor.schema
    names = predictor.features if schema is None else tuple(it.name for it in schema.used)
    return table.set(names=names) if len(table.names) == len(names) else table


def predict_lines(
    predictor: Predictor,
    tables: Iterable[Table],
    *,
    probabilities: bool = False,
    keep: Sequence[str] = (),
    filled: bool = False,
    scored: bool = False,
    escape_formulas: bool = True,
    output: Path | None = None,
    json: bool = False,
    tell: Callable[[str], None],
) -> Lines:
    r"""Predict the rows of tables, one after the other, and say it as CSV while it goes on.

    What is kept from table to table is one number a row or less, unless it is asked for in JSON.

    Args:
        predictor: A trained one.
        tables: The inputs, at least one table; all have the same columns.
        probabilities: Whether to add the probability of each class.
        keep: Columns to print before the predictions.
        filled: Whether to add a column that names the inputs which were filled.
        scored: Whether to score the rows whose target is known; else it is not looked at.
        escape_formulas: Whether to put ' before texts that a spreadsheet would compute.
        output: Where to write the CSV instead, if anywhere.
        json: Whether to print one JSON object instead.
        tell: Says something to a person, beside what is printed.

    Raises:
        DataError: At once, if a column is missing.
        UsageError: At once, if there are no probabilities, or no target to score by.
        CommandError: In the end, if some rows could not be predicted.

    >>> from microfp import datasets, experiments
    >>> from microfp.experiments.configurations import Configuration
    >>> pets = datasets.from_rows(
    ...     [{"weight": w, "kind": k} for w, k in ((4.0, "cat"), (0.1, "bird")) * 9], "kind"
    ... )
    >>> trained = experiments.run(Configuration(steps=40), pets).unwrap().predictor
    >>> table = datasets.Table(source="", names=("weight",), rows=(("4.5",),), lines=(2,))
    >>> list(predict_lines(trained, [table], tell=print))
    ['kind\ncat']
    """
    job = _Job(predictor, tuple(keep), probabilities, filled, scored, escape_formulas)
    pieces = (_piece(job, table) for table in tables)
    first = next(pieces)  # whatever cannot be predicted at all raises here
    course = _Course(chain([first], pieces), tell)
    if json:
        return _in_json(job, course)
    return _printed(job, course) if output is None else _written(job, course, output)


class _Job(NamedTuple):
    """What is asked for."""

    predictor: Predictor
    keep: tuple[str, ...]
    probabilities: bool
    filled: bool
    scored: bool
    escape_formulas: bool


class _Piece(NamedTuple):
    """A table, what is kept of each of its rows, and the answers."""

    table: Table
    kept: Sequence[tuple[str, ...]]
    answers: Answers


def _piece(job: _Job, table: Table) -> _Piece:
    absent = [name for name in job.keep if name not in table.names]
    if absent:
        raise UsageError(
            f"--keep: must be columns of {table.source}, got {absent[0]!r:.80} beside "
            f"{', '.join(table.names):.200}"
        )
    kept = list(zip(*(table_texts(table, name) for name in job.keep), strict=True))
    answers = answers_to(
        job.predictor,
        table,
        probabilities=job.probabilities,
        scored=job.scored,
        filled=job.filled,
    )
    return _Piece(table, kept or [()] * len(table.rows), answers)


class _Unread(NamedTuple):
    """How many cells of a column could not be read, and the first of them."""

    times: int
    cell: str
    line: int


class _Course:
    """The pieces as they come, and a count of what came; it is read once."""

    def __init__(self, pieces: Iterator[_Piece], tell: Callable[[str], None]) -> None:
        self._pieces, self.tell = pieces, tell
        self.rows = self.failed = self.unscored = 0
        self.tallies: list[Tally] = []
        self.unread: dict[str, _Unread] = {}
        self.source = ""

    def __iter__(self) -> Iterator[_Piece]:
        for piece in self._pieces:
            self._count(piece)
            yield piece

    def _count(self, piece: _Piece) -> None:
        table, answers = piece.table, piece.answers
        self.source = table.source
        for row in sorted(answers.troubles)[: max(MOST_TOLD - self.failed, 0)]:
            self.tell(f"{answers.troubles[row]}; no prediction")
        self.rows += len(table.rows)
        self.failed += len(answers.troubles)
        self.unscored += answers.unscored
        self.tallies += [] if answers.tally is None else [answers.tally]
        for it in answers.unread:
            before = self.unread.get(it.column)
            new = _Unread(0, it.found, table.lines[it.row])
            known = new if before is None else before
            self.unread[it.column] = known._replace(times=known.times + 1)

    def score(self, predictor: Predictor) -> Score | None:
        """The score of all, if a target was known."""
        return total_score(predictor, self.tallies) if self.tallies else None


def _heading(job: _Job) -> list[Prediction]:
    predictor = job.predictor
    name = predictor.target
    shares = [f"probability_{it}" for it in predictor.classes] if job.probabilities else []
    more = ["filled"] if job.filled else []
    return [*job.keep, f"predicted_{name}" if name in job.keep else name, *shares, *more]


def _rows(job: _Job, piece: _Piece) -> Iterator[list[Prediction]]:
    none = [""] * len(job.predictor.classes) if job.probabilities else []
    for row, kept in enumerate(piece.kept):
        shares = piece.answers.shares.get(row, none)
        more = [", ".join(_filled(piece, row))] if job.filled else []
        yield [*kept, piece.answers.found.get(row, ""), *shares, *more]


def _filled(piece: _Piece, row: int) -> tuple[str, ...]:
    """The columns that were filled in a row, if it was predicted."""
    return piece.answers.filled.get(row, ()) if row in piece.answers.found else ()


def _documents(job: _Job, course: _Course) -> Iterator[str]:
    """The CSV in pieces, the heading before the first one."""
    heading = [_heading(job)]
    for piece in course:
        yield csv_of([*heading, *_rows(job, piece)], formulas=not job.escape_formulas)
        heading = []


def _printed(job: _Job, course: _Course) -> Lines:
    yield from map(Document, _documents(job, course))
    for line in _score_lines(job, course, columns_of(sys.stderr)):
        course.tell(line)
    _check_all(course)


def _written(job: _Job, course: _Course, output: Path) -> Lines:
    try:
        replace(output, (encoded(f"{text}\n") for text in _documents(job, course)))
    except OSError as error:
        raise CommandError(f"--output: cannot write: {error.strerror}") from None
    yield from _score_lines(job, course, columns_of(sys.stdout))
    yield f"predicted {course.rows - course.failed} of {course.rows} rows"
    yield f"wrote {output}"
    _check_all(course)


def _score_lines(job: _Job, course: _Course, columns: int | None) -> Lines:
    if not job.scored:
        return
    found = course.score(job.predictor)
    if found is None:
        yield f"no score: no row of {course.source} has a {job.predictor.target} that is known"
        return
    yield from score_table({course.source: found}, columns).split("\n")
    yield from detail_lines(course.source, found, columns)
    if course.unscored:
        yield f"{course.unscored} rows without a {job.predictor.target} that is known: not scored"


def _unread_lines(course: _Course) -> Lines:
    """What was filled since it could not be read, a line for each column."""
    for name, it in list(course.unread.items())[:MOST_TOLD]:
        yield f"note: {unread_note(name, it.times, it.cell, it.line)}"
    more = len(course.unread) - MOST_TOLD
    if more > 0:
        yield f"note: and so it is with cells of {more} more columns"


def _check_all(course: _Course) -> None:
    """Say what was filled, and raise where some rows have no prediction, when all others have."""
    for line in _unread_lines(course):
        course.tell(line)
    if course.failed:
        raise CommandError(
            f"{course.failed} of {course.rows} rows of {course.source} could not be predicted"
        )


def _in_json(job: _Job, course: _Course) -> Lines:
    pieces = list(course)
    rows = [(piece, row) for piece in pieces for row in range(len(piece.table.rows))]
    shares = [piece.answers.shares.get(row) for piece, row in rows]
    score = course.score(job.predictor)
    kept = [own for piece in pieces for own in piece.kept]
    found = {
        "target": job.predictor.target,
        "classes": job.predictor.classes,
        "predictions": [piece.answers.found.get(row) for piece, row in rows],
        "probabilities": shares if job.probabilities else None,
        "score": None if score is None else score_row(score),
        **({"filled": [_filled(piece, row) for piece, row in rows]} if job.filled else {}),
        "unread": [
            {"column": name, "count": it.times, "line": it.line, "cell": it.cell}
            for name, it in course.unread.items()
        ],
        "kept": {name: [own[i] for own in kept] for i, name in enumerate(job.keep)},
        "failed": [
            {"line": piece.table.lines[row], "reason": piece.answers.troubles[row]}
            for piece, row in rows
            if row in piece.answers.troubles
        ],
    }
    yield Document(to_json(found))
    _check_all(course)
