"""Derivatives of higher order: random expressions at fifty digits, and closed forms of order 5."""

import math
from collections.abc import Callable, Sequence
from functools import reduce
from random import Random
from typing import Any, TypeAlias

import mpmath
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microfp import cos, divide, exp, func, log, mul, pow, sigmoid, sin, softplus, sqrt, tanh
from microfp.values import Scalar, lift
from tests.expressions import EXACT, VALUES, Expression, evaluate, expressions

Curve: TypeAlias = Callable[[Scalar], Scalar]


def reverse(f: Curve) -> Curve:
    return func.grad(f)


def forward(f: Curve) -> Curve:
    return lambda x: func.directional(f, x, 1.0)


def differentiated(f: Curve, modes: Sequence[Callable[[Curve], Curve]]) -> Curve:
    return reduce(lambda g, mode: mode(g), modes, f)


def directions(expression: Expression) -> list[float]:
    draws = Random(len(expression.steps))
    return [draws.uniform(0.5, 1.5) for _ in expression.leaves]


def along(expression: Expression) -> Curve:
    """The expression along a line through its point."""

    def curve(t: Scalar) -> Scalar:
        ways = zip(expression.leaves, directions(expression), strict=True)
        return evaluate(expression.steps, [lift(leaf + t * v) for leaf, v in ways], VALUES)

    return curve


def exactly_along(expression: Expression, noise: float) -> Callable[[Any], Any]:
    """The same at fifty digits, with each step and its slopes moved by a relative noise."""

    def curve(t: Any) -> Any:
        draws = Random(1)
        ways = zip(expression.leaves, directions(expression), strict=True)
        numbers = [mpmath.mpf(leaf) + t * mpmath.mpf(v) for leaf, v in ways]
        for op, operands, constant in expression.steps:
            result = EXACT[op](*(numbers[i] for i in operands), *constant)
            moved = (draws.uniform(-1.0, 1.0) * t**k for k in range(4))
            numbers.append(result * (1 + noise * sum(moved)))
        return numbers[-1]

    return curve


def exact_derivative(expression: Expression, order: int) -> tuple[float, float]:
    """The derivative, and how much of a relative error of the steps arrives in it."""
    with mpmath.workdps(50):
        exact = mpmath.diff(exactly_along(expression, 0.0), 0, order)
        noisy = mpmath.diff(exactly_along(expression, 1e-20), 0, order)
        return float(exact), float(abs(noisy - exact) / 1e-20)


@pytest.mark.parametrize(("order", "tolerance"), [(1, 1e-12), (2, 1e-11), (3, 1e-9)])
@settings(max_examples=700, suppress_health_check=[HealthCheck.too_slow])
@given(expressions(max_steps=7), st.lists(st.sampled_from([reverse, forward]), min_size=3))
def test_derivatives_of_random_expressions_are_right(
    order: int,
    tolerance: float,
    expression: Expression,
    modes: list[Callable[[Curve], Curve]],
) -> None:
    exact, error_of_steps = exact_derivative(expression, order)
    found = lift(differentiated(along(expression), modes[:order])(0.0)).data
    # Ill-conditioned is where an error of the steps arrives a thousand times larger.
    scale = max(abs(exact), error_of_steps / 1e3)
    assert abs(found - exact) <= tolerance * scale + 1e-40


def polynomial(coefficients: Sequence[float]) -> Callable[[float], float]:
    return lambda s: math.fsum(c * s**k for k, c in enumerate(coefficients))


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


# The derivatives of the logistic function are polynomials in it (Stirling numbers times k!).
FIFTH_OF_SIGMOID = polynomial([0.0, 1.0, -31.0, 180.0, -390.0, 360.0, -120.0])
FOURTH_OF_SIGMOID = polynomial([0.0, 1.0, -15.0, 50.0, -60.0, 24.0])

CLOSED_FORMS: list[tuple[str, Curve, Callable[[float], float]]] = [
    ("exp", exp, math.exp),
    ("log", log, lambda x: 24.0 / x**5),
    ("sqrt", sqrt, lambda x: 105.0 / 32.0 * x**-4.5),
    ("sin", sin, math.cos),
    ("cos", cos, lambda x: -math.sin(x)),
    ("sigmoid", sigmoid, lambda x: FIFTH_OF_SIGMOID(logistic(x))),
    ("tanh", tanh, lambda x: 64.0 * FIFTH_OF_SIGMOID(logistic(2.0 * x))),
    ("softplus", softplus, lambda x: FOURTH_OF_SIGMOID(logistic(x))),
    ("reciprocal", lambda x: divide(1.0, x), lambda x: -120.0 / x**6),
    ("quotient", lambda x: x / (x + 1.0), lambda x: 120.0 / (x + 1.0) ** 6),
    ("mul", lambda x: mul(x * x, x * x) * x * x, lambda x: 720.0 * x),
    ("constant power", lambda x: x**6, lambda x: 720.0 * x),
    ("low power", lambda x: x**4, lambda x: 0.0),
    ("root", lambda x: x**0.5, lambda x: 105.0 / 32.0 * x**-4.5),
    ("pow of the base", lambda x: pow(x, lift(6.0)), lambda x: 720.0 * x),
    ("pow of the exponent", lambda x: pow(2.0, x), lambda x: math.log(2.0) ** 5 * 2.0**x),
    ("add", lambda x: x + exp(x), math.exp),
    ("sub", lambda x: x - exp(x), lambda x: -math.exp(x)),
    ("neg", lambda x: -sin(x), lambda x: -math.cos(x)),
]
MIXTURES = [
    (reverse,) * 5,
    (forward,) * 5,
    (reverse, forward, reverse, forward, reverse),
    (forward, reverse, forward, reverse, forward),
]


@pytest.mark.parametrize("modes", MIXTURES, ids=["reverse", "forward", "mixed", "mixed again"])
@pytest.mark.parametrize(
    ("f", "fifth"), [row[1:] for row in CLOSED_FORMS], ids=[row[0] for row in CLOSED_FORMS]
)
def test_the_fifth_derivative_is_the_closed_form(
    f: Curve, fifth: Callable[[float], float], modes: Sequence[Callable[[Curve], Curve]]
) -> None:
    for x in (0.3, 0.9, 1.7, 2.5):
        found = lift(differentiated(f, modes)(x)).data
        assert found == pytest.approx(fifth(x), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("modes", [(reverse,) * 3, (forward,) * 3])
def test_a_power_keeps_its_mixed_derivatives_where_the_exponent_is_a_whole_number(
    modes: Sequence[Callable[[Curve], Curve]],
) -> None:
    # x ** x is exp(x log x); its third derivative at 1 is 3.
    third = differentiated(lambda x: x**x, modes)(1.0)
    assert lift(third).data == pytest.approx(3.0, rel=1e-12)
    slope = differentiated(lambda b: func.grad(lambda a: pow(a, b))(2.0), modes[:1])(0.0)
    assert lift(slope).data == 0.5  # d/db b a^(b - 1) at b = 0
