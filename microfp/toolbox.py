"""The one typed seam to toolz, which ships no types: microfp imports toolz here and only here.

>>> pipe(3, lambda n: n + 1, lambda n: n * n)
16
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar, overload

import toolz  # type: ignore[import-untyped]  # toolz has neither annotations nor stubs
from returns.io import IO, IOResult
from returns.pipeline import is_successful
from returns.result import Result
from returns.unsafe import unsafe_perform_io

from microfp.base.checks import check_count, wrong_kind

__all__ = [
    "Piped",
    "accumulate",
    "bind",
    "bind_result",
    "collect",
    "iterate",
    "known",
    "last",
    "or_raise",
    "pipe",
    "sliding_window",
    "take",
    "take_nth",
]

_A = TypeVar("_A")
_E = TypeVar("_E")
_B = TypeVar("_B")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_T5 = TypeVar("_T5")
_T6 = TypeVar("_T6")
_T7 = TypeVar("_T7")
_T8 = TypeVar("_T8")
_T9 = TypeVar("_T9")
_T10 = TypeVar("_T10")
_T11 = TypeVar("_T11")
_T12 = TypeVar("_T12")
_T13 = TypeVar("_T13")
_T14 = TypeVar("_T14")
_T15 = TypeVar("_T15")
_T16 = TypeVar("_T16")
_T17 = TypeVar("_T17")
_T18 = TypeVar("_T18")
_T19 = TypeVar("_T19")
_T20 = TypeVar("_T20")


@overload
def pipe(data: _A, /) -> _A: ...
@overload
def pipe(data: _A, f1: Callable[[_A], _B], /) -> _B: ...
@overload
def pipe(data: _A, f1: Callable[[_A], _B], f2: Callable[[_B], _T2], /) -> _T2: ...
@overload
def pipe(
    data: _A, f1: Callable[[_A], _B], f2: Callable[[_B], _T2], f3: Callable[[_T2], _T3], /
) -> _T3: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    /,
) -> _T4: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    /,
) -> _T5: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    /,
) -> _T6: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    /,
) -> _T7: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    /,
) -> _T8: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    /,
) -> _T9: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    /,
) -> _T10: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    /,
) -> _T11: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    /,
) -> _T12: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    /,
) -> _T13: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    f14: Callable[[_T13], _T14],
    /,
) -> _T14: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    f14: Callable[[_T13], _T14],
    f15: Callable[[_T14], _T15],
    /,
) -> _T15: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    f14: Callable[[_T13], _T14],
    f15: Callable[[_T14], _T15],
    f16: Callable[[_T15], _T16],
    /,
) -> _T16: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    f14: Callable[[_T13], _T14],
    f15: Callable[[_T14], _T15],
    f16: Callable[[_T15], _T16],
    f17: Callable[[_T16], _T17],
    /,
) -> _T17: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    f14: Callable[[_T13], _T14],
    f15: Callable[[_T14], _T15],
    f16: Callable[[_T15], _T16],
    f17: Callable[[_T16], _T17],
    f18: Callable[[_T17], _T18],
    /,
) -> _T18: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    f14: Callable[[_T13], _T14],
    f15: Callable[[_T14], _T15],
    f16: Callable[[_T15], _T16],
    f17: Callable[[_T16], _T17],
    f18: Callable[[_T17], _T18],
    f19: Callable[[_T18], _T19],
    /,
) -> _T19: ...
@overload
def pipe(
    data: _A,
    f1: Callable[[_A], _B],
    f2: Callable[[_B], _T2],
    f3: Callable[[_T2], _T3],
    f4: Callable[[_T3], _T4],
    f5: Callable[[_T4], _T5],
    f6: Callable[[_T5], _T6],
    f7: Callable[[_T6], _T7],
    f8: Callable[[_T7], _T8],
    f9: Callable[[_T8], _T9],
    f10: Callable[[_T9], _T10],
    f11: Callable[[_T10], _T11],
    f12: Callable[[_T11], _T12],
    f13: Callable[[_T12], _T13],
    f14: Callable[[_T13], _T14],
    f15: Callable[[_T14], _T15],
    f16: Callable[[_T15], _T16],
    f17: Callable[[_T16], _T17],
    f18: Callable[[_T17], _T18],
    f19: Callable[[_T18], _T19],
    f20: Callable[[_T19], _T20],
    /,
) -> _T20: ...
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


class Piped(Generic[_A]):
    """Data on its way through functions, one `to` after another; for any number of them.

    >>> Piped(3).to(lambda n: n + 1).to(lambda n: n * n).get()
    16
    """

    __slots__ = ("_data",)

    def __init__(self, data: _A, /) -> None:
        self._data = data

    def to(self, function: Callable[[_A], _B], /) -> "Piped[_B]":
        """Send the data through one more function.

        >>> Piped([2, 1]).to(sorted).get()
        [1, 2]
        """
        return Piped(function(self._data))

    def get(self) -> _A:
        """Return the data as they are now.

        >>> Piped(3).get()
        3
        """
        return self._data


@overload
def bind(
    function: Callable[[_A], IOResult[_B, _E]], /
) -> Callable[[IOResult[_A, _E]], IOResult[_B, _E]]: ...
@overload
def bind(
    function: Callable[[_A], Result[_B, _E]], /
) -> Callable[[Result[_A, _E]], Result[_B, _E]]: ...
def bind(function: Callable[[_A], object], /) -> Callable[..., object]:
    """Go on from a success with what may fail itself: the method `bind`, as a piece of a pipeline.

    Its types are plain, where those of the method ask more of a type checker than pyright knows.

    Args:
        function: From what a success holds to the next result, of the kind of the one before.

    >>> from returns.result import Failure, Success
    >>> def half(n: int) -> Result[int, str]:
    ...     return Success(n // 2) if n % 2 == 0 else Failure(f"{n} is odd")
    >>> pipe(half(12), bind(half), bind(half))
    <Failure: 3 is odd>
    """

    def bound(before: Result[_A, object] | IOResult[_A, object]) -> object:
        if isinstance(before, Result):
            return before.map(function).value_or(before)
        return unsafe_perform_io(before.map(function).value_or(before))

    return bound


def bind_result(
    function: Callable[[_A], Result[_B, _E]], /
) -> Callable[[IOResult[_A, _E]], IOResult[_B, _E]]:
    """Go on from a success of files with what touches none, but may fail: as the method does.

    >>> from returns.io import IOSuccess
    >>> from returns.result import Success
    >>> def half(n: int) -> Result[int, str]:
    ...     return Success(n // 2)
    >>> pipe(IOSuccess(12), bind_result(half), bind_result(half))
    <IOResult: <Success: 3>>
    """
    return lambda before: before.bind_result(function)


def collect(items: Iterable[_A]) -> list[_A]:
    """Return all items in a list: what `list` does, with a type that stands in a pipeline.

    >>> pipe("abc", collect)
    ['a', 'b', 'c']
    """
    return list(_several("collect", items))


def accumulate(step: Callable[[_A, _B], _A], items: Iterable[_B], initial: _A) -> Iterator[_A]:
    """Yield every state of a fold, lazily: the initial one, then one after each item.

    The last state is `functools.reduce(step, items, initial)`.

    >>> list(accumulate(lambda total, n: total + n, [1, 2, 3], 0))
    [0, 1, 3, 6]
    """
    states: Iterator[_A] = toolz.accumulate(step, _several("accumulate", items), initial)
    return states


def iterate(step: Callable[[_A], _A], initial: _A) -> Iterator[_A]:
    """Yield `initial, step(initial), step(step(initial)), ...` without end, lazily.

    >>> list(take(4, iterate(lambda n: 2 * n, 1)))
    [1, 2, 4, 8]
    """
    states: Iterator[_A] = toolz.iterate(step, initial)
    return states


def take(n: int, items: Iterable[_A]) -> Iterator[_A]:
    """Yield the first n items, or all where there are fewer.

    >>> list(take(2, "abc"))
    ['a', 'b']
    """
    count = check_count("take", "n", n)
    items_taken: Iterator[_A] = toolz.take(count, _several("take", items))
    return items_taken


def take_nth(n: int, items: Iterable[_A]) -> Iterator[_A]:
    """Yield every n-th item, the first one included.

    >>> list(take_nth(2, "abcde"))
    ['a', 'c', 'e']
    """
    step = check_count("take_nth", "n", n, minimum=1)
    items_taken: Iterator[_A] = toolz.take_nth(step, _several("take_nth", items))
    return items_taken


def last(items: Iterable[_A]) -> _A:
    """Return the last item of a finite sequence or stream.

    Raises:
        IndexError: If there is none.

    >>> last(take(3, iterate(lambda n: n + 1, 0)))
    2
    """
    item: _A = toolz.last(_several("last", items))
    return item


def sliding_window(n: int, items: Iterable[_A]) -> Iterator[tuple[_A, ...]]:
    """Yield the overlapping runs of n neighbours.

    >>> list(sliding_window(2, [1, 2, 3]))
    [(1, 2), (2, 3)]
    """
    width = check_count("sliding_window", "n", n, minimum=1)
    several = _several("sliding_window", items)
    windows: Iterator[tuple[_A, ...]] = toolz.sliding_window(width, several)
    return windows


def known(found: _A | None, name: str = "value") -> _A:
    """Return what may be None, where you know that it is there: `known(run.final_accuracy)`.

    To a type checker the result is never None, without an assertion; where you were mistaken, the
    error says what is missing.

    Args:
        found: What is there.
        name: What to call it in the error.

    Raises:
        ValueError: If it is None.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [4, 1]), datasets.moons(20), steps=5)
    >>> 0.0 <= known(run.final_accuracy, "the accuracy") <= 1.0
    True
    >>> known(None, "the accuracy")
    Traceback (most recent call last):
    ValueError: known: the accuracy must be there, got None
    """
    if found is None:
        raise ValueError(f"known: {name} must be there, got None")
    return found


def or_raise(result: IOResult[_A, _B] | Result[_A, _B]) -> _A:
    """Take out of a container what has gone well, or raise the error that it holds.

    For whoever wants an exception: `or_raise(datasets.read_csv(path))`.

    Raises:
        TypeError: If it is no `Result` or `IOResult`, or holds as its failure what is no exception.

    >>> from returns.io import IOFailure, IOSuccess
    >>> or_raise(IOSuccess(3))
    3
    >>> or_raise(IOFailure(ValueError("no such file")))
    Traceback (most recent call last):
    ValueError: no such file
    """
    if not isinstance(result, IOResult | Result):
        raise TypeError(f"or_raise: result must be a Result or an IOResult, got {result!r:.80}")
    if is_successful(result):
        return _bare(result.unwrap())
    error: object = _bare(result.failure())
    if not isinstance(error, BaseException):
        raise TypeError(f"or_raise: the failure must be an exception, got {error!r:.80}")
    raise error


def _several(where: str, items: Iterable[_A]) -> Iterable[_A]:
    if not isinstance(items, Iterable):
        raise wrong_kind(where, "items", "what can be gone through", items)
    return items


def _bare(held: IO[_A] | _A) -> _A:
    return unsafe_perform_io(held) if isinstance(held, IO) else held
