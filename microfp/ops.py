"""The table of primitives: each one's value, its partial derivatives and its notation, once.

A primitive is a function of scalars that the chain rule can pass through. Its `forward` computes
on floats, by IEEE 754: nothing raises, `1/0` is inf and `log(-1)` is nan. Its `partials` are
written in ordinary arithmetic and in other primitives, so they mean something on whatever can be
added and multiplied: on floats they give numbers, on nodes of a graph they give a graph, and that
is where derivatives of derivatives come from.

>>> multiply = PRIMITIVES["mul"]
>>> multiply(3.0, 4.0)
12.0
>>> multiply.partials(3.0, 4.0, 12.0)
(4.0, 3.0)
"""

import math
import operator
from collections.abc import Callable
from functools import reduce
from typing import Protocol, TypeAlias, overload

from microfp.record import Record, attr


class Carrier(Protocol):
    """What a primitive can be applied to besides floats: nodes of a graph, dual numbers.

    Carriers also have the operators of arithmetic; `__apply__` receives a primitive and all of
    its operands, some of which may be floats.

    >>> from microfp import value
    >>> value(0.0).__apply__(PRIMITIVES["exp"], (value(0.0),))
    Value(data=1.0, op='exp')
    """

    def __apply__(
        self, primitive: "Primitive", operands: "tuple[Operand, ...]", /
    ) -> "Carrier": ...


Operand: TypeAlias = float | Carrier


class Flat(float):
    """The slope of what is flat everywhere: a 0 that times anything is 0, also times inf and nan.

    A computed slope of 0 is a limit, and `0 * inf` is nan as in IEEE 754; the slope of a constant
    is no limit. Nothing comes back along it, and what only such slopes lead to has no gradient: its
    gradient is a `Flat` as well.

    >>> FLAT * math.inf, 0.0 * math.inf
    (0.0, nan)
    """

    __slots__ = ()

    def __mul__(self, other: object, /) -> float:
        return FLAT if isinstance(other, float | int) else NotImplemented

    def __rmul__(self, other: object, /) -> float:
        return self * other


FLAT: Flat = Flat()
"""The one `Flat` that there is.

>>> isinstance(FLAT, Flat)
True
"""


class Primitive(Record):
    """One row of the table: a scalar function, how to differentiate it, how to write it.

    `forward` takes the operands, and after them the parameter where there is one (the exponent
    of a constant power). `partials` takes the same and then the result, and gives one partial
    derivative per operand. `notation` shows the operands in a formula, as in `"{0} * {1}"`.
    An `arity` of None means any number of operands.

    Attributes:
        name: What a node that it made has as its `op`.
        arity: How many operands it takes; None for any number.
        forward: From operands, and the parameter if any, to the value.
        partials: From operands, the parameter if any, and the value to one derivative an operand.
        notation: A formula with `{0}`, `{1}` in the places of the operands.

    >>> PRIMITIVES["tanh"].notation
    'tanh({0})'
    """

    name: str = attr()
    arity: int | None = attr()
    forward: Callable[..., float] = attr()
    partials: Callable[..., tuple[Operand, ...]] = attr()
    notation: str = attr()

    @overload
    def __call__(self, *operands: float) -> float: ...
    @overload
    def __call__(self, *operands: Operand) -> Operand: ...
    def __call__(self, *operands: Operand) -> Operand:
        """Apply the primitive: on floats to a float, on carriers as the first of them says."""
        for operand in operands:
            if not isinstance(operand, float) and hasattr(operand, "__apply__"):
                return operand.__apply__(self, operands)
        return self.forward(*operands)


# The values on floats. Where Python would raise, IEEE 754 has an answer.


def _divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return math.nan if a == 0.0 or a != a else math.copysign(math.inf, a) * math.copysign(1, b)


def _total(*terms: float) -> float:
    return reduce(operator.add, terms) if terms else 0.0  # `sum` would compensate in 3.12


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0.0 and b % 2.0 == 1.0 else math.inf
    except ValueError:  # a pole at zero, or a fractional power of a negative number
        if a != 0.0:
            return math.nan
        return math.copysign(math.inf, a) if b % 2.0 == 1.0 else math.inf


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _log(a: float) -> float:
    return math.log(a) if a > 0.0 else -math.inf if a == 0.0 else math.nan


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else math.nan


def _sin(a: float) -> float:
    return math.sin(a) if math.isfinite(a) else math.nan


def _cos(a: float) -> float:
    return math.cos(a) if math.isfinite(a) else math.nan


def _sigmoid(a: float) -> float:
    if a >= 0.0:
        return 1.0 / (1.0 + math.exp(-a))
    e = math.exp(a)
    return e / (1.0 + e)


def _softplus(a: float) -> float:
    return math.log1p(math.exp(-abs(a))) + (a if a > 0.0 else 0.0)


def _relu(a: float) -> float:
    return 0.0 if a <= 0.0 else a


def _maximum(a: float, b: float) -> float:
    if a == b:
        return a if math.copysign(1.0, a) > 0.0 else b  # of 0.0 and -0.0, 0.0
    return a if a > b or a != a else b


def _minimum(a: float, b: float) -> float:
    return -_maximum(-a, -b)


def _positive(a: float) -> float:
    return 1.0 if a > 0.0 else 0.0


def _sign(a: float) -> float:
    return 1.0 if a > 0.0 else -1.0 if a < 0.0 else 0.0 if a == 0.0 else a


def _above(a: float, b: float) -> float:
    return 1.0 if a > b else 0.5 if a == b else 0.0 if a < b else math.nan


def _where(condition: float, a: float, b: float) -> float:
    return a if condition != 0.0 else b


def primitive(
    name: str,
    forward: Callable[..., float],
    partials: Callable[..., tuple[Operand, ...]],
    notation: str,
    *,
    arity: int | None = 1,
) -> Primitive:
    """Build one row of the table.

    >>> cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
    >>> cube(2.0), cube.partials(2.0, 8.0)
    (8.0, (12.0,))
    """
    return Primitive(name=name, forward=forward, partials=partials, notation=notation, arity=arity)


# The table. In partial derivatives, `y` is the result: the rule of exp is that it is its own.

add: Primitive = primitive("add", operator.add, lambda a, b, y: (1.0, 1.0), "{0} + {1}", arity=2)
sub: Primitive = primitive("sub", operator.sub, lambda a, b, y: (1.0, -1.0), "{0} - {1}", arity=2)
mul: Primitive = primitive("mul", operator.mul, lambda a, b, y: (b, a), "{0} * {1}", arity=2)
total: Primitive = primitive(
    "total", _total, lambda *both: (1.0,) * (len(both) - 1), "sum({0})", arity=None
)
neg: Primitive = primitive("neg", operator.neg, lambda a, y: (-1.0,), "-{0}")
divide: Primitive = primitive(
    "divide", _divide, lambda a, b, y: (divide(1.0, b), -divide(y, b)), "{0} / {1}", arity=2
)


def _slope_along_base(a: Operand, b: Operand) -> Operand:
    """The partial of a ** b along a: b * a ** (b - 1).

    At b = 0 it is 0, but it has a slope along b, so no constant will do; except where a is so
    near to 0 that a ** -1 overflows, and the product would be nan.
    """
    slope = mul(b, pow(a, sub(b, 1.0)))
    return where(b, slope, where(positive(sub(absolute(a), 1e-307)), slope, 0.0))


# a ** k for a constant k, and a ** b. At a = 0 the second has no slope along b.
constant_power: Primitive = primitive(
    "constant_power",
    _power,
    lambda a, k, y: (k * constant_power(a, k - 1.0) if k != 0.0 else FLAT,),
    "{0} ** {1}",
)
pow: Primitive = primitive(
    "pow",
    _power,
    lambda a, b, y: (
        _slope_along_base(a, b),
        where(a, y * log(where(a, a, 1.0)), 0.0),
    ),
    "{0} ** {1}",
    arity=2,
)

exp: Primitive = primitive("exp", _exp, lambda a, y: (y,), "exp({0})")
log: Primitive = primitive("log", _log, lambda a, y: (divide(1.0, a),), "log({0})")
sqrt: Primitive = primitive("sqrt", _sqrt, lambda a, y: (divide(0.5, y),), "sqrt({0})")
sin: Primitive = primitive("sin", _sin, lambda a, y: (cos(a),), "sin({0})")
cos: Primitive = primitive("cos", _cos, lambda a, y: (-sin(a),), "cos({0})")

# 1 - y and 1 - y*y would lose the small derivatives of the saturated side to rounding.
sigmoid: Primitive = primitive("sigmoid", _sigmoid, lambda a, y: (y * sigmoid(-a),), "sigmoid({0})")
tanh: Primitive = primitive(
    "tanh",
    math.tanh,
    lambda a, y: (4.0 * sigmoid(2.0 * a) * sigmoid(-2.0 * a),),
    "tanh({0})",
)
softplus: Primitive = primitive("softplus", _softplus, lambda a, y: (sigmoid(a),), "softplus({0})")

# Kinks: relu has slope 0 at 0, the absolute value 0 at 0, a tie is shared by halves.
relu: Primitive = primitive("relu", _relu, lambda a, y: (positive(a),), "relu({0})")
absolute: Primitive = primitive("absolute", abs, lambda a, y: (sign(a),), "abs({0})")
maximum: Primitive = primitive(
    "maximum", _maximum, lambda a, b, y: (above(a, b), above(b, a)), "max({0}, {1})", arity=2
)
minimum: Primitive = primitive(
    "minimum", _minimum, lambda a, b, y: (above(b, a), above(a, b)), "min({0}, {1})", arity=2
)

# Steps: flat everywhere, so nothing comes back along them.
positive: Primitive = primitive("positive", _positive, lambda a, y: (FLAT,), "[{0} > 0]")
sign: Primitive = primitive("sign", _sign, lambda a, y: (FLAT,), "sign({0})")
above: Primitive = primitive("above", _above, lambda a, b, y: (FLAT, FLAT), "[{0} > {1}]", arity=2)
where: Primitive = primitive(
    "where",
    _where,
    lambda c, a, b, y: (FLAT, where(c, 1.0, 0.0), where(c, 0.0, 1.0)),
    "where({0}, {1}, {2})",
    arity=3,
)

# The identity, which no gradient passes.
stop_gradient: Primitive = primitive(
    "stop_gradient", operator.pos, lambda a, y: (FLAT,), "stop_gradient({0})"
)


PRIMITIVES = {
    row.name: row
    for row in (
        *(add, sub, mul, total, neg, divide, constant_power, pow),
        *(exp, log, sqrt, sin, cos, sigmoid, tanh, softplus),
        *(relu, absolute, maximum, minimum, positive, sign, above, where),
        stop_gradient,
    )
}
"""Every primitive by its name.

>>> PRIMITIVES["exp"].partials(0.0, 1.0)
(1.0,)
"""

CASES, SUM, PRODUCT, POWER, ATOM = 0, 1, 2, 3, 4
"""How tightly formulas bind; a negative number binds as a sum does."""

LATEX = {
    "add": ("{0:1} + {1:2}", SUM),
    "sub": ("{0:1} - {1:2}", SUM),
    "mul": (r"{0:2} \cdot {1:3}", PRODUCT),
    "total": ("{0:1} + {1:2}", SUM),
    "neg": ("-{0:2}", SUM),
    "divide": (r"\frac{{{0}}}{{{1}}}", POWER),
    "constant_power": ("{0:4}^{{{1}}}", POWER),
    "pow": ("{0:4}^{{{1}}}", POWER),
    "exp": ("e^{{{0}}}", POWER),
    "log": (r"\log\left({0}\right)", ATOM),
    "sqrt": (r"\sqrt{{{0}}}", ATOM),
    "sin": (r"\sin\left({0}\right)", ATOM),
    "cos": (r"\cos\left({0}\right)", ATOM),
    "sigmoid": (r"\sigma\left({0}\right)", ATOM),
    "tanh": (r"\tanh\left({0}\right)", ATOM),
    "absolute": (r"\left|{0}\right|", ATOM),
    "maximum": (r"\max\left({0}, {1}\right)", ATOM),
    "minimum": (r"\min\left({0}, {1}\right)", ATOM),
    "positive": (r"\left[{0} > 0\right]", ATOM),
    "above": (r"\left[{0} > {1}\right]", ATOM),
    "where": (r"\begin{{cases}}{1} & {0} \neq 0 \\ {2} & \text{{otherwise}}\end{{cases}}", CASES),
}
"""The notation in LaTeX, and how tightly it binds, where it is not a name before brackets.

The number after a colon says how tightly an operand has to bind to stand without parentheses.
Sums of any number of operands are written two by two, from the left.

>>> LATEX["neg"][0]
'-{0:2}'
"""
