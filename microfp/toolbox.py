"""The one typed seam to toolz, which ships no types: microfp imports toolz here and only here.

>>> pipe(3, lambda n: n + 1, lambda n: n * n)
16
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, overload

import toolz  # type: ignore[import-untyped]  # toolz has neither annotations nor stubs

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")
I = TypeVar("I")  # noqa: E741 - the next letter


@overload
def pipe(data: A, /) -> A: ...
@overload
def pipe(data: A, f: Callable[[A], B], /) -> B: ...
@overload
def pipe(data: A, f: Callable[[A], B], g: Callable[[B], C], /) -> C: ...
@overload
def pipe(data: A, f: Callable[[A], B], g: Callable[[B], C], h: Callable[[C], D], /) -> D: ...
@overload
def pipe(
    data: A,
    f: Callable[[A], B],
    g: Callable[[B], C],
    h: Callable[[C], D],
    i: Callable[[D], E],
    /,
) -> E: ...
@overload
def pipe(
    data: A,
    f: Callable[[A], B],
    g: Callable[[B], C],
    h: Callable[[C], D],
    i: Callable[[D], E],
    j: Callable[[E], F],
    /,
) -> F: ...
@overload
def pipe(
    data: A,
    f: Callable[[A], B],
    g: Callable[[B], C],
    h: Callable[[C], D],
    i: Callable[[D], E],
    j: Callable[[E], F],
    k: Callable[[F], G],
    /,
) -> G: ...
@overload
def pipe(
    data: A,
    f: Callable[[A], B],
    g: Callable[[B], C],
    h: Callable[[C], D],
    i: Callable[[D], E],
    j: Callable[[E], F],
    k: Callable[[F], G],
    l: Callable[[G], H],  # noqa: E741 - the next letter
    /,
) -> H: ...
@overload
def pipe(
    data: A,
    f: Callable[[A], B],
    g: Callable[[B], C],
    h: Callable[[C], D],
    i: Callable[[D], E],
    j: Callable[[E], F],
    k: Callable[[F], G],
    l: Callable[[G], H],  # noqa: E741 - the next letter
    m: Callable[[H], I],
    /,
) -> I: ...
def pipe(data: object, /, *functions: Callable[..., object]) -> object:
    """Send data through the functions, from left to right: `pipe(x, f, g) == g(f(x))`.

    Args:
        data: What the first function is called with.
        *functions: Functions of one argument; to a type checker, up to eight.

    Returns:
        What the last function returns, with its type.

    >>> pipe([3, 1, 2], sorted, tuple)
    (1, 2, 3)
    """
    result: object = toolz.pipe(data, *functions)
    return result


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
