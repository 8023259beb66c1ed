"""Tables: cells of text, and where they stand in a file.

>>> pets = Table(source="pets.csv", names=("kind",), rows=(("cat",),), lines=(2,))
>>> table_texts(pets, "kind")
('cat',)
"""

import math
from collections.abc import Iterable, Sequence
from reprlib import repr as short_repr
from typing import TypeAlias

from microfp.base.checks import check_kind
from microfp.base.numbers import read_number
from microfp.datasets.examples import Row
from microfp.datasets.reading import other_delimiter
from microfp.errors import DataError
from microfp.record import Record, attr, check_several

__all__ = ["Column", "Table", "places_of", "table_numbers", "table_texts", "wrong_cell"]

Column: TypeAlias = str | int
"""A column, by its name or by its place; -1 is the last one."""


class Table(Record):
    """Cells of text, and where they stand in a file; `read_table` makes one.

    >>> table = Table(source="pets.csv", names=("kind",), rows=(("cat",),), lines=(2,))
    >>> table
    Table(source='pets.csv', n=1, names=('kind',))
    >>> table_texts(table, "kind")
    ('cat',)
    """

    source: str = attr()
    """The path of the file."""
    names: tuple[str, ...] = attr()
    """Of the columns; their numbers, from 0, where the file has no header."""
    rows: Sequence[tuple[str, ...]] = attr()
    """The cells, row by row, as many in each as there are names."""
    lines: Sequence[int] = attr()
    """The number of the line that each row begins in, from 1."""
    ragged: tuple[tuple[int, int], ...] = attr(default=())
    """The lines that were passed over since they have another number of cells, with it."""
    notes: tuple[str, ...] = attr(default=())
    """What was found out about the form of the file, in words."""

    def __repr__(self) -> str:
        """Show where it is from and its columns; the cells would fill pages."""
        return f"Table(source={self.source!r}, n={len(self.rows)}, names={short_repr(self.names)})"


def table_numbers(table: Table, columns: Sequence[str]) -> tuple[Row, ...]:
    """Read some columns of a table as numbers: inputs without a target.

    Args:
        table: Cells of text.
        columns: Their names, in the order that is wanted; whatever other columns hold is free.

    Returns:
        A row of numbers for each row of the table.

    Raises:
        DataError: If there is no such column, or a cell is no finite number; with its line.

    >>> rows = (("4.5", "cat"), ("0.1", "bird"))
    >>> pets = Table(source="", names=("weight", "kind"), rows=rows, lines=(2, 3))
    >>> table_numbers(pets, ["weight"])
    ((4.5,), (0.1,))
    """
    check_kind("table_numbers", "table", table, Table)
    check_several("table_numbers", "columns", "a sequence of names", columns)
    places = [_named_place(table, column) for column in columns]
    return tuple(_numbers(table, row, places) for row in range(len(table.rows)))


def table_texts(table: Table, column: str) -> tuple[str, ...]:
    """Read one column of a table as texts, without the blanks around them.

    Raises:
        DataError: If there is no such column.

    >>> table_texts(Table(source="", names=("a", "b"), rows=(("1", " x "),), lines=(2,)), "b")
    ('x',)
    """
    check_kind("table_texts", "table", table, Table)
    check_kind("table_texts", "column", column, str)
    place = _named_place(table, column)
    return tuple(cells[place].strip() for cells in table.rows)


def wrong_cell(table: Table, row: int, column: str, meaning: str) -> DataError:
    """The error for a cell that holds something else than it should, ready to be raised.

    Args:
        table: Cells of text.
        row: The number of the row, from 0.
        column: The name of the column.
        meaning: What was expected.

    >>> table = Table(source="pets.csv", names=("kind",), rows=(("cow",),), lines=(2,))
    >>> print(wrong_cell(table, 0, "kind", "cat or bird"))
    pets.csv, line 2, column 1 (kind): must be cat or bird, got 'cow'
    """
    check_kind("wrong_cell", "table", table, Table)
    check_kind("wrong_cell", "row", row, int)
    check_kind("wrong_cell", "column", column, str)
    return _bad_cell(table, row, _named_place(table, column), meaning)


def _named_place(table: Table, column: str) -> int:
    """The place of the one column of a name."""
    count = table.names.count(column)
    if count != 1:
        hint = other_delimiter(table.names)
        got = "two of that name" if count else f"only {_some(table.names)}{hint}"
        raise DataError(f"{table.source}, line 1: there must be a column {column!r}, got {got}")
    return table.names.index(column)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names)
    return shown if len(shown) < 200 else f"{shown[:200]} ..."


def _numbers(table: Table, row: int, places: Iterable[int]) -> Row:
    """Some cells of a row, which must all be finite numbers."""
    cells = table.rows[row]
    numbers = [read_number(cells[place]) for place in places]
    for place, number in zip(places, numbers, strict=True):
        if number is None or not math.isfinite(number):
            raise _bad_cell(table, row, place, "a finite number")
    return tuple(number for number in numbers if number is not None)


def _bad_cell(table: Table, row: int, place: int, expected: str) -> DataError:
    cell = table.rows[row][place]
    got = short_repr(cell) if cell.strip() else "an empty cell"
    where = _column(table, place, f", line {table.lines[row]}")
    return DataError(f"{where}: must be {expected}, got {got}")


def _column(table: Table, place: int, line: str = "") -> str:
    name = table.names[place]
    named = "" if name == str(place) else f" ({name[:40]})"
    return f"{table.source}{line}, column {place + 1}{named}"


def places_of(source: str, names: tuple[str, ...], columns: Sequence[Column]) -> tuple[int, ...]:
    """The places of target columns, which leave at least one column for inputs.

    Raises:
        DataError: If there is no such column, or no other.

    >>> places_of("pets.csv", ("weight", "kind"), ["kind"])
    (1,)
    """
    places = tuple(_place(source, names, column) for column in columns)
    if len(set(places)) < len(places) or len(places) == len(names):
        hint = other_delimiter(names)
        raise DataError(
            f"{source}: there must be an input column beside the targets, got none{hint}"
        )
    return places


def _place(source: str, names: tuple[str, ...], column: Column) -> int:
    if isinstance(column, int):
        if -len(names) <= column < len(names):
            return column % len(names)
        raise DataError(f"{source}: target must be a column below {len(names)}, got {column}")
    if names.count(column) != 1:
        expected = f"one of the columns {_some(names)}"
        found = "" if column not in names else ", which stands there more than once"
        raise DataError(f"{source}: target must be {expected}, got {column!r}{found}")
    return names.index(column)
