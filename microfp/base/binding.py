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

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Concatenate, ParamSpec, TypeVar, overload

from microfp.base.keys import key

__all__ = ["bind", "shown", "taken_apart"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
P = ParamSpec("P")
R = TypeVar("R")


class _Bound(partial[R]):
    """A `partial` that equals every other of the same function and arguments."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _Bound) and key(self) == key(other))

    def __hash__(self) -> int:
        return hash(key(self))

    def __repr__(self) -> str:
        name = getattr(self.func, "__name__", repr(self.func)).lstrip("_")
        return f"{name}({', '.join([*map(shown, self.args), '...'])})"


def taken_apart(function: object) -> tuple[object, tuple[object, ...]]:
    """What `bind` has made a function of: the function, and its first arguments.

    >>> taken_apart(bind(pow, 2.0))
    (<built-in function pow>, (2.0,))
    >>> taken_apart(pow)
    (<built-in function pow>, ())
    """
    return (function.func, function.args) if isinstance(function, _Bound) else (function, ())


def shown(thing: object) -> str:
    """The `repr` of anything, but of a plain function its name instead of its address.

    >>> def cost(error):
    ...     return error * error
    >>> shown(cost), shown(bind(pow, 2.0)), shown("a")
    ('cost', 'pow(2.0, ...)', "'a'")
    """
    return thing.__name__.lstrip("_") if isinstance(thing, FunctionType) else repr(thing)


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
        the same function and arguments; see `keys.key`. What has no hash is the same as itself
        alone.

    >>> bind(pow, 2.0) == bind(pow, 2.0), bind(pow, 0.0) == bind(pow, -0.0)
    (True, False)
    >>> bind(pow, 2.0)
    pow(2.0, ...)
    """
    return _Bound(function, *given)
