"""Arithmetic of numbers: sums, products, quotients."""

import operator
from functools import reduce

from microfp.base import ieee
from microfp.ops.bounds import add_sizes, keep_size
from microfp.ops.primitive import POWER, PRODUCT, SUM, Primitive, primitive

__all__ = [
    "add",
    "divide",
    "mul",
    "neg",
    "sub",
    "total",
]


def _total(*terms: float) -> float:
    return reduce(operator.add, terms) if terms else 0.0  # `sum` would compensate in 3.12


add: Primitive = primitive(
    "add",
    operator.add,
    lambda a, b, y: (1.0, 1.0),
    "{0} + {1}",
    arity=2,
    latex=("{0:1} + {1:2}", SUM),
    javascript="a + b",
    llvm="a + b",
    bound=add_sizes,
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
    bound=add_sizes,
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
    bound=add_sizes,
)
neg: Primitive = primitive(
    "neg",
    operator.neg,
    lambda a, y: (-1.0,),
    "-{0}",
    latex=("-{0:2}", SUM),
    javascript="-a",
    llvm="-a",
    bound=keep_size,
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
