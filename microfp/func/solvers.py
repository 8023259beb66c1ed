"""Roots, fixed points and minima, as streams of estimates that never end.

Each stream begins with the start, and holds one estimate a step; `until_converged` ends it where
an estimate no longer moves.

>>> *_, last = until_converged(newton(lambda x: x * x - 2.0, 1.0))
>>> round(last.x, 12)
1.414213562373
"""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from microfp import ops
from microfp.base.checks import check_callable, check_count, check_non_negative, wrong_kind
from microfp.func.duals import plain_number
from microfp.func.gradients import value_and_grad
from microfp.func.places import is_scalar, number_of, places_in, rebuild
from microfp.func.towers import derivatives
from microfp.record import Record, attr, check_several
from microfp.values import Scalar, Value

__all__ = ["Estimate", "fixed_point", "halley", "minimize", "newton", "until_converged"]

Function = Callable[[Scalar], Scalar]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Estimate(Record, Generic[T_co]):
    """Where a search stands.

    >>> next(newton(lambda x: x - 2.0, 5.0)).value
    3.0
    """

    step: int = attr()
    """How many steps it has gone."""
    x: T_co = attr()
    """The estimate: a number, or a tree of numbers."""
    value: float = attr()
    """The function there."""
    change: float = attr()
    """How far the last step went; inf at the start."""


def newton(f: Callable[[Value], Scalar], start: float) -> Iterator[Estimate[float]]:
    """Search for a root along tangents: x - f(x) / f'(x).

    Args:
        f: From a number to a number, in arithmetic and microfp's functions.
        start: Where to begin, near the root.

    Raises:
        TypeError: If f is no function, or returns no number.

    >>> [round(e.x, 6) for e in islice(newton(lambda x: x * x - 2.0, 1.0), 4)]
    [1.0, 1.5, 1.416667, 1.414216]
    """

    def following(x: float) -> tuple[float, float]:
        y, slope = islice(derivatives(f, x), 2)
        return y, x - ops.divide(y, slope)

    return _search("newton", f, following, start)


def halley(f: Callable[[Value], Scalar], start: float) -> Iterator[Estimate[float]]:
    """Search for a root along hyperbolas: three times as many digits a step, near it.

    x - 2 f f' / (2 f'**2 - f f'')

    Args:
        f: From a number to a number, in arithmetic and microfp's functions.
        start: Where to begin, near the root.

    Raises:
        TypeError: If f is no function, or returns no number.

    Source: E. Halley, 1694.

    >>> [round(e.x, 6) for e in islice(halley(lambda x: x * x - 2.0, 1.0), 3)]
    [1.0, 1.4, 1.414213]
    """

    def following(x: float) -> tuple[float, float]:
        y, slope, curvature = islice(derivatives(f, x), 3)
        return y, x - ops.divide(2.0 * y * slope, 2.0 * slope * slope - y * curvature)

    return _search("halley", f, following, start)


def fixed_point(f: Function, start: float) -> Iterator[Estimate[float]]:
    """Apply a function again and again: x, f(x), f(f(x)), ...

    Args:
        f: From a number to a number.
        start: Where to begin.

    Raises:
        TypeError: If f is no function, or returns no number.

    >>> from microfp import cos
    >>> *_, last = until_converged(fixed_point(cos, 1.0))
    >>> round(last.x, 6)
    0.739085
    """

    def following(x: float) -> tuple[float, float]:
        y = _number("fixed_point", f(x))
        return y, y

    return _search("fixed_point", f, following, start)


def _number(where: str, y: object) -> float:
    if not is_scalar(y):
        raise wrong_kind(where, "what f returns", "a scalar, a Value or a number", y)
    return plain_number(where, number_of(y))


def _search(
    where: str, f: object, following: Callable[[float], tuple[float, float]], start: float
) -> Iterator[Estimate[float]]:
    check_callable(where, "f", f)
    return _steps(following, _number(where, start))


def _steps(
    following: Callable[[float], tuple[float, float]], x: float
) -> Iterator[Estimate[float]]:
    step, change = 0, math.inf
    while True:  # a plain loop: each estimate comes from the last
        y, after = following(x)
        yield Estimate(step=step, x=x, value=y, change=change)
        step, change, x = step + 1, abs(after - x), after


def minimize(f: Callable[[T], Scalar], start: T) -> Iterator[Estimate[T]]:
    """Go down along the gradient, each step as far as the function goes down enough.

    A step is halved until it brings at least a tenth of what the slope promises, and tried twice as
    long the next time (L. Armijo, Minimization of functions having Lipschitz continuous first
    partial derivatives, 1966).

    Args:
        f: From a tree of numbers to a number, in arithmetic and microfp's functions.
        start: The tree to begin with, such as a number or a tuple of numbers.

    Raises:
        TypeError: If f is no function, or start no tree of numbers.

    >>> *_, last = until_converged(minimize(lambda v: (v[0] - 1.0) ** 2 + v[1] ** 2, (3.0, 1.0)))
    >>> [round(x, 6) for x in last.x]
    [1.0, 0.0]
    """
    check_callable("minimize", "f", f)
    places_in("minimize", "start", (start,))
    return _descent(f, start)


def _descent(f: Callable[[T], Scalar], x: T) -> Iterator[Estimate[T]]:
    both = value_and_grad(f)
    step, change, size = 0, math.inf, 1.0
    while True:  # a plain loop: each estimate comes from the last
        y, gradient = both(x)
        now = _number("minimize", y)
        yield Estimate(step=step, x=x, value=now, change=change)
        slopes = _numbers(gradient)
        size = _step_size(lambda t, x=x, slopes=slopes: f(_moved(x, slopes, t)), now, slopes, size)  # type: ignore[misc]  # defaults hold what changes
        after = _moved(x, slopes, size)
        change = max(abs(a - b) for a, b in zip(_numbers(after), _numbers(x), strict=True))
        step, x, size = step + 1, after, 2.0 * size


def _numbers(tree: object) -> list[float]:
    return [_number("minimize", place.content) for place in places_in("minimize", "x", (tree,))]


def _moved(x: T, slopes: list[float], size: float) -> T:
    return rebuild(x, [a - size * slope for a, slope in zip(_numbers(x), slopes, strict=True)])


def _step_size(
    at: Callable[[float], Scalar], now: float, slopes: list[float], size: float
) -> float:
    promised = math.fsum(slope * slope for slope in slopes)
    for halvings in range(100):
        tried = size * 0.5**halvings
        if _number("minimize", at(tried)) <= now - 0.1 * tried * promised:
            return tried
    return 0.0


def until_converged(
    estimates: Iterable[Estimate[T]], *, tolerance: float = 1e-12, most: int = 1000
) -> Iterator[Estimate[T]]:
    """End a stream of estimates with the first that has moved by no more than a tolerance.

    Args:
        estimates: What `newton` and its like give.
        tolerance: How far, at least 0; relative where the estimate is a number above 1.
        most: After how many steps it ends at the latest.

    >>> len(list(until_converged(newton(lambda x: x * x - 2.0, 1.0))))
    7
    """
    check_several("until_converged", "estimates", "a stream of estimates", estimates)
    check_non_negative("until_converged", "tolerance", tolerance)
    check_count("until_converged", "most", most, minimum=0)
    for estimate in islice(estimates, most + 1):
        yield estimate
        size = abs(estimate.x) if isinstance(estimate.x, float) else 1.0
        if estimate.change <= tolerance * max(1.0, size):
            return
