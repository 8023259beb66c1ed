"""The logistic function, and what it is the slope of."""

import math

from microfp.ops.arithmetic import sub
from microfp.ops.bounds import at_most_one, next_size
from microfp.ops.choice import absolute, equal, where
from microfp.ops.hyperbolic import sech
from microfp.ops.primitive import ATOM, Operand, Primitive, primitive

__all__ = ["logaddexp", "sigmoid", "softplus"]


def _sigmoid(a: float) -> float:
    if a >= 0.0:
        return 1.0 / (1.0 + math.exp(-a))
    e = math.exp(a)
    return e / (1.0 + e)


def _softplus(a: float) -> float:
    return math.log1p(math.exp(-abs(a))) + (a if a > 0.0 else 0.0)


def _logaddexp(a: float, b: float) -> float:
    if a == b:
        return a + math.log(2.0)
    larger = a if a > b or a != a else b
    return larger + math.log1p(math.exp(-abs(a - b)))


def _gap(a: Operand, b: Operand) -> Operand:
    """How far a lies above b; 0 where both are the same infinity."""
    alike = where(equal(a, b), equal(absolute(a), math.inf), 0.0)
    return where(alike, 0.0, sub(a, b))


def _sigmoid_slope(a: Operand) -> Operand:
    """A quarter of the squared sech of a half: y (1 - y), whose own slope cancels nothing."""
    arch = sech(0.5 * a)
    return 0.25 * (arch * arch)


# y * (1 - y) would lose the small derivatives of the saturated side to rounding, and
# y * sigmoid(-a) those of the second order near 0.
sigmoid: Primitive = primitive(
    "sigmoid",
    _sigmoid,
    lambda a, y: (_sigmoid_slope(a),),
    "sigmoid({0})",
    latex=(r"\sigma\left({0}\right)", ATOM),
    javascript="a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a))",
    costly=True,
    bound=at_most_one,
)
softplus: Primitive = primitive(
    "softplus",
    _softplus,
    lambda a, y: (sigmoid(a),),
    "softplus({0})",
    javascript="Number.isNaN(a) ? a : Math.log1p(Math.exp(-Math.abs(a))) + (a > 0 ? a : 0)",
    costly=True,
    bound=next_size,
)
logaddexp: Primitive = primitive(
    "logaddexp",
    _logaddexp,
    lambda a, b, y: (sigmoid(_gap(a, b)), sigmoid(_gap(b, a))),
    "logaddexp({0}, {1})",
    arity=2,
    javascript=(
        "a === b ? a + Math.LN2 "
        ": (a > b || Number.isNaN(a) ? a : b) + Math.log1p(Math.exp(-Math.abs(a - b)))"
    ),
    llvm="""
        larger = a if (a > b) | (a != a) else b
        a + 0.6931471805599453 if a == b else larger + log1p(exp(-fabs(a - b)))
    """,
    costly=True,
    bound=lambda a, b: max(a, b) + 1.0,
)
