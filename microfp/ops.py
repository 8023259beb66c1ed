"""The table of primitives: all that is to be known about each of them, in one row.

A primitive is a function of scalars that the chain rule can pass through. Its `forward` computes
on floats, by IEEE 754: nothing raises, `1/0` is inf and `log(-1)` is nan. Its `partials` are
written in ordinary arithmetic and in other primitives, so they mean something on whatever can be
added and multiplied: on floats they give numbers, on nodes of a graph they give a graph, and that
is where derivatives of derivatives come from. The rest of a row is what other parts of the library
read there: how a formula shows it, how JavaScript and machine code compute it, what it costs, and
how large it can become.

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
from typing import Protocol, Self, TypeAlias, overload

from microfp.base import ieee
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

    # Each kind of carriers takes floats and its own kind.
    def __add__(self, other: Self | float, /) -> "Carrier": ...
    def __radd__(self, other: float, /) -> "Carrier": ...
    def __sub__(self, other: Self | float, /) -> "Carrier": ...
    def __rsub__(self, other: float, /) -> "Carrier": ...
    def __mul__(self, other: Self | float, /) -> "Carrier": ...
    def __rmul__(self, other: float, /) -> "Carrier": ...
    def __truediv__(self, other: Self | float, /) -> "Carrier": ...
    def __rtruediv__(self, other: float, /) -> "Carrier": ...
    def __neg__(self) -> "Carrier": ...


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


CASES, SUM, PRODUCT, POWER, ATOM = 0, 1, 2, 3, 4
"""How tightly formulas bind; a negative number binds as a sum does."""


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
        latex: The formula in LaTeX and how tightly it binds; None for the name before brackets.
            The number after a colon says how tightly an operand has to bind to stand without
            parentheses. Sums of any number of operands are written two by two, from the left.
        javascript: The value as an expression in JavaScript, of `a`, `b` and `c` (or `terms`,
            where there is any number of them); `FORWARD.exp(a)` is another primitive.
        llvm: The value as a formula of `a`, `b` and `c` in Python's notation, which machine code
            computes for many numbers at once; `exp(a)` is another primitive, `fabs(a)` an intrinsic
            of LLVM, `polynomial(a, c0, c1)` is `c0 + c1 * a`, and lines before the last one name
            what it is made of. None where `kernels` has the form, or nobody.
        costly: Whether machine code computes the value in a function of its own, and keeps it
            where it would repeat an addition.
        bound: From the largest sizes of the operands, and the parameter if any, to that of the
            value; None where nothing is known.

    >>> PRIMITIVES["tanh"].notation
    'tanh({0})'
    """

    name: str = attr()
    arity: int | None = attr()
    forward: Callable[..., float] = attr()
    partials: Callable[..., tuple[Operand, ...]] = attr()
    notation: str = attr()
    latex: tuple[str, int] | None = attr(default=None)
    javascript: str | None = attr(default=None)
    llvm: str | None = attr(default=None)
    costly: bool = attr(default=False)
    bound: Callable[..., float] | None = attr(default=None)

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


def _total(*terms: float) -> float:
    return reduce(operator.add, terms) if terms else 0.0  # `sum` would compensate in 3.12


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


# How large values can become, from the sizes of their operands.


def _add_sizes(*sizes: float) -> float:
    return reduce(operator.add, sizes, 0.0)


def _keep_size(size: float) -> float:
    return size


def _at_most_one(*_sizes: float) -> float:
    return 1.0


def _exp_size(size: float) -> float:
    return math.exp(size) if size < 600.0 else math.inf


def _power_size(size: float, exponent: float) -> float:
    if not 0.0 <= exponent < math.inf or not exponent.is_integer():
        return math.inf
    return ieee.power(max(1.0, size), exponent)


def primitive(
    name: str,
    forward: Callable[..., float],
    partials: Callable[..., tuple[Operand, ...]],
    notation: str,
    *,
    arity: int | None = 1,
    latex: tuple[str, int] | None = None,
    javascript: str | None = None,
    llvm: str | None = None,
    costly: bool = False,
    bound: Callable[..., float] | None = None,
) -> Primitive:
    """Build one row of the table; what the arguments mean is said at `Primitive`.

    >>> cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
    >>> cube(2.0), cube.partials(2.0, 8.0)
    (8.0, (12.0,))
    """
    return Primitive(
        name=name,
        arity=arity,
        forward=forward,
        partials=partials,
        notation=notation,
        latex=latex,
        javascript=javascript,
        llvm=llvm,
        costly=costly,
        bound=bound,
    )


# The table. In partial derivatives, `y` is the result: the rule of exp is that it is its own.

add: Primitive = primitive(
    "add",
    operator.add,
    lambda a, b, y: (1.0, 1.0),
    "{0} + {1}",
    arity=2,
    latex=("{0:1} + {1:2}", SUM),
    javascript="a + b",
    llvm="a + b",
    bound=_add_sizes,
)
sub: Primitive = primitive(
    "sub",
    operator.sub,
    lambda a, b, y: (1.0, -1.0),
    "{0} - {1}",
    arity=2,
    latex=("{0:1} - {1:2}", SUM),
    javascript="a - b",
    llvm="a - b",
    bound=_add_sizes,
)
mul: Primitive = primitive(
    "mul",
    operator.mul,
    lambda a, b, y: (b, a),
    "{0} * {1}",
    arity=2,
    latex=(r"{0:2} \cdot {1:3}", PRODUCT),
    javascript="a * b",
    llvm="a * b",
    bound=operator.mul,
)
total: Primitive = primitive(
    "total",
    _total,
    lambda *both: (1.0,) * (len(both) - 1),
    "sum({0})",
    arity=None,
    latex=("{0:1} + {1:2}", SUM),
    javascript="terms.length ? terms.reduce((a, b) => a + b) : 0",
    bound=_add_sizes,
)
neg: Primitive = primitive(
    "neg",
    operator.neg,
    lambda a, y: (-1.0,),
    "-{0}",
    latex=("-{0:2}", SUM),
    javascript="-a",
    llvm="-a",
    bound=_keep_size,
)
divide: Primitive = primitive(
    "divide",
    ieee.divide,
    lambda a, b, y: (divide(1.0, b), -divide(y, b)),
    "{0} / {1}",
    arity=2,
    latex=(r"\frac{{{0}}}{{{1}}}", POWER),
    javascript="a / b",
    llvm="a / b",
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

exp: Primitive = primitive(
    "exp",
    _exp,
    lambda a, y: (y,),
    "exp({0})",
    latex=("e^{{{0}}}", POWER),
    javascript="Math.exp(a)",
    costly=True,
    bound=_exp_size,
)
log: Primitive = primitive(
    "log",
    _log,
    lambda a, y: (divide(1.0, a),),
    "log({0})",
    latex=(r"\log\left({0}\right)", ATOM),
    javascript="Math.log(a)",
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
sin: Primitive = primitive(
    "sin",
    _sin,
    lambda a, y: (cos(a),),
    "sin({0})",
    latex=(r"\sin\left({0}\right)", ATOM),
    javascript="Math.sin(a)",
    costly=True,
    bound=_at_most_one,
)
cos: Primitive = primitive(
    "cos",
    _cos,
    lambda a, y: (-sin(a),),
    "cos({0})",
    latex=(r"\cos\left({0}\right)", ATOM),
    javascript="Math.cos(a)",
    costly=True,
    bound=_at_most_one,
)

# 1 - y and 1 - y*y would lose the small derivatives of the saturated side to rounding.
sigmoid: Primitive = primitive(
    "sigmoid",
    _sigmoid,
    lambda a, y: (y * sigmoid(-a),),
    "sigmoid({0})",
    latex=(r"\sigma\left({0}\right)", ATOM),
    javascript="a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a))",
    costly=True,
    bound=_at_most_one,
)
tanh: Primitive = primitive(
    "tanh",
    math.tanh,
    lambda a, y: (4.0 * sigmoid(2.0 * a) * sigmoid(-2.0 * a),),
    "tanh({0})",
    latex=(r"\tanh\left({0}\right)", ATOM),
    javascript="Math.tanh(a)",
    costly=True,
    bound=_at_most_one,
)
softplus: Primitive = primitive(
    "softplus",
    _softplus,
    lambda a, y: (sigmoid(a),),
    "softplus({0})",
    javascript="Number.isNaN(a) ? a : Math.log1p(Math.exp(-Math.abs(a))) + (a > 0 ? a : 0)",
    costly=True,
    bound=lambda size: size + 1.0,
)

# Kinks: relu has slope 0 at 0, the absolute value 0 at 0, a tie is shared by halves.
relu: Primitive = primitive(
    "relu",
    _relu,
    lambda a, y: (positive(a),),
    "relu({0})",
    javascript="a <= 0 ? 0 : a",
    llvm="0.0 if a <= 0.0 else a",
    bound=_keep_size,
)
absolute: Primitive = primitive(
    "absolute",
    abs,
    lambda a, y: (sign(a),),
    "abs({0})",
    latex=(r"\left|{0}\right|", ATOM),
    javascript="Math.abs(a)",
    llvm="fabs(a)",
    bound=_keep_size,
)
maximum: Primitive = primitive(
    "maximum",
    _maximum,
    lambda a, b, y: (above(a, b), above(b, a)),
    "max({0}, {1})",
    arity=2,
    latex=(r"\max\left({0}, {1}\right)", ATOM),
    javascript="a === b ? (1 / a < 0 || a < 0 ? b : a) : a > b || Number.isNaN(a) ? a : b",
    llvm="(b if copysign(1.0, a) < 0.0 else a) if a == b else a if (a > b) | (a != a) else b",
    bound=_add_sizes,
)
minimum: Primitive = primitive(
    "minimum",
    _minimum,
    lambda a, b, y: (above(b, a), above(a, b)),
    "min({0}, {1})",
    arity=2,
    latex=(r"\min\left({0}, {1}\right)", ATOM),
    javascript="-FORWARD.maximum(-a, -b)",
    llvm="-maximum(-a, -b)",
    bound=_add_sizes,
)

# Steps: flat everywhere, so nothing comes back along them.
positive: Primitive = primitive(
    "positive",
    _positive,
    lambda a, y: (FLAT,),
    "[{0} > 0]",
    latex=(r"\left[{0} > 0\right]", ATOM),
    javascript="a > 0 ? 1 : 0",
    llvm="1.0 if a > 0.0 else 0.0",
    bound=_at_most_one,
)
sign: Primitive = primitive(
    "sign",
    _sign,
    lambda a, y: (FLAT,),
    "sign({0})",
    javascript="a > 0 ? 1 : a < 0 ? -1 : a === 0 ? 0 : a",
    llvm="1.0 if a > 0.0 else -1.0 if a < 0.0 else 0.0 if a == 0.0 else a",
    bound=_at_most_one,
)
above: Primitive = primitive(
    "above",
    _above,
    lambda a, b, y: (FLAT, FLAT),
    "[{0} > {1}]",
    arity=2,
    latex=(r"\left[{0} > {1}\right]", ATOM),
    javascript="a > b ? 1 : a === b ? 0.5 : a < b ? 0 : NaN",
    llvm="1.0 if a > b else 0.5 if a == b else 0.0 if a < b else nan",
    bound=_at_most_one,
)
where: Primitive = primitive(
    "where",
    _where,
    lambda c, a, b, y: (FLAT, where(c, 1.0, 0.0), where(c, 0.0, 1.0)),
    "where({0}, {1}, {2})",
    arity=3,
    latex=(r"\begin{{cases}}{1} & {0} \neq 0 \\ {2} & \text{{otherwise}}\end{{cases}}", CASES),
    javascript="a !== 0 ? b : c",
    llvm="b if a != 0.0 else c",
    bound=lambda _condition, a, b: a + b,
)

# The identity, which no gradient passes.
stop_gradient: Primitive = primitive(
    "stop_gradient",
    operator.pos,
    lambda a, y: (FLAT,),
    "stop_gradient({0})",
    javascript="a",
    bound=_keep_size,
)


PRIMITIVES: dict[str, Primitive] = {
    row.name: row for row in tuple(globals().values()) if isinstance(row, Primitive)
}  # all rows above, so that none can be forgotten
"""Every primitive by its name, in the order of the table.

>>> PRIMITIVES["exp"].partials(0.0, 1.0)
(1.0,)
"""
