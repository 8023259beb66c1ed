"""Numbers that are kept as doubles: eight bytes a number, whatever their count.

A `Matrix` is rows, kept as columns; a `Doubles` is one column alone. `side_by_side` lays the inputs
and the target of each example next to each other, where machine code reads them without a copy.

>>> rows = Matrix([[1.0, 2.0], [3.0, 4.0]])
>>> rows[0], len(rows), rows == ((1.0, 3.0), (2.0, 4.0))
((1.0, 3.0), 2, True)
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from operator import index
from pickle import PickleBuffer
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias, overload

from microfp.base.checks import check_each, check_kind, check_like

__all__ = ["Doubles", "Matrix", "columns_in", "numbers_in_place", "side_by_side"]

if TYPE_CHECKING:
    _View: TypeAlias = memoryview[float]
    _Cells: TypeAlias = array[float] | _View
else:  # before Python 3.12 an array says nothing of what is in it, and a view before 3.14
    _View = memoryview
    _Cells = array

_Row: TypeAlias = tuple[float, ...]

_Buffer: TypeAlias = bytes | bytearray | memoryview


class _Block:
    """Rows of inputs, each with its target behind it, one after the other in memory."""

    __slots__ = ("cells", "width")

    def __init__(self, cells: "_Cells", width: int) -> None:
        self.cells: _Cells = cells
        self.width: int = width

    def column(self, place: int) -> "_View":
        """The numbers at one place of all rows."""
        return _doubles_in(memoryview(self.cells))[place :: self.width]

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[object, ...]:
        """Pickle it as one buffer, where that is possible: whoever reads it may look on."""
        if index(protocol) < 5:
            return _Block, (array("d", self.cells), self.width)
        return _block_of, (PickleBuffer(self.cells), self.width)


class Doubles(Sequence[float]):
    """Floats that do not change; equal to a tuple of the same numbers.

    >>> ys = Doubles([1.0, -1.0, 1.0])
    >>> ys[1], ys == (1.0, -1.0, 1.0), ys[1:]
    (-1.0, True, Doubles(n=2))
    """

    __slots__ = ("_block", "_cells")

    _cells: "_Cells"
    _block: _Block | None

    def __init__(self, cells: Iterable[float]) -> None:
        self._write(array("d", cells))

    def _write(self, cells: "_Cells", block: _Block | None = None) -> None:
        object.__setattr__(self, "_cells", cells)
        object.__setattr__(self, "_block", block)

    @classmethod
    def of(cls, cells: "_Cells") -> "Doubles":
        """The numbers of an array: no copy, so nobody may change it any more.

        >>> Doubles.of(array("d", [1.0, 2.0]))[-1]
        2.0
        """
        made = cls.__new__(cls)
        made._write(cells)
        return made

    @classmethod
    def _behind(cls, block: _Block) -> "Doubles":
        """The targets of a block."""
        made = cls.__new__(cls)
        made._write(block.column(block.width - 1), block)
        return made

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: numbers do not change."""
        raise AttributeError(f"Doubles: {name} cannot be set, they do not change")

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[float]:
        return iter(self._cells)

    @overload
    def __getitem__(self, place: int) -> float: ...
    @overload
    def __getitem__(self, place: slice) -> "Doubles": ...
    def __getitem__(self, place: int | slice) -> "float | Doubles":
        return Doubles(self._cells[place]) if isinstance(place, slice) else self._cells[place]

    def at(self, places: Sequence[int]) -> "Doubles":
        """The numbers at some places, in their order.

        >>> Doubles([1.0, 2.0]).at([1, 1]) == (2.0, 2.0)
        True
        """
        return Doubles(map(self._cells.__getitem__, places))

    def is_finite(self) -> bool:
        """Whether all of them are.

        >>> Doubles([1.0, float("inf")]).is_finite()
        False
        """
        return all(map(isfinite, self._cells))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Doubles):
            return self._cells == other._cells
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[object, ...]:
        """Pickle them as a buffer, where that is possible: whoever reads it may look on."""
        if self._block is not None:
            return Doubles._behind, (self._block,)
        if index(protocol) < 5:
            return Doubles, (array("d", self._cells),)
        return _cells_of, (PickleBuffer(self._cells),)

    def __repr__(self) -> str:
        return f"Doubles(n={len(self)})"


class Matrix(Sequence[_Row]):
    """Rows of floats, all of one width, that do not change; equal to a tuple of the same rows.

    Args:
        columns: At least one, all of one length.

    >>> Matrix([[1.0, 2.0]])[::-1]
    Matrix(n=2, d=1)
    """

    __slots__ = ("_block", "_columns")

    _columns: "tuple[_Cells, ...]"
    _block: _Block | None

    def __init__(self, columns: Iterable[Iterable[float]]) -> None:
        self._write(tuple(array("d", column) for column in columns))

    def _write(self, columns: "tuple[_Cells, ...]", block: _Block | None = None) -> None:
        object.__setattr__(self, "_columns", columns)
        object.__setattr__(self, "_block", block)

    @classmethod
    def of(cls, columns: "Iterable[_Cells]") -> "Matrix":
        """The rows whose columns are these arrays: no copies, so nobody may change them any more.

        >>> Matrix.of([array("d", [1.0, 2.0])])[1]
        (2.0,)
        """
        made = cls.__new__(cls)
        made._write(tuple(columns))
        return made

    @classmethod
    def _in(cls, block: _Block) -> "Matrix":
        """The inputs of a block."""
        made = cls.__new__(cls)
        made._write(tuple(map(block.column, range(block.width - 1))), block)
        return made

    @property
    def columns(self) -> tuple[memoryview, ...]:
        """The columns, to be read.

        >>> [list(column) for column in Matrix([[1.0, 2.0]]).columns]
        [[1.0, 2.0]]
        """
        return tuple(memoryview(column).toreadonly() for column in self._columns)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: rows do not change."""
        raise AttributeError(f"Matrix: {name} cannot be set, rows do not change")

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[_Row]:
        return zip(*self._columns, strict=True)

    @overload
    def __getitem__(self, place: int) -> _Row: ...
    @overload
    def __getitem__(self, place: slice) -> "Matrix": ...
    def __getitem__(self, place: int | slice) -> "_Row | Matrix":
        if isinstance(place, slice):
            return self.each(lambda column: column[place])
        return tuple([column[place] for column in self._columns])

    def at(self, places: Sequence[int]) -> "Matrix":
        """The rows at some places, in their order.

        >>> Matrix([[1.0, 2.0]]).at([1, 1])[0]
        (2.0,)
        """
        return Matrix.of(array("d", map(it.__getitem__, places)) for it in self._columns)

    def each(self, change: "Callable[[_Cells], Iterable[float]]") -> "Matrix":
        """The rows whose columns are made of these, one by one.

        >>> Matrix([[1.0, 2.0]]).each(lambda column: [2.0 * x for x in column])[1]
        (4.0,)
        """
        return Matrix(map(change, self._columns))

    def is_finite(self) -> bool:
        """Whether all numbers are finite.

        >>> Matrix([[1.0], [float("nan")]]).is_finite()
        False
        """
        return all(all(map(isfinite, column)) for column in self._columns)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Matrix):
            return self._columns == other._columns
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[object, ...]:
        """Pickle the columns as buffers, where that is possible: whoever reads them may look on."""
        if self._block is not None:
            return Matrix._in, (self._block,)
        if index(protocol) < 5:
            return Matrix, (tuple(array("d", column) for column in self._columns),)
        return _of_buffers, (tuple(map(PickleBuffer, self._columns)),)

    def __repr__(self) -> str:
        return f"Matrix(n={len(self)}, d={len(self._columns)})"


def side_by_side(xs: Matrix, ys: Doubles) -> tuple[Matrix, Doubles]:
    """The same inputs and targets, those of each example next to each other in memory.

    Raises:
        ValueError: If there are not as many targets as rows.

    >>> xs, ys = side_by_side(Matrix([[1.0, 2.0]]), Doubles([-1.0, 1.0]))
    >>> xs[0], ys[0], list(numbers_in_place(xs, ys) or ())
    ((1.0,), -1.0, [1.0, -1.0, 2.0, 1.0])
    """
    check_kind("side_by_side", "xs", xs, Matrix)
    check_kind("side_by_side", "ys", ys, Doubles)
    columns = (*xs._columns, ys._cells)
    if len(ys) != len(xs):
        raise ValueError(f"side_by_side: there must be {len(xs)} targets, got {len(ys)}")
    block = _Block(array("d", bytes(8 * len(columns) * len(ys))), len(columns))
    for place, column in enumerate(columns):
        block.column(place)[:] = memoryview(column)
    return Matrix._in(block), Doubles._behind(block)


def numbers_in_place(xs: object, ys: object) -> "_View | None":
    """The numbers of examples that `side_by_side` has laid, to be read; None for others.

    >>> numbers_in_place(((1.0,), (2.0,)), (-1.0, 1.0))
    """
    if not isinstance(xs, Matrix) or not isinstance(ys, Doubles):
        return None
    block = xs._block
    if block is None or block is not ys._block:
        return None
    return _doubles_in(memoryview(block.cells)).toreadonly()


def _block_of(buffer: _Buffer, width: int) -> _Block:
    """The rows in a buffer, which are not copied."""
    return _Block(_doubles_in(buffer), width)


def _of_buffers(buffers: Iterable[_Buffer]) -> Matrix:
    """The rows whose columns are the doubles in these buffers, which are not copied."""
    return Matrix.of(_doubles_in(it) for it in buffers)


def _cells_of(buffer: _Buffer) -> Doubles:
    """The numbers in a buffer, which are not copied."""
    return Doubles.of(_doubles_in(buffer))


def _doubles_in(buffer: _Buffer) -> "_View":
    return memoryview(buffer).cast("B").cast("d")


def columns_in(rows: Sequence[_Row]) -> Sequence[Sequence[float]]:
    """The columns of rows, however they are kept.

    >>> columns_in(((1.0, 2.0), (3.0, 4.0)))
    ((1.0, 3.0), (2.0, 4.0))
    """
    if isinstance(rows, Matrix):
        return rows.columns
    for row in check_each("columns_in", "rows", rows, object):
        check_like("columns_in", "each of rows", row, Iterable, "a row of numbers")
    return tuple(zip(*rows, strict=True))
