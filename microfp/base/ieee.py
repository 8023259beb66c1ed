"""Arithmetic as IEEE 754 has it, in functions that are written for floats.

Python raises where a float is divided by zero or a power is too large, and makes a complex number
of a root of -1. The same function, traced and compiled, goes on with inf and nan, as everything
else in microfp does. `by_ieee` lets Python go on too.

>>> by_ieee(lambda a, b: (a / b, b**0.5), 1.0, 0.0)
(inf, 0.0)
"""

import math
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

__all__ = ["by_ieee", "divide", "power"]

R = TypeVar("R")


def divide(a: float, b: float) -> float:
    """Divide; by 0.0 gives an infinity, or nan.

    >>> divide(-1.0, 0.0), divide(1.0, 4.0)
    (-inf, 0.25)
    """
    try:
        return a / b
    except ZeroDivisionError:
        return (
            math.nan
            if a == 0.0 or math.isnan(a)
            else math.copysign(math.inf, a) * math.copysign(1, b)
        )


def power(a: float, b: float) -> float:
    """Raise to a power; one that is too large is infinite, and one that is complex is nan.

    >>> power(-8.0, 3.0), power(-8.0, 0.5), power(10.0, 400.0)
    (-512.0, nan, inf)
    """
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0.0 and b % 2.0 == 1.0 else math.inf
    except ValueError:  # a pole at zero, or a fractional power of a negative number
        if a != 0.0:
            return math.nan
        return math.copysign(math.inf, a) if b % 2.0 == 1.0 else math.inf


def by_ieee(function: Callable[..., R], *arguments: object) -> R:
    """Call a function of floats, or of sequences of floats, with the arithmetic of IEEE 754.

    It runs on plain floats, and again where that raises or becomes complex.

    >>> by_ieee(lambda numbers: numbers[0] ** 0.5, (-1.0,))
    nan
    """
    try:
        result = function(*arguments)
        if not _is_complex(result):
            return result
    except (ZeroDivisionError, OverflowError):
        pass
    except TypeError:  # as of complex numbers, which have no order
        try:
            return _plain(function(*map(_carried, arguments)))  # type: ignore[return-value]  # R again
        except TypeError:
            pass
        raise
    return _plain(function(*map(_carried, arguments)))  # type: ignore[return-value]  # R again


def _is_complex(result: object) -> bool:
    return type(result) is complex or (type(result) is tuple and any(map(_is_complex, result)))


def _carried(argument: object) -> object:
    if isinstance(argument, float):
        return Carried(argument)
    if isinstance(argument, Sequence) and not isinstance(argument, str):
        return tuple(map(_carried, argument))
    return argument


def _plain(result: object) -> object:
    if isinstance(result, Carried):
        return result.data
    return tuple(map(_plain, result)) if type(result) is tuple else result


class _Primitive(Protocol):
    """A function of the table of primitives, on numbers or on what carries them."""

    def __call__(self, *operands: object) -> object: ...


class Carried:
    """A number that divides and takes powers by IEEE 754, and so does what it is made into.

    A primitive of `ops` is applied by `__apply__`. To whatever else is no number it leaves the
    operation.

    >>> float(Carried(1.0) / 0.0), Carried(2.0) > 1.0
    (inf, True)
    """

    __slots__ = ("data",)

    def __init__(self, data: float) -> None:
        self.data: float = data

    def __apply__(self, primitive: _Primitive, operands: tuple[object, ...], /) -> object:
        result = primitive(*map(_plain, operands))
        return Carried(result) if isinstance(result, float) else result

    def __float__(self) -> float:
        return self.data

    def __bool__(self) -> bool:
        return self.data != 0.0

    def __hash__(self) -> int:
        return hash(self.data)

    def __neg__(self) -> "Carried":
        return Carried(-self.data)

    def __pos__(self) -> "Carried":
        return self

    def __abs__(self) -> "Carried":
        return Carried(abs(self.data))


_Operator = Callable[[Carried, object], object]


def _operator(function: Callable[[float, float], float | bool], *, swapped: bool) -> _Operator:
    """An operator of carried numbers, from what it does to floats."""

    def operation(own: Carried, other: object) -> object:
        number = _plain(other)
        if not isinstance(number, int | float):
            return NotImplemented
        try:
            b = float(number)
        except OverflowError:
            b = math.inf if number > 0 else -math.inf
        result = function(b, own.data) if swapped else function(own.data, b)
        return result if isinstance(result, bool) else Carried(result)

    return operation


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "add": float.__add__,
    "sub": float.__sub__,
    "mul": float.__mul__,
    "truediv": divide,
    "pow": power,
}

for _name, _function in _ARITHMETIC.items():
    setattr(Carried, f"__{_name}__", _operator(_function, swapped=False))
    setattr(Carried, f"__r{_name}__", _operator(_function, swapped=True))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Carried, f"__{_name}__", _operator(getattr(float, f"__{_name}__"), swapped=False))
