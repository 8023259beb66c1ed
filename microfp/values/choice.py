"""Choices that a graph can see: comparisons, what they choose, rounding."""

from typing import TypeAlias

from microfp import ops
from microfp.values.node import Scalar, Value, apply, binary, unary

__all__ = [
    "Condition",
    "ceil",
    "clip",
    "equal",
    "floor",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "positive",
    "relu",
    "round",
    "sign",
    "stop_gradient",
    "where",
]

Condition: TypeAlias = Scalar | bool
"""What a choice goes by: a number that is 0 or not, or a truth of Python.

>>> where(2 > 1, 3.0, 4.0).data
3.0
"""

_relu = unary(ops.relu)
_maximum = binary(ops.maximum)
_minimum = binary(ops.minimum)
_positive = unary(ops.positive)
_sign = unary(ops.sign)
_floor = unary(ops.floor)
_ceil = unary(ops.ceil)
_round = unary(ops.round)
_greater = binary(ops.greater)
_greater_equal = binary(ops.greater_equal)
_equal = binary(ops.equal)


def relu(a: Scalar) -> Value:
    """Rectified linear unit: a where a > 0, else 0. Its derivative at 0 is 0.

    >>> relu(-3.0).data
    0.0
    """
    return _relu(a)


def maximum(a: Scalar, b: Scalar) -> Value:
    """The larger of two; nan if one is nan. At a tie each has derivative one half.

    >>> maximum(2.0, 3.0).data
    3.0
    """
    return _maximum(a, b)


def minimum(a: Scalar, b: Scalar) -> Value:
    """The smaller of two; nan if one is nan. At a tie each has derivative one half.

    >>> minimum(2.0, 3.0).data
    2.0
    """
    return _minimum(a, b)


def where(condition: Condition, a: Scalar, b: Scalar) -> Value:
    """Choose: a where the condition is not 0, else b; a branch that the graph can see.

    A condition is what `greater` and its like give, or a truth of Python.

    >>> where(1.0, 2.0, 3.0).data
    2.0
    """
    return apply(ops.where, _condition(condition), a, b)


def stop_gradient(a: Scalar) -> Value:
    """The identity, taken for a constant: every derivative along `a` is 0.

    >>> from microfp import value
    >>> from microfp.gradients import backward
    >>> x = value(3.0)
    >>> backward(x * stop_gradient(x))[x]
    3.0
    """
    return apply(ops.stop_gradient, a)


def positive(a: Scalar) -> Value:
    """1 where a > 0, else 0; flat.

    >>> positive(2.0).data
    1.0
    """
    return _positive(a)


def sign(a: Scalar) -> Value:
    """Return -1, 0 or 1, by the sign of a; flat.

    >>> sign(-2.0).data
    -1.0
    """
    return _sign(a)


def floor(a: Scalar) -> Value:
    """The largest whole number that is not above a; flat.

    >>> floor(-1.5).data
    -2.0
    """
    return _floor(a)


def ceil(a: Scalar) -> Value:
    """The smallest whole number that is not below a; flat.

    >>> ceil(1.5).data
    2.0
    """
    return _ceil(a)


def round(a: Scalar) -> Value:
    """The nearest whole number, an even one of two; flat.

    >>> from microfp import values
    >>> values.round(2.5).data
    2.0
    """
    return _round(a)


def greater(a: Scalar, b: Scalar) -> Value:
    """1 where a > b, else 0; flat.

    >>> greater(2.0, 1.0).data
    1.0
    """
    return _greater(a, b)


def greater_equal(a: Scalar, b: Scalar) -> Value:
    """1 where a >= b, else 0; flat.

    >>> greater_equal(2.0, 2.0).data
    1.0
    """
    return _greater_equal(a, b)


def equal(a: Scalar, b: Scalar) -> Value:
    """1 where a and b are the same number, else 0; flat.

    >>> equal(2.0, 2.0).data
    1.0
    """
    return _equal(a, b)


def less(a: Scalar, b: Scalar) -> Value:
    """1 where a < b, else 0; flat.

    >>> less(2.0, 1.0).data
    0.0
    """
    return _greater(b, a)


def less_equal(a: Scalar, b: Scalar) -> Value:
    """1 where a <= b, else 0; flat.

    >>> less_equal(2.0, 2.0).data
    1.0
    """
    return _greater_equal(b, a)


def logical_not(a: Condition) -> Value:
    """1 where a does not hold (is 0), else 0.

    >>> logical_not(0.0).data
    1.0
    """
    return _equal(_condition(a), 0.0)


def logical_and(a: Condition, b: Condition) -> Value:
    """1 where both hold (are not 0), else 0.

    >>> x = 2.0
    >>> logical_and(greater(x, 1.0), less(x, 3.0)).data
    1.0
    """
    return where(a, where(b, 1.0, 0.0), 0.0)


def logical_or(a: Condition, b: Condition) -> Value:
    """1 where one holds (is not 0) or both, else 0.

    >>> x = 2.0
    >>> logical_or(less(x, 1.0), greater(x, 3.0)).data
    0.0
    """
    return where(a, 1.0, where(b, 1.0, 0.0))


def clip(a: Scalar, low: Scalar, high: Scalar) -> Value:
    """The number from low to high that is nearest to a; flat beyond them.

    At the ends it has half a slope, as a tie of `maximum` has.

    >>> clip(7.0, -1.0, 1.0).data
    1.0
    """
    return _minimum(_maximum(a, low), high)


def _condition(a: Condition) -> Scalar:
    return float(a) if isinstance(a, bool) else a
