"""Pure functions that remember results, by keys of their arguments or by the very same ones.

`memoized` and `by_key` ask whether an argument has the key of one of before: class, fields and
bits, since equal things need not compute the same. The first is for a function of one argument,
which pickles and compares; the second for a function of a module. `remembering` asks whether it is
the same object: for models and data, which are large and do not change.

>>> import math
>>> root = memoized(math.sqrt)
>>> root(4.0), root == memoized(math.sqrt)
(2.0, True)
"""

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from operator import is_
from typing import Generic, ParamSpec, TypeVar

from microfp.base.binding import shown
from microfp.base.keys import Keyed, key

__all__ = ["by_key", "memoized", "remembering"]

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")


class _Memoized(Generic[A, R]):
    """A function that remembers results, and is the function itself to pickles and comparisons."""

    __slots__ = ("by_key", "by_number", "function")

    def __init__(self, function: Callable[[A], R]) -> None:
        self.function: Callable[[A], R] = function
        self.by_number: Callable[[A], R] = lru_cache(maxsize=128)(function)
        self.by_key: Callable[[A], R] = by_key(128)(function)

    def __call__(self, argument: A, /) -> R:
        if type(argument) is int:  # equal to no other int: the usual case, a step, and the fast one
            return self.by_number(argument)
        return self.by_key(argument)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Memoized) and key(self) == key(other)

    def __hash__(self) -> int:
        return hash(key(self))

    def __repr__(self) -> str:
        return shown(self.function)

    def __reduce__(self) -> tuple[object, ...]:
        return _Memoized, (self.function,)


@key.register(_Memoized)
def _of_memoized(thing: "_Memoized[object, object]") -> Hashable:
    return _Memoized, key(thing.function)


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


def by_key(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a pure function remember its last results, by the keys of its arguments.

    The keys of the last arguments are known as long as they are the very same objects.

    Args:
        most: How many results.

    Raises:
        TraceError: When called, if an argument has no key, since it may change.

    >>> exactly = by_key(16)(lambda number: (type(number), number))
    >>> exactly(1.0), exactly(1), exactly(1.0) is exactly(1.0)
    ((<class 'float'>, 1.0), (<class 'int'>, 1), True)
    """

    def kept(f: Callable[P, R]) -> Callable[P, R]:
        keys = remembering(_keys)

        @lru_cache(maxsize=most)
        def by_keys(keyed: tuple[Keyed[object], ...], names: tuple[str, ...]) -> R:
            things = [one.thing for one in keyed]
            first = len(things) - len(names)
            return f(*things[:first], **dict(zip(names, things[first:], strict=True)))  # type: ignore[arg-type]  # as they were given

        @wraps(f)
        def remembers(*arguments: P.args, **named: P.kwargs) -> R:
            return by_keys(keys(*arguments, *named.values()), tuple(named))

        return remembers

    return kept


def _keys(*things: object) -> tuple[Keyed[object], ...]:
    return tuple(map(Keyed, things))


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
