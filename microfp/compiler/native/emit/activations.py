"""Activations whose last bits an arithmetic of floats would lose, as code for a vector of numbers.

Far from 0 each is a number times a power of e: `exp_times` scales only their product, so that it is
right down to the smallest floats. What rounding takes from the argument of an exponential comes
back manifold: there the argument is a pair.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from microfp.compiler.native.emit.exponent import clamp, exp_as_pair, exp_times, parts, ratio
from microfp.compiler.native.emit.lanes import Lanes, call, choose
from microfp.compiler.native.emit.library import by_lanes, scaled_tail
from microfp.compiler.native.emit.pairs import Pair, fma, quick_two_sum, two_product, two_sum

__all__ = ["ACTIVATION_KERNELS"]

FAR = -700.0
"""Below it the exponential of -a overflows, and 1 + e**a is 1."""


def _ended(a: Lanes, inside: Lanes) -> Lanes:
    """At the left end there is nothing left of a, and at a nan there is a nan."""
    return choose(a.is_nan(), a, choose(a.equals(-math.inf), -0.0, inside))


def _times_power(a: Lanes) -> Lanes:
    """The product a * e**a, for a below `FAR`."""
    far = clamp(a, -800.0, FAR)
    return exp_times(far, far)


def _silu(a: Lanes) -> Lanes:
    """The quotient a / (1 + exp(-a)); where that overflows, a * exp(a)."""
    far = a < FAR
    near = a / (1.0 + call("exp", -choose(far, 0.0, a)))
    return _ended(a, choose(far, _times_power(a), near))


def _mish(a: Lanes) -> Lanes:
    """With e = exp(a) and t = e (e + 2), tanh(log(1 + e)) = t / (t + 2)."""
    power = exp_as_pair(clamp(a, FAR, 44.0))
    over = two_sum(power.high, power.high.constant(2.0))
    product = two_product(power.high, over.high)
    rest = fma(power.high, over.low, fma(power.low, over.high, product.low))
    near = a * ratio(quick_two_sum(product.high, rest))
    return _ended(a, choose(a < FAR, _times_power(a), near))


_ROOT_HALF = parts(Fraction(707106781186547524400844362104849039284835938, 10**45), 53, 2)
_SLOPE = Fraction(159576912160573071175978423973752747390343452, 10**44)
_LINEAR, _CUBIC = parts(_SLOPE, 53, 2), parts(_SLOPE * Fraction(44715, 10**6), 53, 2)


def _gelu_tanh(a: Lanes) -> Lanes:
    """With t = 2 sqrt(2 / pi) (a + 0.044715 a**3), a / (1 + exp(-t))."""
    near = clamp(a, -50.0, 50.0)
    t = _tanh_argument(near)
    left = t.high < FAR
    quotient = a / (1.0 + exp_times(-t.high, low=-t.low))
    return _ended(a, choose(left, exp_times(t.high, near, t.low), quotient))


def _tanh_argument(a: Lanes) -> Pair:
    square = two_product(a, a)
    cubic = two_product(square.high, _CUBIC[0])
    inner = two_sum(cubic.high, a.constant(_LINEAR[0]))
    small = fma(square.high, _CUBIC[1], fma(square.low, _CUBIC[0], cubic.low + inner.low))
    product = two_product(a, inner.high)
    return Pair(product.high, fma(a, small + _LINEAR[1], product.low))


def _gelu(a: Lanes) -> Lanes:
    """The product of a and erfc(-a / sqrt(2)) / 2, whose tail is a power times a slow function."""
    left = a < -0.75
    near = clamp(a, -50.0, 50.0)
    far = _gelu_far(clamp(near, -42.0, -0.75))
    return _ended(a, choose(left, far, _gelu_near(a, clamp(near, -0.8, 50.0))))


def _scaled_down(a: Lanes) -> Pair:
    """The quotient -a / sqrt(2)."""
    product = two_product(-a, _ROOT_HALF[0])
    return Pair(product.high, fma(-a, _ROOT_HALF[1], product.low))


def _gelu_near(a: Lanes, near: Lanes) -> Lanes:
    """By the library's function, and what rounding took from its argument."""
    u = _scaled_down(near)
    moved = (2.0 / math.sqrt(math.pi)) * (u.low * call("exp", -(u.high * u.high)))
    return (0.5 * a) * (by_lanes("erfc", u.high) - moved)


def _gelu_far(a: Lanes) -> Lanes:
    tail, square = scaled_tail(_scaled_down(a)), two_product(a, a)
    factor = two_product(0.5 * a, tail.high)
    low = tail.low + (factor.low / factor.high - 0.5 * square.low)
    return exp_times(-0.5 * square.high, factor.high, low)


ACTIVATION_KERNELS: Mapping[str, Callable[..., Lanes]] = {
    "silu": _silu,
    "mish": _mish,
    "gelu_tanh": _gelu_tanh,
    "gelu": _gelu,
}
"""The activations that are primitives, by their names."""
