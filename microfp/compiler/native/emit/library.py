"""Functions of the C library: called lane by lane, and helped where it is not exact enough.

A mathematical library of C keeps most of its functions within one and a half units in the last
place. The cubic root and the complementary error function are not, and have to be helped; the
function digamma no C library has.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial

from microfp.base.series import DIGAMMA_NEAR_ROOT, DIGAMMA_OF_LARGE, DIGAMMA_ROOT
from microfp.compiler.native.emit.exponent import exp_times
from microfp.compiler.native.emit.lanes import Lanes, call, choose, intrinsic, polynomial
from microfp.compiler.native.emit.pairs import Pair, fma, quick_two_sum, two_product, two_sum

__all__ = ["LIBRARY", "LIBRARY_KERNELS", "SCALED_TAIL", "by_lanes", "scaled_tail"]

LIBRARY: Mapping[str, int] = {
    **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atan"), 1),
    **dict.fromkeys(("sinh", "cosh", "asinh", "acosh", "atanh"), 1),
    **dict.fromkeys(("exp2", "expm1", "log1p", "log2", "log10"), 1),
    **dict.fromkeys(("erf", "erfc", "lgamma", "cbrt"), 1),
    **dict.fromkeys(("pow", "atan2", "hypot", "fmod"), 2),
}
"""The functions of the C library in use, with how many operands they take."""


def by_lanes(library: str, *operands: Lanes) -> Lanes:
    """Call a function of the C library for one lane after the other."""
    w, result = operands[0].writer, "poison"
    for lane in range(w.width):
        numbers = [w.value(f"extractelement {w.type} {o.register}, i64 {lane}") for o in operands]
        arguments = ", ".join(f"double {number}" for number in numbers)
        one = w.value(f"call double @{library}({arguments})")
        result = w.value(f"insertelement {w.type} {result}, double {one}, i64 {lane}")
    return Lanes(w, result)


def _cbrt(a: Lanes) -> Lanes:
    """A step of Newton's method for y**3 = a, with the error of y**3 known exactly.

    The step is taken where no product overflows or loses bits: on a * 2**(3 * k).
    """
    size = abs(a)
    small, large = size < 2.0**-500, size > 2.0**500
    scaled = a * choose(small, 2.0**600, choose(large, 2.0**-600, a.constant(1.0)))
    y = by_lanes("cbrt", scaled)
    square = two_product(y, y)
    cube = two_product(square.high, y)
    error = (cube.high - scaled) + fma(square.low, y, cube.low)
    better = y - error / (3.0 * square.high)
    result = better * choose(small, 2.0**-200, choose(large, 2.0**200, a.constant(1.0)))
    return choose((size > 0.0) & (size < math.inf), result, a)


SCALED_TAIL = (
    1.2329951186255526,
    -0.1396211168405625,
    0.015379652102620045,
    0.06809705425469158,
    -0.10103906603632552,
    0.09373283499839476,
    -0.06633036581162886,
    0.03716751553668025,
    -0.016197734066351128,
    0.005031969985290188,
    -0.0007577732146113131,
    -0.0001992567303330721,
    0.00015062126710347308,
    -2.4399125830580694e-05,
    -1.1220528418343429e-05,
    5.709654589908853e-06,
    2.90067948624926e-07,
    -8.254406723399601e-07,
    8.090138088044791e-08,
    1.0970915804186612e-07,
    -2.4447168178394636e-08,
    -1.2696942087903561e-08,
    5.067723558798651e-09,
    -1.359403419477051e-10,
)
"""For a from 1.2 to 28, erfc(a) exp(a * a) (1 + 2 * a) as a polynomial in (a - 4) / (a + 4).

The variable is J. L. Schonfelder's (Chebyshev expansions for the error and related functions,
Mathematics of Computation 32, 1978); the fit is to 20 digits.
"""


MIDDLE_TAIL = (
    0.464311583202669,
    -0.3158338964908418,
    0.1879569237731824,
    -0.10091439212620681,
    0.04982841533137717,
    -0.022925811484320862,
    0.009922776760762139,
    -0.004069537669724771,
    0.0015904828285758944,
    -0.0005950809993296323,
    0.00021395731984111063,
    -7.415976112956814e-05,
    2.4845394254433764e-05,
    -8.051636256005255e-06,
    2.537590644702688e-06,
    -8.250798070999722e-07,
    2.4562216611315616e-07,
)
"""For a from 0.5 to 1.25, erfc(a) exp(a * a) as a polynomial in a - 0.875, by P. Chebyshev."""

MIDDLE_REST = -1.851963727754574e-17
"""What the float of the first of them lacks."""


def scaled_tail(a: Pair) -> Pair:
    """For a from 0.5 to 28, erfc(a) exp(a * a): a float, and what it lacks in parts of it.

    From 1.25 on it is a polynomial over 1 + 2 * a, and what rounding takes from that is known.
    """
    safe = choose(a.high > 1.25, a.high, 1.25)
    under = quick_two_sum(2.0 * safe, a.high.constant(1.0))
    t = (safe - 4.0) / (safe + 4.0)
    scaled = quick_two_sum(SCALED_TAIL[0], t * polynomial(t, SCALED_TAIL[1:]))
    quotient = scaled.high / under.high
    rest = fma(-quotient, under.high, scaled.high) + scaled.low
    rest = (rest - quotient * (under.low + 2.0 * a.low)) / scaled.high
    x = (choose(a.high > 1.25, 0.875, a.high) - 0.875) + a.low
    near = quick_two_sum(MIDDLE_TAIL[0], x * polynomial(x, MIDDLE_TAIL[1:]))
    near_rest = (near.low + MIDDLE_REST) / near.high
    return Pair(choose(a.high > 1.25, quotient, near.high), choose(a.high > 1.25, rest, near_rest))


def _erfc(a: Lanes) -> Lanes:
    """The library's below 0.5; beyond, exp(-a * a) times a slowly changing function.

    What rounding takes from a * a stands in the exponent.
    """
    safe = choose(a > 0.5, choose(a < 28.0, a, 28.0), 0.5)
    square, factor = two_product(safe, safe), scaled_tail(Pair(safe, safe.constant(0.0)))
    tail = exp_times(-square.high, factor.high, factor.low - square.low)
    return choose(a > 0.5, tail, by_lanes("erfc", a))


def _remainder(a: Lanes, b: Lanes) -> Lanes:
    """The rest of a division with the sign of the divisor, as Python has it."""
    rest = by_lanes("fmod", a, b)
    moved = choose((rest * intrinsic("copysign", rest.constant(1.0), b)) < 0.0, rest + b, rest)
    return choose(rest.equals(0.0), intrinsic("copysign", a.constant(0.0), b), moved)


def _digamma(a: Lanes) -> Lanes:
    """Brought to where a series holds, by digamma(a + 1) = digamma(a) + 1 / a."""
    mirrored = a <= 0.0
    result = _digamma_of_positive(choose(mirrored, 1.0 - a, a))
    part = a - intrinsic("floor", a + 0.5)
    turned = result - math.pi / call("tan", part * math.pi)
    edge = choose(a.equals(0.0), intrinsic("copysign", a.constant(-math.inf), -a), math.nan)
    beside = choose(part.equals(0.0) | a.equals(-math.inf), edge, turned)
    return choose(mirrored, beside, result)


def _digamma_of_positive(a: Lanes) -> Lanes:
    """Below 1, what rounding takes from a + 1 and from 1 / a is made good."""
    below = a < 1.0
    inverse = 1.0 / a
    shift = choose(below, -inverse, 0.0)
    x = choose(below, a + 1.0, a)
    lost = choose(below, a - (x - 1.0), 0.0)
    missing = choose(below & (a > 1e-9), -(fma(-inverse, a, 1.0) * inverse), 0.0)
    far = x >= 12.0
    for _ in range(10):
        above = choose(far, 0.0, x) > 2.0
        x = choose(above, x - 1.0, x)
        inverse = 1.0 / x
        sum_ = two_sum(shift, choose(above, inverse, 0.0))
        rounded = fma(-inverse, x, 1.0) * inverse + sum_.low
        shift, missing = sum_.high, missing + choose(above, rounded, 0.0)
    distance = (x - DIGAMMA_ROOT[0]) + (lost - DIGAMMA_ROOT[1])
    near = distance * polynomial(x - 1.5, DIGAMMA_NEAR_ROOT)
    result = two_sum(shift, near)
    moved = choose(a < 1e-300, -1.0 / a, result.high + (result.low + missing))
    return choose(far, _digamma_of_large(x), moved)


def _digamma_of_large(x: Lanes) -> Lanes:
    inverse = 1.0 / x
    z = inverse * inverse
    return call("log", x) - (0.5 * inverse + z * polynomial(z, DIGAMMA_OF_LARGE))


def _by_library(name: str) -> Callable[..., Lanes]:
    return partial(by_lanes, name)


LIBRARY_KERNELS: Mapping[str, Callable[..., Lanes]] = {
    **{name: _by_library(name) for name in LIBRARY if name not in ("sin", "cos", "fmod", "lgamma")},
    "cbrt": _cbrt,
    "erfc": _erfc,
    "digamma": _digamma,
    "remainder": _remainder,
}
"""The primitives that are computed by the C library, or by what stands here."""
