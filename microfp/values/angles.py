"""Trigonometric and hyperbolic functions of values."""

from microfp import ops
from microfp.values.node import Scalar, Value, binary, unary

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "sin",
    "sinh",
    "tan",
    "tanh",
]

_sin = unary(ops.sin)
_cos = unary(ops.cos)
_tanh = unary(ops.tanh)
_tan = unary(ops.tan)
_asin = unary(ops.asin)
_acos = unary(ops.acos)
_atan = unary(ops.atan)
_sinh = unary(ops.sinh)
_cosh = unary(ops.cosh)
_asinh = unary(ops.asinh)
_acosh = unary(ops.acosh)
_atanh = unary(ops.atanh)
_atan2 = binary(ops.atan2)


def sin(a: Scalar) -> Value:
    """Sine of an angle in radians.

    >>> sin(0.0).data
    0.0
    """
    return _sin(a)


def cos(a: Scalar) -> Value:
    """Cosine of an angle in radians.

    >>> cos(0.0).data
    1.0
    """
    return _cos(a)


def tanh(a: Scalar) -> Value:
    """Hyperbolic tangent, from -1 to 1.

    >>> tanh(1000.0).data
    1.0
    """
    return _tanh(a)


def tan(a: Scalar) -> Value:
    """Tangent of an angle in radians.

    >>> tan(0.0).data
    0.0
    """
    return _tan(a)


def asin(a: Scalar) -> Value:
    """Arcus sine, from -pi/2 to pi/2; nan beyond -1 and 1, where its derivative is inf.

    >>> asin(0.0).data
    0.0
    """
    return _asin(a)


def acos(a: Scalar) -> Value:
    """Arcus cosine, from 0 to pi; nan beyond -1 and 1, where its derivative is -inf.

    >>> acos(1.0).data
    0.0
    """
    return _acos(a)


def atan(a: Scalar) -> Value:
    """Arcus tangent, from -pi/2 to pi/2; see `atan2` for a whole turn.

    >>> atan(0.0).data
    0.0
    """
    return _atan(a)


def sinh(a: Scalar) -> Value:
    """Hyperbolic sine.

    >>> sinh(0.0).data
    0.0
    """
    return _sinh(a)


def cosh(a: Scalar) -> Value:
    """Hyperbolic cosine.

    >>> cosh(0.0).data
    1.0
    """
    return _cosh(a)


def asinh(a: Scalar) -> Value:
    """Inverse hyperbolic sine.

    >>> asinh(0.0).data
    0.0
    """
    return _asinh(a)


def acosh(a: Scalar) -> Value:
    """Inverse hyperbolic cosine; nan below 1, where its derivative is inf.

    >>> acosh(1.0).data
    0.0
    """
    return _acosh(a)


def atanh(a: Scalar) -> Value:
    """Inverse hyperbolic tangent; infinite at -1 and 1, nan beyond.

    >>> atanh(1.0).data
    inf
    """
    return _atanh(a)


def atan2(a: Scalar, b: Scalar) -> Value:
    """Angle of the point (b, a) to the right-hand side, from -pi to pi, as C orders them.

    At the origin both derivatives are 0.

    >>> atan2(0.0, -1.0).data
    3.141592653589793
    """
    return _atan2(a, b)
