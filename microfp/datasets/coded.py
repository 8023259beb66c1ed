"""Columns of text that keep each different cell once, and the rows that are seen through them.

A file of a million rows has few different cells in most columns, so a column is the texts that
differ, and which of them stands in each row. What a text means is then asked once for each text.

>>> kinds = coded(["cat", "bird", "cat"])
>>> kinds.texts, list(kinds.codes), kinds.counts()
(('cat', 'bird'), [0, 1, 0], (2, 1))
>>> CodedRows((kinds, coded(["4", "2", "4"])))[1]
('bird', '2')
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, overload

__all__ = ["CodedColumn", "CodedRows", "coded", "columns_of", "new_codes"]

if TYPE_CHECKING:
    _Codes: TypeAlias = array[int]
else:  # before Python 3.12 an array says nothing of what is in it
    _Codes = array


class CodedColumn(NamedTuple):
    """The cells of a column: the different texts, and which of them stands in each row.

    >>> coded(["a", "b", "a"]).cells()
    ('a', 'b', 'a')
    """

    codes: "_Codes"
    """For each row, the place of its text."""
    texts: tuple[str, ...]
    """The different texts, in the order in which they came first."""

    def cells(self) -> tuple[str, ...]:
        """The text of each row."""
        return tuple(map(self.texts.__getitem__, self.codes))

    def counts(self) -> tuple[int, ...]:
        """How often each text stands there, in the order of `texts`."""
        found = Counter(self.codes)
        return tuple(found[code] for code in range(len(self.texts)))


def new_codes() -> "defaultdict[str, int]":
    """A table that gives each new text the next number.

    >>> table = new_codes()
    >>> table["a"], table["b"], table["a"]
    (0, 1, 0)
    """
    table: defaultdict[str, int] = defaultdict()
    table.default_factory = table.__len__
    return table


def coded(cells: Iterable[str]) -> CodedColumn:
    """Keep each different cell once.

    >>> coded(["x", "y", "x"]).texts
    ('x', 'y')
    """
    table = new_codes()
    codes = array("i", map(table.__getitem__, cells))
    return CodedColumn(codes, tuple(table))


class CodedRows(Sequence[tuple[str, ...]]):
    """Rows of text that are kept as columns; equal to a tuple of the same rows.

    >>> rows = CodedRows((coded(["1", "2"]), coded(["x", "x"])))
    >>> rows == (("1", "x"), ("2", "x")), len(rows), rows[-1]
    (True, 2, ('2', 'x'))
    """

    __slots__ = ("columns",)

    columns: tuple[CodedColumn, ...]

    def __init__(self, columns: Iterable[CodedColumn]) -> None:
        object.__setattr__(self, "columns", tuple(columns))

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: rows do not change."""
        raise AttributeError(f"CodedRows: {name} cannot be set, rows do not change")

    def __len__(self) -> int:
        return len(self.columns[0].codes) if self.columns else 0

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return zip(*[map(it.texts.__getitem__, it.codes) for it in self.columns], strict=True)

    @overload
    def __getitem__(self, place: int) -> tuple[str, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> "CodedRows": ...
    def __getitem__(self, place: int | slice) -> "tuple[str, ...] | CodedRows":
        if isinstance(place, slice):
            return self._each(lambda codes: codes[place])
        return tuple(it.texts[it.codes[place]] for it in self.columns)

    def where(self, kept: Sequence[bool]) -> "CodedRows":
        """The rows for which there is a True."""
        return self._each(lambda codes: array("i", compress(codes, kept)))

    def _each(self, change: "Callable[[_Codes], _Codes]") -> "CodedRows":
        return CodedRows(CodedColumn(change(it.codes), it.texts) for it in self.columns)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce__(self) -> tuple[object, ...]:
        return CodedRows, (self.columns,)

    def __repr__(self) -> str:
        return f"CodedRows(n={len(self)}, columns={len(self.columns)})"


def columns_of(rows: Sequence[Sequence[str]]) -> tuple[CodedColumn, ...]:
    """The columns of rows, at least one, however they are kept.

    >>> [column.texts for column in columns_of((("1", "x"), ("2", "x")))]
    [('1', '2'), ('x',)]
    """
    if isinstance(rows, CodedRows):
        return rows.columns
    return tuple(map(coded, zip(*rows, strict=True)))
