"""The exponential: numbers that no float holds, and the argument brought near zero by them.

>>> parts(LN2, 53, 2)[0] == math.log(2.0)
True
"""

import math
from fractions import Fraction

from microfp.compiler.native.emit.lanes import Lanes, Whole, choose, intrinsic, polynomial
from microfp.compiler.native.emit.pairs import Pair, fma, quick_two_sum

__all__ = [
    "HALF_PI",
    "LN2",
    "clamp",
    "exp_as_pair",
    "exp_minus_one",
    "exp_times",
    "parts",
    "power_of_two",
    "ratio",
    "reduce_exponent",
]


def _double(number: Fraction) -> float:
    return number.numerator / number.denominator


LN2 = Fraction(
    6931471805599453094172321214581765680755001343602552541206800094933936219696947,
    10**79,
)
HALF_PI = Fraction(
    15707963267948966192313216916397514420985846996875529104874722961539082031431045, 10**79
)


def parts(number: Fraction, bits: int, count: int) -> tuple[float, ...]:
    """Cut a number into floats of so many bits; the last one holds what is left."""
    parts: list[float] = []
    for _ in range(count - 1):
        scale = Fraction(2) ** (bits - math.frexp(float(number))[1])
        part = Fraction(int(number * scale)) / scale
        parts.append(float(part))
        number -= part
    return (*parts, _double(number))


def power_of_two(exponent: Whole) -> Lanes:
    """The float 2**k, for whole numbers k whose power is normal."""
    return ((exponent + 1023) << 52).as_bits()


def clamp(a: Lanes, low: float, high: float) -> Lanes:
    """Keep a number between two others; nan stays."""
    below = choose(a > high, high, a)
    return choose(below < low, low, below)


def reduce_exponent(a: Lanes, besides: Lanes | None = None) -> tuple[Lanes, Lanes, Lanes]:
    """For a, and a small number besides, = k ln 2 + r, |r| <= ln(2) / 2: k, r, and e**r - 1 - r."""
    k = intrinsic("roundeven", a * (1.0 / math.log(2.0)))
    high, low = parts(LN2, 32, 2)
    leading = fma(-k, high, a)
    rest = k * low if besides is None else fma(k, low, -besides)
    r = leading - rest
    error = (leading - r) - rest
    coefficients = [1.0 / math.factorial(n) for n in range(2, 15)]
    return k, r, (r * r) * polynomial(r, coefficients) + error


def exp_times(a: Lanes, factor: Lanes | None = None, low: Lanes | None = None) -> Lanes:
    """The exponential of a, and of a small number besides, times a factor.

    The product is rounded before it is scaled, so that it is right where the power alone would
    have lost its bits.
    """
    k, r, rest = reduce_exponent(clamp(a, -760.0, 710.0), low)
    result = 1.0 + (r + rest)
    result = result if factor is None else factor * result
    whole = k.whole()
    half = whole >> 1  # the power itself may be too large or too small for a float
    return (result * power_of_two(half)) * power_of_two(whole - half)


def exp_as_pair(a: Lanes) -> Pair:
    """The exponential of a number from -700 to 700 to some sixty bits."""
    k, r, rest = reduce_exponent(a)
    near = quick_two_sum(r.constant(1.0), r)
    scale = power_of_two(k.whole())
    high, low = quick_two_sum(near.high, near.low + rest)
    return Pair(high * scale, low * scale)


def exp_minus_one(a: Lanes) -> Pair:
    """For a from 0 to 44, e**a - 1 = scale (r + rest) + (scale - 1)."""
    k, r, rest = reduce_exponent(a)
    scale = power_of_two(k.whole())
    high = fma(scale, r, scale - 1.0)
    error = fma(scale, r, (scale - 1.0) - high)
    return quick_two_sum(high, fma(scale, rest, error))


def ratio(t: Pair) -> Lanes:
    """The quotient t / (t + 2): that of the leading floats, and what its remainder adds to it."""
    under = t.high + 2.0
    under_error = (t.high - (under - 2.0)) + t.low
    quotient = t.high / under
    remainder = fma(-quotient, under, t.high)
    correction = remainder + fma(-quotient, under_error, t.low)
    return quotient + correction / under
