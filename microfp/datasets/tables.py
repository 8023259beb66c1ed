r"""Data from files and tables: a CSV file, or rows at hand, with one column as the target.

A file is the world outside, so what can go wrong with it is a value: `read_csv` returns an
`IOSuccess` with a Dataset, or an `IOFailure` with the `DataError` that says what is wrong.

>>> import pathlib, tempfile
>>> from returns.unsafe import unsafe_perform_io
>>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
>>> _ = path.write_text("weight,legs,kind\n4.5,4,cat\n0.1,2,bird\n5.0,4,cat\n")
>>> pets = unsafe_perform_io(read_csv(path, "kind").unwrap())
>>> pets.xs[1], pets.ys, pets.metadata["classes"]
((0.1, 2.0), (1.0, -1.0, 1.0), ('bird', 'cat'))
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import isnan
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import NamedTuple, Protocol, Self, runtime_checkable

from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.checks import check_count, check_kind, check_path, wrong_kind, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.datasets.choices import NO_CHOICES, Choices
from microfp.datasets.coded import CodedColumn, CodedRows, new_codes
from microfp.datasets.examples import Dataset, dataset
from microfp.datasets.forms import ANY_FORM, Form, is_delimiter
from microfp.datasets.inference import infer
from microfp.datasets.reading import Piece, Watch, pieces
from microfp.datasets.tabular import Column, Table, places_of
from microfp.datasets.typed import labels, typed_dataset
from microfp.errors import DataError, FileError
from microfp.record import check_several, unchecked
from microfp.toolbox import or_raise

__all__ = ["from_csv", "from_rows", "read_csv", "read_pieces", "read_table", "table_dataset"]


@names_home
def read_csv(
    path: str | PathLike[str],
    target: Column | Sequence[Column] = -1,
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    form: Form = ANY_FORM,
    choices: Choices = NO_CHOICES,
) -> IOResult[Dataset, FileError]:
    r"""Read a dataset from a CSV file: one target column, and inputs made of the others.

    What the columns are is found out by the rules of `infer`: numbers, categories, yes and no,
    dates; columns that help no model are left out. Targets are numbers, which stay as they are, or
    names of classes, which are numbered in alphabetical order: -1 and 1 for two classes, 0, 1, 2
    ... for more. Rows without a target are left out.

    Args:
        path: The file; quotes, any line ends, and blank lines, which are skipped.
        target: The target column, by name or by place from 0 (-1 is the last); or several
            columns, all of numbers.
        header: Whether the first line holds the names of the columns; None for yes, unless it
            looks like data, which is an error.
        delimiter: What stands between two cells, one character; None for what is found there.
        form: How the file is a table otherwise: its encoding, lines before the table.
        choices: What is decided about its columns.

    Returns:
        The dataset; its metadata name the inputs, the target, the classes in the order of their
        labels, and hold the `Schema`. Or a DataError that says what is wrong with the file.

    Raises:
        TypeError, ValueError: If an argument makes no sense for any file.

    >>> read_csv("nowhere.csv")
    <IOResult: <Failure: nowhere.csv: must be a readable file: No such file or directory>>
    """
    source = check_path("read_csv", "path", path)
    asked = _form("read_csv", form, header=header, delimiter=delimiter)
    check_kind("read_csv", "choices", choices, Choices)
    targets = _columns("read_csv", target, named=header is not False)
    try:
        return IOSuccess(_typed(_read_table(source, asked), targets, choices))
    except DataError as error:
        return IOFailure(error)


@names_home
def from_csv(
    path: str | PathLike[str],
    target: Column | Sequence[Column] = -1,
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    form: Form = ANY_FORM,
    choices: Choices = NO_CHOICES,
) -> Dataset:
    r"""Read a dataset from a CSV file as `read_csv` does, but raise what is wrong with the file.

    Args:
        path: The file; see `read_csv` for its form.
        target: The target column, by name or by place from 0 (-1 is the last); or several
            columns, all of numbers.
        header: Whether the first line holds the names of the columns.
        delimiter: What stands between two cells, one character; None for what is found there.
        form: How the file is a table otherwise.
        choices: What is decided about its columns.

    Raises:
        DataError: If the file cannot be read, or with all that stands in the way.
        TypeError, ValueError: If an argument makes no sense for any file.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
    >>> _ = path.write_text("weight,legs,kind\n4.5,4,cat\n0.1,2,bird\n")
    >>> from_csv(path, "kind").ys
    (1.0, -1.0)
    """
    return or_raise(
        read_csv(path, target, header=header, delimiter=delimiter, form=form, choices=choices)
    )


def read_table(
    path: str | PathLike[str],
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    form: Form = ANY_FORM,
    watch: Watch = lambda _done, _total: None,
) -> IOResult[Table, FileError]:
    """Read the cells of a CSV file as text, before anybody says what they are.

    Args:
        path: The file; see `read_csv` for its form.
        header: Whether the first line holds the names of the columns.
        delimiter: What stands between two cells, one character; None for what is found there.
        form: How the file is a table otherwise.
        watch: Is told how many bytes have been read, and how many there are.

    Returns:
        The table, of at least one row; or a DataError that names the file and the line.

    Raises:
        TypeError, ValueError: If an argument makes no sense for any file.

    >>> read_table("nowhere.csv")
    <IOResult: <Failure: nowhere.csv: must be a readable file: No such file or directory>>
    """
    source = check_path("read_table", "path", path)
    asked = _form("read_table", form, header=header, delimiter=delimiter)
    try:
        return IOSuccess(_read_table(source, asked, watch))
    except DataError as error:
        return IOFailure(error)


def read_pieces(
    path: str | PathLike[str], *, rows: int = 10_000, form: Form = ANY_FORM
) -> Iterator[Table]:
    r"""Read a CSV file as tables of so many rows, one after the other, in little memory.

    Args:
        path: The file.
        rows: How many rows a table has at most, at least 1.
        form: How the file is a table.

    Raises:
        DataError: Where the file is none; after the tables before that.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
    >>> _ = path.write_text("kind\ncat\nbird\ncat\n")
    >>> [len(table.rows) for table in read_pieces(path, rows=2)]
    [2, 1]
    """
    source = check_path("read_pieces", "path", path)
    check_count("read_pieces", "rows", rows, minimum=1)
    check_kind("read_pieces", "form", form, Form)
    return (_table(source, [piece]) for piece in pieces(source, form, size=rows))


def table_dataset(
    table: Table,
    target: Column | Sequence[Column] = -1,
    *,
    without: Sequence[str] = (),
    choices: Choices = NO_CHOICES,
) -> Dataset:
    """Make a dataset of a table, as `read_csv` makes one of a file.

    Args:
        table: Cells of text.
        target: The target column, by name or by place (-1 is the last); or several columns.
        without: The names of columns that are no inputs, besides those that `choices` drops.
        choices: What is decided about its columns.

    Raises:
        DataError: With all that stands in the way.

    >>> rows = (("Mia", "4.5", "cat"), ("Kiki", "0.1", "bird"))
    >>> pets = Table(source="", names=("name", "weight", "kind"), rows=rows, lines=(2, 3))
    >>> table_dataset(pets, "kind", without=["name"]).xs
    ((4.5,), (0.1,))
    """
    check_kind("table_dataset", "table", table, Table)
    check_several("table_dataset", "without", "a sequence of names", without)
    check_kind("table_dataset", "choices", choices, Choices)
    targets = _columns("table_dataset", target, named=True)
    return _typed(table, targets, choices.set(drop=(*choices.drop, *without)))


def _typed(table: Table, targets: tuple[Column, ...], choices: Choices) -> Dataset:
    return typed_dataset(table, infer(table, targets, choices))


@runtime_checkable
class Cells(Protocol):
    """The cells of a row, in order: a list or a tuple of them, and no text, which asks for texts.

    >>> row: Cells = [5.1, None, "setosa"]
    """

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[object]: ...
    def __contains__(self, cell: object, /) -> bool: ...
    def __getitem__(self, place: int, /) -> object: ...


@names_home
def from_rows(
    rows: Iterable[Mapping[str, object]] | Iterable[Cells],
    target: Column | Sequence[Column] = -1,
    *,
    name: str = "data",
    choices: Choices = NO_CHOICES,
) -> Dataset:
    """Make a dataset of rows that hold inputs and targets: lists of cells, or dicts by column.

    Args:
        rows: At least one, all with the same columns. Where all inputs are finite numbers, or
            booleans, which are 0 and 1, they stay as they are; else inputs are made of the columns
            as `read_csv` makes them, with None and nan for what is missing. Targets are numbers, or
            names of classes, which are numbered as `read_csv` numbers them, and so are booleans:
            "False", then "True".
        target: The target column, by name or by place (-1 is the last); or several columns.
        name: What to call the data.
        choices: What is decided about the columns.

    Raises:
        DataError: If there are no rows, columns are missing, or the columns make no inputs.
        TypeError: If a cell is nothing that a table can hold, or choices are none.

    >>> from_rows([[5.1, 3.5, "setosa"], [6.7, 3.1, "virginica"]]).ys
    (-1.0, 1.0)
    >>> from_rows([{"size": 2, "price": 9.5}, {"size": 3, "price": 12.0}], "price").ys
    (9.5, 12.0)
    >>> cells: list[list[object]] = [["a", None, 1.0], ["b", 2.0, 3.0], ["a", 3.0, 2.0]]
    >>> from_rows(cells).metadata["columns"]
    ('0=a', '0=other', '1', '1 missing')
    """
    check_several("from_rows", "rows", "a sequence of rows", rows)
    check_kind("from_rows", "choices", choices, Choices)
    names, cells = _cells(tuple(rows))
    places = places_of("from_rows", names, _columns("from_rows", target, named=True))
    inputs = [place for place in range(len(names)) if place not in places]
    xs = [tuple(map(_switch, row)) for row in _only(cells, inputs)]
    if choices != NO_CHOICES or not all(_is_number(cell) for row in xs for cell in row):
        return _typed(_as_table(name, names, cells), places, choices)
    ys, classes = labels([tuple(map(_answer, row)) for row in _only(cells, places)])
    about = {
        "columns": tuple(names[place] for place in inputs),
        "target": tuple(names[place] for place in places),
        **({"classes": classes} if classes else {}),
    }
    flat = ys if len(places) > 1 else [y for (y,) in ys]
    return dataset(xs, flat, name=name, metadata=about)  # type: ignore[arg-type]  # `dataset` looks for itself


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


def _is_number(cell: object) -> bool:
    """Whether a cell stays as it is: a number that is there."""
    return not isinstance(cell, bool) and isinstance(cell, Real) and not isnan(float(cell))


def _as_table(name: str, names: tuple[str, ...], cells: Sequence[tuple[object, ...]]) -> Table:
    texts = [
        tuple(_as_text(f"rows[{i}][{j}]", cell) for j, cell in enumerate(row))
        for i, row in enumerate(cells)
    ]
    return Table(source=name, names=names, rows=tuple(texts), lines=range(len(texts)))


def _as_text(where: str, cell: object) -> str:
    """A cell as a file would hold it, so that it reads the same."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool | int):
        return str(cell)
    if isinstance(cell, Real):
        return repr(float(cell))
    raise wrong_kind("from_rows", where, "a number, a text, True, False, a date or None", cell)


# From a file to a table


def _form(where: str, form: Form, *, header: object, delimiter: object) -> Form:
    """The form with what is given beside it."""
    check_kind(where, "form", form, Form)
    if header is not None and not isinstance(header, bool):
        raise wrong_kind(where, "header", "True or False", header)
    if delimiter is not None and not is_delimiter(delimiter):
        raise wrong_value(where, "delimiter", "one character, no quote or line end", delimiter)
    given = {"header": header, "delimiter": delimiter}
    return form.update({name: it for name, it in given.items() if it is not None})


_PIECE = 4096


def _read_table(path: Path, form: Form, watch: Watch = lambda _done, _total: None) -> Table:
    return _table(path, pieces(path, form, size=_PIECE, watch=watch))


def _table(path: Path, found: Iterable[Piece]) -> Table:
    """The rows of all pieces as one table; a plain loop, since codes and lines grow together."""
    building: _Building | None = None
    for piece in found:
        building = building or _Building.of(piece)
        building.take(piece)
    assert building is not None  # there is a piece, or an error
    return building.table(str(path))


class _Building(NamedTuple):
    """A table while it grows, within one function."""

    names: tuple[str, ...]
    notes: tuple[str, ...]
    texts: "tuple[defaultdict[str, int], ...]"
    codes: "tuple[array[int], ...]"
    lines: "array[int]"
    ragged: list[tuple[int, int]]

    @classmethod
    def of(cls, piece: Piece) -> Self:
        texts = tuple(new_codes() for _ in piece.names)
        codes = tuple(array("i") for _ in piece.names)
        return cls(piece.names, piece.notes, texts, codes, array("q"), [])

    def take(self, piece: Piece) -> None:
        self.lines.extend([line for line, _ in piece.lines])
        self.ragged.extend(piece.ragged)
        columns = zip(*[cells for _, cells in piece.lines], strict=True)
        for texts, codes, column in zip(self.texts, self.codes, columns, strict=False):
            codes.extend(map(texts.__getitem__, column))

    def table(self, source: str) -> Table:
        count = len(self.ragged)
        told = (f"{count} lines of another width are passed over",) if count else ()
        pairs = zip(self.codes, self.texts, strict=True)
        rows = CodedRows(CodedColumn(codes, tuple(texts)) for codes, texts in pairs)
        notes = (*self.notes, *told)
        return unchecked(
            Table, source, self.names, rows, _lines(self.lines), tuple(self.ragged), notes
        )


def _lines(lines: "array[int]") -> Sequence[int]:
    """The numbers of lines as a range where they are one."""
    first = lines[0] if lines else 0
    regular = range(first, first + len(lines))
    return regular if all(map(int.__eq__, lines, regular)) else tuple(lines)


# Columns


def _columns(where: str, target: Column | Sequence[Column], *, named: bool) -> tuple[Column, ...]:
    """The target columns as a tuple; what can be wrong without looking at any data is."""
    if not isinstance(target, str | int | Sequence):
        raise wrong_kind(where, "target", "a column name or number, or several", target)
    columns = (target,) if isinstance(target, str | int) else tuple(target)
    for column in columns:
        if isinstance(column, bool) or not isinstance(column, str | int):
            raise wrong_kind(where, "target", "a column name or number", column)
        if isinstance(column, str) and not named:
            raise wrong_value(where, "target", "a column number where there is no header", column)
    if not columns:
        raise wrong_value(where, "target", "at least one column", target)
    return columns


def _only(rows: Sequence[tuple[object, ...]], places: Sequence[int]) -> list[tuple[object, ...]]:
    return [tuple(row[place] for place in places) for row in rows]
