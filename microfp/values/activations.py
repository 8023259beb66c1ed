"""Activations: what neurons do with their sums, beside relu, tanh, sigmoid and softplus.

Where one chooses between two branches, the branch that is not taken is computed from a number at
which it is harmless, so that it brings neither inf nor nan into a gradient.
"""

from microfp import ops
from microfp.values.arithmetic import absolute, divide, neg
from microfp.values.choice import clip, less, minimum, positive, relu, sign, where
from microfp.values.exponential import expm1, softplus
from microfp.values.node import Scalar, Value, lift, unary

__all__ = [
    "elu",
    "gelu",
    "gelu_tanh",
    "hardtanh",
    "leaky_relu",
    "log_sigmoid",
    "mish",
    "relu6",
    "selu",
    "silu",
    "softsign",
]

_gelu = unary(ops.gelu)
_gelu_tanh = unary(ops.gelu_tanh)
_silu = unary(ops.silu)
_mish = unary(ops.mish)


def gelu(a: Scalar) -> Value:
    """Gaussian error linear unit: a times the probability that a normal number is below a.

    Source: D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016.

    >>> gelu(0.0).data, round(gelu(1.0).data, 6)
    (0.0, 0.841345)
    """
    return _gelu(a)


def gelu_tanh(a: Scalar) -> Value:
    """The approximation of `gelu` by a hyperbolic tangent, as GPT-2 has it.

    >>> round(gelu_tanh(1.0).data, 6)
    0.841192
    """
    return _gelu_tanh(a)


def silu(a: Scalar) -> Value:
    """Sigmoid linear unit, also called swish: a * sigmoid(a).

    >>> silu(0.0).data, round(silu(1.0).data, 6)
    (0.0, 0.731059)
    """
    return _silu(a)


def elu(a: Scalar, alpha: Scalar = 1.0) -> Value:
    """Exponential linear unit: a where a > 0, else alpha * (exp(a) - 1).

    >>> elu(2.0).data, round(elu(-1.0).data, 6)
    (2.0, -0.632121)
    """
    above = positive(a)
    return where(above, a, alpha * expm1(where(above, 0.0, a)))


def selu(a: Scalar) -> Value:
    """Scaled exponential linear unit, whose layers keep mean 0 and variance 1.

    Source: G. Klambauer and others, Self-Normalizing Neural Networks, 2017.

    >>> round(selu(1.0).data, 6)
    1.050701
    """
    return 1.0507009873554805 * elu(a, 1.6732632423543772)


def leaky_relu(a: Scalar, slope: Scalar = 0.01) -> Value:
    """Relu that leaks: a where a > 0, else slope * a.

    >>> leaky_relu(-2.0).data
    -0.02
    """
    if not isinstance(slope, Value):
        lift(slope)  # which says what is no number
    return where(positive(a), a, slope * a)


def relu6(a: Scalar) -> Value:
    """Relu that ends at 6.

    >>> [relu6(a).data for a in (-1.0, 3.0, 9.0)]
    [0.0, 3.0, 6.0]
    """
    return minimum(relu(a), 6.0)


def hardtanh(a: Scalar) -> Value:
    """The line a, cut at -1 and 1.

    >>> [hardtanh(a).data for a in (-3.0, 0.5, 3.0)]
    [-1.0, 0.5, 1.0]
    """
    return clip(a, -1.0, 1.0)


def mish(a: Scalar) -> Value:
    """Smooth and not monotonic: a * tanh(softplus(a)).

    >>> round(mish(1.0).data, 6)
    0.865098
    """
    return _mish(a)


def softsign(a: Scalar) -> Value:
    """A slow step from -1 to 1: a / (1 + |a|).

    >>> softsign(-1.0).data
    -0.5
    """
    size = absolute(a)
    small = less(size, 1.0)
    near, side = where(small, a, 0.0), sign(a)
    # Far out, the slope of the quotient would be the small difference of two numbers.
    return where(small, divide(near, 1.0 + absolute(near)), side - divide(side, 1.0 + size))


def log_sigmoid(a: Scalar) -> Value:
    """The logarithm of the sigmoid, -softplus(-a), without overflow.

    >>> log_sigmoid(-1000.0).data
    -1000.0
    """
    return neg(softplus(neg(a)))
