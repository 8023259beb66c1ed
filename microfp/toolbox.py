"""The one typed seam to toolz, which ships no types: microfp imports toolz here and only here.

>>> pipe(3, lambda n: n + 1, lambda n: n * n)
16
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar, overload

import toolz  # type: ignore[import-untyped]  # toolz has neither annotations nor stubs

A = TypeVar("A")
B = TypeVar("B")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
T8 = TypeVar("T8")
T9 = TypeVar("T9")
T10 = TypeVar("T10")
T11 = TypeVar("T11")
T12 = TypeVar("T12")
T13 = TypeVar("T13")
T14 = TypeVar("T14")
T15 = TypeVar("T15")
T16 = TypeVar("T16")
T17 = TypeVar("T17")
T18 = TypeVar("T18")
T19 = TypeVar("T19")
T20 = TypeVar("T20")


@overload
def pipe(data: A, /) -> A: ...
@overload
def pipe(data: A, f1: Callable[[A], B], /) -> B: ...
@overload
def pipe(data: A, f1: Callable[[A], B], f2: Callable[[B], T2], /) -> T2: ...
@overload
def pipe(data: A, f1: Callable[[A], B], f2: Callable[[B], T2], f3: Callable[[T2], T3], /) -> T3: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    /,
) -> T4: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    /,
) -> T5: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    /,
) -> T6: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    /,
) -> T7: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    /,
) -> T8: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    /,
) -> T9: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    /,
) -> T10: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    /,
) -> T11: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    /,
) -> T12: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    /,
) -> T13: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    f14: Callable[[T13], T14],
    /,
) -> T14: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    f14: Callable[[T13], T14],
    f15: Callable[[T14], T15],
    /,
) -> T15: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    f14: Callable[[T13], T14],
    f15: Callable[[T14], T15],
    f16: Callable[[T15], T16],
    /,
) -> T16: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    f14: Callable[[T13], T14],
    f15: Callable[[T14], T15],
    f16: Callable[[T15], T16],
    f17: Callable[[T16], T17],
    /,
) -> T17: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    f14: Callable[[T13], T14],
    f15: Callable[[T14], T15],
    f16: Callable[[T15], T16],
    f17: Callable[[T16], T17],
    f18: Callable[[T17], T18],
    /,
) -> T18: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    f14: Callable[[T13], T14],
    f15: Callable[[T14], T15],
    f16: Callable[[T15], T16],
    f17: Callable[[T16], T17],
    f18: Callable[[T17], T18],
    f19: Callable[[T18], T19],
    /,
) -> T19: ...
@overload
def pipe(
    data: A,
    f1: Callable[[A], B],
    f2: Callable[[B], T2],
    f3: Callable[[T2], T3],
    f4: Callable[[T3], T4],
    f5: Callable[[T4], T5],
    f6: Callable[[T5], T6],
    f7: Callable[[T6], T7],
    f8: Callable[[T7], T8],
    f9: Callable[[T8], T9],
    f10: Callable[[T9], T10],
    f11: Callable[[T10], T11],
    f12: Callable[[T11], T12],
    f13: Callable[[T12], T13],
    f14: Callable[[T13], T14],
    f15: Callable[[T14], T15],
    f16: Callable[[T15], T16],
    f17: Callable[[T16], T17],
    f18: Callable[[T17], T18],
    f19: Callable[[T18], T19],
    f20: Callable[[T19], T20],
    /,
) -> T20: ...
def pipe(data: object, /, *functions: Callable[..., object]) -> object:
    """Send data through the functions, from left to right: `pipe(x, f, g) == g(f(x))`.

    Args:
        data: What the first function is called with.
        *functions: Functions of one argument; to a type checker, up to twenty.

    Returns:
        What the last function returns, with its type.

    >>> pipe([3, 1, 2], sorted, tuple)
    (1, 2, 3)
    """
    result: object = toolz.pipe(data, *functions)
    return result


class Piped(Generic[A]):
    """Data on its way through functions, one `to` after another; for any number of them.

    >>> Piped(3).to(lambda n: n + 1).to(lambda n: n * n).get()
    16
    """

    __slots__ = ("_data",)

    def __init__(self, data: A, /) -> None:
        self._data = data

    def to(self, function: Callable[[A], B], /) -> "Piped[B]":
        """Send the data through one more function.

        >>> Piped([2, 1]).to(sorted).get()
        [1, 2]
        """
        return Piped(function(self._data))

    def get(self) -> A:
        """Return the data as they are now.

        >>> Piped(3).get()
        3
        """
        return self._data


def collect(items: Iterable[A]) -> list[A]:
    """Return all items in a list: what `list` does, with a type that stands in a pipeline.

    >>> pipe("abc", collect)
    ['a', 'b', 'c']
    """
    return list(items)


def accumulate(step: Callable[[A, B], A], items: Iterable[B], initial: A) -> Iterator[A]:
    """Yield every state of a fold, lazily: the initial one, then one after each item.

    The last state is `functools.reduce(step, items, initial)`.

    >>> list(accumulate(lambda total, n: total + n, [1, 2, 3], 0))
    [0, 1, 3, 6]
    """
    states: Iterator[A] = toolz.accumulate(step, items, initial)
    return states


def iterate(step: Callable[[A], A], initial: A) -> Iterator[A]:
    """Yield `initial, step(initial), step(step(initial)), ...` without end, lazily.

    >>> list(take(4, iterate(lambda n: 2 * n, 1)))
    [1, 2, 4, 8]
    """
    states: Iterator[A] = toolz.iterate(step, initial)
    return states


def take(n: int, items: Iterable[A]) -> Iterator[A]:
    """Yield the first n items, or all where there are fewer.

    >>> list(take(2, "abc"))
    ['a', 'b']
    """
    items_taken: Iterator[A] = toolz.take(n, items)
    return items_taken


def take_nth(n: int, items: Iterable[A]) -> Iterator[A]:
    """Yield every n-th item, the first one included.

    >>> list(take_nth(2, "abcde"))
    ['a', 'c', 'e']
    """
    items_taken: Iterator[A] = toolz.take_nth(n, items)
    return items_taken


def last(items: Iterable[A]) -> A:
    """Return the last item of a finite sequence or stream.

    Raises:
        IndexError: If there is none.

    >>> last(take(3, iterate(lambda n: n + 1, 0)))
    2
    """
    item: A = toolz.last(items)
    return item


def sliding_window(n: int, items: Iterable[A]) -> Iterator[tuple[A, ...]]:
    """Yield the overlapping runs of n neighbours.

    >>> list(sliding_window(2, [1, 2, 3]))
    [(1, 2), (2, 3)]
    """
    windows: Iterator[tuple[A, ...]] = toolz.sliding_window(n, items)
    return windows
