"""Schemas: what the columns of a table are, and which inputs of a model they make.

`infer` finds a schema in a table; `encode` makes the numbers that a model sees of any table of the
same columns, in whatever order, with whatever else. Both are pure, and a schema is plain data: it
is part of a predictor and of its file.

>>> schema = Schema(
...     columns=(CategoricalColumn(name="island", categories=("Biscoe", "Dream")),),
...     targets=("species",),
... )
>>> schema.inputs
('island=Biscoe', 'island=Dream')
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from microfp.base.checks import check_kind, wrong_value
from microfp.base.text import told_apart
from microfp.datasets.cells import Marks, is_missing
from microfp.datasets.coded import CodedColumn, columns_of
from microfp.datasets.examples import Row
from microfp.datasets.features import (
    BooleanColumn,
    CategoricalColumn,
    DateColumn,
    IgnoredColumn,
    InputColumn,
    NumericColumn,
    Problem,
    cell_inputs,
    filled_inputs,
    inputs_of,
)
from microfp.datasets.matrices import Matrix
from microfp.datasets.reading import other_delimiter
from microfp.datasets.tabular import Table
from microfp.errors import DataError
from microfp.record import Record, attr

__all__ = [
    "SCHEMA_RECORDS",
    "Encoded",
    "Missing",
    "Schema",
    "Stray",
    "Trouble",
    "Unseen",
    "check_columns",
    "encode",
    "filled_columns",
    "strays",
]

Missing: TypeAlias = Literal["fill", "skip", "error"]
"""What becomes of a row with a missing cell: it is filled, left out, or refused.

>>> missing: Missing = "skip"
"""

Unseen: TypeAlias = Literal["other", "error"]
"""What becomes of a category that was not there when the schema was found.

>>> unseen: Unseen = "other"
"""


class Schema(Record):
    """What the columns of a table are, which inputs they make, and what is predicted.

    Raises:
        ValueError: If two columns have one name, or a word is none of those above.

    >>> Schema(columns=(NumericColumn(name="age"),), targets=("kind",)).inputs
    ('age',)
    """

    columns: tuple[InputColumn, ...] = attr()
    """Those of the table that are no targets, in its order."""
    targets: tuple[str, ...] = attr()
    """The names of what is predicted."""
    classes: bool = attr(default=False)
    """Whether targets are names of classes; else they are numbers."""
    marks: Marks = attr(default=Marks())
    """How numbers are written."""
    missing: Missing = attr(default="fill")
    """What becomes of a row with a missing cell."""
    unseen: Unseen = attr(default="other")
    """What becomes of a category that is not known."""

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        names = tuple(column.name for column in self.used)
        if len(set(names)) < len(names):
            raise wrong_value("Schema", "columns", "of different names", names)
        for name, known in (("missing", ("fill", "skip", "error")), ("unseen", ("other", "error"))):
            if self[name] not in known:
                raise wrong_value("Schema", name, f"one of {', '.join(known)}", self[name])
        return True, ""

    @property
    def used(self) -> tuple[InputColumn, ...]:
        """The columns that make inputs.

        >>> Schema(columns=(IgnoredColumn(name="id", why="it counts"),), targets=("y",)).used
        ()
        """
        return tuple(it for it in self.columns if not isinstance(it, IgnoredColumn))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs of a model, in order and all different.

        >>> rare = CategoricalColumn(name="kind", categories=("cat", "other"), other=True)
        >>> Schema(columns=(rare,), targets=("y",)).inputs
        ('kind=cat', 'kind=other', 'kind=other (2)')
        """
        return told_apart(name for column in self.columns for name in inputs_of(column))


SCHEMA_RECORDS: Final[tuple[type[Record], ...]] = (
    Schema,
    Marks,
    NumericColumn,
    CategoricalColumn,
    BooleanColumn,
    DateColumn,
    IgnoredColumn,
)
"""The records that a schema is made of, to be named in the format of a file.

>>> SCHEMA_RECORDS[0].__name__
'Schema'
"""


class Trouble(NamedTuple):
    """A cell from which no inputs could be made.

    >>> str(Trouble(2, "age", "a number", "old"))
    "age must be a number, got 'old'"
    """

    row: int
    """The number of its row in the table, from 0."""
    column: str
    """The name of its column."""
    expected: str
    """What should stand there."""
    found: str
    """What stands there."""

    def __str__(self) -> str:
        shown = repr(self.found[:40]) if self.found.strip() else "an empty cell"
        return f"{self.column} must be {self.expected}, got {shown}"


class Encoded(NamedTuple):
    """The inputs that a schema makes of the rows of a table.

    >>> from microfp.datasets.tabular import Table
    >>> schema = Schema(columns=(NumericColumn(name="age"),), targets=("kind",))
    >>> table = Table(source="", names=("age",), rows=(("4",), ("1,5",)), lines=(1, 2))
    >>> found = encode(schema, table)
    >>> found.xs, found.rows, str(found.troubles[0])
    (((4.0,),), (0,), "age must be a finite number, got '1,5'")
    """

    xs: Sequence[Row]
    """A row of inputs for each row that could be read; none where none could."""
    rows: Sequence[int]
    """Which rows of the table they are, from 0."""
    troubles: tuple[Trouble, ...]
    """For each other row, the first cell that stood in the way; in order."""
    unread: tuple[Trouble, ...] = ()
    """The cells that count as missing since they cannot be read, by column, then by row; none of
    those columns in which such cells were there from the first.
    """


LARGE: Final = 2**16
"""From so many numbers on, rows are kept as columns of doubles.

>>> LARGE
65536
"""


def encode(schema: Schema, table: Table) -> Encoded:
    """Make the inputs of a model of the rows of a table.

    The columns are found by their names; others are passed over, the targets too. Where missing
    cells are filled, a cell that cannot be read as a number, a date, yes or no counts as missing,
    and is named among the `unread`. A row is left out, and named among the `troubles`, if

    - missing cells are not filled, and it has one, or one that cannot be read;
    - it has a number or a date that is written in another way, such as 1,5 for 1.5;
    - it has a category that is not known, and those are errors;
    - it has a cell that cannot be read in a column where that is so of most cells that are there,
      of a quarter of all, and of ten at least: that is another column than the schema knows.

    Args:
        schema: What the columns are.
        table: Cells of text.

    Raises:
        DataError: If a column is missing, or there is more than one of its name.

    >>> schema = Schema(columns=(NumericColumn(name="age", fill=3.0, indicator=True),), targets=())
    >>> rows = (("x", "4"), ("y", "NA"))
    >>> encode(schema, Table(source="", names=("note", "age"), rows=rows, lines=(2, 3))).xs
    ((4.0, 0.0), (3.0, 1.0))
    >>> unread = encode(schema, Table(source="", names=("age",), rows=(("old",),), lines=(2,)))
    >>> unread.xs, str(unread.unread[0])
    (((3.0, 1.0),), "age must be a finite number, got 'old'")
    """
    check_kind("encode", "schema", schema, Schema)
    check_kind("encode", "table", table, Table)
    cells, columns = _found(schema, table), list["array[float]"]()
    troubles: dict[int, Trouble] = {}
    unread: list[Trouble] = []
    for column, coded in cells:  # a plain loop: numbers and troubles of a column come together
        read = [_inputs(schema, column, text) for text in coded.texts]
        bad = {i: it for i, it in enumerate(read) if isinstance(it, Problem)}
        strange = _strange(schema, column, coded, bad)
        for i in strange:
            read[i] = filled_inputs(column)
            del bad[i]
        columns += _numbers(column, coded, read)
        unread += [trouble for _, trouble in _troubles(column, coded, strange)]
        troubles = {**dict(_troubles(column, coded, bad)), **troubles}
    return _whole(columns, len(table.rows), troubles, unread)


MOST_STRANGE: Final = 10
"""Fewer cells than these may be strange in a column that is known.

>>> MOST_STRANGE
10
"""


def _strange(
    schema: Schema, column: InputColumn, coded: CodedColumn, bad: Mapping[int, Problem]
) -> Mapping[int, Problem]:
    """The texts that cannot be read and count as missing, by place, and why."""
    if schema.missing != "fill" or isinstance(column, CategoricalColumn):
        return {}
    if isinstance(column, BooleanColumn) and schema.unseen == "error":
        return {}
    strange = {i: it for i, it in bad.items() if not (it.missing or it.otherwise)}
    if not strange:
        return {}
    there = {i for i, text in enumerate(coded.texts) if not is_missing(text, among_texts=False)}
    count, whole = (sum(code in some for code in coded.codes) for some in (strange, there))
    most = 2 * count > whole and 4 * count > len(coded.codes)
    return {} if count >= MOST_STRANGE and most else strange


def filled_columns(schema: Schema, table: Table) -> Mapping[int, tuple[str, ...]]:
    """Name for each row the columns whose cell is missing or cannot be read.

    Those cells are filled, where the schema says so and `encode` has no trouble with the row.

    Args:
        schema: What the columns are.
        table: Cells of text.

    Returns:
        By the number of the row, from 0; rows without such a cell are not in it.

    Raises:
        DataError: If a column is missing, or there is more than one of its name.

    >>> schema = Schema(columns=(NumericColumn(name="age"), NumericColumn(name="size")), targets=())
    >>> rows = (("4", "1"), ("", "big"))
    >>> filled_columns(schema, Table(source="", names=("age", "size"), rows=rows, lines=(2, 3)))
    {1: ('age', 'size')}
    """
    check_kind("filled_columns", "schema", schema, Schema)
    check_kind("filled_columns", "table", table, Table)
    strict = schema.unseen == "error"
    found: dict[int, tuple[str, ...]] = {}
    for column, coded in _found(schema, table):  # a plain loop: columns add to what rows have
        gaps = {
            i
            for i, text in enumerate(coded.texts)
            if isinstance(
                cell_inputs(column, text, schema.marks, fills=False, strict=strict), Problem
            )
        }
        for row in (row for row, code in enumerate(coded.codes) if code in gaps):
            found[row] = (*found.get(row, ()), column.name)
    return found


class Stray(NamedTuple):
    """The texts in a column of numbers that has had some from the first.

    >>> Stray("age", 2, 0, "old").times
    2
    """

    column: str
    """The name of the column."""
    times: int
    """How many there are."""
    row: int
    """The row of the first one, from 0."""
    found: str
    """What stands there."""


def strays(schema: Schema, table: Table) -> tuple[Stray, ...]:
    """Find the texts in columns of numbers of which the schema says that they have such.

    >>> schema = Schema(columns=(NumericColumn(name="age", strays=True),), targets=())
    >>> rows = (("4",), ("old",), ("?",), ("new",))
    >>> strays(schema, Table(source="", names=("age",), rows=rows, lines=(2, 3, 4, 5)))
    (Stray(column='age', times=2, row=1, found='old'),)
    """
    check_kind("strays", "schema", schema, Schema)
    check_kind("strays", "table", table, Table)
    columns = [it for it in schema.used if isinstance(it, NumericColumn) and it.strays]
    found = _found(schema.set(columns=tuple(columns)), table)
    return tuple(
        Stray(column.name, len(rows), rows[0], coded.texts[coded.codes[rows[0]]].strip())
        for column, coded in found
        if (rows := _stray_rows(schema, column, coded))
    )


def _stray_rows(schema: Schema, column: InputColumn, coded: CodedColumn) -> list[int]:
    odd = {
        i
        for i, text in enumerate(coded.texts)
        if isinstance(it := cell_inputs(column, text, schema.marks, fills=False), Problem)
        and not it.missing
    }
    return [row for row, code in enumerate(coded.codes) if code in odd] if odd else []


def check_columns(table: Table, names: Iterable[str]) -> None:
    """Check that a table has all columns of these names.

    Raises:
        DataError: With all that are missing, and those that are there.

    >>> check_columns(Table(source="", names=("age",), rows=(), lines=()), ["age"])
    """
    absent = [name for name in names if name not in table.names]
    if not absent:
        return
    missing, has = ", ".join(map(repr, absent)), ", ".join(table.names)
    many = "columns" if len(absent) > 1 else "a column"
    hint = other_delimiter(table.names)
    raise DataError(
        f"{table.source}, line 1: there must be {many} {missing:.200}, got only {has:.200}{hint}"
    )


def _found(schema: Schema, table: Table) -> list[tuple[InputColumn, CodedColumn]]:
    places = {name: place for place, name in enumerate(table.names)}
    check_columns(table, [column.name for column in schema.used])
    twice = [it.name for it in schema.used if table.names.count(it.name) > 1]
    if twice:
        raise DataError(
            f"{table.source}, line 1: there must be a column {twice[0]!r}, got two of that name"
        )
    columns = columns_of(table.rows)
    return [(column, columns[places[column.name]]) for column in schema.used]


def _inputs(schema: Schema, column: InputColumn, text: str) -> Row | Problem:
    fills, strict = schema.missing == "fill", schema.unseen == "error"
    return cell_inputs(column, text, schema.marks, fills=fills, strict=strict)


def _numbers(
    column: InputColumn, coded: CodedColumn, known: Sequence[Row | Problem]
) -> Iterator["array[float]"]:
    """The inputs of a column, one array each; 0.0 where there is a problem."""
    width = len(inputs_of(column))
    rows = [(0.0,) * width if isinstance(it, Problem) else it for it in known]
    for place in range(width):
        numbers = [row[place] for row in rows]
        yield array("d", map(numbers.__getitem__, coded.codes))


def _troubles(
    column: InputColumn, coded: CodedColumn, bad: Mapping[int, Problem]
) -> Iterable[tuple[int, Trouble]]:
    if bad:
        for row, code in enumerate(coded.codes):
            if code in bad:
                yield row, Trouble(row, column.name, bad[code].expected, coded.texts[code])


def _whole(
    columns: Sequence["array[float]"],
    count: int,
    troubles: Mapping[int, Trouble],
    unread: Iterable[Trouble],
) -> Encoded:
    """The rows without trouble, as tuples where they are few."""
    rows: Sequence[int] = range(count)
    if troubles:
        rows = tuple(row for row in rows if row not in troubles)
        columns = [array("d", map(column.__getitem__, rows)) for column in columns]
    xs: Sequence[Row] = Matrix.of(columns)
    if len(rows) * len(columns) < LARGE:
        xs, rows = tuple(xs), tuple(rows)
    named = tuple(troubles[row] for row in sorted(troubles))
    return Encoded(xs, rows, named, tuple(it for it in unread if it.row not in troubles))
