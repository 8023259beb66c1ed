"""Rounding, and the remainder of a division.

What is rounded is flat between its jumps, so nothing comes back along it.
"""

import math

from microfp.ops.arithmetic import divide, neg, sub
from microfp.ops.bounds import next_size
from microfp.ops.primitive import ATOM, FLAT, PRODUCT, Operand, Primitive, primitive

__all__ = [
    "ceil",
    "floor",
    "remainder",
    "round",
]


def _floor(a: float) -> float:
    return math.copysign(math.floor(a), a) if math.isfinite(a) else a


def _ceil(a: float) -> float:
    return math.copysign(math.ceil(a), a) if math.isfinite(a) else a


def _round(a: float) -> float:
    if not abs(a) < 2.0**52:
        return a
    return math.copysign(abs(a) + 2.0**52 - 2.0**52, a)  # there, no place is left for a fraction


def _remainder(a: float, b: float) -> float:
    return a % b if b != 0.0 else math.nan


def _quotient_of_whole(a: Operand, b: Operand, y: Operand) -> Operand:
    """How often b goes into a: a whole number, and flat."""
    return round(divide(sub(a, y), b))


floor: Primitive = primitive(
    "floor",
    _floor,
    lambda a, y: (FLAT,),
    "floor({0})",
    latex=(r"\left\lfloor {0}\right\rfloor", ATOM),
    javascript="Math.floor(a)",
    llvm="floor(a)",
    bound=next_size,
)
ceil: Primitive = primitive(
    "ceil",
    _ceil,
    lambda a, y: (FLAT,),
    "ceil({0})",
    latex=(r"\left\lceil {0}\right\rceil", ATOM),
    javascript="Math.ceil(a)",
    llvm="ceil(a)",
    bound=next_size,
)
round: Primitive = primitive(
    "round",
    _round,
    lambda a, y: (FLAT,),
    "round({0})",
    latex=(r"\left\lfloor {0}\right\rceil", ATOM),
    # 2 ** 52 has no place for a fraction: what is added to it is rounded, halves to even.
    javascript=(
        "!(Math.abs(a) < 2 ** 52) ? a : a < 0 || 1 / a < 0 "
        "? -(2 ** 52 - a - 2 ** 52) : a + 2 ** 52 - 2 ** 52"
    ),
    llvm="roundeven(a)",
    bound=next_size,
)
remainder: Primitive = primitive(
    "remainder",
    _remainder,
    lambda a, b, y: (1.0, neg(_quotient_of_whole(a, b, y))),
    "{0} % {1}",
    arity=2,
    latex=(r"{0:2} \bmod {1:3}", PRODUCT),
    javascript=(
        "b === 0 || !Number.isFinite(a) ? NaN : a % b === 0 ? (b < 0 || 1 / b < 0 ? -0 : 0) "
        ": (a % b < 0) === (b < 0) ? a % b : (a % b) + b"
    ),
    costly=True,
)
