"""Rules of one's own, and stops for gradients, in every mode and order."""

import math
from collections.abc import Callable
from functools import partial

import pytest

from microfp import backward, cos, exp, func, graph, log, native, value
from microfp.errors import ShapeError
from microfp.values import Scalar, Value
from tests.func.curves import (
    Curve,
    by_forward,
    by_linearizing,
    by_reverse,
    close,
    cube,
    hypot,
    number,
)


def test_a_rule_works_in_reverse_forward_and_higher_order() -> None:
    assert func.grad(cube)(2.0) == 12.0
    assert float(func.directional(cube, 2.0, 1.0)) == 12.0
    assert func.grad(func.grad(func.grad(cube)))(2.0) == 6.0
    assert func.directional(func.grad(cube), 2.0, 1.0) == 12.0
    x, y = value(3.0), value(4.0)
    gradients = backward(hypot(x, y) * 5.0)
    assert (gradients[x], gradients[y]) == (3.0, 4.0)
    assert func.check_grads(hypot, (3.0, 4.0), order=3)


def test_a_rule_shows_in_graphs() -> None:
    made = hypot(value(3.0, label="a"), 4.0)
    assert (made.data, made.op) == (5.0, "hypot_")
    assert graph.nodes(made)[-1]["formula"] == "hypot_(n0, n1)"
    assert "hypot_" in graph.to_dot(made)


def test_a_rule_written_with_microfp_functions_gives_numbers() -> None:
    rule = func.custom_derivative(math.sin, lambda a, y: (cos(a) * exp(0.0),), name="sine")
    slope = func.grad(rule)(1.0)
    assert type(slope) is float
    assert close(slope, math.cos(1.0))
    assert type(func.hvp(rule, 1.0, 1.0)) is float
    assert close(func.hvp(rule, 1.0, 1.0), -math.sin(1.0))
    assert close(func.grad(func.grad(rule))(1.0), -math.sin(1.0))


def test_a_rule_of_constant_values_gives_numbers_in_forward_mode() -> None:
    rule = func.custom_derivative(lambda a: 2.0 * a, lambda a, y: (exp(0.0) + 1.0,), name="double")
    slope: object = func.directional(rule, 3.0, 1.0)
    assert slope == 2.0
    assert type(slope) is float


def test_a_rule_is_named_and_shown_with_its_operands() -> None:
    rule = func.custom_derivative(lambda a, b: a + b, lambda a, b, y: (1.0, 1.0), name="plus")
    assert graph.nodes(rule(1.0, 2.0))[-1]["formula"] == "plus(n0, n1)"
    unnamed = func.custom_derivative(partial(math.pow, 2.0), lambda a, y: (y,), arity=1)
    assert (unnamed(3.0).op, unnamed(3.0).data) == ("custom", 8.0)


@pytest.mark.parametrize("outer", [by_reverse, by_forward])
def test_a_rule_must_not_capture_what_is_differentiated_along(
    outer: Callable[[Curve], Curve],
) -> None:
    def scaled(k: Scalar) -> Scalar:
        rule = func.custom_derivative(lambda a: a * number(k), lambda a, y: (k,), name="scaled")
        return by_reverse(rule)(1.0)

    with pytest.raises(TypeError, match="scaled: each partial must be computed from the operands"):
        outer(scaled)(5.0)


def test_a_gradient_does_not_pass_a_stop() -> None:
    def f(x: Scalar) -> Scalar:
        return x * func.stop_gradient(x * x)

    assert func.value_and_grad(f)(3.0) == (27.0, 9.0)
    assert func.jvp(f, 3.0, 1.0) == (27.0, 9.0)
    assert func.grad(func.grad(f))(3.0) == 0.0
    assert func.stop_gradient((1.0, "text")) == (1.0, "text")


def test_a_name_with_braces_is_shown_as_it_is() -> None:
    rule = func.custom_derivative(lambda a: a, lambda a, y: (1.0,), name="f{0}")
    assert graph.nodes(rule(1.0))[-1]["formula"] == "f{0}(n0)"


@pytest.mark.parametrize(
    ("partials", "error", "message"),
    [
        (lambda a, b, y: (b,), ShapeError, r"rule: partials must be a tuple of 2, got \(5.0,\)"),
        (lambda a, b, y: b, ShapeError, "rule: partials must be a tuple of 2, got 5.0"),
        (lambda a, b, y: (b, "a"), TypeError, "each partial must be a Value or a number, got 'a'"),
    ],
)
def test_a_wrong_rule_is_refused_where_it_is_used(
    partials: Callable[..., tuple[Scalar, ...]], error: type[Exception], message: str
) -> None:
    rule = func.custom_derivative(lambda a, b: a * b, partials, name="rule")
    with pytest.raises(error, match=message):
        func.grad(rule)(2.0, 5.0)


def test_a_rule_must_have_a_number_for_its_value() -> None:
    rule = func.custom_derivative(lambda a: "a", lambda a, y: (1.0,), name="rule")  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="rule: its value must be a number, got 'a'"):
        rule(1.0)


def behind_a_stop(x: Scalar) -> Scalar:
    return 1.0 / func.stop_gradient(x) + func.stop_gradient(log(x)) + 3.0 * x


@pytest.mark.parametrize(
    "slope",
    [
        func.grad(behind_a_stop),
        by_forward(behind_a_stop),
        by_linearizing(behind_a_stop),
        func.jacfwd(behind_a_stop),
        func.jacrev(behind_a_stop),
        native.value_and_grad(behind_a_stop, 0.0),
    ],
)
def test_no_infinite_gradient_passes_a_stop_in_any_mode(slope: Callable[[float], object]) -> None:
    found = slope(0.0)
    assert (found[1] if isinstance(found, tuple) else found) == 3.0


@pytest.mark.parametrize("outer", [by_reverse, by_forward])
@pytest.mark.parametrize("inner", [by_reverse, by_forward])
def test_no_infinite_gradient_passes_a_stop_in_higher_orders(
    outer: Callable[[Curve], Curve], inner: Callable[[Curve], Curve]
) -> None:
    def curve(x: Scalar) -> Scalar:
        return 1.0 / func.stop_gradient(x) + func.stop_gradient(log(x)) + x * x

    assert outer(inner(curve))(0.0) == 2.0
    assert func.hvp(curve, 0.0, 1.0) == 2.0


@pytest.mark.parametrize(
    "second",
    [
        lambda f: func.grad(func.grad(f))(3.0),
        lambda f: func.hessian(f)(3.0),
        lambda f: func.hvp(f, 3.0, 1.0),
        lambda f: func.jvp(f, 3.0, 1.0),
        lambda f: func.jvp(func.grad(f), 3.0, 1.0),
        lambda f: func.jacfwd(func.jacfwd(f))(3.0),
        lambda f: func.jacrev(func.jacfwd(f))(3.0),
        lambda f: func.linearize(func.grad(f), 3.0)[1](1.0),
    ],
)
@pytest.mark.parametrize(
    "partial_at", [lambda a, x: 2.0 * x, lambda a, x: 2.0 * a * (x / 3.0), lambda a, x: a + x]
)
def test_a_rule_that_captures_what_is_differentiated_is_refused(
    partial_at: Callable[[Value, Value], Value],
    second: Callable[[Callable[..., Value]], object],
) -> None:
    def f(x: Value) -> Value:
        rule = func.custom_derivative(
            lambda a: a * a, lambda a, y: (partial_at(a, x),), name="mine"
        )
        return rule(x)

    with pytest.raises(TypeError, match="each partial must be computed from the operands"):
        second(f)
