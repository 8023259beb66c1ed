"""Choices: conditions, what they choose, and what has a kink because it chooses.

A condition is 1 where it holds and 0 where not. It is flat everywhere, so nothing comes back along
it.
"""

import math
import operator

from microfp.ops.bounds import add_sizes, at_most_one, keep_size
from microfp.ops.primitive import ATOM, CASES, FLAT, Primitive, primitive

__all__ = [
    "above",
    "absolute",
    "equal",
    "greater",
    "greater_equal",
    "maximum",
    "minimum",
    "positive",
    "relu",
    "sign",
    "stop_gradient",
    "where",
]


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


def _greater(a: float, b: float) -> float:
    return 1.0 if a > b else 0.0


def _greater_equal(a: float, b: float) -> float:
    return 1.0 if a >= b else 0.0


def _equal(a: float, b: float) -> float:
    return 1.0 if a == b else 0.0


def _where(condition: float, a: float, b: float) -> float:
    return a if condition != 0.0 else b


# Kinks: relu has slope 0 at 0, the absolute value 0 at 0, a tie is shared by halves.
relu: Primitive = primitive(
    "relu",
    _relu,
    lambda a, y: (positive(a),),
    "relu({0})",
    javascript="a <= 0 ? 0 : a",
    llvm="0.0 if a <= 0.0 else a",
    bound=keep_size,
)
absolute: Primitive = primitive(
    "absolute",
    abs,
    lambda a, y: (sign(a),),
    "abs({0})",
    latex=(r"\left|{0}\right|", ATOM),
    javascript="Math.abs(a)",
    llvm="fabs(a)",
    bound=keep_size,
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
    bound=add_sizes,
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
    bound=add_sizes,
)

# Steps: flat everywhere.
positive: Primitive = primitive(
    "positive",
    _positive,
    lambda a, y: (FLAT,),
    "[{0} > 0]",
    latex=(r"\left[{0} > 0\right]", ATOM),
    javascript="a > 0 ? 1 : 0",
    llvm="1.0 if a > 0.0 else 0.0",
    bound=at_most_one,
)
sign: Primitive = primitive(
    "sign",
    _sign,
    lambda a, y: (FLAT,),
    "sign({0})",
    javascript="a > 0 ? 1 : a < 0 ? -1 : a === 0 ? 0 : a",
    llvm="1.0 if a > 0.0 else -1.0 if a < 0.0 else 0.0 if a == 0.0 else a",
    bound=at_most_one,
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
    bound=at_most_one,
)
greater: Primitive = primitive(
    "greater",
    _greater,
    lambda a, b, y: (FLAT, FLAT),
    "[{0} > {1}]",
    arity=2,
    latex=(r"\mathbf{{1}}\left[{0} > {1}\right]", ATOM),
    javascript="a > b ? 1 : 0",
    llvm="1.0 if a > b else 0.0",
    bound=at_most_one,
)
greater_equal: Primitive = primitive(
    "greater_equal",
    _greater_equal,
    lambda a, b, y: (FLAT, FLAT),
    "[{0} >= {1}]",
    arity=2,
    latex=(r"\mathbf{{1}}\left[{0} \geq {1}\right]", ATOM),
    javascript="a >= b ? 1 : 0",
    llvm="1.0 if a >= b else 0.0",
    bound=at_most_one,
)
equal: Primitive = primitive(
    "equal",
    _equal,
    lambda a, b, y: (FLAT, FLAT),
    "[{0} == {1}]",
    arity=2,
    latex=(r"\mathbf{{1}}\left[{0} = {1}\right]", ATOM),
    javascript="a === b ? 1 : 0",
    llvm="1.0 if a == b else 0.0",
    bound=at_most_one,
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
    bound=keep_size,
)
