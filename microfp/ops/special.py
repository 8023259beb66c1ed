"""Special functions: the error function, the logarithm of the gamma function, and its slope.

The gamma function is computed by its Taylor series, whose coefficients are values of the zeta
function, and for large numbers by Stirling's series, whose coefficients are Bernoulli's numbers
(NIST Digital Library of Mathematical Functions, sections 5.7, 5.11 and 5.15).
"""

import math
from functools import reduce

from microfp.base.series import DIGAMMA_NEAR_ROOT, DIGAMMA_OF_LARGE, DIGAMMA_ROOT
from microfp.ops.arithmetic import add, divide, mul, sub
from microfp.ops.bounds import at_most_one
from microfp.ops.choice import positive, where
from microfp.ops.exponential import exp
from microfp.ops.primitive import ATOM, Operand, Primitive, primitive
from microfp.ops.rounding import round
from microfp.ops.trigonometric import sin

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "lgamma",
]


_AT_ONE = (
    -0.5772156649015329,
    0.8224670334241132,
    -0.40068563438653143,
    0.27058080842778454,
    -0.20738555102867398,
    0.1695571769974082,
    -0.1440498967688461,
    0.12550966952474304,
    -0.11133426586956469,
    0.1000994575127818,
    -0.09095401714582904,
    0.083353840546109,
    -0.0769325164113522,
    0.07143294629536133,
    -0.06666870588242046,
    0.06250095514121304,
    -0.058823978658684585,
    0.055555767627403614,
    -0.05263167937961666,
    0.05000004769810169,
    -0.047619070330142226,
    0.04545455629320467,
    -0.04347826605304026,
    0.04166666915034121,
    -0.04000000119214014,
    0.03846153903467518,
    -0.037037037312989324,
    0.035714285847333355,
    -0.034482758684919304,
)
"""log(gamma(1 + t)) / t: minus Euler's constant, then (-1)**k zeta(k) / k."""

_AT_TWO = (
    0.42278433509846713,
    0.3224670334241132,
    -0.0673523010531981,
    0.020580808427784546,
    -0.007385551028673986,
    0.0028905103307415234,
    -0.001192753911703261,
    0.0005096695247430425,
    -0.00022315475845357939,
    9.945751278180853e-05,
    -4.492623673813314e-05,
    2.050721277567069e-05,
    -9.439488275268397e-06,
    4.374866789907488e-06,
    -2.039215753801366e-06,
    9.55141213040742e-07,
    -4.492469198764566e-07,
    2.1207184805554665e-07,
    -1.0043224823968099e-07,
    4.7698101693639804e-08,
    -2.2711094608943164e-08,
)
"""log(gamma(2 + t)) / t: the same, with zeta(k) - 1."""


def _horner(coefficients: tuple[float, ...], t: float) -> float:
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * t + coefficient
    return total


def _lgamma(a: float) -> float:
    if abs(a - 1.0) < 0.25:
        return _lgamma_at_one(a - 1.0)
    if abs(a - 2.0) < 0.25:
        return _lgamma_at_two(a - 2.0)
    if a <= 0.0 and (a == -math.inf or a == math.floor(a)):
        return math.inf
    return math.lgamma(a) if a < 1e305 else a * (math.log(a) - 1.0)


def _lgamma_at_one(t: float) -> float:
    """The logarithm of gamma(1 + t): -t * Euler's constant + sum of zeta(k) * (-t)**k / k."""
    return t * _horner(_AT_ONE, t) + 0.0


def _lgamma_at_two(t: float) -> float:
    """The logarithm of gamma(2 + t): the same, with zeta(k) - 1."""
    return t * _horner(_AT_TWO, t) + 0.0


def _digamma(a: float) -> float:
    if a == 0.0:
        return -math.copysign(math.inf, a)
    if a > 0.0:
        return _digamma_of_positive(a)
    if math.isnan(a) or math.isinf(a) or a == math.floor(a):
        return math.nan
    part = a - math.floor(a + 0.5)
    return _digamma_of_positive(1.0 - a) - math.pi / math.tan(math.pi * part)


def _digamma_of_positive(a: float) -> float:
    """Brought to where a series holds, by digamma(a + 1) = digamma(a) + 1 / a."""
    shift = 0.0
    if a < 1.0:
        shift, a = -1.0 / a if a > 1e-308 else -math.inf, a + 1.0
    while 2.0 < a < 12.0:
        a -= 1.0
        shift += 1.0 / a
    return shift + (_digamma_near_root(a) if a <= 2.0 else _digamma_of_large(a))


def _digamma_of_large(a: float) -> float:
    z = 1.0 / (a * a)
    return math.log(a) - 0.5 / a - z * _horner(DIGAMMA_OF_LARGE, z)


def _digamma_near_root(a: float) -> float:
    """From 1 to 2: the distance to the root, which no float is, times a Taylor series at 1.5."""
    return ((a - DIGAMMA_ROOT[0]) - DIGAMMA_ROOT[1]) * _horner(DIGAMMA_NEAR_ROOT, a - 1.5)


BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
"""Those with the indices 2, 4, ..., 14."""

SHIFTS = 12
"""How far a number is moved up for its series to hold."""


def _trigamma(a: Operand) -> Operand:
    """The slope of digamma, in arithmetic, so that it has slopes of all orders."""
    is_positive = positive(a)
    moved = _trigamma_of_positive(where(is_positive, a, sub(1.0, a)))
    # The sine of pi times the distance to the next whole number: a rounds nothing, and is 0 there.
    turned = divide(math.pi, sin(mul(math.pi, where(is_positive, 0.5, sub(a, round(a))))))
    return where(is_positive, moved, sub(mul(turned, turned), moved))


def _trigamma_of_positive(a: Operand) -> Operand:
    """The sum of 1 / (a + i)**2, begun by adding up and ended by Stirling's series."""
    inverses = [divide(1.0, add(a, float(i))) for i in range(SHIFTS + 1)]
    last = inverses.pop()
    z = mul(last, last)
    series: Operand = BERNOULLI[-1]
    for number in reversed(BERNOULLI[:-1]):
        series = add(mul(z, series), number)
    squares = [mul(inverse, inverse) for inverse in inverses]
    return reduce(add, [*squares, last, mul(0.5, z), mul(mul(last, z), series)])


erf: Primitive = primitive(
    "erf",
    math.erf,
    lambda a, y: ((2.0 / math.sqrt(math.pi)) * exp(-(a * a)),),
    "erf({0})",
    javascript="""((size) => {
    if (size > 2) return Math.sign(a) * (1 - FORWARD.erfc(size));
    let term = a, sum = a;
    for (let n = 1; n < 80; n++) sum += term *= 2 * a * a / (2 * n + 1);
    return Number.isNaN(a) ? a : a === 0 ? a : (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
  })(Math.abs(a))""",
    costly=True,
    bound=at_most_one,
)
erfc: Primitive = primitive(
    "erfc",
    math.erfc,
    lambda a, y: ((-2.0 / math.sqrt(math.pi)) * exp(-(a * a)),),
    "erfc({0})",
    javascript="""(() => {
    if (a < 0) return 2 - FORWARD.erfc(-a);
    if (a <= 2) return 1 - FORWARD.erf(a);
    if (a > 30) return 0;
    let below = 0;
    for (let n = 200; n > 0; n--) below = n / 2 / (a + below);
    return Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + below);
  })()""",
    costly=True,
    bound=lambda _size: 2.0,
)
lgamma: Primitive = primitive(
    "lgamma",
    _lgamma,
    lambda a, y: (digamma(a),),
    "lgamma({0})",
    latex=(r"\log\Gamma\left({0}\right)", ATOM),
    javascript="""(() => {
    if (a === 1 || a === 2) return 0;
    if (a === Infinity || a === -Infinity || (a <= 0 && a === Math.floor(a))) return Infinity;
    const sine = Math.sin(Math.PI * (a - Math.floor(a)));
    if (a < 0) return Math.log(Math.PI / Math.abs(sine)) - FORWARD.lgamma(1 - a);
    let product = 1, x = a;
    for (; x < 12; x++) product *= x;
    const series = [
      0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953,
      0.0008417508417508417, -0.0019175269175269176, 0.00641025641025641, -0.029550653594771242,
    ];
    const tail = series.reduceRight((sum, c) => sum / x / x + c, 0) / x;
    const log = Math.log(x);
    return a > 1e300 ? x * (log - 1)
      : (x - 0.5) * log - x + 0.5 * Math.log(2 * Math.PI) + tail - Math.log(product);
  })()""",
    costly=True,
)
digamma: Primitive = primitive(
    "digamma",
    _digamma,
    lambda a, y: (_trigamma(a),),
    "digamma({0})",
    latex=(r"\psi\left({0}\right)", ATOM),
    javascript="""(() => {
    if (a === 0) return 1 / a > 0 ? -Infinity : Infinity;
    if (a === -Infinity || (a < 0 && a === Math.floor(a))) return NaN;
    if (a < 0) return FORWARD.digamma(1 - a) - Math.PI / Math.tan(Math.PI * (a - Math.floor(a)));
    let shift = 0, x = a;
    for (; x < 12; x++) shift += 1 / x;
    const series = [
      0.08333333333333333, -0.008333333333333333, 0.003968253968253968, -0.004166666666666667,
      0.007575757575757576, -0.021092796092796094, 0.08333333333333333, -0.4432598039215686,
    ];
    const tail = series.reduceRight((sum, c) => sum / x / x + c, 0) / x / x;
    return Math.log(x) - 0.5 / x - tail - shift;
  })()""",
    costly=True,
)
