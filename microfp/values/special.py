"""Special functions of values: the error function, the logarithm of the gamma function."""

from microfp import ops
from microfp.values.node import Scalar, Value, unary

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "lgamma",
]

_erf = unary(ops.erf)
_erfc = unary(ops.erfc)
_lgamma = unary(ops.lgamma)
_digamma = unary(ops.digamma)


def erf(a: Scalar) -> Value:
    """Error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to a.

    >>> erf(0.0).data
    0.0
    """
    return _erf(a)


def erfc(a: Scalar) -> Value:
    """1 - erf(a), exact also where that is tiny.

    >>> erfc(0.0).data
    1.0
    """
    return _erfc(a)


def lgamma(a: Scalar) -> Value:
    """Logarithm of the size of the gamma function: log((a - 1)!) for whole numbers.

    >>> lgamma(1.0).data
    0.0
    """
    return _lgamma(a)


def digamma(a: Scalar) -> Value:
    """Derivative of the logarithm of the gamma function.

    >>> digamma(1.0).data
    -0.5772156649015329
    """
    return _digamma(a)
