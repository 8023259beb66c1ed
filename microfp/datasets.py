"""Data to learn from, as values: checked when they are made, equal wherever they are made.

A `Dataset` holds n rows of d numbers and n targets. `dataset` makes one of a user's own numbers;
`moons`, `circles`, `blobs` and `spiral` draw two classes of points, labelled -1 and 1. The first
three draw the points that scikit-learn draws, so that published runs can be repeated.

>>> data = moons(100, noise=0.1, seed=1337)
>>> data
Dataset(name='moons', n=100, d=2)
>>> data.points[0]
Point(x=1.1221146075409685, y=0.08147717341718697, label=-1.0)
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from math import cos, isfinite, pi, sin
from numbers import Real

from pyrsistent import PMap, pmap

from microfp.checks import (
    check_count,
    check_finite,
    check_flag,
    check_non_negative,
    check_positive,
    check_seed,
    wrong_kind,
    wrong_value,
)
from microfp.errors import DataError, ShapeError
from microfp.random_state import normals, permutation, random_state
from microfp.record import Record, attr

__all__ = ["Dataset", "Point", "Row", "blobs", "circles", "dataset", "moons", "spiral", "subset"]

Row = tuple[float, ...]
"""The numbers of one example, in the order of the columns."""


class Point(Record):
    """One example of two-dimensional data: a row for a chart or a table.

    Args:
        x: the first number of the example.
        y: the second one.
        label: its target.

    >>> dict(Point(x=1, y=2, label=-1))
    {'x': 1.0, 'y': 2.0, 'label': -1.0}
    """

    x: float = attr()
    y: float = attr()
    label: float = attr()


class Dataset(Record):
    """n examples: rows of inputs and their targets; `dataset` makes one of any numbers.

    Whatever makes or changes a Dataset (`Dataset(...)`, `set`, `update`) checks all of it.

    Args:
        xs: the inputs, n rows of d finite floats, n >= 1 and d >= 1.
        ys: the targets, n finite floats; a label is -1.0 or 1.0 for two classes, and the
            number of the class, from 0.0, for more.
        metadata: what made the data: name, n, noise, seed, shuffle and the like.

    Raises:
        TypeError: a field is not a tuple, or a number is not a float.
        ShapeError: rows of different widths, a row without numbers, or xs and ys of
            different lengths.
        DataError: no examples, or a number that is nan or infinite.

    >>> Dataset(xs=((0.0, 1.0), (2.0, 3.0)), ys=(-1.0, 1.0)).set(ys=(1.0,))
    Traceback (most recent call last):
    microfp.errors.ShapeError: dataset: ys must be as long as xs, 2, got 1
    """

    xs: tuple[Row, ...] = attr()
    ys: tuple[float, ...] = attr()
    metadata: PMap[str, object] = attr(default=pmap())

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        _check_rows("dataset", "xs", self.xs)
        _check_cells("dataset", "ys", self.ys)
        if len(self.xs) != len(self.ys):
            raise ShapeError(
                f"dataset: ys must be as long as xs, {len(self.xs)}, got {len(self.ys)}"
            )
        return True, ""

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
            Point.unchecked(x, y, label) for (x, y), label in zip(self.xs, self.ys, strict=True)
        )

    def __repr__(self) -> str:
        name = self.metadata.get("name", "")
        return f"Dataset(name={name!r}, n={len(self.xs)}, d={len(self.xs[0])})"


def dataset(
    xs: Iterable[Iterable[float]],
    ys: Iterable[float],
    *,
    name: str = "data",
    metadata: Mapping[str, object] = pmap(),
) -> Dataset:
    """Make a Dataset of any rows and targets, numpy arrays included.

    Args:
        xs: the inputs, n rows of d finite numbers, n >= 1 and d >= 1.
        ys: the targets, n finite numbers.
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
    rows, targets = _rows("dataset", "xs", xs), _row("dataset", "ys", ys)
    about = {**metadata, "name": name, "n": len(rows)}
    return Dataset(xs=rows, ys=targets, metadata=pmap(about))


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
    if len(places) == 0:
        raise DataError("subset: places must be at least one, got none")
    return Dataset.unchecked(
        tuple(dataset.xs[place] for place in places),
        tuple(dataset.ys[place] for place in places),
        dataset.metadata,
    )


def moons(n: int = 100, *, noise: float = 0.1, seed: int = 1337, shuffle: bool = True) -> Dataset:
    """Two half circles that reach into each other.

    The upper one, labelled -1, is `(cos a, sin a)`; the lower one, labelled 1, is
    `(1 - cos a, 1/2 - sin a)`, with a evenly spaced from 0 to pi.

    Args:
        n: how many points, 2 or more; `n // 2` of them in the upper moon.
        noise: the standard deviation of the Gaussian noise on each coordinate, 0 or more.
        seed: an int from 0 to 2**32 - 1.
        shuffle: whether the points come in random order; if not, the upper moon comes first.

    Returns:
        The points of `sklearn.datasets.make_moons(n, noise=noise, random_state=seed,
        shuffle=shuffle)` (scikit-learn, *User Guide*, Generated datasets).

    Raises:
        TypeError: an argument of the wrong kind.
        ValueError: one out of range.

    >>> moons(2, noise=0.0, shuffle=False).xs
    ((1.0, 0.0), (0.0, 0.5))
    >>> moons(100, noise=-0.1)
    Traceback (most recent call last):
    ValueError: moons: noise must be a finite number >= 0, got -0.1
    """
    recipe = _recipe("moons", n, noise, seed, shuffle)
    first, second = _halves(recipe.n)
    upper = [(cos(a), sin(a)) for a in _closed_range(pi, first)]
    lower = [(1 - cos(a), 1 - sin(a) - 0.5) for a in _closed_range(pi, second)]
    return _scatter(recipe, upper, lower)


def circles(
    n: int = 100,
    *,
    noise: float = 0.05,
    factor: float = 0.8,
    seed: int = 1337,
    shuffle: bool = True,
) -> Dataset:
    """A circle inside another one.

    Args:
        n: how many points, 2 or more; `n // 2` of them on the outer circle.
        noise: the standard deviation of the Gaussian noise on each coordinate, 0 or more.
        factor: the radius of the inner circle, at least 0 and below 1, the outer one's.
        seed: an int from 0 to 2**32 - 1.
        shuffle: whether the points come in random order; if not, the outer circle comes first.

    Returns:
        The points of `sklearn.datasets.make_circles(n, noise=noise, factor=factor,
        random_state=seed, shuffle=shuffle)`; the outer circle is labelled -1, the inner one 1.

    Raises:
        TypeError: an argument of the wrong kind.
        ValueError: one out of range.

    >>> circles(2, noise=0.0, factor=0.5, shuffle=False).points
    (Point(x=1.0, y=0.0, label=-1.0), Point(x=0.5, y=0.0, label=1.0))
    """
    recipe = _recipe("circles", n, noise, seed, shuffle)
    radius = check_finite("circles", "factor", factor)
    if not 0.0 <= radius < 1.0:
        raise wrong_value("circles", "factor", "a number in [0, 1)", factor)
    first, second = _halves(recipe.n)
    outer = [(cos(a), sin(a)) for a in _open_range(2 * pi, first)]
    inner = [(cos(a) * radius, sin(a) * radius) for a in _open_range(2 * pi, second)]
    return _scatter(recipe, outer, inner, factor=radius)


def blobs(
    n: int = 100,
    *,
    noise: float = 0.3,
    centers: Iterable[Iterable[float]] = ((-1.0, 0.0), (1.0, 0.0)),
    seed: int = 1337,
    shuffle: bool = True,
) -> Dataset:
    """Two round Gaussian clouds, in as many dimensions as their centers have.

    Args:
        n: how many points, 2 or more; `n - n // 2` of them around the first center.
        noise: the standard deviation of each coordinate, 0 or more.
        centers: the two means, 2 rows of d finite numbers, d >= 1.
        seed: an int from 0 to 2**32 - 1.
        shuffle: whether the points come in random order; if not, the first cloud comes first.

    Returns:
        The points of `sklearn.datasets.make_blobs(n, centers=centers, cluster_std=noise,
        random_state=seed, shuffle=shuffle)`; the first cloud is labelled -1, the second one 1.

    Raises:
        TypeError: an argument of the wrong kind.
        ShapeError: centers that are not two rows of one width.
        ValueError: an argument out of range.

    >>> blobs(3, noise=0.0, centers=[(0, 0, 0), (5, 5, 5)], shuffle=False).xs
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (5.0, 5.0, 5.0))
    """
    recipe = _recipe("blobs", n, noise, seed, shuffle)
    means = _two_centers(centers)
    second, first = _halves(recipe.n)
    drawn, state = normals(random_state(recipe.seed), recipe.n * len(means[0]))
    rows = _add_noise([means[0]] * first + [means[1]] * second, drawn, recipe.noise)
    order = permutation(state, recipe.n)[0] if recipe.shuffle else range(recipe.n)
    return _labelled(recipe, [rows[i] for i in order], order, first, centers=means)


def spiral(
    n: int = 100,
    *,
    noise: float = 0.1,
    turns: float = 1.5,
    seed: int = 1337,
    shuffle: bool = True,
) -> Dataset:
    """Two spiral arms that start at the origin and wind around each other.

    Point i of an arm of m points has the radius `r = i / (m - 1)` and the angle
    `2 * pi * turns * r`, to which the second arm adds pi.

    Args:
        n: how many points, 2 or more; `n // 2` of them in the first arm.
        noise: the standard deviation of the Gaussian noise on each coordinate, 0 or more.
        turns: how often an arm winds around the origin, above 0.
        seed: an int from 0 to 2**32 - 1.
        shuffle: whether the points come in random order; if not, the first arm comes first.

    Returns:
        The points; the first arm is labelled -1, the second one 1. After Lang and Witbrock,
        "Learning to tell two spirals apart" (Connectionist Models Summer School, 1988).

    Raises:
        TypeError: an argument of the wrong kind.
        ValueError: one out of range.

    >>> spiral(4, noise=0.0, turns=1, shuffle=False).points[1]
    Point(x=1.0, y=-2.4492935982947064e-16, label=-1.0)
    """
    recipe = _recipe("spiral", n, noise, seed, shuffle)
    winding = check_finite(
        "spiral", "2 * pi * turns", 2 * pi * check_positive("spiral", "turns", turns)
    )
    first, second = _halves(recipe.n)
    arms = _arm(first, winding, phase=0.0), _arm(second, winding, phase=pi)
    return _scatter(recipe, *arms, turns=float(turns))


class _Recipe(Record):
    """The arguments that every kind of drawn data takes, checked."""

    name: str = attr()
    n: int = attr()
    noise: float = attr()
    seed: int = attr()
    shuffle: bool = attr()


def _recipe(name: str, n: object, noise: object, seed: object, shuffle: object) -> _Recipe:
    return _Recipe(
        name=name,
        n=check_count(name, "n", n, minimum=2),
        noise=check_non_negative(name, "noise", noise),
        seed=check_seed(name, "seed", seed),
        shuffle=check_flag(name, "shuffle", shuffle),
    )


def _scatter(
    recipe: _Recipe, first: Sequence[Row], second: Sequence[Row], **more: object
) -> Dataset:
    """Shuffle two classes of points, then add noise to them, in scikit-learn's order of draws."""
    exact, start = (*first, *second), random_state(recipe.seed)
    order, state = permutation(start, recipe.n) if recipe.shuffle else (range(recipe.n), start)
    drawn, _ = normals(state, 2 * recipe.n)
    rows = _add_noise([exact[i] for i in order], drawn, recipe.noise)
    return _labelled(recipe, rows, order, len(first), **more)


def _labelled(
    recipe: _Recipe, rows: Iterable[Row], order: Iterable[int], first: int, **more: object
) -> Dataset:
    """The rows with their labels: -1 where the order names one of the `first` points."""
    ys = tuple(-1.0 if i < first else 1.0 for i in order)
    return Dataset(xs=tuple(rows), ys=ys, metadata=pmap({**dict(recipe.items()), **more}))


def _add_noise(rows: Sequence[Row], drawn: Row, noise: float) -> list[Row]:
    """The rows, each number moved by `noise` times the next of the drawn normals."""
    normal = iter(drawn)
    # 0.0 + ..., as numpy adds the mean 0, turns -0.0 into 0.0
    return [tuple(cell + (0.0 + noise * next(normal)) for cell in row) for row in rows]


def _halves(n: int) -> tuple[int, int]:
    return n // 2, n - n // 2


def _closed_range(stop: float, count: int) -> list[float]:
    """`count` evenly spaced numbers from 0 to `stop`, as `numpy.linspace` rounds them."""
    step = stop / max(count - 1, 1)
    return [i * step for i in range(count - 1)] + ([stop] if count > 1 else [0.0])


def _open_range(stop: float, count: int) -> list[float]:
    """`count` evenly spaced numbers from 0 on, `stop` being the one that would come next."""
    step = stop / count
    return [i * step for i in range(count)]


def _arm(count: int, winding: float, *, phase: float) -> list[Row]:
    """One arm of a spiral; a single point lies at the origin."""
    radii = [i / max(count - 1, 1) for i in range(count)]
    return [(r * cos(winding * r + phase), r * sin(winding * r + phase)) for r in radii]


def _two_centers(centers: Iterable[Iterable[float]]) -> tuple[Row, ...]:
    means = _rows("blobs", "centers", centers)
    _check_rows("blobs", "centers", means)
    if len(means) != 2:
        raise ShapeError(f"blobs: centers must be 2 points, got {len(means)}")
    return means


def _rows(where: str, name: str, rows: Iterable[Iterable[float]]) -> tuple[Row, ...]:
    """The rows as tuples of plain floats, of whatever widths."""
    if not _is_ordered(rows):
        raise wrong_kind(where, name, "rows of numbers", rows)
    return tuple(_row(where, f"{name}[{i}]", row) for i, row in enumerate(rows))


def _row(where: str, name: str, cells: Iterable[float]) -> Row:
    """The numbers as a tuple of plain floats, nan and inf included."""
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


def _check_rows(where: str, name: str, rows: tuple[Row, ...]) -> None:
    """Raise unless there is a row, all are tuples of one width, and all numbers are finite."""
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
        _check_cells(where, f"{name}[{i}]", rows[i])


def _check_cells(where: str, name: str, cells: Row) -> None:
    """Raise for the first of the cells that is not a finite float."""
    if _are_finite_floats(cells):
        return
    i, cell = next((i, cell) for i, cell in enumerate(cells) if not _are_finite_floats((cell,)))
    if type(cell) is not float:
        raise wrong_kind(where, f"{name}[{i}]", "a float", cell)
    raise DataError(f"{where}: {name}[{i}] must be a finite number, got {cell}")


def _are_finite_floats(cells: Row) -> bool:
    """Whether all cells are; one pass in C for the types and one for the values."""
    return set(map(type, cells)) <= {float} and all(map(isfinite, cells))
