"""The kinds of columns: what inputs of a model each kind makes of a cell.

A column of a table is one of these records. `inputs_of` names the inputs that it makes, and
`cell_inputs` gives their numbers for one cell: so many for any cell, or what is wrong with it.

>>> island = CategoricalColumn(name="island", categories=("Biscoe", "Dream"), other=True)
>>> inputs_of(island)
('island=Biscoe', 'island=Dream', 'island=other')
>>> cell_inputs(island, "Dream", Marks()), cell_inputs(island, "Torgersen", Marks())
((0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
"""

import math
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from microfp.datasets.cells import (
    ISO,
    Marks,
    is_missing,
    is_number_otherwise,
    moment_form,
    read_cell,
    read_moment,
    read_truth,
)
from microfp.datasets.examples import Row
from microfp.record import Record, attr

__all__ = [
    "ABSENT",
    "PARTS",
    "BooleanColumn",
    "CategoricalColumn",
    "DateColumn",
    "IgnoredColumn",
    "InputColumn",
    "NumericColumn",
    "Part",
    "Problem",
    "cell_inputs",
    "filled_inputs",
    "inputs_of",
    "kind_of",
]

Part: TypeAlias = Literal["days", "month", "weekday", "hour"]
"""A part of a date: days since the first one, or a place in a cycle.

>>> part: Part = "weekday"
"""


class NumericColumn(Record):
    """A column of numbers: one input.

    >>> inputs_of(NumericColumn(name="age", fill=30.0, indicator=True))
    ('age', 'age missing')
    """

    name: str = attr()
    """Of the column."""
    fill: float = attr(default=0.0)
    """What stands for a cell that is missing: the median."""
    indicator: bool = attr(default=False)
    """Whether another input says that the cell was missing."""
    signs: bool = attr(default=False)
    """Whether currency and percent signs are passed over."""
    strays: bool = attr(default=False)
    """Whether texts that are no numbers count as missing."""


class CategoricalColumn(Record):
    """A column of few different texts: one input for each, 1 where it stands and else 0.

    >>> inputs_of(CategoricalColumn(name="kind", categories=("bird", "cat")))
    ('kind=bird', 'kind=cat')
    """

    name: str = attr()
    """Of the column."""
    categories: tuple[str, ...] = attr()
    """The texts, without blanks around them."""
    other: bool = attr(default=False)
    """Whether one more input is 1 where the text is none of them: where rare texts taught
    the model something about it. Without it, such a text is 0 in all inputs.
    """
    fill: str = attr(default="")
    """What stands for a cell that is missing: the commonest; "" for no category at all."""
    indicator: bool = attr(default=False)
    """Whether another input says that the cell was missing."""


class BooleanColumn(Record):
    """A column of yes and no, or true and false: one input, 1 or 0.

    >>> cell_inputs(BooleanColumn(name="member"), "yes", Marks())
    (1.0,)
    """

    name: str = attr()
    """Of the column."""
    fill: float = attr(default=0.0)
    """What stands for a cell that is missing: the commoner one."""
    indicator: bool = attr(default=False)
    """Whether another input says that the cell was missing."""


class DateColumn(Record):
    """A column of days or moments: the days since the first one, and places in cycles.

    A place in a cycle is a point on a circle, its sine and its cosine, so that December is beside
    January.

    >>> inputs_of(DateColumn(name="day", parts=("days", "month")))
    ('day days', 'day month sine', 'day month cosine')
    """

    name: str = attr()
    """Of the column."""
    form: str = attr(default=ISO)
    """How the cells are written, as `cells.moment_form` finds it."""
    doubtful: bool = attr(default=False)
    """Whether no cell has settled if the day or the month comes first."""
    parts: tuple[Part, ...] = attr(default=("days",))
    """Which parts are inputs, those that differ."""
    first: str = attr(default="1970-01-01")
    """The first day, in ISO 8601."""
    fill: str = attr(default="1970-01-01")
    """What stands for a cell that is missing: the one in the middle, in ISO 8601."""
    indicator: bool = attr(default=False)
    """Whether another input says that the cell was missing."""


class IgnoredColumn(Record):
    """A column that makes no input.

    >>> inputs_of(IgnoredColumn(name="id", why="it counts the rows"))
    ()
    """

    name: str = attr()
    """Of the column."""
    why: str = attr()
    """The reason, to be read."""


InputColumn: TypeAlias = (
    NumericColumn | CategoricalColumn | BooleanColumn | DateColumn | IgnoredColumn
)
"""A column of any kind.

>>> column: InputColumn = NumericColumn(name="age")
"""


class Problem(NamedTuple):
    """Why a cell makes no inputs.

    >>> cell_inputs(NumericColumn(name="age"), "old", Marks())
    Problem(expected='a finite number', missing=False, otherwise=False)
    """

    expected: str
    """What would have been right, in words."""
    missing: bool = False
    """Whether there is nothing in the cell."""
    otherwise: bool = False
    """Whether the cell is of the kind, but written in another way: it says something."""


ABSENT: Final = Problem("there", missing=True)
"""The problem of a cell that is missing.

>>> ABSENT.missing
True
"""

PARTS: Final[tuple[Part, ...]] = ("days", "month", "weekday", "hour")
"""The parts of a date, in the order of their inputs.

>>> PARTS[0]
'days'
"""


def kind_of(column: InputColumn) -> str:
    """The kind of a column, in a word.

    >>> kind_of(NumericColumn(name="age"))
    'numeric'
    """
    return type(column).__name__.removesuffix("Column").lower()


def inputs_of(column: InputColumn) -> tuple[str, ...]:
    """Name the inputs that a column makes, in order.

    >>> inputs_of(BooleanColumn(name="member", indicator=True))
    ('member', 'member missing')
    """
    if isinstance(column, IgnoredColumn):
        return ()
    return (*_names(column), *([f"{column.name} missing"] if column.indicator else []))


_Used: TypeAlias = NumericColumn | CategoricalColumn | BooleanColumn | DateColumn


def _names(column: _Used) -> list[str]:
    """The names of the inputs but for the indicator."""
    match column:
        case NumericColumn() | BooleanColumn():
            return [column.name]
        case CategoricalColumn():
            shown = [*column.categories, *(["other"] if column.other else [])]
            return [f"{column.name}={text}" for text in shown]
        case DateColumn():
            return [f"{column.name} {name}" for part in column.parts for name in _PART_NAMES[part]]


_PART_NAMES: Final[dict[Part, tuple[str, ...]]] = {
    "days": ("days",),
    "month": ("month sine", "month cosine"),
    "weekday": ("weekday sine", "weekday cosine"),
    "hour": ("hour sine", "hour cosine"),
}


def cell_inputs(
    column: InputColumn, text: str, marks: Marks, *, fills: bool = True, strict: bool = False
) -> Row | Problem:
    """The numbers that a column makes of one cell.

    Args:
        column: What is known of the column.
        text: The cell.
        marks: How numbers are written.
        fills: Whether a missing cell is filled; else it is a problem.
        strict: Whether a category that is not known is a problem; else it is the other one, or
            none of them.

    Returns:
        As many numbers as `inputs_of` has names; or why there are none.

    >>> age = NumericColumn(name="age", fill=30.0, indicator=True)
    >>> cell_inputs(age, "4", marks=Marks()), cell_inputs(age, "", marks=Marks())
    ((4.0, 0.0), (30.0, 1.0))
    """
    if isinstance(column, IgnoredColumn):
        return ()
    absent = is_missing(text, among_texts=isinstance(column, CategoricalColumn))
    found = ABSENT if absent else _present(column, text.strip(), marks, strict=strict)
    if not isinstance(found, Problem):
        return (*found, 0.0) if column.indicator else found
    stray = isinstance(column, NumericColumn) and column.strays
    return filled_inputs(column) if fills and (found.missing or stray) else found


def filled_inputs(column: InputColumn) -> Row:
    """The numbers that a column makes of a cell that is not there.

    >>> filled_inputs(NumericColumn(name="age", fill=30.0, indicator=True))
    (30.0, 1.0)
    """
    if isinstance(column, IgnoredColumn):
        return ()
    return (*_filled(column), 1.0) if column.indicator else _filled(column)


def _present(column: _Used, text: str, marks: Marks, *, strict: bool) -> Row | Problem:
    """The inputs of a cell that is there, without the indicator."""
    match column:
        case NumericColumn():
            number = read_cell(text, marks, signs=column.signs)
            if number is None:
                return Problem("a finite number", otherwise=is_number_otherwise(text))
            return (number,)
        case BooleanColumn():
            truth = read_truth(text, digits=True)
            return Problem("yes or no") if truth is None else (truth,)
        case CategoricalColumn():
            return _one_hot(column, text, strict=strict)
        case DateColumn():
            moment = read_moment(text, column.form)
            if moment is None:
                other = moment_form((text,)) is not None
                return Problem(f"a date written as {column.form}", otherwise=other)
            return _date_inputs(column, moment)


def _filled(column: _Used) -> Row:
    """The inputs of a cell that is not there, without the indicator."""
    match column:
        case NumericColumn() | BooleanColumn():
            return (column.fill,)
        case CategoricalColumn():
            return tuple(float(it == column.fill) for it in _places(column))
        case DateColumn():
            return _date_inputs(column, datetime.fromisoformat(column.fill))


def _places(column: CategoricalColumn) -> tuple[str | None, ...]:
    return (*column.categories, *([None] if column.other else []))


def _one_hot(column: CategoricalColumn, text: str, *, strict: bool) -> Row | Problem:
    if strict and text not in column.categories:
        return Problem(f"one of {', '.join(column.categories):.200}")
    found = text if text in column.categories else None
    return tuple(float(it == found) for it in _places(column))


def _date_inputs(column: DateColumn, moment: datetime) -> Row:
    return tuple(x for part in column.parts for x in _part(part, moment, column.first))


def _part(part: Part, moment: datetime, first: str) -> Row:
    match part:
        case "days":
            return ((moment - datetime.fromisoformat(first)) / timedelta(days=1),)
        case "month":
            return _on_circle((moment.month - 1) / 12)
        case "weekday":
            return _on_circle(moment.weekday() / 7)
        case "hour":
            return _on_circle((moment.hour + moment.minute / 60) / 24)


def _on_circle(share: float) -> Row:
    return math.sin(math.tau * share), math.cos(math.tau * share)
