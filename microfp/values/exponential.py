"""Exponentials, logarithms, and the smooth steps that are made of them."""

from microfp import ops
from microfp.values.node import Scalar, Value, binary, unary

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "sigmoid",
    "softplus",
]

_exp = unary(ops.exp)
_log = unary(ops.log)
_sigmoid = unary(ops.sigmoid)
_softplus = unary(ops.softplus)
_exp2 = unary(ops.exp2)
_expm1 = unary(ops.expm1)
_log1p = unary(ops.log1p)
_log2 = unary(ops.log2)
_log10 = unary(ops.log10)
_logaddexp = binary(ops.logaddexp)


def exp(a: Scalar) -> Value:
    """Exponential: e to the power of a; inf above about 709.8.

    >>> exp(0.0).data
    1.0
    """
    return _exp(a)


def log(a: Scalar) -> Value:
    """Natural logarithm; -inf at 0, nan below.

    >>> log(1.0).data
    0.0
    """
    return _log(a)


def sigmoid(a: Scalar) -> Value:
    """Logistic function 1 / (1 + exp(-a)), from 0 to 1, without overflow.

    >>> sigmoid(-1000.0).data
    0.0
    """
    return _sigmoid(a)


def softplus(a: Scalar) -> Value:
    """Smooth relu: log(1 + exp(a)), without overflow.

    >>> softplus(1000.0).data
    1000.0
    """
    return _softplus(a)


def exp2(a: Scalar) -> Value:
    """Two to the power of a; inf from 1024 on.

    >>> exp2(3.0).data
    8.0
    """
    return _exp2(a)


def expm1(a: Scalar) -> Value:
    """exp(a) - 1, exact also near 0, where the difference would lose its digits.

    >>> expm1(1e-20).data
    1e-20
    """
    return _expm1(a)


def log1p(a: Scalar) -> Value:
    """log(1 + a), exact also near 0; -inf at -1, nan below.

    >>> log1p(1e-20).data
    1e-20
    """
    return _log1p(a)


def log2(a: Scalar) -> Value:
    """Logarithm to the base 2; -inf at 0, nan below.

    >>> log2(8.0).data
    3.0
    """
    return _log2(a)


def log10(a: Scalar) -> Value:
    """Logarithm to the base 10; -inf at 0, nan below.

    >>> log10(1000.0).data
    3.0
    """
    return _log10(a)


def logaddexp(a: Scalar, b: Scalar) -> Value:
    """log(exp(a) + exp(b)), without overflow; -inf is the logarithm of nothing.

    >>> logaddexp(3.0, float("-inf")).data
    3.0
    """
    return _logaddexp(a, b)
