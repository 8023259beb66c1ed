"""Exponentials and logarithms."""

import math

from microfp.ops.arithmetic import divide
from microfp.ops.bounds import exp_size
from microfp.ops.primitive import ATOM, POWER, Primitive, primitive

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
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
