"""Towers of derivatives, against fifty digits and against nested transforms."""

import math
from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import mpmath
import pytest

from microfp import func, values
from microfp.values import Scalar
from tests.expressions import EXACT
from tests.func.curves import number
from tests.test_functions import DOMAINS

SMOOTH = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "sigmoid",
    "softplus",
    "sqrt",
    "cbrt",
    "erf",
    "erfc",
    "lgamma",
    "digamma",
    "silu",
    "mish",
    "gelu",
    "gelu_tanh",
]


@pytest.mark.parametrize("name", SMOOTH)
def test_twelve_orders_have_twelve_digits(name: str) -> None:
    low, high = DOMAINS[name][0]
    x = low + 0.618 * (high - low)
    found = list(islice(func.taylor(getattr(values, name), x), 12))
    exact: Callable[[Any], Any] = EXACT[name]
    with mpmath.workdps(60):
        expected = mpmath.taylor(exact, mpmath.mpf(x), 11)
    for order, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert abs(a - b) <= 1e-12 * max(1.0, abs(b)), order


def composed(x: Scalar) -> Scalar:
    return values.pow(2.0 + values.sin(x), x) / (1.0 + x * x) - values.gelu(x) ** 3


def test_a_tower_has_what_nested_gradients_have() -> None:
    found = list(islice(func.derivatives(composed, 0.7), 4))
    f: Callable[..., Any] = composed
    for derivative in found:
        assert derivative == pytest.approx(number(f(0.7)), rel=1e-11)
        f = func.grad(f)


def test_a_hundred_orders_of_the_exponential() -> None:
    assert list(islice(func.derivatives(values.exp, 0.0), 100)) == pytest.approx([1.0] * 100)


def test_a_function_that_does_not_move_has_zeros_behind_its_value() -> None:
    assert list(islice(func.taylor(lambda x: 3.0, 1.0), 3)) == [3.0, 0.0, 0.0]
    assert list(islice(func.taylor(values.floor, 1.5), 3)) == [1.0, 0.0, 0.0]


def test_it_is_asked_for_step_by_step() -> None:
    tower = func.taylor(lambda x: 1.0 / x, 0.5)
    assert [next(tower) for _ in range(3)] == [2.0, -4.0, 8.0]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="what <lambda> returns must be a scalar"):
        func.taylor(lambda x: (x, x), 1.0)  # type: ignore[arg-type,return-value]  # what is refused


# Searches.


@pytest.mark.parametrize("search", [func.newton, func.halley])
def test_a_root_is_found(search: Callable[..., Any]) -> None:
    *_, last = func.until_converged(search(lambda x: values.cos(x) - x, 1.0))
    assert last.x == pytest.approx(0.7390851332151607, rel=1e-15)
    assert last.step <= 7


def test_halley_takes_fewer_steps() -> None:
    def steps(search: Callable[..., Any]) -> int:
        return len(list(func.until_converged(search(lambda x: x**3 - 2.0, 5.0))))

    assert steps(func.halley) < steps(func.newton)


def test_a_fixed_point_is_the_golden_ratio() -> None:
    *_, last = func.until_converged(func.fixed_point(lambda x: 1.0 + 1.0 / x, 1.0))
    assert last.x == pytest.approx((1.0 + math.sqrt(5.0)) / 2.0, rel=1e-11)


def test_a_minimum_of_two_numbers() -> None:
    def valley(v: tuple[Scalar, Scalar]) -> Scalar:
        x, y = v
        return (1.0 - x) ** 2 + 2.0 * (y - x * x) ** 2

    *_, last = func.until_converged(func.minimize(valley, (-1.0, 1.0)), tolerance=1e-9)
    assert last.x == pytest.approx((1.0, 1.0), abs=1e-6)
    assert last.value < 1e-12


def test_a_minimum_falls_at_every_step() -> None:
    costs = [e.value for e in islice(func.minimize(lambda x: (x - 3.0) ** 4, 0.0), 20)]
    assert all(a >= b for a, b in pairwise(costs))


def test_a_search_ends_after_as_many_steps_as_it_may() -> None:
    assert len(list(func.until_converged(func.fixed_point(lambda x: -x, 1.0), most=5))) == 6


# One function for many examples.


def test_vmap_is_one_call_for_each_example() -> None:
    xs, w = [(1.0, 2.0), (3.0, 4.0)], (10.0, 100.0)

    def score(w: tuple[float, float], x: tuple[float, float]) -> float:
        return w[0] * x[0] + w[1] * x[1]

    assert func.vmap(score, in_axes=(None, 0))(w, xs) == (210.0, 430.0)
    assert func.vmap(func.grad(score), in_axes=(None, 0))(w, xs) == ((1.0, 2.0), (3.0, 4.0))

    def summed(w: tuple[float, float]) -> Scalar:
        return values.total(func.vmap(score, in_axes=(None, 0))(w, xs))

    assert func.grad(summed)(w) == (4.0, 6.0)


@pytest.mark.parametrize(
    ("axes", "arguments", "message"),
    [
        (0, ((1.0,), (1.0, 2.0)), r"the examples must be equally many in each, got \[1, 2\]"),
        ((None, None), (1.0, 2.0), "in_axes must be 0 or None for 2 arguments"),
        (1, ((1.0,), (1.0,)), "in_axes must be 0 or None"),
        ((0,), ((1.0,), (1.0,)), "in_axes must be 0 or None for 2 arguments"),
    ],
)
def test_vmap_says_what_does_not_fit(axes: Any, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^vmap: {message}"):
        func.vmap(lambda x, y: x + y, in_axes=axes)(*arguments)
