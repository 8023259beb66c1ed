"""Powers and roots."""

import math

from microfp.base import ieee
from microfp.ops.arithmetic import add, divide, mul, sub
from microfp.ops.bounds import add_sizes, next_size
from microfp.ops.choice import absolute, positive, where
from microfp.ops.exponential import log
from microfp.ops.primitive import ATOM, FLAT, POWER, Operand, Primitive, primitive

__all__ = [
    "cbrt",
    "constant_power",
    "hypot",
    "one_less_square",
    "pow",
    "sqrt",
]


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else math.nan


def _power_size(size: float, exponent: float) -> float:
    if not 0.0 <= exponent < math.inf or not exponent.is_integer():
        return math.inf
    return ieee.power(max(1.0, size), exponent)


def _slope_along_base(a: Operand, b: Operand) -> Operand:
    """The partial of a ** b along a: b * a ** (b - 1).

    At b = 0 it is 0, but it has a slope along b, so no constant will do; except where a is so
    near to 0 that a ** -1 overflows, and the product would be nan.
    """
    slope = mul(b, pow(a, sub(b, 1.0)))
    return where(b, slope, where(positive(sub(absolute(a), 1e-307)), slope, 0.0))


def _over_length(a: Operand, length: Operand) -> Operand:
    """A side over the hypotenuse, which is settled to be 0 where there is no triangle."""
    return divide(a, where(length, length, 1.0))


def one_less_square(a: Operand) -> Operand:
    """1 - a * a: near to 0 as it stands, whose slope -2 a is exact, and near to -1 and 1 factored.

    >>> one_less_square(0.5), one_less_square(1.0 - 2.0**-53) == 2.0**-52 * (1.0 - 2.0**-54)
    (0.75, True)
    """
    near = positive(sub(0.5, absolute(a)))
    factored = mul(sub(1.0, a), add(1.0, a))
    return where(near, sub(1.0, mul(a, a)), factored)


# a ** k for a constant k, and a ** b. At a = 0 the second has no slope along b.
constant_power: Primitive = primitive(
    "constant_power",
    ieee.power,
    lambda a, k, y: (k * constant_power(a, k - 1.0) if k != 0.0 else FLAT,),
    "{0} ** {1}",
    latex=("{0:4}^{{{1}}}", POWER),
    javascript="FORWARD.pow(a, b)",
    bound=_power_size,
)
pow: Primitive = primitive(
    "pow",
    ieee.power,
    lambda a, b, y: (
        _slope_along_base(a, b),
        where(a, y * log(where(a, a, 1.0)), 0.0),
    ),
    "{0} ** {1}",
    arity=2,
    latex=("{0:4}^{{{1}}}", POWER),
    # IEEE 754: 1 to any power is 1, and -1 to an infinite one; JavaScript says NaN.
    javascript="a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b)",
    costly=True,
)
sqrt: Primitive = primitive(
    "sqrt",
    _sqrt,
    lambda a, y: (divide(0.5, y),),
    "sqrt({0})",
    latex=(r"\sqrt{{{0}}}", ATOM),
    javascript="Math.sqrt(a)",
    llvm="sqrt(a)",
)
cbrt: Primitive = primitive(
    "cbrt",
    math.cbrt,
    lambda a, y: (divide(1.0, 3.0 * (y * y)),),
    "cbrt({0})",
    latex=(r"\sqrt[3]{{{0}}}", ATOM),
    javascript="Math.cbrt(a)",
    costly=True,
    bound=next_size,
)
hypot: Primitive = primitive(
    "hypot",
    math.hypot,
    lambda a, b, y: (_over_length(a, y), _over_length(b, y)),
    "hypot({0}, {1})",
    arity=2,
    javascript="Math.hypot(a, b)",
    costly=True,
    bound=add_sizes,
)
