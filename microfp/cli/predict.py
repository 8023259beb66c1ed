"""`microfp predict`: from a saved predictor and a CSV file to a CSV file of predictions."""

import csv
import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from io import StringIO
from math import isfinite
from pathlib import Path

from returns.io import IOResult

from microfp.base.files import write_atomically
from microfp.base.json import to_json
from microfp.base.numbers import read_number
from microfp.cli.arguments import (
    CommandError,
    Commands,
    Lines,
    Parser,
    UsageError,
    add_json,
    check_writable,
    taken,
    target,
)
from microfp.cli.data import add_form, parted, read_form
from microfp.cli.printing import Document, encoded, tell
from microfp.cli.progress import columns_of
from microfp.cli.scores import score_table
from microfp.cli.standard import check_standard, is_standard, read_by
from microfp.datasets import Row, Table, encode, table_numbers, table_texts, wrong_cell
from microfp.errors import FileError
from microfp.experiments import score_row
from microfp.experiments.predictors import (
    Prediction,
    Predictor,
    Score,
    class_name,
    load_predictor,
    predict,
    predict_probabilities,
    score,
)

__all__ = ["add_predict", "predict_lines"]


def add_predict(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "predict",
        help="predict what is not known yet, by what `train` has saved",
        description="Predict a class or a number for each line of a CSV file, and print them as "
        "CSV. The columns are found by their names; a file that has the target too is scored "
        "besides.",
        allow_abbrev=False,
    )
    _add_files(command)
    command.add_argument("--probabilities", action="store_true", help="add a column for each class")
    command.add_argument(
        "--escape-formulas",
        action="store_true",
        help="put ' before texts that a spreadsheet would take for a formula: those that begin "
        "with = + - or @ and are no numbers",
    )
    command.add_argument(
        "--output",
        type=target,
        metavar="FILE.csv",
        help="write a file instead of printing; - prints",
    )
    add_json(command)
    command.set_defaults(answer=_answer)


def _add_files(command: Parser) -> None:
    """Add what is read."""
    command.add_argument(
        "model", type=Path, metavar="MODEL.json", help="what train has saved; - is standard input"
    )
    command.add_argument(
        "data", type=Path, metavar="DATA.csv", help="inputs, one a line; - is standard input"
    )
    add_form(command)


def _answer(
    model: Path,
    data: Path,
    *,
    probabilities: bool,
    escape_formulas: bool,
    output: Path | None,
    json: bool,
    **form: object,
) -> Lines:
    check_standard([model, data])
    predictor = read_by(partial(_predictor, data), model)
    reading, _ = parted(form)
    table = read_form(data, reading.form)
    if json and output is not None:
        raise UsageError("--output: cannot be given with --json, which is printed")
    if json and escape_formulas:
        raise UsageError("--escape-formulas: is for CSV, and cannot be given with --json")
    output = None if is_standard(output) else output
    if output is not None:
        check_writable("--output", output, model, data)
    named = _by_place(predictor, table) if reading.form.header is False else table
    return predict_lines(
        predictor,
        named,
        probabilities=probabilities,
        escape_formulas=escape_formulas,
        output=output,
        json=json,
        tell=tell,
    )


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
    """The table with the names of the features, if it has as many columns and no names."""
    fits = len(table.names) == len(predictor.features)
    return table.set(names=predictor.features) if fits else table


def predict_lines(
    predictor: Predictor,
    table: Table,
    *,
    probabilities: bool = False,
    escape_formulas: bool = False,
    output: Path | None = None,
    json: bool = False,
    tell: Callable[[str], None],
) -> Lines:
    r"""Predict, and say it as CSV.

    Args:
        predictor: A trained one.
        table: The inputs, with or without the target.
        probabilities: Whether to add the probability of each class.
        escape_formulas: Whether to put ' before texts that a spreadsheet would compute.
        output: Where to write the CSV instead, if anywhere.
        json: Whether to print one JSON object instead.
        tell: Says something to a person, beside what is printed.

    Raises:
        DataError: At once, for a table that the predictor cannot read.
        ValueError: At once, if there are no probabilities.

    >>> from microfp import datasets, experiments
    >>> from microfp.experiments.configurations import Configuration
    >>> pets = datasets.from_rows(
    ...     [{"weight": w, "kind": k} for w, k in ((4.0, "cat"), (0.1, "bird")) * 9], "kind"
    ... )
    >>> trained = experiments.run(Configuration(steps=40), pets).unwrap().predictor
    >>> table = datasets.Table(source="", names=("weight",), rows=(("4.5",),), lines=(2,))
    >>> list(predict_lines(trained, table, tell=print))
    ['kind\ncat']
    """
    rows = _inputs(predictor, table)
    found = predict(predictor, rows)
    shares = _shares(predictor, rows) if probabilities else ()
    known = _known(predictor, table)
    measured = None if known is None else score(predictor, rows, known)
    if json:
        return iter([Document(to_json(_found(predictor, found, shares, measured)))])
    written = _csv(predictor, found, shares, escape_formulas=escape_formulas)
    if output is None:
        if measured is not None:
            tell(score_table({table.source: measured}, columns_of(sys.stderr)))
        return iter([Document(written)])
    return _written(output, written, measured, table.source)


def _shares(predictor: Predictor, rows: Sequence[Row]) -> Sequence[Row]:
    try:
        return predict_probabilities(predictor, rows)
    except ValueError as error:
        reason = str(error).partition(": ")[2]
        raise UsageError(f"--probabilities: {reason}, which has none") from None


def _inputs(predictor: Predictor, table: Table) -> Sequence[Row]:
    """The inputs of each row; an error for the first row that makes none."""
    if predictor.schema is None:
        return table_numbers(table, predictor.features)
    found = encode(predictor.schema, table)
    if found.troubles:
        first = found.troubles[0]
        raise wrong_cell(table, first.row, first.column, first.expected)
    return found.xs


def _written(output: Path, content: str, measured: Score | None, source: str) -> Lines:
    result = write_atomically(output, encoded(f"{content}\n"))
    taken(result.alt(lambda error: CommandError(f"--output: cannot write: {error.strerror}")))
    if measured is not None:
        yield from (*score_table({source: measured}, columns_of(sys.stdout)).split("\n"), "")
    yield f"wrote {output}"


def _csv(
    predictor: Predictor,
    found: Sequence[Prediction],
    shares: Sequence[Row],
    *,
    escape_formulas: bool = False,
) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f"probability_{name}" for name in predictor.classes] if shares else []
    more = shares or [()] * len(found)
    table: list[list[Prediction]] = [
        [predictor.target, *names],
        *([prediction, *row] for prediction, row in zip(found, more, strict=True)),
    ]
    writer.writerows(map(_without_formulas, table) if escape_formulas else table)
    return text.getvalue().removesuffix("\n")


def _without_formulas(row: Sequence[Prediction]) -> list[Prediction]:
    return [*map(_no_formula, row)]


_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - spreadsheets take the wide ones too


def _no_formula(cell: Prediction) -> Prediction:
    """The cell, as a text to spreadsheets if they would compute it; -1.5 they may."""
    is_text = isinstance(cell, str) and cell.startswith(_FORMULA) and not _is_number(cell)
    return f"'{cell}" if is_text else cell


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _found(
    predictor: Predictor,
    found: Sequence[Prediction],
    shares: Sequence[Row],
    measured: Score | None,
) -> dict[str, object]:
    return {
        "target": predictor.target,
        "classes": predictor.classes,
        "predictions": found,
        "probabilities": shares or None,
        "score": None if measured is None else score_row(measured),
    }


# The target, where it is known


def _known(predictor: Predictor, table: Table) -> Sequence[Prediction] | None:
    """The targets that stand in a table; None if there is no such column, or nothing in it."""
    if predictor.target not in table.names:
        return None
    cells = table_texts(table, predictor.target)
    if not any(cells):
        return None
    if not predictor.classes:
        return [y for (y,) in table_numbers(table, [predictor.target])]
    return [_class(predictor, table, row, cell) for row, cell in enumerate(cells)]


def _class(predictor: Predictor, table: Table, row: int, cell: str) -> str:
    name = cell if cell in predictor.classes else _as_number(cell)
    if name not in predictor.classes:
        known = ", ".join(predictor.classes)
        raise wrong_cell(table, row, predictor.target, f"one of {known:.200}")
    return name


def _as_number(cell: str) -> str:
    """The name of the class that a cell names as a number: 1.0 is 1."""
    number = read_number(cell)
    return cell if number is None or not isfinite(number) else class_name(number)
