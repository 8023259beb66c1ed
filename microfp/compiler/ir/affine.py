"""Places that move by constant steps: rows of them as loops.

>>> list(affine_runs([(0,), (4,), (8,)]))
[((3,), (0,), ((4,),))]
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import TypeAlias

__all__ = ["Places", "Strided", "affine_runs", "difference"]

Places: TypeAlias = tuple[int, ...]
"""Where several things are found that belong together."""


def difference(a: Sequence[int], b: Sequence[int]) -> Places:
    """How far places are from others, one by one.

    >>> difference((5, 7), (2, 7))
    (3, 0)
    """
    return tuple([x - y for x, y in zip(a, b, strict=True)])


Strided: TypeAlias = tuple[tuple[int, ...], Places, tuple[Places, ...]]
"""Loops over places: the shape, the first row, the stride of each loop."""


def affine_runs(rows: Sequence[Places]) -> Iterator[Strided]:
    """Cut rows of places into loop nests: shape, first row, and the stride of each loop.

    >>> list(affine_runs([(0, 5), (1, 5), (10, 6), (11, 6)]))
    [((2, 2), (0, 5), ((10, 1), (1, 0)))]
    """
    start = 0
    while start < len(rows):
        shape, strides = _longest_nest(rows, start)
        yield shape, rows[start], strides
        start += prod(shape)


def _longest_nest(rows: Sequence[Places], start: int) -> tuple[tuple[int, ...], tuple[Places, ...]]:
    """Grow a nest loop by loop, innermost first, for as long as whole copies of it follow."""
    shape: tuple[int, ...] = ()
    strides: tuple[Places, ...] = ()
    size = 1
    while start + 2 * size <= len(rows):
        stride = difference(rows[start + size], rows[start])
        count = 1
        while _repeats(rows, start + count * size, size, stride):
            count += 1
        if count == 1:
            break
        shape, strides, size = (count, *shape), (stride, *strides), size * count
    return shape, strides


def _repeats(rows: Sequence[Places], at: int, size: int, stride: Places) -> bool:
    """Whether the rows from `at` are those of one size before, each moved by the stride."""
    return at + size <= len(rows) and all(
        difference(rows[i], rows[i - size]) == stride for i in range(at, at + size)
    )
