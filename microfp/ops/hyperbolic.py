"""Hyperbolic functions, and back."""

import math

from microfp.ops.arithmetic import divide
from microfp.ops.bounds import at_most_one, exp_size, keep_size
from microfp.ops.powers import hypot, one_less_square, sqrt
from microfp.ops.primitive import ATOM, Primitive, primitive

__all__ = [
    "acosh",
    "asinh",
    "atanh",
    "cosh",
    "sech",
    "sinh",
    "tanh",
]


def _sinh(a: float) -> float:
    try:
        return math.sinh(a)
    except OverflowError:
        return math.copysign(math.inf, a)


def _cosh(a: float) -> float:
    try:
        return math.cosh(a)
    except OverflowError:
        return math.inf


def _sech(a: float) -> float:
    decay = math.exp(-abs(a))
    return 2.0 * decay / (1.0 + decay * decay)


def _acosh(a: float) -> float:
    return math.acosh(a) if a >= 1.0 else math.nan


def _atanh(a: float) -> float:
    if -1.0 < a < 1.0:
        return math.atanh(a)
    return math.copysign(math.inf, a) if abs(a) == 1.0 else math.nan


sinh: Primitive = primitive(
    "sinh",
    _sinh,
    lambda a, y: (cosh(a),),
    "sinh({0})",
    latex=(r"\sinh\left({0}\right)", ATOM),
    javascript="Math.sinh(a)",
    costly=True,
    bound=exp_size,
)
cosh: Primitive = primitive(
    "cosh",
    _cosh,
    lambda a, y: (sinh(a),),
    "cosh({0})",
    latex=(r"\cosh\left({0}\right)", ATOM),
    javascript="Math.cosh(a)",
    costly=True,
    bound=exp_size,
)

# As the slope of the tangent, 1 - y * y would lose the saturated side to rounding, and a quotient
# by the square of cosh would overflow.
sech: Primitive = primitive(
    "sech",
    _sech,
    lambda a, y: (-(y * tanh(a)),),
    "sech({0})",
    latex=(r"\operatorname{{sech}}\left({0}\right)", ATOM),
    javascript="2 * Math.exp(-Math.abs(a)) / (1 + Math.exp(-2 * Math.abs(a)))",
    costly=True,
    llvm="""
        decay = exp(-fabs(a))
        2.0 * decay / (1.0 + decay * decay)
    """,
    bound=at_most_one,
)
tanh: Primitive = primitive(
    "tanh",
    math.tanh,
    lambda a, y: (sech(a) * sech(a),),
    "tanh({0})",
    latex=(r"\tanh\left({0}\right)", ATOM),
    javascript="Math.tanh(a)",
    costly=True,
    bound=at_most_one,
)
asinh: Primitive = primitive(
    "asinh",
    math.asinh,
    lambda a, y: (divide(1.0, hypot(a, 1.0)),),
    "asinh({0})",
    latex=(r"\operatorname{{arsinh}}\left({0}\right)", ATOM),
    javascript="Math.asinh(a)",
    costly=True,
    bound=keep_size,
)
acosh: Primitive = primitive(
    "acosh",
    _acosh,
    lambda a, y: (divide(1.0, sqrt(a - 1.0) * sqrt(a + 1.0)),),
    "acosh({0})",
    latex=(r"\operatorname{{arcosh}}\left({0}\right)", ATOM),
    javascript="Math.acosh(a)",
    costly=True,
)
atanh: Primitive = primitive(
    "atanh",
    _atanh,
    lambda a, y: (divide(1.0, one_less_square(a)),),
    "atanh({0})",
    latex=(r"\operatorname{{artanh}}\left({0}\right)", ATOM),
    javascript="Math.atanh(a)",
    costly=True,
)
