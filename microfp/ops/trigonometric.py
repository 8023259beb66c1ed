"""Angles: sine, cosine and tangent of radians, and back."""

import math

from microfp.ops.arithmetic import divide, neg
from microfp.ops.bounds import at_most_one
from microfp.ops.choice import where
from microfp.ops.powers import hypot, one_less_square, sqrt
from microfp.ops.primitive import ATOM, Operand, Primitive, primitive

__all__ = [
    "acos",
    "asin",
    "atan",
    "atan2",
    "cos",
    "sin",
    "tan",
]


def _sin(a: float) -> float:
    return math.sin(a) if math.isfinite(a) else math.nan


def _cos(a: float) -> float:
    return math.cos(a) if math.isfinite(a) else math.nan


def _tan(a: float) -> float:
    return math.tan(a) if math.isfinite(a) else math.nan


def _asin(a: float) -> float:
    return math.asin(a) if -1.0 <= a <= 1.0 else math.nan


def _acos(a: float) -> float:
    return math.acos(a) if -1.0 <= a <= 1.0 else math.nan


def _of_unit_circle(a: Operand) -> Operand:
    """The slope of the arcus sine, 1 / sqrt(1 - a * a), also near to its ends."""
    return divide(1.0, sqrt(one_less_square(a)))


def _over_square(a: Operand, b: Operand, c: Operand) -> Operand:
    """A / (b * b + c * c) without overflow; 0 at the origin."""
    length = hypot(b, c)
    safe = where(length, length, 1.0)
    return divide(divide(a, safe), safe)


def _at_most_two(_size: float) -> float:
    return 2.0


def _at_most_four(*_sizes: float) -> float:
    return 4.0


sin: Primitive = primitive(
    "sin",
    _sin,
    lambda a, y: (cos(a),),
    "sin({0})",
    latex=(r"\sin\left({0}\right)", ATOM),
    javascript="Math.sin(a)",
    costly=True,
    bound=at_most_one,
)
cos: Primitive = primitive(
    "cos",
    _cos,
    lambda a, y: (-sin(a),),
    "cos({0})",
    latex=(r"\cos\left({0}\right)", ATOM),
    javascript="Math.cos(a)",
    costly=True,
    bound=at_most_one,
)
tan: Primitive = primitive(
    "tan",
    _tan,
    lambda a, y: (1.0 + y * y,),
    "tan({0})",
    latex=(r"\tan\left({0}\right)", ATOM),
    javascript="Math.tan(a)",
    costly=True,
)
asin: Primitive = primitive(
    "asin",
    _asin,
    lambda a, y: (_of_unit_circle(a),),
    "asin({0})",
    latex=(r"\arcsin\left({0}\right)", ATOM),
    javascript="Math.asin(a)",
    costly=True,
)
acos: Primitive = primitive(
    "acos",
    _acos,
    lambda a, y: (neg(_of_unit_circle(a)),),
    "acos({0})",
    latex=(r"\arccos\left({0}\right)", ATOM),
    javascript="Math.acos(a)",
    costly=True,
)
atan: Primitive = primitive(
    "atan",
    math.atan,
    lambda a, y: (divide(1.0, 1.0 + a * a),),
    "atan({0})",
    latex=(r"\arctan\left({0}\right)", ATOM),
    javascript="Math.atan(a)",
    costly=True,
    bound=_at_most_two,
)
atan2: Primitive = primitive(
    "atan2",
    math.atan2,
    lambda a, b, y: (_over_square(b, a, b), _over_square(-a, a, b)),
    "atan2({0}, {1})",
    arity=2,
    javascript="Math.atan2(a, b)",
    costly=True,
    bound=_at_most_four,
)
