"""The table of primitives: all that is to be known about each of them, in one row.

A primitive is a function of scalars that the chain rule can pass through. Its `forward` computes
on floats, by IEEE 754: nothing raises, `1/0` is inf and `log(-1)` is nan. Its `partials` are
written in ordinary arithmetic and in other primitives, so they mean something on whatever can be
added and multiplied: on floats they give numbers, on nodes of a graph they give a graph, and that
is where derivatives of derivatives come from. The rest of a row is what other parts of the library
read there: how a formula shows it, how JavaScript and machine code compute it, what it costs, and
how large it can become. In partial derivatives, `y` is the result: exp is its own.

>>> multiply = PRIMITIVES["mul"]
>>> multiply(3.0, 4.0)
12.0
>>> multiply.partials(3.0, 4.0, 12.0)
(4.0, 3.0)
"""

from microfp.ops.arithmetic import (
    add,
    divide,
    mul,
    neg,
    sub,
    total,
)
from microfp.ops.choice import (
    above,
    absolute,
    equal,
    greater,
    greater_equal,
    maximum,
    minimum,
    positive,
    relu,
    sign,
    stop_gradient,
    where,
)
from microfp.ops.exponential import (
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
)
from microfp.ops.hyperbolic import (
    acosh,
    asinh,
    atanh,
    cosh,
    sech,
    sinh,
    tanh,
)
from microfp.ops.logistic import (
    logaddexp,
    sigmoid,
    softplus,
)
from microfp.ops.powers import (
    cbrt,
    constant_power,
    hypot,
    pow,
    sqrt,
)
from microfp.ops.primitive import (
    ATOM,
    CASES,
    FLAT,
    POWER,
    PRODUCT,
    SUM,
    Carrier,
    Flat,
    Operand,
    Primitive,
    primitive,
)
from microfp.ops.rounding import (
    ceil,
    floor,
    remainder,
    round,
)
from microfp.ops.special import (
    digamma,
    erf,
    erfc,
    lgamma,
)
from microfp.ops.table import (
    PRIMITIVES,
)
from microfp.ops.trigonometric import (
    acos,
    asin,
    atan,
    atan2,
    cos,
    sin,
    tan,
)

__all__ = [
    "ATOM",
    "CASES",
    "FLAT",
    "POWER",
    "PRIMITIVES",
    "PRODUCT",
    "SUM",
    "Carrier",
    "Flat",
    "Operand",
    "Primitive",
    "above",
    "absolute",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "constant_power",
    "cos",
    "cosh",
    "digamma",
    "divide",
    "equal",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "greater",
    "greater_equal",
    "hypot",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "positive",
    "pow",
    "primitive",
    "relu",
    "remainder",
    "round",
    "sech",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "stop_gradient",
    "sub",
    "tan",
    "tanh",
    "total",
    "where",
]
