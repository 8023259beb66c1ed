"""Tests of the vector functions against fifty digits, and at their edges against the table."""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.compiler.ir.program import Instruction, Program
from microfp.compiler.native.emit import pairs
from microfp.compiler.native.emit.kernels import FUNCTIONS
from microfp.compiler.native.run import jit as engine
from microfp.compiler.native.run.executable import Form, executable_for, run_rows
from microfp.ops import PRIMITIVES


def _share(e: mpmath.mpf) -> mpmath.mpf:
    """The hyperbolic tangent of log(1 + e), without a difference."""
    return e * (e + 2) / (e * (e + 2) + 2)


def _gelu_argument(a: mpmath.mpf) -> mpmath.mpf:
    return 2 * mpmath.sqrt(2 / mpmath.pi) * (a + mpmath.mpf("0.044715") * a**3)


EXACT: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tanh": mpmath.tanh,
    "sqrt": mpmath.sqrt,
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)),
    "softplus": lambda a: mpmath.log1p(mpmath.exp(a)),
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
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
    "log10": lambda a: mpmath.log(a) / mpmath.log(10),
    "cbrt": lambda a: mpmath.sign(a) * mpmath.cbrt(abs(a)),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "lgamma": lambda a: mpmath.loggamma(a).real,
    "digamma": mpmath.digamma,
    "silu": lambda a: a / (1 + mpmath.exp(-a)),
    "mish": lambda a: a * _share(mpmath.exp(a)),
    "gelu": lambda a: a * mpmath.erfc(-a / mpmath.sqrt(2)) / 2,
    "gelu_tanh": lambda a: a / (1 + mpmath.exp(-_gelu_argument(a))),
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "round": mpmath.nint,
}
DOMAINS = {
    **dict.fromkeys(("asin", "acos", "atanh"), (-1.0, 1.0)),
    **dict.fromkeys(("log", "sqrt", "log2", "log10"), (5e-324, math.inf)),
    **dict.fromkeys(("lgamma", "digamma"), (1e-300, 1e15)),
    "erfc": (-30.0, 30.0),
    "acosh": (1.0, math.inf),
    "gelu": (-39.0, 2.0**20),
    "log1p": (-1.0 + 2.0**-53, math.inf),
}
"""Where a function is defined, or right to the last bits: the gamma function has roots below 0."""
FORMS: tuple[Form, ...] = ("code", "bytecode")
EDGES = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 5e-324, -5e-324, 2.0**-1022, -(2.0**-1022)),
    *(1e-9, -1e-9, 1e-8, 22.0, -22.0, 36.7, -36.8, 709.78, 709.79, 710.0, 745.1, 800.0),
    *(-708.4, -709.0, -745.13, -745.14, -800.0, 1e22, -1e22, 2.0**20, -(2.0**20), 2.0**20 + 1),
    *(1.7976931348623157e308, -1.7976931348623157e308, math.inf, -math.inf, math.nan),
    *(math.pi, math.pi / 2, 0.7071067811865475, 0.7071067811865476, 1.4142135623730951),
)
ALL_WIDTHS = (1, 2, 4, 8)


def applied(op: str, columns: Sequence[Sequence[float]], width: int) -> list[float]:
    """A primitive over columns of operands, as machine code."""
    names = tuple(f"x{i}" for i in range(len(columns)))
    program = Program(
        inputs=names,
        parameters=(),
        instructions=(Instruction(op, tuple(range(len(names)))),),
        outputs=(len(names),),
    )
    code = executable_for(program, summed=0, width=width)
    return [y for (y,) in run_rows(code, (), list(zip(*columns, strict=True)))]


def ulps(found: float, exact: mpmath.mpf) -> float:
    """How many units in the last place a result is off."""
    nearest = float(exact)
    if math.isinf(nearest) or math.isnan(found):
        return 0.0 if found == nearest else math.inf
    return float(abs(mpmath.mpf(found) - exact) / mpmath.mpf(math.ulp(nearest)))


def samples(op: str) -> Iterable[float]:
    draw = random.Random(f"{op} 1")
    for _ in range(1500):
        yield draw.uniform(-1.0, 1.0)
        yield draw.uniform(-25.0, 25.0)
        yield draw.uniform(-746.0, 710.0)
        yield draw.choice([-1.0, 1.0]) * 2.0 ** draw.uniform(-1074.0, 1023.0)
        yield 1.0 + draw.choice([-1.0, 1.0]) * 2.0 ** draw.uniform(-53.0, -1.0)
        yield draw.uniform(-(2.0**20), 2.0**20)
        yield draw.randrange(-(10**6), 10**6) * math.pi / 2


@pytest.mark.parametrize("op", EXACT)
def test_a_function_stays_within_two_units_in_the_last_place(op: str) -> None:
    low, high = DOMAINS.get(op, (-math.inf, math.inf))
    xs = [x for x in samples(op) if low <= x <= high]
    with mpmath.workprec(200):
        exact = [EXACT[op](mpmath.mpf(x)) for x in xs]
        errors = map(ulps, applied(op, [xs], engine.host().width), exact)
        assert max(errors) <= 2.0


EXACT_OF_TWO: dict[str, Callable[[mpmath.mpf, mpmath.mpf], mpmath.mpf]] = {
    "atan2": mpmath.atan2,
    "hypot": mpmath.hypot,
    "remainder": lambda a, b: a - b * mpmath.floor(a / b),
    "logaddexp": lambda a, b: max(a, b) + mpmath.log1p(mpmath.exp(-abs(a - b))),
}


@pytest.mark.parametrize("op", EXACT_OF_TWO)
def test_a_function_of_two_numbers_stays_within_two_units(op: str) -> None:
    """Where log(exp(a) + exp(b)) is near 0, its terms cancel: the units are those of the larger."""
    draw = random.Random(op)
    pairs = [(draw.uniform(-40, 40), draw.uniform(-40, 40)) for _ in range(4000)]
    found = applied(op, list(zip(*pairs, strict=True)), engine.host().width)
    with mpmath.workprec(200):
        for (a, b), y in zip(pairs, found, strict=True):
            exact = EXACT_OF_TWO[op](mpmath.mpf(a), mpmath.mpf(b))
            size = max(abs(a), abs(b)) if op == "logaddexp" else abs(float(exact))
            assert abs(mpmath.mpf(y) - exact) <= 2.0 * math.ulp(size), (a, b)


UNITS_OF_TABLE = {"lgamma": 64.0, "digamma": 16.0}
"""Python's own functions, and sums near a root, are less exact than machine code is."""


def same(found: float, expected: float, units: float = 2.0) -> bool:
    """Whether two numbers agree to some units, with nan, infinities and zeros as they are."""
    if math.isnan(expected) or math.isnan(found):
        return math.isnan(expected) and math.isnan(found)
    if expected == 0.0 or math.isinf(expected):
        return found == expected and math.copysign(1.0, found) == math.copysign(1.0, expected)
    return abs(found - expected) <= units * math.ulp(expected)


# Double-double arithmetic: the operations are those of numbers, so they run on floats as well.

MODERATE = st.floats(-1e200, 1e200, allow_subnormal=False)
two_sum: Any = pairs.two_sum  # typed for vectors
quick_two_sum: Any = pairs.quick_two_sum  # typed for vectors


def exact_sum(a: float, b: float) -> Fraction:
    return Fraction(a) + Fraction(b)


@given(MODERATE, MODERATE)
def test_two_sum_finds_the_error_of_a_sum(a: float, b: float) -> None:
    assert two_sum(a, b).high == a + b
    assert exact_sum(*two_sum(a, b)) == exact_sum(a, b)


@given(MODERATE, MODERATE)
def test_quick_two_sum_finds_it_behind_the_larger_operand(a: float, b: float) -> None:
    larger, smaller = sorted((a, b), key=abs, reverse=True)
    assert exact_sum(*quick_two_sum(larger, smaller)) == exact_sum(a, b)


def test_every_primitive_has_a_form_but_the_one_that_lowering_takes_out() -> None:
    assert set(FUNCTIONS) == set(PRIMITIVES) - {"stop_gradient"}


FORMULAS = {name for name, row in PRIMITIVES.items() if row.llvm is not None and not row.costly}
ARITIES = {op: PRIMITIVES[op].arity for op in FUNCTIONS if op not in ("total", "constant_power")}


@pytest.mark.parametrize("width", ALL_WIDTHS)
@pytest.mark.parametrize("op", [op for op, arity in ARITIES.items() if arity == 1])
def test_a_function_of_one_number_has_the_edges_of_the_table(op: str, width: int) -> None:
    found = applied(op, [EDGES], width)
    expected = [PRIMITIVES[op](x) for x in EDGES]
    units = UNITS_OF_TABLE.get(op, 2.0)
    pairs = zip(EDGES, found, expected, strict=True)
    wrong = [(x, f, e) for x, f, e in pairs if not same(f, e, units)]
    assert wrong == []


@pytest.mark.parametrize("op", [op for op, arity in ARITIES.items() if arity == 2])
def test_a_function_of_two_numbers_has_the_edges_of_the_table(op: str) -> None:
    pairs = [(a, b) for a in EDGES for b in EDGES]
    found = applied(op, list(zip(*pairs, strict=True)), engine.host().width)
    expected = [PRIMITIVES[op](a, b) for a, b in pairs]
    wrong = [
        (pair, f, e) for pair, f, e in zip(pairs, found, expected, strict=True) if not same(f, e)
    ]
    assert wrong == []


SMALL = [x for x in EDGES if abs(x) <= 800.0]
"""So small that whoever compares is told that no number is nan."""


@pytest.mark.parametrize(
    "op", [op for op, arity in ARITIES.items() if arity in (1, 2) and op in FORMULAS]
)
def test_a_formula_has_the_same_edges_where_all_numbers_are_finite(op: str) -> None:
    pairs = [(a, b) for a in SMALL for b in SMALL if b or op != "divide"]
    operands = [pair[: ARITIES[op]] for pair in pairs]
    found = applied(op, list(zip(*operands, strict=True)), engine.host().width)
    expected = [PRIMITIVES[op](*each) for each in operands]
    wrong = [it for it in zip(operands, found, expected, strict=True) if not same(*it[1:])]
    assert wrong == []


def test_where_chooses_by_its_condition_alone() -> None:
    conditions = [0.0, -0.0, 1.0, -1.0, math.nan, math.inf]
    a, b = [math.nan] * 6, [2.0] * 6
    assert applied("where", [conditions, b, a], 4)[2:] == [2.0] * 4
    assert applied("where", [conditions, a, b], 4)[:2] == [2.0] * 2


@pytest.mark.parametrize("exponent", [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 7.5, math.inf])
def test_a_constant_power_has_the_edges_of_the_table(exponent: float) -> None:
    program = Program(
        inputs=("x",),
        parameters=(),
        instructions=(Instruction("constant_power", (0,), exponent),),
        outputs=(1,),
    )
    for form in FORMS:
        code = executable_for(program, summed=0, width=4, form=form)
        found = [y for (y,) in run_rows(code, (), [[x] for x in EDGES])]
        expected = [PRIMITIVES["constant_power"].forward(x, exponent) for x in EDGES]
        assert all(map(same, found, expected))
