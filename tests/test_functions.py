"""Every function, by both modes to the third order, natively, and at the edges of compositions."""

import math
import random
from collections.abc import Callable, Sequence
from functools import partial

import mpmath
import pytest

from microfp import func, native, values
from microfp.compiler.native.run.executable import executable_for, run_rows
from microfp.gradients import backward, grad
from microfp.values import Scalar, Value, value

INF, NAN = math.inf, math.nan
Interval = tuple[float, float]
Function = Callable[..., Value]

# Where a function is smooth, away from its kinks and its poles.
DOMAINS: dict[str, tuple[Interval, ...]] = {
    **dict.fromkeys(("sin", "cos", "neg", "square", "gelu_tanh", "gelu"), ((-3.0, 3.0),)),
    **dict.fromkeys(("tanh", "sigmoid", "softplus", "silu", "mish"), ((-3.0, 3.0),)),
    **dict.fromkeys(("log_sigmoid", "atan", "sinh", "cosh", "asinh"), ((-3.0, 3.0),)),
    **dict.fromkeys(("exp", "exp2", "expm1", "erf", "erfc"), ((-3.0, 3.0),)),
    **dict.fromkeys(("elu", "selu", "leaky_relu", "softsign", "relu", "absolute"), ((0.1, 3.0),)),
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "cbrt", "reciprocal"), ((0.5, 3.0),)),
    **dict.fromkeys(("lgamma", "digamma"), ((0.5, 9.0),)),
    **dict.fromkeys(("asin", "acos", "atanh"), ((-0.8, 0.8),)),
    **dict.fromkeys(("relu6", "floor", "ceil", "sign", "positive"), ((0.1, 0.9),)),
    **dict.fromkeys(("round", "hardtanh", "logical_not"), ((0.1, 0.4),)),
    **dict.fromkeys(("add", "sub", "mul", "logaddexp"), ((-3.0, 3.0), (-3.0, 3.0))),
    **dict.fromkeys(("divide", "hypot", "atan2", "pow"), ((0.5, 3.0), (0.5, 3.0))),
    **dict.fromkeys(("maximum", "minimum", "greater", "greater_equal"), ((0.0, 1.0), (1.1, 3.0))),
    **dict.fromkeys(("equal", "less", "less_equal"), ((0.0, 1.0), (1.1, 3.0))),
    **dict.fromkeys(("logical_and", "logical_or"), ((0.5, 1.0), (1.1, 3.0))),
    "remainder": ((2.1, 2.4), (0.8, 0.9)),
    "clip": ((0.1, 0.9), (-0.5, 0.0), (1.0, 2.0)),
    "where": ((0.5, 1.0), (-3.0, 3.0), (-3.0, 3.0)),
    "tan": ((-1.2, 1.2),),
    "acosh": ((1.5, 4.0),),
    "log1p": ((-0.5, 3.0),),
}
ALL = {**values.FUNCTIONS, **values.COMPOSITIONS}


def points(name: str, count: int) -> list[tuple[float, ...]]:
    draw = random.Random(f"{name} points")
    return [tuple(draw.uniform(*interval) for interval in DOMAINS[name]) for _ in range(count)]


def test_every_function_is_checked() -> None:
    assert set(DOMAINS) == set(ALL)


@pytest.mark.parametrize("name", sorted(ALL))
def test_both_modes_and_differences_agree_to_the_third_order(name: str) -> None:
    for point in points(name, 200):
        found = func.check_grads(ALL[name], point, order=3, tolerance=1e-6, step=2e-5)
        assert found, (point, found.disagreements)


@pytest.mark.parametrize("name", sorted(ALL))
def test_machine_code_computes_what_the_graph_does(name: str) -> None:
    rows = points(name, 20)
    leaves = [value(x) for x in rows[0]]
    program = native.lower(ALL[name](*leaves), inputs=leaves)
    found = [y for (y,) in run_rows(executable_for(program, summed=0, width=4), (), rows)]
    expected = [ALL[name](*map(value, row)).data for row in rows]
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("function", [values.total, values.mean, values.norm, values.logsumexp])
def test_functions_of_several_values_have_their_derivatives(function: Function) -> None:
    draw = random.Random("several")
    for _ in range(50):
        point = tuple(draw.uniform(0.5, 3.0) for _ in range(4))
        assert func.check_grads(function, (point,), order=3, step=2e-5)


@pytest.mark.parametrize("function", [values.softmax, values.log_softmax])
def test_a_softmax_has_its_derivatives(function: Callable[..., tuple[Value, ...]]) -> None:
    draw = random.Random("softmax")
    for _ in range(50):
        point = tuple(draw.uniform(-3.0, 3.0) for _ in range(3))
        assert func.check_grads(function, (point,), order=3, step=2e-5)


# A score of -inf is a masked class.


def slopes(output: Value, leaves: Sequence[Value]) -> list[float]:
    gradients = backward(output)
    return [grad(leaf, gradients) for leaf in leaves]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_a_masked_class_has_no_part_in_a_softmax(order: tuple[int, ...]) -> None:
    scores = [value((-INF, 0.0, 1.0)[place]) for place in order]
    expected = [(0.0, 1 / (1 + math.e), math.e / (1 + math.e))[place] for place in order]
    assert [p.data for p in values.softmax(scores)] == pytest.approx(expected)
    assert values.logsumexp(scores).data == pytest.approx(math.log(1 + math.e))
    assert slopes(values.logsumexp(scores), scores) == pytest.approx(expected)
    at = order.index(2)
    cost = -values.log_softmax(scores)[at]
    assert cost.data == pytest.approx(0.31326168751822286)
    assert slopes(cost, scores) == pytest.approx([p - (i == at) for i, p in enumerate(expected)])


def test_where_all_is_masked_there_is_nothing() -> None:
    scores = [value(-INF), value(-INF)]
    assert values.logsumexp(scores).data == -INF
    assert values.logsumexp([value(INF), value(0.0)]).data == INF


@pytest.mark.parametrize("size", [1e308, 1e-308, 1.0])
def test_a_norm_neither_overflows_nor_vanishes(size: float) -> None:
    terms = [value(x * size) for x in (0.2, 0.3, 0.6)]
    assert values.norm(terms).data == pytest.approx(0.7 * size, rel=1e-15)
    assert slopes(values.norm(terms), terms) == pytest.approx([2 / 7, 3 / 7, 6 / 7])


def test_a_norm_of_nothing_but_zeros_is_flat() -> None:
    terms = [value(0.0), value(0.0)]
    assert slopes(values.norm(terms), terms) == [0.0, 0.0]


# Branches that are not taken.


@pytest.mark.parametrize("name", ["elu", "selu", "leaky_relu", "relu6", "hardtanh", "softsign"])
@pytest.mark.parametrize("x", [1e308, -1e308, 1000.0, -1000.0, 0.0])
def test_a_branch_that_is_not_taken_brings_no_nan(name: str, x: float) -> None:
    leaf = value(x)
    output = ALL[name](leaf)
    assert math.isfinite(output.data)
    assert math.isfinite(slopes(output, [leaf])[0])


def test_activations_have_the_slopes_of_their_left_side_at_their_kinks() -> None:
    assert func.grad(values.elu)(0.0) == 1.0
    assert func.grad(values.leaky_relu)(0.0) == 0.01
    assert func.grad(lambda x: values.elu(x, 2.0))(0.0) == 2.0


# Conditions.


def test_a_choice_takes_a_truth_of_python() -> None:
    x, y = value(2.0), value(3.0)
    assert values.where(x.data > 1.0, x, y).data == 2.0
    assert values.where(False, x, y).data == 3.0


@pytest.mark.parametrize(
    ("x", "inside", "outside"), [(-1.0, 0.0, 1.0), (2.0, 1.0, 0.0), (NAN, 0.0, 1.0)]
)
def test_conditions_combine(x: float, inside: float, outside: float) -> None:
    low, high = values.greater_equal(x, 1.0), values.less(x, 3.0)
    both = values.logical_and(low, high)
    assert both.data == inside
    assert values.logical_not(both).data == outside
    assert values.logical_or(values.less(x, 1.0), values.greater(x, 3.0)).data == (
        0.0 if math.isnan(x) else outside
    )


def test_an_if_on_a_number_inside_of_a_transform_is_refused_and_where_is_right() -> None:
    with pytest.raises(TypeError, match=r"where\(equal\(x, number\), a, b\)"):
        func.grad(lambda x: x * x if x == 3.0 else -x)(3.0)
    with pytest.raises(TypeError, match="where"):
        func.jvp(lambda x: x * x if x != 3.0 else -x, 3.0, 1.0)
    with pytest.raises(TypeError, match=r"where\(greater\(x, y\), a, b\)"):
        func.grad(lambda x: x * x if x > 3.0 else -x)(3.0)
    chosen = func.grad(lambda x: values.where(values.equal(x, 3.0), x * x, -x))
    assert (chosen(3.0), chosen(2.0)) == (6.0, -1.0)


def test_python_s_own_rounding_gives_values() -> None:
    x = value(-7.5)
    assert [round(x).data, math.floor(x).data, math.ceil(x).data] == [-8.0, -8.0, -7.0]
    assert [(x % 2.0).data, (2.0 % x).data] == [0.5, -5.5]
    with pytest.raises(TypeError, match=r"round\(100 \* x\) / 100"):
        round(x, 2)  # type: ignore[call-overload]  # what is refused


# Derivatives to the third order where digits are lost easily: near 0, at edges, and in the tails.

EXACT: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    **{
        name: getattr(mpmath, name) for name in ("tanh", "sin", "cos", "tan", "sinh", "cosh", "exp")
    },
    **{name: getattr(mpmath, name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{name: getattr(mpmath, name) for name in ("expm1", "log", "log1p", "log10", "sqrt", "erf")},
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "log_sigmoid": lambda x: -mpmath.log(1 + mpmath.exp(-x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log(1 + mpmath.exp(x))),
    "gelu_tanh": lambda x: (
        x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3)))
    ),
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "softsign": lambda x: x / (1 + abs(x)),
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
}
HARD = [
    s * x for x in (1e-17, 1e-8, 1e-3, 0.3, 0.9999, 1 - 2**-53, 8.0, 20.3, 700.0) for s in (1, -1)
]


def exact_derivatives(name: str, x: float) -> list[mpmath.mpf] | None:
    """A function of eight hundred digits and its first four derivatives; None outside of it."""
    f, a, h = EXACT[name], mpmath.mpf(x), mpmath.mpf(10) ** -120
    try:
        back, before, here, after, ahead = (f(a + k * h) for k in range(-2, 3))
    except (ValueError, ZeroDivisionError):
        return None
    found = [
        here,
        (after - before) / (2 * h),
        (after - 2 * here + before) / h**2,
        (ahead - 2 * after + 2 * before - back) / (2 * h**3),
        (ahead - 4 * after + 6 * here - 4 * before + back) / h**4,
    ]
    return None if any(isinstance(y, mpmath.mpc) for y in found) else found


def _along_one(f: Callable[[float], Scalar], x: float) -> Scalar:
    return func.directional(f, x, 1.0)


def by_both_modes(f: Function, x: float, order: int) -> tuple[Scalar, Scalar]:
    reverse: Callable[[float], Scalar] = f
    forward: Callable[[float], Scalar] = f
    for _ in range(order):
        reverse = func.grad(reverse)
        forward = partial(_along_one, forward)
    return reverse(x), forward(x)


@pytest.mark.parametrize("name", sorted(EXACT))
def test_derivatives_are_exact_where_digits_are_lost_easily(name: str) -> None:
    """To 1e-14, or to what one rounding of the argument would make of them."""
    for x in HARD:
        with mpmath.workdps(800):
            exact = exact_derivatives(name, x) or []
        for order in (1, 2, 3) if exact else ():
            sought, slope = exact[order : order + 2]
            if 1e-290 < abs(sought) < 1e290:
                rounding = 2.0**-52 * abs(x * slope / sought)
                for found in by_both_modes(ALL[name], x, order):
                    error = abs(found - sought) / abs(sought)
                    assert error <= 1e-14 + rounding, (x, order, found, float(sought))


@pytest.mark.parametrize("x", [1e-300, -1e-300, 0.0])
def test_even_derivatives_of_odd_functions_do_not_drown_near_zero(x: float) -> None:
    second = {"tanh": -2.0, "sigmoid": -0.125, "asin": 1.0, "acos": -1.0, "atanh": 2.0, "tan": 2.0}
    for name, factor in second.items():
        assert by_both_modes(ALL[name], x, 2) == (factor * x, factor * x), name


def test_the_slope_of_digamma_is_infinite_at_its_poles_and_exact_beside_them() -> None:
    assert [func.grad(values.digamma)(-float(k)) for k in range(4)] == [INF] * 4
    with mpmath.workdps(60):
        for x in (-0.9999, -3.0000001, -19.5):
            exact = mpmath.psi(1, mpmath.mpf(x))
            assert abs(func.grad(values.digamma)(x) - exact) <= 1e-14 * abs(exact)


def test_the_approximate_gelu_keeps_its_digits_and_has_slopes_far_out() -> None:
    with mpmath.workdps(60):
        for x in (-6.7, -8.0):
            exact = EXACT["gelu_tanh"](mpmath.mpf(x))
            assert abs(values.gelu_tanh(x).data - exact) <= 1e-13 * abs(exact)
    for x, slope in ((1e150, 1.0), (-1e150, 0.0)):
        assert by_both_modes(values.gelu_tanh, x, 1) == (slope, slope)
        assert by_both_modes(values.gelu_tanh, x, 2) == (0.0, 0.0)


def test_saturated_second_derivatives_are_zero() -> None:
    assert func.grad(func.grad(values.tanh))(1000.0) == 0.0
    assert func.grad(func.grad(values.tanh))(INF) == 0.0
