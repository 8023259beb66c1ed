"""Functions with their first arguments given, which pickle and compare as data do.

A function that is defined inside another one cannot be sent to another process, and equals itself
alone. One that stands in a module, bound to what it needs, can, and equals every other that was
made of the same:

>>> import math, pickle
>>> distance = bind(math.dist, (0.0, 0.0))
>>> distance((3.0, 4.0))
5.0
>>> pickle.loads(pickle.dumps(distance)) == distance
True
"""

from collections.abc import Callable, Hashable
from functools import partial
from types import FunctionType
from typing import Concatenate, ParamSpec, TypeVar, overload

__all__ = ["bind", "shown"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
P = ParamSpec("P")
R = TypeVar("R")


class _Bound(partial[R]):
    """A `partial` that equals every other of the same function and arguments."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bound) and _identity(self) == _identity(other)

    def __hash__(self) -> int:
        return hash(_identity(self))

    def __repr__(self) -> str:
        name = getattr(self.func, "__name__", repr(self.func)).lstrip("_")
        return f"{name}({', '.join([*map(shown, self.args), '...'])})"


def shown(thing: object) -> str:
    """The `repr` of anything, but of a plain function its name instead of its address.

    >>> def cost(error):
    ...     return error * error
    >>> shown(cost), shown(bind(pow, 2.0)), shown("a")
    ('cost', 'pow(2.0, ...)', "'a'")
    """
    return thing.__name__.lstrip("_") if isinstance(thing, FunctionType) else repr(thing)


def _identity(bound: _Bound[R]) -> Hashable:
    return bound.func, *map(_exactly, bound.args)


def _exactly(argument: object) -> Hashable:
    """A key that only the same argument has: 0.0 and -0.0 are equal, as are 1, 1.0 and True."""
    if isinstance(argument, float):
        return float, argument.hex()
    if type(argument) is tuple:
        return tuple, *map(_exactly, argument)
    try:
        hash(argument)
    except TypeError:
        return id(argument)  # what may change equals itself alone
    return type(argument), argument


@overload
def bind(function: Callable[Concatenate[A, P], R], a: A, /) -> Callable[P, R]: ...
@overload
def bind(function: Callable[Concatenate[A, B, P], R], a: A, b: B, /) -> Callable[P, R]: ...
@overload
def bind(function: Callable[Concatenate[A, B, C, P], R], a: A, b: B, c: C, /) -> Callable[P, R]: ...
def bind(function: Callable[..., R], /, *given: object) -> Callable[..., R]:
    """Give a function its first arguments; what comes back waits for the others.

    bind(f, a)(b) = f(a, b)

    Args:
        function: A function that stands in a module, so that it can be pickled.
        *given: Its first arguments; to a type checker, up to three.

    Returns:
        A function that pickles where its arguments do, and equals every other that was made of
        the same function and arguments. Floats are the same where their bits are; what has no
        hash is the same as itself alone.

    >>> bind(pow, 2.0) == bind(pow, 2.0), bind(pow, 0.0) == bind(pow, -0.0)
    (True, False)
    >>> bind(pow, 2.0)
    pow(2.0, ...)
    """
    return _Bound(function, *given)
