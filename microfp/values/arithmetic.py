"""Arithmetic, powers and roots of values."""

from microfp import ops
from microfp.values.node import Scalar, Value, binary, pow, unary

__all__ = [
    "absolute",
    "add",
    "cbrt",
    "divide",
    "hypot",
    "mul",
    "neg",
    "reciprocal",
    "remainder",
    "sqrt",
    "square",
    "sub",
]

_add = binary(ops.add)
_sub = binary(ops.sub)
_mul = binary(ops.mul)
_divide = binary(ops.divide)
_neg = unary(ops.neg)
_sqrt = unary(ops.sqrt)
_absolute = unary(ops.absolute)
_cbrt = unary(ops.cbrt)
_hypot = binary(ops.hypot)
_remainder = binary(ops.remainder)


def add(a: Scalar, b: Scalar) -> Value:
    """Add: `a + b`.

    >>> add(2.0, 3.0).data
    5.0
    """
    return _add(a, b)


def sub(a: Scalar, b: Scalar) -> Value:
    """Subtract: `a - b`.

    >>> sub(2.0, 3.0).data
    -1.0
    """
    return _sub(a, b)


def mul(a: Scalar, b: Scalar) -> Value:
    """Multiply: `a * b`.

    >>> mul(2.0, 3.0).data
    6.0
    """
    return _mul(a, b)


def divide(a: Scalar, b: Scalar) -> Value:
    """Divide: `a / b`; by zero, an infinity, and nan for 0/0, as IEEE 754 has it.

    >>> divide(1.0, 0.0).data
    inf
    """
    return _divide(a, b)


def neg(a: Scalar) -> Value:
    """Negate: `-a`.

    >>> neg(2.0).data
    -2.0
    """
    return _neg(a)


def sqrt(a: Scalar) -> Value:
    """Square root; nan below 0. Its derivative at 0 is inf.

    >>> sqrt(9.0).data
    3.0
    """
    return _sqrt(a)


def absolute(a: Scalar) -> Value:
    """Absolute value. Its derivative at 0 is 0.

    >>> absolute(-3.0).data
    3.0
    """
    return _absolute(a)


def cbrt(a: Scalar) -> Value:
    """Cubic root, of negative numbers too. Its derivative at 0 is inf.

    >>> cbrt(-8.0).data
    -2.0
    """
    return _cbrt(a)


def hypot(a: Scalar, b: Scalar) -> Value:
    """Length of a vector of two sides, sqrt(a*a + b*b), without overflow; its slope at 0 is 0.

    >>> hypot(3.0, 4.0).data
    5.0
    """
    return _hypot(a, b)


def remainder(a: Scalar, b: Scalar) -> Value:
    """What is left of a division, with the sign of the divisor: `a % b`; nan for b = 0.

    Along b the derivative is minus the whole quotient.

    >>> remainder(-1.0, 3.0).data
    2.0
    """
    return _remainder(a, b)


def square(a: Scalar) -> Value:
    """Square: `a ** 2`.

    >>> square(-3.0).data
    9.0
    """
    return pow(a, 2.0)


def reciprocal(a: Scalar) -> Value:
    """One over a: `1 / a`; an infinity at 0.

    >>> reciprocal(4.0).data
    0.25
    """
    return _divide(1.0, a)
