"""Towers of derivatives: all orders of one function at one point, as a stream that never ends.

A function of a power series is a power series. Its coefficients follow from those of its operands
one after another: a product has the products of all pairs, and any other primitive y = f(a) has
the series whose slope is f'(a) a', where f'(a), written in primitives, is a series itself. So the
rules are those of `ops`, and order n costs about n additions for each operation, not 2**n.

Source: M. D. McIlroy, Power series, power serious, Journal of Functional Programming 9, 1999; the
towers are those of E. Kmett's library `ad` for Haskell.

>>> from itertools import islice
>>> from microfp import exp
>>> list(islice(derivatives(lambda x: x * exp(x), 0.0), 5))
[0.0, 1.0, 2.0, 3.0, 4.0]
"""

import math
from collections.abc import Callable, Iterator
from itertools import count

from microfp import ops
from microfp.base.checks import check_callable, wrong_kind
from microfp.func.duals import lost, plain_number
from microfp.func.places import is_scalar, number_of
from microfp.ops import Operand, Primitive
from microfp.record import attr, unchecked
from microfp.values import LEAF, Scalar, Value

__all__ = ["derivatives", "taylor"]

Following = Callable[["Tower", int], float]
"""What gives the coefficient of an order, from those before it."""


class Tower:
    """The coefficients of one series, computed when they are asked for, and kept."""

    def __init__(self, first: float, following: Following) -> None:
        """Begin with the coefficient of order 0, the value."""
        self.known: list[float] = [first]
        self.following: Following = following

    def __getitem__(self, order: int) -> float:
        while len(self.known) <= order:
            self.known.append(self.following(self, len(self.known)))
        return self.known[order]


class _Calculation:
    """All series of one call: each application once, in the order in which they were made."""

    def __init__(self) -> None:
        self.towers: list[Tower] = []
        self.made: dict[object, Series] = {}

    def add(self, op: str, tower: Tower) -> "Series":
        """Make a series of a tower, and keep the tower."""
        self.towers.append(tower)
        return unchecked(Series, tower.known[0], op, (), None, None, tower, self)

    def reach(self, order: int) -> None:
        """Bring all series to an order, operands first, so that none has to ask far back."""
        for tower in tuple(
            self.towers
        ):  # not those that rules make on the way: there may be no end
            tower[order]

    def check(self, operand: Operand) -> None:
        """Refuse a series of another call, around this one or inside of it."""
        if isinstance(operand, Series) and operand.calculation is not self:
            raise lost("taylor", operand)

    def apply(self, primitive: Primitive, operands: tuple[Operand, ...]) -> "Series":
        """The series that a primitive gives, the same one for the same operands."""
        for operand in operands:
            self.check(operand)
        key = (id(primitive), tuple(map(_identity, operands)))
        if key not in self.made:
            made = self.made[key] = self.add(primitive.name, _tower(self, primitive, operands))
            if primitive is ops.neg and isinstance(operands[0], Series):
                self.made[id(primitive), (_identity(made),)] = operands[0]  # --a is a
        return self.made[key]


class Series(Value):
    """A power series; it stands wherever a value may, and `data` is its value."""

    tower: Tower = attr()
    calculation: _Calculation = attr()

    def __apply__(self, primitive: Primitive, operands: tuple[Operand, ...], /) -> Value:
        return self.calculation.apply(primitive, operands)


def _identity(operand: Operand) -> object:
    if isinstance(operand, Series):
        return id(operand.tower)
    return _number(operand).hex()


def _number(operand: Operand) -> float:
    """The value of an operand, which is a constant unless it is a series."""
    if isinstance(operand, Series):
        return operand.data
    return plain_number("taylor", number_of(operand))


def _coefficient(operand: Operand, order: int) -> float:
    if isinstance(operand, Series):
        return operand.tower[order]
    return _number(operand) if order == 0 else 0.0


def _tower(calculation: _Calculation, primitive: Primitive, operands: tuple[Operand, ...]) -> Tower:
    terms = operands[: primitive.arity]
    constants = operands[len(terms) :]
    first = primitive.forward(*map(_number, terms), *constants)
    if primitive is ops.mul:
        return Tower(first, lambda _, order: _of_product(terms, order))
    if primitive is ops.divide:
        return Tower(first, lambda y, order: _of_quotient(y, terms, order))
    return Tower(first, _OfRule(calculation, primitive, terms, constants))


def _of_product(terms: tuple[Operand, ...], order: int) -> float:
    a, b = terms
    pairs = ((_coefficient(a, i), _coefficient(b, order - i)) for i in range(order + 1))
    return math.fsum(x * y for x, y in pairs)


def _of_quotient(y: Tower, terms: tuple[Operand, ...], order: int) -> float:
    """From y b = a: the last of the products that make up a holds what is sought."""
    a, b = terms
    known = math.fsum(y[i] * _coefficient(b, order - i) for i in range(order))
    return ops.divide(_coefficient(a, order) - known, _coefficient(b, 0))


class _OfRule:
    """The chain rule: order * y[order] = sum of i * a[i] * slope[order - i], over all operands."""

    def __init__(
        self,
        calculation: _Calculation,
        primitive: Primitive,
        terms: tuple[Operand, ...],
        constants: tuple[Operand, ...],
    ) -> None:
        self.calculation = calculation
        self.given = primitive, terms, constants
        self.slopes: tuple[Operand, ...] | None = None

    def __call__(self, y: Tower, order: int) -> float:
        primitive, terms, constants = self.given
        if self.slopes is None:  # not before they are asked for: they have slopes themselves
            whole = unchecked(
                Series, y.known[0], primitive.name, (), None, None, y, self.calculation
            )
            self.slopes = primitive.partials(*terms, *constants, whole)
        products = [
            i * _coefficient(a, i) * _coefficient(slope, order - i)
            for a, slope in zip(terms, self.slopes, strict=True)
            if isinstance(a, Series) and slope is not ops.FLAT
            for i in range(1, order + 1)
        ]
        return math.fsum(products) / order


def taylor(f: Callable[[Value], Scalar], x: float) -> Iterator[float]:
    """The coefficients of the Taylor series of a function of one number, without end.

    f(x + h) = c0 + c1 h + c2 h**2 + ...

    Args:
        f: From a number to a number, in arithmetic and microfp's functions.
        x: Where.

    Raises:
        TypeError: If f is no function, or returns no number.

    >>> from itertools import islice
    >>> list(islice(taylor(lambda x: 1.0 / (1.0 - x), 0.0), 4))
    [1.0, 1.0, 1.0, 1.0]
    """
    check_callable("taylor", "f", f)
    calculation = _Calculation()
    slope = {1: 1.0}
    variable = calculation.add(LEAF, Tower(_number(x), lambda _, order: slope.get(order, 0.0)))
    y = f(variable)
    if not is_scalar(y):
        name = getattr(f, "__name__", "the function")
        raise wrong_kind("taylor", f"what {name} returns", "a scalar, a Value or a number", y)
    calculation.check(y)
    return _coefficients(calculation, y)


def _coefficients(calculation: _Calculation, y: Operand) -> Iterator[float]:
    for order in count():
        calculation.reach(order)
        yield _coefficient(y, order)


def derivatives(f: Callable[[Value], Scalar], x: float) -> Iterator[float]:
    """A function and all of its derivatives at one point: f(x), f'(x), f''(x), ...

    Args:
        f: From a number to a number, in arithmetic and microfp's functions.
        x: Where.

    Raises:
        TypeError: If f is no function, or returns no number.

    >>> from itertools import islice
    >>> from microfp import sin
    >>> list(islice(derivatives(sin, 0.0), 6))
    [0.0, 1.0, 0.0, -1.0, 0.0, 1.0]
    """
    factorial = 1.0
    for order, coefficient in enumerate(taylor(f, x)):
        factorial *= order or 1
        yield coefficient * factorial
