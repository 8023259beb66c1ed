"""Two classes of points, drawn: moons, circles, blobs and spirals, labelled -1 and 1.

The first three draw the points that scikit-learn draws, so that published runs can be repeated.

>>> moons(100, noise=0.1, seed=1337).points[0]
Point(x=1.1221146075409685, y=0.08147717341718697, label=-1.0)
"""

from collections.abc import Iterable, Sequence
from math import cos, pi, sin

from pyrsistent import pmap

from microfp.base.checks import (
    check_finite,
    check_flag,
    check_non_negative,
    check_positive,
    check_size,
    chosen_seed,
    wrong_value,
)
from microfp.base.elsewhere.leading import names_home
from microfp.datasets.examples import Dataset, Row, check_rows, to_rows
from microfp.datasets.mt19937 import normals, permutation, random_state
from microfp.errors import ShapeError
from microfp.record import Record, attr

__all__ = ["blobs", "circles", "moons", "spiral"]


@names_home
def moons(
    n: int = 100, *, noise: float = 0.1, seed: int | None = 1337, shuffle: bool = True
) -> Dataset:
    """Two half circles that reach into each other.

    The upper one, labelled -1, is `(cos a, sin a)`; the lower one, labelled 1, is
    `(1 - cos a, 1/2 - sin a)`, with a evenly spaced from 0 to pi.

    Args:
        n: how many points, 2 or more; `n // 2` of them in the upper moon.
        noise: the standard deviation of the Gaussian noise on each coordinate, 0 or more.
        seed: an int from 0 to 2**32 - 1; None for one that the system draws, which the metadata
            name.
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


@names_home
def circles(
    n: int = 100,
    *,
    noise: float = 0.05,
    factor: float = 0.8,
    seed: int | None = 1337,
    shuffle: bool = True,
) -> Dataset:
    """A circle inside another one.

    Args:
        n: how many points, 2 or more; `n // 2` of them on the outer circle.
        noise: the standard deviation of the Gaussian noise on each coordinate, 0 or more.
        factor: the radius of the inner circle, at least 0 and below 1, the outer one's.
        seed: an int from 0 to 2**32 - 1; None for one that the system draws, which the metadata
            name.
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


@names_home
def blobs(
    n: int = 100,
    *,
    noise: float = 0.3,
    centers: Iterable[Iterable[float]] = ((-1.0, 0.0), (1.0, 0.0)),
    seed: int | None = 1337,
    shuffle: bool = True,
) -> Dataset:
    """Two round Gaussian clouds, in as many dimensions as their centers have.

    Args:
        n: how many points, 2 or more; `n - n // 2` of them around the first center.
        noise: the standard deviation of each coordinate, 0 or more.
        centers: the two means, 2 rows of d finite numbers, d >= 1.
        seed: an int from 0 to 2**32 - 1; None for one that the system draws, which the metadata
            name.
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


@names_home
def spiral(
    n: int = 100,
    *,
    noise: float = 0.1,
    turns: float = 1.5,
    seed: int | None = 1337,
    shuffle: bool = True,
) -> Dataset:
    """Two spiral arms that start at the origin and wind around each other.

    Point i of an arm of m points has the radius `r = i / (m - 1)` and the angle
    `2 * pi * turns * r`, to which the second arm adds pi.

    Args:
        n: how many points, 2 or more; `n // 2` of them in the first arm.
        noise: the standard deviation of the Gaussian noise on each coordinate, 0 or more.
        turns: how often an arm winds around the origin, above 0.
        seed: an int from 0 to 2**32 - 1; None for one that the system draws, which the metadata
            name.
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
        n=check_size(name, "n", n, minimum=2),
        noise=check_non_negative(name, "noise", noise),
        seed=chosen_seed(name, "seed", seed),
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
    means = to_rows("blobs", "centers", centers)
    check_rows("blobs", "centers", means)
    if len(means) != 2:
        raise ShapeError(f"blobs: centers must be 2 points, got {len(means)}")
    return means
