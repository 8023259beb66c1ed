r"""Data from files and tables: a CSV file, or rows at hand, with one column as the target.

A file is the world outside, so what can go wrong with it is a value: `read_csv` returns an
`IOSuccess` with a Dataset, or an `IOFailure` with the `DataError` that names line and column.

>>> import pathlib, tempfile
>>> from returns.unsafe import unsafe_perform_io
>>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
>>> _ = path.write_text("weight,legs,kind\n4.5,4,cat\n0.1,2,bird\n5.0,4,cat\n")
>>> pets = unsafe_perform_io(read_csv(path, "kind").unwrap())
>>> pets.xs[1], pets.ys, pets.metadata["classes"]
((0.1, 2.0), (1.0, -1.0, 1.0), ('bird', 'cat'))
"""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from io import StringIO
from os import PathLike
from pathlib import Path
from reprlib import repr as short_repr
from typing import TypeAlias

from pyrsistent import PMap, pmap
from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.checks import check_flag, wrong_kind, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.base.files import read_regular
from microfp.base.numbers import read_number
from microfp.datasets.examples import Dataset, Row, dataset
from microfp.errors import DataError, FileError
from microfp.record import Record, attr
from microfp.toolbox import or_raise

__all__ = [
    "Column",
    "Table",
    "from_csv",
    "from_rows",
    "read_csv",
    "read_table",
    "table_dataset",
    "table_numbers",
    "table_texts",
    "wrong_cell",
]

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
    rows: tuple[tuple[str, ...], ...] = attr()
    """The cells, row by row, as many in each as there are names."""
    lines: tuple[int, ...] = attr()
    """The number of the line that each row begins in, from 1."""

    def __repr__(self) -> str:
        """Show where it is from and its columns; the cells would fill pages."""
        return f"Table(source={self.source!r}, n={len(self.rows)}, names={short_repr(self.names)})"


@names_home
def read_csv(
    path: str | PathLike[str],
    target: Column | Sequence[Column] = -1,
    *,
    header: bool = True,
    delimiter: str = ",",
) -> IOResult[Dataset, FileError]:
    r"""Read a dataset from a CSV file: one target column, and inputs in all the others.

    The file is UTF-8 text, with or without a byte order mark, quotes, and any line ends; blank
    lines are skipped. Inputs are finite numbers. Targets are finite numbers, which stay as they
    are, or names of classes, which are numbered in alphabetical order: -1 and 1 for two
    classes, 0, 1, 2 ... for more.

    Args:
        path: The file.
        target: The target column, by name or by place from 0 (-1 is the last); or several
            columns, all of numbers.
        header: Whether the first line holds the names of the columns.
        delimiter: What stands between two cells, one character.

    Returns:
        The dataset; its metadata name the columns, the target, and the classes in the order of
        their labels. Or a DataError that names the line and column of the first bad cell.

    Raises:
        TypeError, ValueError: If an argument makes no sense for any file.

    >>> read_csv("nowhere.csv")
    <IOResult: <Failure: nowhere.csv: must be a readable file: No such file or directory>>
    """
    check_flag("read_csv", "header", header)
    separator = _delimiter("read_csv", delimiter)
    targets = _columns("read_csv", target, named=header)
    try:
        return IOSuccess(_to_dataset(_read_table(Path(path), separator, header=header), targets))
    except DataError as error:
        return IOFailure(error)


@names_home
def from_csv(
    path: str | PathLike[str],
    target: Column | Sequence[Column] = -1,
    *,
    header: bool = True,
    delimiter: str = ",",
) -> Dataset:
    r"""Read a dataset from a CSV file as `read_csv` does, but raise what is wrong with the file.

    Args:
        path: The file; see `read_csv` for its form.
        target: The target column, by name or by place from 0 (-1 is the last); or several
            columns, all of numbers.
        header: Whether the first line holds the names of the columns.
        delimiter: What stands between two cells, one character.

    Raises:
        DataError: If the file cannot be read, or with the line and column of the first bad cell.
        TypeError, ValueError: If an argument makes no sense for any file.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
    >>> _ = path.write_text("weight,legs,kind\n4.5,4,cat\n0.1,2,bird\n")
    >>> from_csv(path, "kind").ys
    (1.0, -1.0)
    """
    return or_raise(read_csv(path, target, header=header, delimiter=delimiter))


def read_table(
    path: str | PathLike[str], *, header: bool = True, delimiter: str = ","
) -> IOResult[Table, FileError]:
    """Read the cells of a CSV file as text, before anybody says what they are.

    Args:
        path: The file; see `read_csv` for its form.
        header: Whether the first line holds the names of the columns.
        delimiter: What stands between two cells, one character.

    Returns:
        The table, of at least one row; or a DataError that names the file and the line.

    Raises:
        TypeError, ValueError: If an argument makes no sense for any file.

    >>> read_table("nowhere.csv")
    <IOResult: <Failure: nowhere.csv: must be a readable file: No such file or directory>>
    """
    check_flag("read_table", "header", header)
    separator = _delimiter("read_table", delimiter)
    try:
        return IOSuccess(_read_table(Path(path), separator, header=header))
    except DataError as error:
        return IOFailure(error)


def table_dataset(
    table: Table, target: Column | Sequence[Column] = -1, *, without: Sequence[str] = ()
) -> Dataset:
    """Make a dataset of a table, as `read_csv` makes one of a file.

    Args:
        table: Cells of text.
        target: The target column, by name or by place (-1 is the last); or several columns.
        without: The names of columns that are no inputs; whatever they hold is free.

    Raises:
        DataError: With the line and column of the first bad cell.

    >>> rows = (("Mia", "4.5", "cat"), ("Kiki", "0.1", "bird"))
    >>> pets = Table(source="", names=("name", "weight", "kind"), rows=rows, lines=(2, 3))
    >>> table_dataset(pets, "kind", without=["name"]).xs
    ((4.5,), (0.1,))
    """
    targets = _columns("table_dataset", target, named=True)
    return _to_dataset(table, targets, {_named_place(table, column) for column in without})


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
    places = [_named_place(table, column) for column in columns]
    return tuple(_numbers(table, row, places) for row in range(len(table.rows)))


def table_texts(table: Table, column: str) -> tuple[str, ...]:
    """Read one column of a table as texts, without the blanks around them.

    Raises:
        DataError: If there is no such column.

    >>> table_texts(Table(source="", names=("a", "b"), rows=(("1", " x "),), lines=(2,)), "b")
    ('x',)
    """
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
    return _bad_cell(table, row, _named_place(table, column), meaning)


def _named_place(table: Table, column: str) -> int:
    """The place of the one column of a name."""
    count = table.names.count(column)
    if count != 1:
        hint = _other_delimiter(table.names)
        got = "two of that name" if count else f"only {_some(table.names)}{hint}"
        raise DataError(f"{table.source}, line 1: there must be a column {column!r}, got {got}")
    return table.names.index(column)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names)
    return shown if len(shown) < 200 else f"{shown[:200]} ..."


def _delimiter(where: str, given: object) -> str:
    if not isinstance(given, str) or len(given) != 1 or given in '"\r\n':
        raise wrong_value(where, "delimiter", "one character, no quote or line end", given)
    return given


@names_home
def from_rows(
    rows: Iterable[Mapping[str, object]] | Iterable[Sequence[object]],
    target: Column | Sequence[Column] = -1,
    *,
    name: str = "data",
) -> Dataset:
    """Make a dataset of rows that hold inputs and targets: lists of cells, or dicts by column.

    Args:
        rows: At least one, all with the same columns. Inputs are finite numbers, or booleans,
            which are 0 and 1; targets are numbers too, or names of classes, which are numbered as
            `read_csv` numbers them, and so are booleans: "False", then "True".
        target: The target column, by name or by place (-1 is the last); or several columns.
        name: What to call the data.

    Raises:
        DataError: If there are no rows, columns are missing, or a number is not finite.
        ShapeError: If rows have different widths.
        TypeError: If an input is no number.

    >>> from_rows([[5.1, 3.5, "setosa"], [6.7, 3.1, "virginica"]]).ys
    (-1.0, 1.0)
    >>> from_rows([{"size": 2, "price": 9.5}, {"size": 3, "price": 12.0}], "price").ys
    (9.5, 12.0)
    """
    names, cells = _cells(tuple(rows))
    places = _places("from_rows", names, _columns("from_rows", target, named=True))
    inputs = [tuple(map(_switch, row)) for row in _without(cells, places)]
    ys, classes = _targets([tuple(map(_answer, row)) for row in _only(cells, places)])
    about = _about(names, [i for i in range(len(names)) if i not in places], places, classes)
    return dataset(inputs, ys, name=name, metadata=about)  # type: ignore[arg-type]  # `dataset` looks for itself


def _switch(cell: object) -> object:
    """A boolean among inputs as a number, 0 or 1; everything else as it is."""
    return float(bool(cell)) if _is_boolean(cell) else cell


def _answer(cell: object) -> object:
    """A boolean as a target is the name of a class, as the same word in a file is."""
    return str(bool(cell)) if _is_boolean(cell) else cell


def _is_boolean(cell: object) -> bool:
    return type(cell).__name__ in ("bool", "bool_")  # numpy's is no kind of Python's


def _cells(
    rows: tuple[object, ...],
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The names of the columns, and the rows as tuples in their order."""
    if not rows:
        raise DataError("from_rows: rows must hold at least one row, got none")
    first = rows[0]
    if not isinstance(first, Mapping):
        width = len(first) if isinstance(first, Sequence) else 0
        return tuple(map(str, range(width))), [
            _sequence(i, row, width) for i, row in enumerate(rows)
        ]
    names = tuple(first)
    return names, [_mapping(i, row, names) for i, row in enumerate(rows)]


def _sequence(i: int, row: object, width: int) -> tuple[object, ...]:
    if not isinstance(row, Sequence) or isinstance(row, str):
        raise wrong_kind("from_rows", f"rows[{i}]", "a list of cells or a dict", row)
    if len(row) != width:
        raise DataError(
            f"from_rows: rows[{i}] must hold {width} cells like rows[0], got {len(row)}"
        )
    return tuple(row)


def _mapping(i: int, row: object, names: tuple[str, ...]) -> tuple[object, ...]:
    if not isinstance(row, Mapping):
        raise wrong_kind("from_rows", f"rows[{i}]", "a dict like rows[0]", row)
    if set(row) != set(names):
        expected, got = ", ".join(names), ", ".join(map(str, row))
        raise DataError(f"from_rows: rows[{i}] must have the columns {expected}, got {got}")
    return tuple(row[name] for name in names)


# From a file to a table


def _read_table(path: Path, delimiter: str, *, header: bool) -> Table:
    lines = list(_split(str(path), _text(path), delimiter))
    if not lines:
        raise DataError(f"{path}: must hold rows of numbers, is empty")
    width = len(lines[0][1])
    for number, cells in lines:
        if len(cells) != width:
            expected = f"{width} column{'' if width == 1 else 's'} like line {lines[0][0]}"
            got = f"{len(cells)}{_other_delimiter(lines[0][1])}"
            raise DataError(f"{path}, line {number}: must have {expected}, got {got}")
    names = _names(path, [cells for _, cells in lines]) if header else tuple(map(str, range(width)))
    rows = lines[1:] if header else lines
    if not rows:
        raise DataError(f"{path}: must hold rows below its header, got none")
    return Table.unchecked(
        str(path), names, tuple(cells for _, cells in rows), tuple(number for number, _ in rows)
    )


def _text(path: Path) -> str:
    try:
        data = read_regular(path)
    except (OSError, ValueError) as error:  # a value: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: must be a readable file: {reason}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: must be UTF-8 text, got other bytes") from error


def _split(source: str, text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows that are not blank, each with the number of its first line."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in reader:
            if cells:
                yield begin, tuple(cells)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{source}, line {begin}: must be comma-separated text: {error}") from error


def _names(path: Path, lines: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in lines[0])
    if _are_data(names, lines[1:]):
        got = short_repr(",".join(names))
        raise DataError(
            f"{path}, line 1: must be a header of names, got {got}; see header=False, --no-header"
        )
    return names


def _are_data(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> bool:
    """Whether names are an example: numbers, and beside them only texts that occur again below."""
    texts = [place for place, name in enumerate(names) if read_number(name) is None]
    return len(texts) < len(names) and all(
        any(row[place].strip() == names[place] for row in rows) for place in texts
    )


def _other_delimiter(cells: Sequence[str]) -> str:
    """A word on the delimiter, where a line is one cell and has in it what divides cells."""
    found = [mark for mark in ";\t|," if len(cells) == 1 and mark in cells[0]]
    return f"; line 1 has {found[0]!r} in it: is that the delimiter?" if found else ""


# From a table to a dataset


def _to_dataset(
    table: Table, targets: tuple[Column, ...], without: AbstractSet[int] = frozenset()
) -> Dataset:
    if len(table.names) == 1:
        hint = _other_delimiter(table.names) or _other_delimiter(table.rows[0])
        raise _no_inputs(table.source, hint)
    places = _places(table.source, table.names, targets)
    inputs = [place for place in range(len(table.names)) if place not in {*places, *without}]
    if not inputs:
        raise _no_inputs(table.source)
    xs = tuple(_numbers(table, i, inputs) for i in range(len(table.rows)))
    ys, classes = _targets(_target_cells(table, places))
    if len(set(ys)) == 1:
        raise DataError(
            f"{_column(table, places[0])}: must hold at least two different targets, "
            f"got only {short_repr(table.rows[0][places[0]])}"
        )
    about = _about(table.names, inputs, places, classes).update({"source": table.source})
    return dataset(xs, ys, name=Path(table.source).stem, metadata=about)  # type: ignore[arg-type]  # `dataset` looks for itself


def _numbers(table: Table, row: int, places: Iterable[int]) -> Row:
    """Some cells of a row, which must all be finite numbers."""
    cells = table.rows[row]
    numbers = [read_number(cells[place]) for place in places]
    for place, number in zip(places, numbers, strict=True):
        if number is None or not math.isfinite(number):
            raise _bad_cell(table, row, place, "a finite number")
    return tuple(number for number in numbers if number is not None)


def _target_cells(table: Table, places: tuple[int, ...]) -> list[tuple[object, ...]]:
    """The targets: numbers, or where the one column holds none, names of classes."""
    (place, *more), rows = places, range(len(table.rows))
    names = [cells[place].strip() for cells in table.rows]
    if more or any(read_number(name) is not None for name in names):
        return [_numbers(table, row, places) for row in rows]
    for row in rows:
        if not names[row]:
            raise _bad_cell(table, row, place, "a number or the name of a class")
    return [(name,) for name in names]


def _bad_cell(table: Table, row: int, place: int, expected: str) -> DataError:
    cell = table.rows[row][place]
    got = short_repr(cell) if cell.strip() else "an empty cell"
    where = _column(table, place, f", line {table.lines[row]}")
    return DataError(f"{where}: must be {expected}, got {got}")


def _column(table: Table, place: int, line: str = "") -> str:
    name = table.names[place]
    named = "" if name == str(place) else f" ({name[:40]})"
    return f"{table.source}{line}, column {place + 1}{named}"


# For both


def _columns(where: str, target: Column | Sequence[Column], *, named: bool) -> tuple[Column, ...]:
    """The target columns as a tuple; what can be wrong without looking at any data is."""
    columns = (target,) if isinstance(target, str | int) else tuple(target)
    for column in columns:
        if isinstance(column, bool) or not isinstance(column, str | int):
            raise wrong_kind(where, "target", "a column name or number", column)
        if isinstance(column, str) and not named:
            raise wrong_value(where, "target", "a column number where there is no header", column)
    if not columns:
        raise wrong_value(where, "target", "at least one column", target)
    return columns


def _places(source: str, names: tuple[str, ...], columns: tuple[Column, ...]) -> tuple[int, ...]:
    places = tuple(_place(source, names, column) for column in columns)
    if len(set(places)) < len(places) or len(places) == len(names):
        raise _no_inputs(source)
    return places


def _no_inputs(source: str, hint: str = "") -> DataError:
    return DataError(f"{source}: there must be an input column beside the targets, got none{hint}")


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


def _only(rows: list[tuple[object, ...]], places: tuple[int, ...]) -> list[tuple[object, ...]]:
    return [tuple(row[place] for place in places) for row in rows]


def _without(rows: list[tuple[object, ...]], places: tuple[int, ...]) -> list[tuple[object, ...]]:
    return [tuple(c for place, c in enumerate(row) if place not in places) for row in rows]


def _targets(cells: list[tuple[object, ...]]) -> tuple[Sequence[object], tuple[str, ...]]:
    """The targets as numbers, and the names of the classes, if they were names."""
    names = [cell for row in cells for cell in row if isinstance(cell, str)]
    if len(cells[0]) > 1:
        return cells, ()
    if len(names) < len(cells):
        return [cell for (cell,) in cells], ()
    classes = tuple(sorted(set(names)))
    labels = (-1.0, 1.0) if len(classes) == 2 else tuple(map(float, range(len(classes))))
    table = dict(zip(classes, labels, strict=True))
    return [table[name] for name in names], classes


def _about(
    names: tuple[str, ...], inputs: Sequence[int], targets: Sequence[int], classes: tuple[str, ...]
) -> PMap[str, object]:
    return pmap(
        {
            "columns": tuple(names[place] for place in inputs),
            "target": tuple(names[place] for place in targets),
            **({"classes": classes} if classes else {}),
        }
    )
