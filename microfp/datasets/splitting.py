"""Splits that follow what an example holds: one that is held out stays so in a file that grows.

Each example draws a number from 0 to 1 with its own numbers and target, and is held out where that
number lies below a limit. So its side depends on nothing else: neither on its place, nor on how
many others there are.

>>> from microfp.datasets.examples import dataset
>>> rows = dataset([[float(i)] for i in range(40)], [float(i % 7) for i in range(40)])
>>> found = content_split(rows, rows.ys, held_out=0.25)
>>> {name: len(part.ys) for name, part in split_parts(found, rows, rows.ys).items()}
{'training': 30, 'held_out': 10}
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import compress
from struct import pack, unpack
from typing import NamedTuple, TypeAlias

from microfp.base.checks import check_finite, check_kind, check_seed, wrong_value
from microfp.datasets.examples import Dataset, Row, subset
from microfp.datasets.preparing import apportioned
from microfp.errors import DataError, ShapeError
from microfp.record import Record, attr, check_several

__all__ = ["Split", "content_parts", "content_split", "split_parts"]

Target: TypeAlias = str | float


class Split(Record):
    """Which examples are held out, and which decide when to stop: limits for what they draw.

    >>> Split(seed=1, held_out=(0.25,)).separate
    False
    """

    seed: int = attr()
    """What the numbers are drawn with."""
    classes: tuple[str, ...] = attr(default=())
    """The names of the classes, if targets are classes."""
    held_out: Row = attr(default=())
    """Below which number an example is held out: one limit for each class, or one for
    all; none where nothing is held out.
    """
    validation: Row = attr(default=())
    """The same for what decides when to stop, among the rest."""
    separate: bool = attr(default=False)
    """Whether equal examples draw a number each, in the order in which they come; else
    all of them are on one side. So it is where more than half of the examples occur
    several times, as with a few columns of few categories.
    """

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        check_seed("Split", "seed", self.seed)
        count = max(len(self.classes), 1)
        for name, limits in (("held_out", self.held_out), ("validation", self.validation)):
            if len(limits) not in (0, count) or not all(0.0 <= limit <= 1.0 for limit in limits):
                raise wrong_value("Split", name, f"none or {count} limits from 0 to 1", limits)
        return True, ""


def content_split(
    dataset: Dataset,
    targets: Sequence[Target],
    *,
    classes: Sequence[str] = (),
    held_out: float = 0.25,
    validation: float = 0.0,
    seed: int = 1337,
) -> Split:
    """Find limits that hold out about a share of the examples, of each class the same.

    Args:
        dataset: n examples.
        targets: The class of each by its name, or its number.
        classes: The names of the classes; none where targets are numbers.
        held_out: The share to hold out; at least 0, for none, and below 1. It is
            ceil(held_out * n) examples where they differ; equal ones stay together. Of each class
            some are left to train on.
        validation: The share of the rest that is to decide when to stop; at least 0 and below 1.
        seed: What the numbers are drawn with, from 0 to 2**32 - 1.

    Raises:
        ValueError: If a part that is asked for would be empty, or nothing left to train on.

    >>> from microfp.datasets.drawn import moons
    >>> points = moons(40)
    >>> content_split(points, points.ys, held_out=0.0)
    Split(seed=1337, classes=(), held_out=(), validation=(), separate=False)
    """
    check_kind("content_split", "dataset", dataset, Dataset)
    check_several("content_split", "targets", "a sequence of targets, one a row", targets)
    check_several("content_split", "classes", "a sequence of texts", classes)
    return _divided(dataset, targets, classes, held_out, validation, seed)[0]


def content_parts(
    dataset: Dataset,
    targets: Sequence[Target],
    *,
    classes: Sequence[str] = (),
    held_out: float = 0.25,
    validation: float = 0.0,
    seed: int = 1337,
) -> tuple[Split, Mapping[str, Dataset]]:
    """Find the limits that `content_split` finds, and divide the examples by them in one go.

    Args:
        dataset: n examples.
        targets: The class of each by its name, or its number.
        classes: The names of the classes; none where targets are numbers.
        held_out: The share to hold out.
        validation: The share of the rest that is to decide when to stop.
        seed: What the numbers are drawn with.

    Returns:
        The split, and what `split_parts` makes of it and of the same examples.

    Raises:
        ValueError: If a part that is asked for would be empty, or nothing left to train on.

    >>> from microfp.datasets.drawn import moons
    >>> points = moons(40)
    >>> split, parts = content_parts(points, points.ys)
    >>> parts == split_parts(split, points, points.ys), len(parts["held_out"].ys)
    (True, 10)
    """
    check_kind("content_parts", "dataset", dataset, Dataset)
    check_several("content_parts", "targets", "a sequence of targets, one a row", targets)
    check_several("content_parts", "classes", "a sequence of texts", classes)
    split, draws = _divided(dataset, targets, classes, held_out, validation, seed)
    return split, _parts(split, dataset, draws, _groups(split.classes, targets))


def _divided(
    dataset: Dataset,
    targets: Sequence[Target],
    classes: Sequence[str],
    held_out: float,
    validation: float,
    seed: int,
) -> tuple[Split, "_Draws"]:
    """The limits, and the numbers that they were found for."""
    names = tuple(classes)
    empty = Split(seed=check_seed("split", "seed", seed), classes=names)
    draws = _draws(empty, dataset, targets)
    if 2 * len(set(draws.first)) < len(draws.first):
        empty = empty.set(separate=True)
        draws = _draws(empty, dataset, targets)
    groups = _groups(names, targets)
    held = _limits("held_out", draws.first, groups, held_out, max(len(names), 1))
    rest = [not (held and x < held[group]) for x, group in zip(draws.first, groups, strict=True)]
    second, own = array("d", compress(draws.second, rest)), list(compress(groups, rest))
    stops = _limits("validation", second, own, validation, max(len(names), 1))
    return empty.set(held_out=held, validation=stops), draws


def split_parts(split: Split, dataset: Dataset, targets: Sequence[Target]) -> Mapping[str, Dataset]:
    """Divide examples, those that the split was found for or others, in their order.

    Args:
        split: As `content_split` finds it.
        dataset: n examples of the same columns.
        targets: The class of each by its name, or its number.

    Returns:
        The parts "training", "validation" and "held_out", as far as there are examples for them.

    Raises:
        DataError: If there is nothing to train on.

    >>> from microfp.datasets.drawn import moons
    >>> points = moons(40)
    >>> list(split_parts(Split(seed=1), points, points.ys))
    ['training']
    """
    check_kind("split_parts", "split", split, Split)
    check_kind("split_parts", "dataset", dataset, Dataset)
    check_several("split_parts", "targets", "a sequence of targets, one a row", targets)
    groups = _groups(split.classes, targets)
    return _parts(split, dataset, _draws(split, dataset, targets), groups)


def _parts(
    split: Split, dataset: Dataset, draws: "_Draws", groups: Sequence[int]
) -> Mapping[str, Dataset]:
    places = {name: array("q") for name in ("training", "validation", "held_out")}
    for i, pair in enumerate(zip(draws.first, draws.second, groups, strict=True)):
        places[_part(split, *pair)].append(i)
    if not places["training"]:
        raise DataError(f"split: of {len(groups)} examples, all are held out: none to train on")
    return {name: subset(dataset, own) for name, own in places.items() if own}


def _part(split: Split, first: float, second: float, group: int) -> str:
    if split.held_out and first < split.held_out[group]:
        return "held_out"
    return "validation" if split.validation and second < split.validation[group] else "training"


class _Draws(NamedTuple):
    """Two numbers from 0 to 1 for each example: one for each time that it is divided."""

    first: "array[float]"
    second: "array[float]"


def _draws(split: Split, dataset: Dataset, targets: Sequence[Target]) -> _Draws:
    numbers = array("d")
    for content in _contents(split, dataset, targets):
        numbers.extend(_drawn(content, split.seed))
    return _Draws(numbers[::2], numbers[1::2])


def _contents(split: Split, dataset: Dataset, targets: Sequence[Target]) -> Iterator[bytes]:
    """What each example holds; where equal ones are kept apart, with which of them it is."""
    form = f"<{len(dataset.xs[0])}d"
    if len(targets) != len(dataset.xs):
        raise ShapeError(
            f"split: targets must be one for each of {len(dataset.xs)} rows, got {len(targets)}"
        )
    further = dataset.further_ys or [()] * len(targets)
    met: Counter[bytes] = Counter()
    for row, y, more in zip(dataset.xs, targets, further, strict=True):
        content = pack(form, *row) + _target_bytes(y) + pack(f"<{len(more)}d", *more)
        if split.separate:
            met[content] += 1
            content += pack("<q", met[content])
        yield content


def _target_bytes(target: Target) -> bytes:
    if isinstance(target, str):
        return target.encode("utf-8", "surrogatepass")
    return pack("<d", target)


def _drawn(content: bytes, seed: int) -> tuple[float, float]:
    """Two numbers from 0 to below 1 of 53 bits each, the same on every machine."""
    digest = blake2b(content, digest_size=16, key=str(seed).encode(), person=b"microfp split")
    first, second = unpack("<QQ", digest.digest())
    return (first >> 11) * 2.0**-53, (second >> 11) * 2.0**-53


def _groups(classes: Sequence[str], targets: Sequence[Target]) -> list[int]:
    """The place of the limit for each example: that of its class; the first one if that is new."""
    places: dict[Target, int] = {name: place for place, name in enumerate(classes)}
    return [places.get(target, 0) for target in targets] if places else [0] * len(targets)


def _limits(
    name: str, draws: Sequence[float], groups: Sequence[int], share: float, count: int
) -> Row:
    """A limit for each group, below which about that share of it lies."""
    part, n = check_finite("split", name, share), len(draws)
    if not part:
        return ()
    wanted, own = math.ceil(part * n), _of_each_group(draws, groups, count)
    limits = _limits_of(own, wanted, part) if 0 < wanted < n else ()
    held = [bisect_left(some, limit) for some, limit in zip(own, limits, strict=False)]
    if not 0 < sum(held) < n:
        none = "0, or " if name == "held_out" else ""
        expected = f"{none}a share of {n} examples that leaves some on both sides"
        raise wrong_value("split", name, expected, share)
    return limits


def _limits_of(own: Sequence[Sequence[float]], wanted: int, share: float) -> Row:
    counts = apportioned([len(some) for some in own], wanted)
    return tuple(_limit(some, count, share) for some, count in zip(own, counts, strict=True))


def _of_each_group(
    draws: Sequence[float], groups: Sequence[int], count: int
) -> list["array[float]"]:
    own = [array("d") for _ in range(count)]
    for x, group in zip(draws, groups, strict=True):  # a plain loop: all groups in one pass
        own[group].append(x)
    return [array("d", sorted(some)) for some in own]


def _limit(draws: Sequence[float], wanted: int, share: float) -> float:
    """The limit nearest to a share that as many draws as are wanted lie below.

    Equal ones are below it together, and the largest never is.
    """
    if not draws:
        return share
    met = draws[min(wanted, len(draws) - 1)]
    ends = bisect_left(draws, met), bisect_right(draws, met)  # of those that equal it
    below = min((i for i in ends if i < len(draws)), key=lambda i: abs(i - wanted))
    last = draws[below - 1] if below else -1.0
    return min(max(share, math.nextafter(last, 2.0), 0.0), draws[below])
