"""Pure functions that remember results, by equal arguments or by the very same ones.

`memoized` asks whether an argument equals one of before: for numbers. `remembering` asks whether it
is the same object: for models and data, which are large and do not change. Where a function of a
module is meant that neither pickles nor compares, `functools.lru_cache` is the first of the two.

>>> import math
>>> root = memoized(math.sqrt)
>>> root(4.0), root == memoized(math.sqrt)
(2.0, True)
"""

from collections.abc import Callable
from functools import lru_cache
from operator import is_
from typing import Generic, ParamSpec, TypeVar

from microfp.base.binding import shown

__all__ = ["memoized", "remembering"]

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")


class _Memoized(Generic[A, R]):
    """A function that remembers results, and is the function itself to pickles and comparisons."""

    __slots__ = ("function", "remembered")

    def __init__(self, function: Callable[[A], R]) -> None:
        self.function: Callable[[A], R] = function
        self.remembered: Callable[[A], R] = lru_cache(maxsize=128)(function)

    def __call__(self, argument: A, /) -> R:
        return self.remembered(argument)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Memoized) and bool(self.function == other.function)

    def __hash__(self) -> int:
        return hash(self.function)

    def __repr__(self) -> str:
        return shown(self.function)

    def __reduce__(self) -> tuple[object, ...]:
        return _Memoized, (self.function,)


def memoized(function: Callable[[A], R]) -> Callable[[A], R]:
    """Let a pure function of one argument remember its last 128 results.

    Returns:
        The function; it pickles where the given one does, without what it remembers, and equals
        every other that was made of an equal function.

    >>> import math
    >>> root = memoized(math.sqrt)
    >>> root(4.0), root == memoized(math.sqrt)
    (2.0, True)
    """
    return _Memoized(function)


def remembering(f: Callable[P, R]) -> Callable[P, R]:
    """Let a function of trees, or of other things that do not change, remember its last results.

    Two are kept, found by the identity of the arguments, which are given by position. One training
    step asks several times for the parameters of the same model.

    >>> lengths = remembering(lambda items: [len(items)])
    >>> one, other = tuple([1.0]), tuple([1.0])
    >>> lengths(one) is lengths(one), lengths(one) is lengths(other)
    (True, False)
    """
    remembered: tuple[tuple[tuple[object, ...], R], ...] = ()

    def remembers(*arguments: P.args, **_named: P.kwargs) -> R:
        nonlocal remembered
        for known, result in remembered:  # a plain loop over two: nothing is hashed or compared
            if len(known) == len(arguments) and all(map(is_, known, arguments)):
                return result
        result = f(*arguments)  # type: ignore[call-arg]  # no argument is given by name
        remembered = ((arguments, result), *remembered[:1])
        return result

    return remembers
