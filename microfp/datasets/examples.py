"""Examples to learn from, as values: n rows of numbers and their targets, checked when made.

>>> data = dataset([[0, 0], [0, 1], [1, 0]], [-1, 1, 1], name="or")
>>> data
Dataset(name='or', n=3, d=2)
>>> subset(data, [2]).points
(Point(x=1.0, y=0.0, label=1.0),)
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias, TypeVar

from pyrsistent import PMap, pmap

from microfp.base.checks import check_kind, check_like, wrong_kind
from microfp.base.elsewhere.leading import names_home
from microfp.base.showing import mimebundle
from microfp.datasets.matrices import Doubles, Matrix
from microfp.errors import DataError, ShapeError
from microfp.record import Record, attr, check_several, unchecked

__all__ = [
    "Dataset",
    "Examples",
    "Point",
    "Row",
    "as_dataset",
    "check_cells",
    "check_rows",
    "dataset",
    "subset",
    "to_row",
    "to_rows",
]

T = TypeVar("T")

Row: TypeAlias = tuple[float, ...]
"""The numbers of one example, in the order of the columns.

>>> row: Row = dataset([[1, 2]], [1]).xs[0]
>>> row
(1.0, 2.0)
"""


class Point(Record):
    """One example of two-dimensional data: a row for a chart or a table.

    >>> dict(Point(x=1, y=2, label=-1))
    {'x': 1.0, 'y': 2.0, 'label': -1.0}
    """

    x: float = attr()
    """the first number of the example."""
    y: float = attr()
    """the second one."""
    label: float = attr()
    """its target."""


_PARTS = "its inputs are data.xs and its targets data.ys, as in zip(data.xs, data.ys)"


class Dataset(Record):
    """n examples: rows of inputs and their targets; `dataset` makes one of any numbers.

    Whatever makes or changes a Dataset (`Dataset(...)`, `set`, `update`) checks all of it.

    Raises:
        TypeError: a field is not a tuple, or a number is not a float.
        ShapeError: rows of different widths, a row without numbers, or xs and ys of
            different lengths.
        DataError: no examples, or a number that is nan or infinite.

    >>> Dataset(xs=((0.0, 1.0), (2.0, 3.0)), ys=(-1.0, 1.0)).set(ys=(1.0,))
    Traceback (most recent call last):
    microfp.errors.ShapeError: dataset: ys must be as long as xs, 2, got 1
    """

    xs: Sequence[Row] = attr()
    """the inputs, n rows of d finite floats, n >= 1 and d >= 1: a tuple of them, or, where
    they are many, a `Matrix`, which keeps them as columns of doubles.
    """
    ys: Sequence[float] = attr()
    """the targets, n finite floats: a tuple of them, or, where they are many, `Doubles`. A
    label is -1.0 or 1.0 for two classes, and the number of the class, from 0.0, for more.
    """
    metadata: PMap[str, object] = attr(default=pmap())
    """what made the data: name, n, noise, seed, shuffle and the like."""
    further_ys: tuple[Row, ...] = attr(default=())
    """where an example has several targets, n rows of those that come after its
    `ys`, all of one width; else empty. `targets` has them all.
    """

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        _check_inputs(self.xs)
        _check_targets(self.ys)
        if self.further_ys:
            check_rows("dataset", "further_ys", self.further_ys)
        for name, column in (("ys", self.ys), ("further_ys", self.further_ys or self.ys)):
            if len(self.xs) != len(column):
                expected = f"as long as xs, {len(self.xs)}"
                raise ShapeError(f"dataset: {name} must be {expected}, got {len(column)}")
        return True, ""

    @property
    def target_count(self) -> int:
        """How many targets an example has.

        >>> dataset([[0.0], [1.0]], [[5, 6], [7, 8]]).target_count
        2
        """
        return 1 + len(self.further_ys[0]) if self.further_ys else 1

    @property
    def targets(self) -> tuple[Row, ...]:
        """The targets as rows: one number an example, or several.

        >>> dataset([[0.0], [1.0]], [-1, 1]).targets
        ((-1.0,), (1.0,))
        >>> dataset([[0.0], [1.0]], [[5, 6], [7, 8]]).targets
        ((5.0, 6.0), (7.0, 8.0))
        """
        if not self.further_ys:
            return tuple([(y,) for y in self.ys])
        return tuple((y, *more) for y, more in zip(self.ys, self.further_ys, strict=True))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers; none where there are none.

        >>> dataset([[0.0], [1.0]], [0, 1], metadata={"classes": ("red", "blue")}).classes
        ('red', 'blue')
        """
        named = self.metadata.get("classes", ())
        return tuple(map(str, named)) if isinstance(named, Iterable) else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the inputs, in their order; none where what made the data had none.

        >>> dataset([[0.0], [1.0]], [0, 1], metadata={"columns": ("length",)}).columns
        ('length',)
        """
        named = self.metadata.get("columns", ())
        return tuple(map(str, named)) if isinstance(named, Iterable) else ()

    @property
    def points(self) -> tuple[Point, ...]:
        """The examples as plain rows, for data of two columns.

        Returns:
            One `Point` an example, in order; made anew at each reading.

        Raises:
            ShapeError: the rows do not have two columns.

        >>> dataset([(1, 2)], [-1]).points
        (Point(x=1.0, y=2.0, label=-1.0),)
        """
        if len(self.xs[0]) != 2:
            raise ShapeError(f"Dataset.points: xs must have 2 columns, got {len(self.xs[0])}")
        return tuple(
            unchecked(Point, x, y, label) for (x, y), label in zip(self.xs, self.ys, strict=True)
        )

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        return mimebundle(self)

    if not TYPE_CHECKING:  # a checker knows that it is no sequence

        def __iter__(self):
            # A record would give the names of its fields, as in `xs, ys = moons(100)`.
            raise TypeError(f"a Dataset is no sequence: {_PARTS}")

        def __len__(self):
            raise TypeError(f"a Dataset is no sequence: len(data.ys) is how many; {_PARTS}")

        def __bool__(self):
            return True

        def __getitem__(self, name):
            if isinstance(name, str):
                return super().__getitem__(name)
            raise TypeError(f"a Dataset is no sequence: {_PARTS}, or datasets.subset(data, places)")

    def __repr__(self) -> str:
        name = self.metadata.get("name", "")
        return f"Dataset(name={name!r}, n={len(self.xs)}, d={len(self.xs[0])})"


def _check_inputs(xs: Sequence[Row]) -> None:
    """Check rows, by columns where they are kept as columns: the width is theirs."""
    if not isinstance(xs, Matrix) or not len(xs) or not xs.is_finite():
        check_rows("dataset", "xs", xs if isinstance(xs, tuple) else tuple(xs))


def _check_targets(ys: Sequence[float]) -> None:
    """Check targets, all at once where they are kept as doubles."""
    if not isinstance(ys, Doubles) or not ys.is_finite():
        check_cells("dataset", "ys", tuple(ys) if isinstance(ys, Doubles) else ys)  # type: ignore[arg-type]  # it looks for itself


@names_home
def dataset(
    xs: Iterable[Iterable[float]],
    ys: Iterable[float] | Iterable[Iterable[float]],
    *,
    name: str = "data",
    metadata: Mapping[str, object] = pmap(),
) -> Dataset:
    """Make a Dataset of any rows and targets, numpy arrays included.

    Args:
        xs: the inputs, n rows of d finite numbers, n >= 1 and d >= 1.
        ys: the targets, n finite numbers; or, for several targets an example, n rows of them.
        name: what to call the data.
        metadata: more to say about where it comes from.

    Returns:
        The data as tuples of plain floats; its metadata also holds `name` and `n`.

    Raises:
        TypeError: something that is not a row, or not a number (a bool, str or None).
        ShapeError: rows of different widths, a row without numbers, or xs and ys of
            different lengths.
        DataError: no examples, or a number that is nan or infinite.

    >>> exclusive_or = dataset([(0, 0), (0, 1), (1, 0), (1, 1)], [-1, 1, 1, -1], name="xor")
    >>> exclusive_or.xs[1], exclusive_or.ys[1]
    ((0.0, 1.0), 1.0)
    >>> dataset([(0, 0), (0,)], [-1, 1])
    Traceback (most recent call last):
    microfp.errors.ShapeError: dataset: xs[1] must hold 2 numbers like xs[0], got 1
    """
    if not isinstance(name, str):
        raise wrong_kind("dataset", "name", "a str", name)
    if not isinstance(metadata, Mapping):
        raise wrong_kind("dataset", "metadata", "a mapping", metadata)
    rows = xs if isinstance(xs, Matrix) else to_rows("dataset", "xs", xs)
    first: Sequence[float]
    first, further = (ys, ()) if isinstance(ys, Doubles) else _to_targets("dataset", "ys", ys)
    about = pmap({**metadata, "name": name, "n": len(rows)})
    return Dataset(xs=rows, ys=first, metadata=about, further_ys=further)


Examples: TypeAlias = (
    Dataset | tuple[Iterable[Iterable[float]], Iterable[float] | Iterable[Iterable[float]]]
)
"""A dataset, or the pair of rows and targets that `dataset` would make one of.

>>> pair: Examples = ([[0.0], [1.0]], [-1.0, 1.0])
>>> as_dataset("train", pair)
Dataset(name='data', n=2, d=1)
"""


def as_dataset(where: str, examples: object) -> Dataset:
    """The dataset that examples are, or that a pair of rows and targets makes.

    Args:
        where: The function that was called.
        examples: What came.

    Raises:
        TypeError: If it is neither.
        ShapeError, DataError: If the rows and targets of a pair make no dataset.

    >>> as_dataset("train", [1.0])
    Traceback (most recent call last):
    TypeError: train: dataset must be a Dataset, such as datasets.dataset(xs, ys), or a pair \
(xs, ys), got [1.0] (list)
    """
    if isinstance(examples, Dataset):
        return examples
    if not isinstance(examples, tuple) or len(examples) != 2:
        expected = "a Dataset, such as datasets.dataset(xs, ys), or a pair (xs, ys)"
        raise wrong_kind(where, "dataset", expected, examples)
    return dataset(*examples)


def subset(dataset: Dataset, places: Sequence[int]) -> Dataset:
    """Choose some examples of a dataset, in the order of their places.

    Args:
        dataset: n examples.
        places: numbers from 0 to n - 1, at least one; the metadata stay as they are.

    Raises:
        DataError: there is no place.

    >>> subset(dataset([[0.0], [1.0], [2.0]], [-1, 1, 1]), [2, 0]).xs
    ((2.0,), (0.0,))
    """
    check_kind("subset", "dataset", dataset, Dataset)
    check_several("subset", "places", "a sequence of ints", places)
    if isinstance(places, Mapping):
        raise wrong_kind("subset", "places", "a sequence of ints", places)
    if len(places) == 0:
        raise DataError("subset: places must be at least one, got none")
    check_like("subset", "places[0]", places[0], SupportsIndex, "an int")
    return unchecked(
        Dataset,
        _chosen(dataset.xs, places),
        _chosen(dataset.ys, places),
        dataset.metadata,
        tuple(dataset.further_ys[place] for place in places) if dataset.further_ys else (),
    )


FEW = 2**12


def _chosen(items: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """Some rows or targets: kept as they were, unless they are those of a batch."""
    if isinstance(items, Matrix | Doubles) and len(places) > FEW:
        return items.at(places)  # type: ignore[return-value]  # of the same things
    return tuple([items[place] for place in places])


def to_rows(where: str, name: str, rows: Iterable[Iterable[float]]) -> tuple[Row, ...]:
    """The rows as tuples of plain floats, of whatever widths.

    >>> to_rows("dataset", "xs", [[1, 2], [3]])
    ((1.0, 2.0), (3.0,))
    """
    if not _is_ordered(rows):
        raise wrong_kind(where, name, "rows of numbers", rows)
    return tuple(to_row(where, f"{name}[{i}]", row) for i, row in enumerate(rows))


def _to_targets(
    where: str, name: str, ys: Iterable[float] | Iterable[Iterable[float]]
) -> tuple[Row, tuple[Row, ...]]:
    """The first target of each example, and its further ones."""
    if not _is_ordered(ys):
        raise wrong_kind(where, name, "a row of numbers", ys)
    given = tuple(ys)
    if not given or not isinstance(given[0], Iterable) or isinstance(given[0], str):
        return to_row(where, name, given), ()  # type: ignore[arg-type]  # `to_row` looks for itself
    rows = to_rows(where, name, given)  # type: ignore[arg-type]  # so does `to_rows`
    check_rows(where, name, rows)
    return tuple(row[0] for row in rows), tuple(row[1:] for row in rows if row[1:])


def to_row(where: str, name: str, cells: Iterable[float]) -> Row:
    """The numbers as a tuple of plain floats, nan and inf included.

    >>> to_row("dataset", "ys", [1, 2])
    (1.0, 2.0)
    """
    if not _is_ordered(cells):
        raise wrong_kind(where, name, "a row of numbers", cells)
    return tuple(
        cell if type(cell) is float else _to_float(where, f"{name}[{i}]", cell)
        for i, cell in enumerate(cells)
    )


def _is_ordered(items: object) -> bool:
    """Whether the items come in an order of their own: a set's follows the hashes."""
    return isinstance(items, Iterable) and not isinstance(items, AbstractSet | Mapping)


def _to_float(where: str, name: str, cell: object) -> float:
    if isinstance(cell, bool) or not isinstance(cell, Real):
        raise wrong_kind(where, name, "a number", cell)
    try:
        return float(cell)
    except OverflowError:
        raise DataError(f"{where}: {name} must be a number that fits a float") from None


def check_rows(where: str, name: str, rows: tuple[Row, ...]) -> None:
    """Raise unless there is a row, all are tuples of one width, and all numbers are finite.

    >>> check_rows("dataset", "xs", ((1.0, 2.0), (3.0,)))
    Traceback (most recent call last):
    microfp.errors.ShapeError: dataset: xs[1] must hold 2 numbers like xs[0], got 1
    """
    if not rows:
        raise DataError(f"{where}: {name} must be rows, got none")
    for i, row in enumerate(rows):
        if not isinstance(row, tuple):
            raise wrong_kind(where, f"{name}[{i}]", "a tuple of floats", row)
        if not row:
            raise ShapeError(f"{where}: {name}[{i}] must hold at least 1 number, got none")
        if len(row) != len(rows[0]):
            expected = f"{len(rows[0])} numbers like {name}[0]"
            raise ShapeError(f"{where}: {name}[{i}] must hold {expected}, got {len(row)}")
    if not _are_finite_floats(tuple(chain.from_iterable(rows))):
        i = next(i for i, row in enumerate(rows) if not _are_finite_floats(row))
        check_cells(where, f"{name}[{i}]", rows[i])


def check_cells(where: str, name: str, cells: Row) -> None:
    """Raise for the first of the cells that is not a finite float.

    >>> check_cells("dataset", "ys", (1.0, float("inf")))
    Traceback (most recent call last):
    microfp.errors.DataError: dataset: ys[1] must be a finite number, got inf
    """
    if _are_finite_floats(cells):
        return
    i, cell = next((i, cell) for i, cell in enumerate(cells) if not _are_finite_floats((cell,)))
    if type(cell) is not float:
        raise wrong_kind(where, f"{name}[{i}]", "a float", cell)
    raise DataError(f"{where}: {name}[{i}] must be a finite number, got {cell}")


def _are_finite_floats(cells: Row) -> bool:
    """Whether all cells are; one pass in C for the types and one for the values."""
    return set(map(type, cells)) <= {float} and all(map(isfinite, cells))
