"""Data made ready for training: shuffled, split, standardized, cut into batches.

>>> from microfp.datasets.examples import dataset
>>> data = dataset([[float(i)] for i in range(8)], [-1, 1] * 4)
>>> training, held_out = split(data, held_out=0.25)
>>> scaled = standardize(training)
>>> len(scaled(training).xs), len(scaled(held_out).xs)
(6, 2)
"""

import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import sub, truediv
from typing import TYPE_CHECKING, overload

from microfp.base.checks import (
    check_count,
    check_finite,
    check_flag,
    check_kind,
    check_seed,
    check_size,
    wrong_value,
)
from microfp.base.elsewhere.leading import names_home
from microfp.base.renaming import deprecated, renamed
from microfp.datasets.examples import Dataset, Examples, Row, as_dataset, subset
from microfp.datasets.matrices import Matrix, columns_in
from microfp.datasets.orders import order
from microfp.errors import DataError, ShapeError
from microfp.record import Record, attr, check_several

__all__ = [
    "Standardization",
    "apportioned",
    "batch",
    "batch_numbers",
    "batches",
    "dealt",
    "one_hot",
    "relabel",
    "shuffle",
    "split",
    "standardize",
]


@names_home
def shuffle(dataset: Examples, *, seed: int = 1337) -> Dataset:
    """Put the examples in a random order.

    Args:
        dataset: n examples.
        seed: What the order is drawn with, from 0 to 2**32 - 1.

    >>> from microfp.datasets.examples import dataset
    >>> sorted(shuffle(dataset([[1.0], [2.0], [3.0]], [1, 2, 3])).ys)
    [1.0, 2.0, 3.0]
    """
    dataset = as_dataset("shuffle", dataset)
    return subset(dataset, order(len(dataset.xs), check_seed("shuffle", "seed", seed), 0))


@names_home
def split(
    dataset: Examples, *, held_out: float = 0.25, seed: int = 1337, stratified: bool = False
) -> tuple[Dataset, Dataset]:
    """Split the examples at random into those to train on and those held out.

    Args:
        dataset: n examples, at least 2.
        held_out: Their share, above 0 and below 1; ceil(held_out * n) examples are held out.
        seed: What the order is drawn with, from 0 to 2**32 - 1.
        stratified: Whether the same share of each class is held out, as nearly as whole examples
            allow, by largest remainders, as in scikit-learn. The last example of a class is never
            held out, so that there may be fewer than ceil(held_out * n).

    Returns:
        The training examples and the held-out ones, together all of them, each once.

    Raises:
        ValueError: If one of the two would be empty.

    >>> from microfp.datasets.examples import dataset
    >>> training, rest = split(dataset([[0.0], [1.0], [2.0], [3.0]], [1, 1, 1, 1]))
    >>> len(training.xs), len(rest.xs)
    (3, 1)
    >>> rare = dataset([[float(i)] for i in range(8)], [0, 0, 0, 0, 0, 0, 1, 1])
    >>> [sorted(part.ys) for part in split(rare, held_out=0.5, stratified=True)]
    [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]]
    """
    dataset = as_dataset("split", dataset)
    share, n = check_finite("split", "held_out", held_out), len(dataset.xs)
    shuffled = shuffle(dataset, seed=check_seed("split", "seed", seed))
    count = math.ceil(share * n)
    by_class = check_flag("split", "stratified", stratified) and 0 < count < n
    held = _held_of_each_class(shuffled.targets, count) if by_class else range(count)
    if not 0 < len(held) < n:
        expected = f"a share of {n} examples that leaves some on both sides"
        raise wrong_value("split", "held_out", expected, held_out)
    rest = sorted(frozenset(range(n)).difference(held))
    return subset(shuffled, rest), subset(shuffled, held)


def _held_of_each_class(targets: Sequence[Row], count: int) -> list[int]:
    """The places of the first examples of each class, about `count` in all, in order."""
    places: dict[Row, list[int]] = {row: [] for row in sorted({*targets})}
    for i, row in enumerate(targets):  # a plain loop: the places of all classes in one pass
        places[row].append(i)
    kept = apportioned([len(own) for own in places.values()], len(targets) - count)
    chosen = zip(places.values(), kept, strict=True)
    return sorted(i for own, least in chosen for i in own[: len(own) - max(least, 1)])


def apportioned(sizes: Sequence[int], count: int) -> list[int]:
    """Divide a count by sizes: whole shares, and one more for the largest remainders.

    >>> apportioned([50, 25, 25], 10)
    [5, 3, 2]
    """
    shares = [divmod(size * count, sum(sizes)) for size in sizes]
    order = sorted(range(len(sizes)), key=lambda i: -shares[i][1])
    more = frozenset(order[: count - sum(whole for whole, _ in shares)])
    return [whole + (i in more) for i, (whole, _) in enumerate(shares)]


@overload
def batch(dataset: Dataset, batch_size: int | None, *, seed: int | None, step: int) -> Dataset: ...
@overload
@deprecated("`size` is called `batch_size`")
def batch(dataset: Dataset, *, size: int | None, seed: int | None, step: int) -> Dataset: ...
@renamed(size="batch_size")
def batch(dataset: Dataset, batch_size: int | None, *, seed: int | None, step: int) -> Dataset:
    """Choose the examples of one step; the choice depends on seed and step alone.

    The examples are shuffled anew for each epoch and dealt out in order, so that an epoch of
    ceil(n / batch_size) steps sees each of them once; its last batch may be smaller.

    Args:
        dataset: All n examples.
        batch_size: How many examples a batch holds; None, or n or more, for all of them in
            their own order.
        seed: What the examples are shuffled with; None for their own order, in every epoch.
        step: The number of the step, from 0.

    Raises:
        ValueError: If the batch size is below 1, the step below 0 or the seed out of range.

    >>> from microfp.datasets.examples import dataset
    >>> data = dataset([[float(i)] for i in range(10)], [1] * 10)
    >>> [len(batch(data, 4, seed=1, step=k).xs) for k in range(4)]
    [4, 4, 2, 4]
    """
    check_kind("batch", "dataset", dataset, Dataset)
    n = len(dataset.xs)
    if batch_size is None or check_count("batch", "batch_size", batch_size, minimum=1) >= n:
        return dataset
    if seed is not None:
        check_seed("batch", "seed", seed)
    checked = check_count("batch", "step", step)
    return subset(dataset, batch_numbers(n, batch_size, seed=seed, step=checked))


@overload
def batch_numbers(n: int, batch_size: int, *, seed: int | None, step: int) -> tuple[int, ...]: ...
@overload
@deprecated("`size` is called `batch_size`")
def batch_numbers(n: int, *, size: int, seed: int | None, step: int) -> tuple[int, ...]: ...
@renamed(size="batch_size")
def batch_numbers(n: int, batch_size: int, *, seed: int | None, step: int) -> tuple[int, ...]:
    """Choose the examples of one step by number, out of n; see `batch`.

    >>> sorted(batch_numbers(3, 3, seed=1, step=0))
    [0, 1, 2]
    """
    check_size("batch_numbers", "n", n, minimum=1)
    check_count("batch_numbers", "batch_size", batch_size, minimum=1)
    check_count("batch_numbers", "step", step)
    if seed is not None:
        check_seed("batch_numbers", "seed", seed)
    return tuple(dealt(n, batch_size, seed=seed, step=step))


def dealt(n: int, batch_size: int, *, seed: int | None, step: int) -> Sequence[int]:
    """Choose the examples of one step as `batch_numbers` does, for programs that want no tuple.

    Args:
        n: How many examples there are, at least 1.
        batch_size: How many a batch holds, at least 1.
        seed: What the examples are shuffled with; None for their own order.
        step: The number of the step, from 0.

    Returns:
        Their numbers, from 0 to n - 1: an array of 64-bit integers, or a range where nothing is
        shuffled.

    >>> dealt(3, 2, seed=None, step=1)
    range(2, 3)
    >>> list(dealt(3, 2, seed=1, step=1)) == list(batch_numbers(3, 2, seed=1, step=1))
    True
    """
    epoch, place = divmod(step, math.ceil(n / batch_size))
    return order(n, seed, epoch)[place * batch_size : (place + 1) * batch_size]


@overload
def batches(
    dataset: Examples, batch_size: int, *, epoch: int = 0, seed: int = 1337
) -> tuple[Dataset, ...]: ...
@overload
@deprecated("`size` is called `batch_size`")
def batches(
    dataset: Examples, *, size: int, epoch: int = 0, seed: int = 1337
) -> tuple[Dataset, ...]: ...
@renamed(size="batch_size")
@names_home
def batches(
    dataset: Examples, batch_size: int, *, epoch: int = 0, seed: int = 1337
) -> tuple[Dataset, ...]:
    """Deal out the examples of one epoch, as the steps of a training see them; see `batch`.

    Args:
        dataset: All n examples.
        batch_size: How many examples a batch holds, at least 1; the last one may be smaller.
        epoch: The number of the epoch, from 0.
        seed: What the examples are shuffled with.

    >>> from microfp.datasets.examples import dataset
    >>> [len(b.xs) for b in batches(dataset([[float(i)] for i in range(5)], [1] * 5), 2)]
    [2, 2, 1]
    """
    dataset = as_dataset("batches", dataset)
    each = check_count("batches", "batch_size", batch_size, minimum=1)
    first = check_count("batches", "epoch", epoch)
    checked = check_seed("batches", "seed", seed)
    count = math.ceil(len(dataset.xs) / each)
    steps = range(first * count, (first + 1) * count)
    return tuple(batch(dataset, each, seed=checked, step=step) for step in steps)


class Standardization(Record):
    """A fitted transform that gives each column mean 0 and standard deviation 1.

    row[i] -> (row[i] - means[i]) / deviations[i]

    It is data, and a pure function of a dataset; `row` is the same for one example.

    >>> Standardization(means=(1.0,), deviations=(2.0,)).row((5.0,))
    (2.0,)
    """

    means: Row = attr()
    """One number per column."""
    deviations: Row = attr()
    """One number above 0 per column."""

    def row(self, row: Sequence[float]) -> Row:
        """Transform the inputs of one example.

        Raises:
            ShapeError: If the row has more or fewer columns than what this was fitted to.
        """
        if len(row) != len(self.means):
            raise ShapeError(
                f"standardize: a row must have {len(self.means)} columns, got {len(row)}"
            )
        return tuple(
            _standard(x, mean, deviation)
            for x, mean, deviation in zip(row, self.means, self.deviations, strict=True)
        )

    def __call__(self, dataset: Examples) -> Dataset:
        """Transform the inputs of all examples; targets and metadata stay."""
        examples = as_dataset("standardize", dataset)
        return examples.set(xs=self.rows(examples.xs))

    def rows(self, rows: Sequence[Sequence[float]]) -> Sequence[Row]:
        """Transform the inputs of many examples.

        >>> Standardization(means=(1.0,), deviations=(2.0,)).rows([(5.0,), (3.0,)])
        ((2.0,), (1.0,))
        """
        if not isinstance(rows, Matrix) or len(rows.columns) != len(self.means):
            return tuple(map(self.row, rows))
        scales = zip(rows.columns, self.means, self.deviations, strict=True)
        return Matrix.of(array("d", _standard_column(*scale)) for scale in scales)

    if not TYPE_CHECKING:

        def transform(self, *given):
            """Change fields, as in every record; of examples, say what is written here."""
            if given and isinstance(given[0], Dataset):
                raise TypeError("a Standardization is a function: standardize(training)(dataset)")
            return super().transform(*given)


def _standard(x: float, mean: float, deviation: float) -> float:
    difference = x - mean
    if math.isinf(difference):  # the two are large, and on both sides of 0
        return x / deviation - mean / deviation
    return difference / deviation


def _standard_column(column: Sequence[float], mean: float, deviation: float) -> Iterable[float]:
    """The numbers of a column, each as `_standard` has it; at once where none is very large."""
    if max(column, default=0.0) - mean < math.inf > mean - min(column, default=0.0):
        return map(truediv, map(sub, column, repeat(mean)), repeat(deviation))
    return (_standard(x, mean, deviation) for x in column)


ROUNDING = 8.0 * sys.float_info.epsilon
"""What varies by no more than this share of its largest number varies by rounding alone."""

SMALLEST = math.ulp(0.0)


@names_home
def standardize(dataset: Examples) -> Standardization:
    """Fit a transform to the columns of a dataset; apply it to any other of the same columns.

    Returns:
        The transform. A column that does not vary, or by no more than the rounding of its numbers
        (see `ROUNDING`), is only moved to 0.

    >>> from microfp.datasets.examples import dataset
    >>> data = dataset([[1.0, 7.0], [3.0, 7.0]], [-1, 1])
    >>> standardize(data)(data).xs
    ((-1.0, 0.0), (1.0, 0.0))
    """
    dataset = as_dataset("standardize", dataset)
    spreads = [_spread(column) for column in columns_in(dataset.xs)]
    means, deviations = zip(*spreads, strict=True)
    return Standardization(means=means, deviations=deviations)


def _spread(column: Sequence[float]) -> tuple[float, float]:
    """The mean and the standard deviation of a column; of a constant one its number, and 1.

    Computed in units of the largest number, and then of the largest difference, so that no sum and
    no square leaves the range of floats. The units are powers of two, so that nothing is rounded.
    """
    unit = _unit(column)
    scaled = array("d", map(truediv, column, repeat(unit)))
    mean = _mean(scaled)
    differences = array("d", map(sub, scaled, repeat(mean)))
    width = _unit(differences)
    shares = map(truediv, differences, repeat(width))
    deviation = math.sqrt(_mean(array("d", map(pow, shares, repeat(2))))) * width
    if deviation <= ROUNDING * max(map(abs, scaled)):
        return column[0], 1.0
    return mean * unit, max(deviation * unit, SMALLEST)


def _unit(numbers: Sequence[float]) -> float:
    """The largest power of two that is no more than the largest of some numbers; at most 2^1000."""
    _, exponent = math.frexp(max(map(abs, numbers)))
    return math.ldexp(1.0, max(-1000, min(exponent - 1, 1000)))


def _mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers)


@names_home
def one_hot(dataset: Examples, *, classes: int | None = None) -> Dataset:
    """Turn class numbers into rows of targets: 1 in the place of the class, else 0.

    Args:
        dataset: Its targets are class numbers 0, 1, 2 ...
        classes: How many classes there are; None for the largest class number plus 1.

    Raises:
        DataError: If a target is no class number below `classes`.

    >>> from microfp.datasets.examples import dataset
    >>> one_hot(dataset([[5.0], [6.0], [7.0]], [2, 0, 1])).targets[0]
    (0.0, 0.0, 1.0)
    """
    dataset = as_dataset("one_hot", dataset)
    least = 1 if classes is None else check_count("one_hot", "classes", classes, minimum=1)
    count = int(max(dataset.ys)) + 1 if classes is None else least
    for y in dataset.ys:
        if dataset.further_ys or not (y.is_integer() and 0.0 <= y < max(count, 1)):
            raise DataError(f"one_hot: each target must be a class number below {count}, got {y!r}")
    check_size("one_hot", "the number of targets", count * len(dataset.ys))
    rows = [tuple(float(place == y) for place in range(count)) for y in dataset.ys]
    return dataset.set(
        ys=tuple(row[0] for row in rows), further_ys=tuple(row[1:] for row in rows if row[1:])
    )


@names_home
def relabel(dataset: Examples, labels: Sequence[float]) -> Dataset:
    """Give other labels to the classes: the smallest label becomes the first, and so on.

    Args:
        dataset: Data with as many different targets as there are labels.
        labels: Finite numbers, all different, such as (-1, 1) for two classes.

    Raises:
        DataError: If there are more or fewer different targets than labels.

    >>> from microfp.datasets.examples import dataset
    >>> relabel(dataset([[5.0], [6.0], [7.0]], [0, 1, 0]), (-1, 1)).ys
    (-1.0, 1.0, -1.0)
    """
    check_several("relabel", "labels", "a sequence of numbers", labels)
    dataset = as_dataset("relabel", dataset)
    old = sorted(set(dataset.ys))
    new = [check_finite("relabel", "each of labels", label) for label in labels]
    if len(old) != len(new) or len(set(new)) != len(new):
        raise DataError(f"relabel: labels must be {len(old)} different numbers, got {labels!r:.80}")
    table = dict(zip(old, new, strict=True))
    return dataset.set(ys=tuple(table[y] for y in dataset.ys))
