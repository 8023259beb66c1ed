"""Random expressions, and what they mean to different kinds of numbers.

An expression is a straight-line program: leaves, then steps that refer to what stands before
them, so that sub-expressions are shared. An algebra gives each of its operations a meaning. The
algebras here know nothing of each other: nodes of microfp, nodes of micrograd, numbers of fifty
digits, and dual numbers with derivatives of their own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import micrograd.engine
import mpmath
from hypothesis import strategies as st

from microfp import ops, values
from microfp.values import Value

N = TypeVar("N")
Algebra = Mapping[str, Callable[..., N]]


class Step(NamedTuple):
    """One operation on earlier numbers, and the exponent where it is a constant power."""

    op: str
    operands: tuple[int, ...]
    constant: tuple[float, ...] = ()


class Expression(NamedTuple):
    leaves: tuple[float, ...]
    steps: tuple[Step, ...]


def evaluate(steps: Sequence[Step], leaves: Sequence[N], algebra: Algebra[N]) -> N:
    """The last number of the program, in the given algebra."""
    numbers = list(leaves)
    for op, operands, constant in steps:
        numbers.append(algebra[op](*(numbers[i] for i in operands), *constant))
    return numbers[-1]


# Dual numbers: forward mode, with the derivatives as a calculus book has them.


@dataclass(frozen=True)
class Dual:
    primal: float
    tangent: float


def _elementary(
    f: Callable[[float], float], slope: Callable[[float], float]
) -> Callable[[Dual], Dual]:
    return lambda a: Dual(f(a.primal), slope(a.primal) * a.tangent)


def _silu_slope(a: float) -> float:
    return _logistic(a) * (1 + a * _logistic(-a))


def _mish_slope(a: float) -> float:
    share = math.tanh(math.log1p(math.exp(a)))
    return share + a * (1 - share * share) * _logistic(a)


def _gelu_argument(a: float) -> float:
    return 2 * math.sqrt(2 / math.pi) * (a + 0.044715 * a * a * a)


def _dual_product(a: Dual, b: Dual) -> Dual:
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def _dual_quotient(a: Dual, b: Dual) -> Dual:
    slope = (a.tangent * b.primal - a.primal * b.tangent) / b.primal**2
    return Dual(a.primal / b.primal, slope)


def _dual_constant_power(a: Dual, k: float) -> Dual:
    return Dual(a.primal**k, k * a.primal ** (k - 1) * a.tangent)


def _dual_power(a: Dual, b: Dual) -> Dual:
    y: float = a.primal**b.primal
    log_slope = b.tangent * math.log(a.primal) + b.primal * a.tangent / a.primal
    return Dual(y, y * log_slope)


def _logistic(a: float) -> float:
    return 1 / (1 + math.exp(-a))


def _mean(a: Dual, b: Dual) -> Dual:
    return Dual((a.primal + b.primal) / 2, (a.tangent + b.tangent) / 2)


def _dual_maximum(a: Dual, b: Dual) -> Dual:
    return _mean(a, b) if a.primal == b.primal else a if a.primal > b.primal else b


def _dual_minimum(a: Dual, b: Dual) -> Dual:
    return _mean(a, b) if a.primal == b.primal else a if a.primal < b.primal else b


def _dual_hypot(a: Dual, b: Dual) -> Dual:
    y = math.hypot(a.primal, b.primal)
    return Dual(y, (a.primal * a.tangent + b.primal * b.tangent) / y)


def _dual_angle(a: Dual, b: Dual) -> Dual:
    square = a.primal**2 + b.primal**2
    slope = (b.primal * a.tangent - a.primal * b.tangent) / square
    return Dual(math.atan2(a.primal, b.primal), slope)


def _dual_logaddexp(a: Dual, b: Dual) -> Dual:
    y = math.log(math.exp(a.primal) + math.exp(b.primal))
    return Dual(y, math.exp(a.primal - y) * a.tangent + math.exp(b.primal - y) * b.tangent)


DUALS: Algebra[Dual] = {
    "add": lambda a, b: Dual(a.primal + b.primal, a.tangent + b.tangent),
    "sub": lambda a, b: Dual(a.primal - b.primal, a.tangent - b.tangent),
    "mul": _dual_product,
    "divide": _dual_quotient,
    "neg": lambda a: Dual(-a.primal, -a.tangent),
    "total": lambda *terms: Dual(
        math.fsum(t.primal for t in terms), math.fsum(t.tangent for t in terms)
    ),
    "constant_power": _dual_constant_power,
    "pow": _dual_power,
    "exp": _elementary(math.exp, math.exp),
    "log": _elementary(math.log, lambda a: 1 / a),
    "sqrt": _elementary(math.sqrt, lambda a: 1 / (2 * math.sqrt(a))),
    "sin": _elementary(math.sin, math.cos),
    "cos": _elementary(math.cos, lambda a: -math.sin(a)),
    "tanh": _elementary(math.tanh, lambda a: 1 / math.cosh(a) ** 2 if abs(a) < 300 else 0.0),
    "sigmoid": _elementary(_logistic, lambda a: 1 / (2 + 2 * math.cosh(a))),
    "softplus": _elementary(lambda a: math.log1p(math.exp(a)), _logistic),
    "relu": lambda a: a if a.primal > 0 else Dual(0.0, 0.0),
    "absolute": lambda a: a if a.primal > 0 else Dual(-a.primal, -a.tangent),
    "maximum": _dual_maximum,
    "minimum": _dual_minimum,
    "positive": lambda a: Dual(float(a.primal > 0), 0.0),
    "sign": lambda a: Dual(math.copysign(1.0, a.primal), 0.0),
    "above": lambda a, b: Dual(float(a.primal > b.primal), 0.0),
    "tan": _elementary(math.tan, lambda a: 1 / math.cos(a) ** 2),
    "asin": _elementary(math.asin, lambda a: 1 / math.sqrt(1 - a * a)),
    "acos": _elementary(math.acos, lambda a: -1 / math.sqrt(1 - a * a)),
    "atan": _elementary(math.atan, lambda a: 1 / (1 + a * a)),
    "atan2": _dual_angle,
    "sinh": _elementary(math.sinh, math.cosh),
    "cosh": _elementary(math.cosh, math.sinh),
    "sech": _elementary(lambda a: 1 / math.cosh(a), lambda a: -math.tanh(a) / math.cosh(a)),
    "asinh": _elementary(math.asinh, lambda a: 1 / math.sqrt(1 + a * a)),
    "acosh": _elementary(math.acosh, lambda a: 1 / math.sqrt(a * a - 1)),
    "atanh": _elementary(math.atanh, lambda a: 1 / (1 - a * a)),
    "exp2": _elementary(lambda a: 2.0**a, lambda a: 2.0**a * math.log(2)),
    "expm1": _elementary(math.expm1, math.exp),
    "log1p": _elementary(math.log1p, lambda a: 1 / (1 + a)),
    "log2": _elementary(math.log2, lambda a: 1 / (a * math.log(2))),
    "log10": _elementary(math.log10, lambda a: 1 / (a * math.log(10))),
    "logaddexp": _dual_logaddexp,
    "cbrt": _elementary(math.cbrt, lambda a: 1 / (3 * math.cbrt(a) ** 2)),
    "hypot": _dual_hypot,
    "erf": _elementary(math.erf, lambda a: 2 / math.sqrt(math.pi) * math.exp(-a * a)),
    "erfc": _elementary(math.erfc, lambda a: -2 / math.sqrt(math.pi) * math.exp(-a * a)),
    "lgamma": _elementary(math.lgamma, lambda a: float(mpmath.digamma(a))),
    "digamma": _elementary(
        lambda a: float(mpmath.digamma(a)), lambda a: float(mpmath.polygamma(1, a))
    ),
    "silu": _elementary(lambda a: a * _logistic(a), _silu_slope),
    "mish": _elementary(lambda a: a * math.tanh(math.log1p(math.exp(a))), _mish_slope),
    "gelu": _elementary(
        lambda a: a * math.erfc(-a / math.sqrt(2)) / 2,
        lambda a: (
            math.erfc(-a / math.sqrt(2)) / 2 + a * math.exp(-a * a / 2) / math.sqrt(2 * math.pi)
        ),
    ),
    "gelu_tanh": _elementary(
        lambda a: a * _logistic(_gelu_argument(a)),
        lambda a: (
            _logistic(_gelu_argument(a))
            + a
            * _logistic(_gelu_argument(a))
            * _logistic(-_gelu_argument(a))
            * 2
            * math.sqrt(2 / math.pi)
            * (1 + 3 * 0.044715 * a * a)
        ),
    ),
    "floor": lambda a: Dual(float(math.floor(a.primal)), 0.0),
    "ceil": lambda a: Dual(float(math.ceil(a.primal)), 0.0),
    "round": lambda a: Dual(float(round(a.primal)), 0.0),
    "remainder": lambda a, b: Dual(
        a.primal % b.primal, a.tangent - (a.primal // b.primal) * b.tangent
    ),
    "greater": lambda a, b: Dual(float(a.primal > b.primal), 0.0),
    "greater_equal": lambda a, b: Dual(float(a.primal >= b.primal), 0.0),
    "equal": lambda a, b: Dual(float(a.primal == b.primal), 0.0),
    "choose": lambda c, a, b: a if c.primal > 0 else b,
}

VALUES: Algebra[Value] = {
    "add": values.add,
    "sub": values.sub,
    "mul": values.mul,
    "divide": values.divide,
    "neg": values.neg,
    "total": lambda *terms: values.total(terms),
    "constant_power": lambda a, k: a**k,
    "pow": values.pow,
    "exp": values.exp,
    "log": values.log,
    "sqrt": values.sqrt,
    "sin": values.sin,
    "cos": values.cos,
    "tanh": values.tanh,
    "sigmoid": values.sigmoid,
    "softplus": values.softplus,
    "relu": values.relu,
    "absolute": values.absolute,
    "maximum": values.maximum,
    "minimum": values.minimum,
    "positive": lambda a: applied(ops.positive, a),
    "sign": lambda a: applied(ops.sign, a),
    "above": lambda a, b: applied(ops.above, a, b),
    "tan": values.tan,
    "asin": values.asin,
    "acos": values.acos,
    "atan": values.atan,
    "atan2": values.atan2,
    "sinh": values.sinh,
    "cosh": values.cosh,
    "sech": lambda a: applied(ops.sech, a),
    "asinh": values.asinh,
    "acosh": values.acosh,
    "atanh": values.atanh,
    "exp2": values.exp2,
    "expm1": values.expm1,
    "log1p": values.log1p,
    "log2": values.log2,
    "log10": values.log10,
    "logaddexp": values.logaddexp,
    "cbrt": values.cbrt,
    "hypot": values.hypot,
    "erf": values.erf,
    "erfc": values.erfc,
    "silu": values.silu,
    "mish": values.mish,
    "gelu": values.gelu,
    "gelu_tanh": values.gelu_tanh,
    "lgamma": values.lgamma,
    "digamma": values.digamma,
    "floor": values.floor,
    "ceil": values.ceil,
    "round": values.round,
    "remainder": values.remainder,
    "greater": values.greater,
    "greater_equal": values.greater_equal,
    "equal": values.equal,
    "choose": lambda c, a, b: values.where(applied(ops.positive, c), a, b),
}


def applied(primitive: ops.Primitive, *operands: values.Scalar) -> Value:
    """The node that a primitive of the table makes."""
    node = primitive(*operands)
    assert isinstance(node, Value)
    return node


# mpmath and micrograd have no types: to a type checker their numbers are Any.

EXACT: Algebra[Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "neg": lambda a: -a,
    "total": lambda *terms: mpmath.fsum(terms),
    "constant_power": lambda a, k: a ** mpmath.mpf(k),
    "pow": lambda a, b: a**b,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tanh": mpmath.tanh,
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)),
    "softplus": lambda a: mpmath.log(1 + mpmath.exp(a)),
    "relu": lambda a: max(a, mpmath.mpf(0)),
    "absolute": abs,
    "maximum": max,
    "minimum": min,
    "positive": lambda a: mpmath.mpf(a > 0),
    "sign": mpmath.sign,
    "above": lambda a, b: mpmath.mpf(a > b),
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "atan2": mpmath.atan2,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "sech": mpmath.sech,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "exp2": lambda a: mpmath.power(2, a),
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
    "log2": lambda a: mpmath.log(a) / mpmath.log(2),
    "log10": mpmath.log10,
    "logaddexp": lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    "cbrt": lambda a: mpmath.sign(a) * mpmath.cbrt(abs(a)),
    "hypot": mpmath.hypot,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "silu": lambda a: a / (1 + mpmath.exp(-a)),
    "mish": lambda a: a * mpmath.tanh(mpmath.log(1 + mpmath.exp(a))),
    "gelu": lambda a: a * mpmath.erfc(-a / mpmath.sqrt(2)) / 2,
    "gelu_tanh": lambda a: (
        a / (1 + mpmath.exp(-2 * mpmath.sqrt(2 / mpmath.pi) * (a + mpmath.mpf("0.044715") * a**3)))
    ),
    "lgamma": lambda a: mpmath.loggamma(a).real,
    "digamma": mpmath.digamma,
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "round": mpmath.nint,
    "remainder": lambda a, b: a - b * mpmath.floor(a / b),
    "greater": lambda a, b: mpmath.mpf(a > b),
    "greater_equal": lambda a, b: mpmath.mpf(a >= b),
    "equal": lambda a, b: mpmath.mpf(a == b),
    "choose": lambda c, a, b: a if c > 0 else b,
}

MICROGRAD: Algebra[Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "neg": lambda a: -a,
    "constant_power": lambda a, k: a**k,
    "relu": lambda a: a.relu(),
}


def micrograd_leaves(expression: Expression) -> list[Any]:
    return [micrograd.engine.Value(number) for number in expression.leaves]


def microfp_leaves(expression: Expression) -> tuple[Value, ...]:
    return tuple(values.value(number) for number in expression.leaves)


def exact_leaves(expression: Expression) -> list[Any]:
    return [mpmath.mpf(number) for number in expression.leaves]


# Drawing. An operation whose operands lie outside its domain, or so near to a kink that a
# difference would step over it, gives way to tanh, which is smooth and defined everywhere.

ARITY = {
    **dict.fromkeys(("add", "sub", "mul", "divide", "pow", "maximum", "minimum", "above"), 2),
    **dict.fromkeys(("atan2", "logaddexp", "hypot", "remainder"), 2),
    **dict.fromkeys(("greater", "greater_equal", "equal"), 2),
    "choose": 3,
}

_DOMAIN: Mapping[str, Callable[..., bool]] = {
    "divide": lambda _, b: abs(b) > 0.1,
    "constant_power": lambda a, k: a > 0.1 or (abs(a) > 0.1 and k == int(k)),
    "pow": lambda a, b: a > 0.1 and abs(b) < 5,
    "exp": lambda a: abs(a) < 5,
    "sigmoid": lambda a: abs(a) < 300,
    "softplus": lambda a: abs(a) < 300,
    "log": lambda a: a > 0.1,
    "sqrt": lambda a: a > 0.1,
    **dict.fromkeys(("relu", "absolute", "positive", "sign"), lambda a: abs(a) > 1e-3),
    **dict.fromkeys(("maximum", "minimum", "above"), lambda a, b: abs(a - b) > 1e-3),
    **dict.fromkeys(("greater", "greater_equal", "equal"), lambda a, b: abs(a - b) > 1e-3),
    "tan": lambda a: abs(math.cos(a)) > 0.1,
    **dict.fromkeys(("asin", "acos", "atanh"), lambda a: abs(a) < 0.9),
    **dict.fromkeys(("sinh", "cosh", "exp2", "expm1"), lambda a: abs(a) < 5),
    "sech": lambda a: abs(a) < 300,
    "acosh": lambda a: a > 1.1,
    "log1p": lambda a: a > -0.9,
    **dict.fromkeys(("log2", "log10", "lgamma", "digamma"), lambda a: a > 0.1),
    "logaddexp": lambda a, b: abs(a) < 5 and abs(b) < 5,
    "cbrt": lambda a: abs(a) > 0.1,
    "atan2": lambda a, b: abs(a) > 0.1 and abs(b) > 0.1,
    "hypot": lambda a, b: abs(a) > 0.1 and abs(b) > 0.1,
    **dict.fromkeys(("floor", "ceil"), lambda a: abs(a - round(a)) > 1e-3),
    "round": lambda a: abs(abs(a - math.floor(a)) - 0.5) > 1e-3,
    "remainder": lambda a, b: abs(b) > 0.1 and abs(a / b - round(a / b)) > 1e-3,
    "choose": lambda c, _a, _b: abs(c) > 1e-3,
}


def _in_domain(step: Step, numbers: Sequence[Dual]) -> bool:
    op, operands, constant = step
    data = [numbers[i].primal for i in operands]
    if op in _DOMAIN and not _DOMAIN[op](*data, *constant):
        return False
    return abs(DUALS[op](*(numbers[i] for i in operands), *constant).primal) < 1e3


@st.composite
def expressions(
    draw: st.DrawFn, operations: Sequence[str] = tuple(VALUES), max_steps: int = 12
) -> Expression:
    """Expressions over the operations, at points where all of them are differentiable."""
    point = st.one_of(st.sampled_from([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]), st.floats(-3, 3))
    leaves = tuple(draw(st.lists(point, min_size=1, max_size=4)))
    numbers = [Dual(leaf, 0.0) for leaf in leaves]
    steps: list[Step] = []
    for op in draw(st.lists(st.sampled_from(operations), min_size=1, max_size=max_steps)):
        arity = draw(st.integers(1, 4)) if op == "total" else ARITY.get(op, 1)
        back = [draw(st.integers(1, len(numbers))) for _ in range(arity)]
        operands = tuple(len(numbers) - n for n in back)
        exponents = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 2.5])
        constant = (draw(exponents),) if op == "constant_power" else ()
        step = Step(op, operands, constant)
        if not _in_domain(step, numbers):
            smooth = "tanh" if "tanh" in operations else "neg"
            step = Step(smooth, operands[:1])
        steps.append(step)
        numbers.append(DUALS[step.op](*(numbers[i] for i in step.operands), *step.constant))
    return Expression(leaves, tuple(steps))


def close(actual: float, expected: float, *, relative: float, scale: float = 0.0) -> bool:
    """Whether two numbers agree, relative to the larger or to the scale of their terms."""
    bound = relative * max(abs(actual), abs(expected), abs(scale), 1e-3)
    return abs(actual - expected) <= bound
