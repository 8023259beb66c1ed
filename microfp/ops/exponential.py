"""Exponentials and logarithms, and the functions of learning that are made of them."""

import math

from microfp.ops.arithmetic import divide, sub
from microfp.ops.bounds import at_most_one, exp_size, next_size
from microfp.ops.choice import absolute, equal, where
from microfp.ops.primitive import ATOM, POWER, Operand, Primitive, primitive

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "sigmoid",
    "softplus",
]


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _log(a: float) -> float:
    return math.log(a) if a > 0.0 else -math.inf if a == 0.0 else math.nan


def _exp2(a: float) -> float:
    try:
        return math.exp2(a)
    except OverflowError:
        return math.inf


def _expm1(a: float) -> float:
    try:
        return math.expm1(a)
    except OverflowError:
        return math.inf


def _log1p(a: float) -> float:
    return math.log1p(a) if a > -1.0 else -math.inf if a == -1.0 else math.nan


def _log2(a: float) -> float:
    return math.log2(a) if a > 0.0 else -math.inf if a == 0.0 else math.nan


def _log10(a: float) -> float:
    return math.log10(a) if a > 0.0 else -math.inf if a == 0.0 else math.nan


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


exp: Primitive = primitive(
    "exp",
    _exp,
    lambda a, y: (y,),
    "exp({0})",
    latex=("e^{{{0}}}", POWER),
    javascript="Math.exp(a)",
    costly=True,
    bound=exp_size,
)
exp2: Primitive = primitive(
    "exp2",
    _exp2,
    lambda a, y: (math.log(2.0) * y,),
    "exp2({0})",
    javascript="Math.pow(2, a)",
    costly=True,
    bound=exp_size,
)
expm1: Primitive = primitive(
    "expm1",
    _expm1,
    lambda a, y: (exp(a),),
    "expm1({0})",
    javascript="Math.expm1(a)",
    costly=True,
    bound=exp_size,
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
log1p: Primitive = primitive(
    "log1p",
    _log1p,
    lambda a, y: (divide(1.0, 1.0 + a),),
    "log1p({0})",
    javascript="Math.log1p(a)",
    costly=True,
)
log2: Primitive = primitive(
    "log2",
    _log2,
    lambda a, y: (divide(1.0 / math.log(2.0), a),),
    "log2({0})",
    latex=(r"\log_{{2}}\left({0}\right)", ATOM),
    javascript="Math.log2(a)",
    costly=True,
)
log10: Primitive = primitive(
    "log10",
    _log10,
    lambda a, y: (divide(1.0 / math.log(10.0), a),),
    "log10({0})",
    latex=(r"\log_{{10}}\left({0}\right)", ATOM),
    javascript="Math.log10(a)",
    costly=True,
)

# 1 - y would lose the small derivatives of the saturated side to rounding.
sigmoid: Primitive = primitive(
    "sigmoid",
    _sigmoid,
    lambda a, y: (y * sigmoid(-a),),
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
