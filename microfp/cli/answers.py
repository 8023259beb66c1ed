"""What `predict` answers for the rows of a table: predictions, and why there is none for some.

>>> no_formula("=1+1"), no_formula("-1.5"), no_formula(-1.5)
("'=1+1", '-1.5', -1.5)
"""

import csv
import math
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import NamedTuple

from microfp.base.numbers import read_number
from microfp.cli.arguments import UsageError
from microfp.datasets import (
    Encoded,
    NumericColumn,
    Row,
    Schema,
    Table,
    Trouble,
    filled_columns,
    table_texts,
    typed_targets,
    wrong_cell,
)
from microfp.datasets import encode as encoded_table
from microfp.errors import DataError
from microfp.experiments.predictors import (
    Prediction,
    Predictor,
    Tally,
    class_name,
    encode,
    predict,
    predict_probabilities,
    tally,
)

__all__ = ["Answers", "answers_to", "csv_of", "known_targets", "no_formula"]


class Answers(NamedTuple):
    """What came of the rows of a table, by their numbers from 0.

    >>> Answers({0: "cat"}, {}, {1: "must be a number"}, None, 0, (), {}).found[0]
    'cat'
    """

    found: Mapping[int, Prediction]
    """The prediction of each row that has one."""
    shares: Mapping[int, Row]
    """The probabilities of its classes, if they were asked for."""
    troubles: Mapping[int, str]
    """Why each other row has none."""
    tally: Tally | None
    """What the score is made of, if it was asked for and a target is known."""
    unscored: int
    """How many predicted rows have no target that is known, if the score was asked for."""
    unread: tuple[Trouble, ...]
    """The cells that count as missing since they cannot be read."""
    filled: Mapping[int, tuple[str, ...]]
    """The columns whose cell is missing or cannot be read, of each row that has such, if that was
    asked for.
    """


def answers_to(
    predictor: Predictor, table: Table, *, probabilities: bool, scored: bool, filled: bool = False
) -> Answers:
    """Predict each row of a table that can be; what its target says is looked at for a score only.

    Raises:
        DataError: If a column is missing.
        UsageError: If there are no probabilities, or no target to score by.
    """
    schema = predictor.schema or _numbers_alone(predictor)
    encoded, troubles = _inputs(schema, table)
    rows, inputs = encoded.rows, encoded.xs
    found = _each(predictor, rows, inputs, troubles)
    kept = {row: x for row, x in zip(rows, inputs, strict=True) if row in found}
    shares = _shares(predictor, list(kept.values())) if probabilities else ()
    known = known_targets(predictor, table) if scored else ()
    rated = [row for row in kept if scored and known[row] is not None]
    return Answers(
        found,
        dict(zip(kept, shares, strict=False)),
        troubles,
        _tally(predictor, kept, rated, known) if rated else None,
        len(kept) - len(rated) if scored else 0,
        encoded.unread,
        filled_columns(schema, table) if filled else {},
    )


def _inputs(schema: Schema, table: Table) -> tuple[Encoded, dict[int, str]]:
    """The rows whose inputs can be read, those inputs, and what is wrong with the others."""
    for column in schema.used if len(table.names) == 1 else ():
        table_texts(table, column.name)  # where it is not there, it asks for the delimiter
    found = encoded_table(schema, table)
    troubles = {
        it.row: str(wrong_cell(table, it.row, it.column, it.expected)) for it in found.troubles
    }
    return found, troubles


def _numbers_alone(predictor: Predictor) -> Schema:
    """The schema of a predictor that knows of numbers alone; nobody told it how to fill cells."""
    columns = tuple(NumericColumn(name=name) for name in predictor.features)
    return Schema(columns=columns, targets=(predictor.target,), missing="error")


def _each(
    predictor: Predictor, rows: Sequence[int], inputs: Sequence[Row], troubles: dict[int, str]
) -> dict[int, Prediction]:
    """The predictions, all at once; where one has none, one after another."""
    if not rows:
        return {}
    try:
        return dict(zip(rows, predict(predictor, inputs), strict=True))
    except DataError:
        pass
    found: dict[int, Prediction] = {}
    for row, x in zip(rows, inputs, strict=True):
        try:
            (found[row],) = predict(predictor, [x])
        except DataError as error:
            troubles[row] = str(error)
    return found


def _shares(predictor: Predictor, inputs: Sequence[Row]) -> Sequence[Row]:
    try:
        return predict_probabilities(predictor, inputs)
    except ValueError as error:
        reason = str(error).partition(": ")[2]
        raise UsageError(f"--probabilities: {reason}, which has none") from None


def _tally(
    predictor: Predictor,
    inputs: Mapping[int, Row],
    rated: Sequence[int],
    known: Sequence[Prediction | None],
) -> Tally:
    targets = [target for row in rated if (target := known[row]) is not None]
    return tally(predictor, encode(predictor, [inputs[row] for row in rated], targets))


def known_targets(predictor: Predictor, table: Table) -> list[Prediction | None]:
    """The target of each row: a class of the predictor, or a number; None where it is neither.

    Raises:
        UsageError: If there is no such column.
    """
    if predictor.target not in table.names:
        raise UsageError(
            f"--score: there must be a column {predictor.target!r:.80} in {table.source}, got none"
        )
    if predictor.classes:
        return [_class(predictor, cell) for cell in table_texts(table, predictor.target)]
    found = typed_targets(predictor.schema or _numbers_alone(predictor), table)
    return [None if target is None else float(target[0]) for target in found]


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _class(predictor: Predictor, cell: str) -> str | None:
    number = _finite(read_number(cell))
    names = (cell, *(() if number is None else (class_name(number),)))  # 1.0 is the class 1
    return next((name for name in names if name in predictor.classes), None)


# As CSV


def csv_of(rows: Sequence[Sequence[Prediction]], *, formulas: bool) -> str:
    r"""Write rows as CSV, without a line end behind the last one.

    >>> csv_of([["id", "kind"], ["7", "=1+1"]], formulas=False)
    "id,kind\n7,'=1+1"
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(rows if formulas else [[*map(no_formula, row)] for row in rows])
    return text.getvalue().removesuffix("\n")


_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - spreadsheets take the wide ones too


def no_formula(cell: Prediction) -> Prediction:
    """The cell, as a text to spreadsheets if they would compute it; -1.5 they may.

    >>> no_formula("@now"), no_formula("cat")
    ("'@now", 'cat')
    """
    is_text = isinstance(cell, str) and cell.startswith(_FORMULA) and not _is_number(cell)
    return f"'{cell}" if is_text else cell


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
