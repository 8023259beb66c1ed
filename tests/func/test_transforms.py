"""Transforms: against closed forms, central differences, and each other."""

import math
from collections.abc import Callable
from functools import reduce
from itertools import product
from random import Random

import pytest
from hypothesis import given
from pyrsistent import PMap, PVector, pmap, pvector

from microfp import Value, backward, cos, datasets, func, nn, relu, sin, total, value
from microfp.gradients import backward_symbolic
from microfp.losses import evaluate, max_margin
from microfp.tree import parameters, with_parameters
from microfp.tree import values as values_in
from microfp.values import Scalar
from tests.func.curves import (
    MODES,
    Curve,
    Line,
    Point,
    Step,
    built,
    by_forward,
    by_linearizing,
    by_reverse,
    close,
    number,
    points,
    square,
    steps,
)
from tests.untraced import untraced


def test_the_gradient_has_the_shape_and_the_types_of_the_argument() -> None:
    def f(tree: tuple[Point, PVector[Scalar], PMap[str, Scalar], Line]) -> Scalar:
        point, vector, named, line = tree
        return point.x * point.y + vector[0] * 3.0 + named["a"] * 5.0 + line.slope * line.power

    line = Line(slope=value(1.0, label="slope"), offset=value(2.0))
    slopes = func.grad(f)((Point(2.0, 7.0), pvector([1.0, 4]), pmap({"a": 1.0}), line))
    assert slopes[:3] == (Point(7.0, 2.0), pvector([3.0, 0.0]), pmap({"a": 5.0}))
    assert isinstance(slopes[0], Point)
    assert type(slopes[3]) is Line
    assert (slopes[3].slope.data, slopes[3].offset.data, slopes[3].power) == (2.0, 0.0, 2.0)
    assert slopes[3].slope.label == "slope"
    assert slopes[3].slope.op == "leaf"


def test_numbers_in_give_numbers_out() -> None:
    result = func.value_and_grad(lambda x: x * x)(3)
    assert result == (9.0, 6.0)
    assert [type(x) for x in result] == [float, float]


def test_a_value_in_gives_a_graph_out() -> None:
    x = value(3.0)
    slope = func.grad(lambda a: a * a * a)(x)
    assert slope.data == 27.0
    assert backward(slope)[x] == 18.0


def test_a_value_that_was_computed_can_be_differentiated_through() -> None:
    w = value(2.0)
    slope = func.grad(lambda a: a * a * a)(w * w)  # 3 w^4
    assert backward(slope)[w] == 12.0 * 8.0


def test_what_a_function_captures_stays_a_node_where_the_argument_is_one() -> None:
    x, w = value(3.0), value(5.0)
    assert backward(func.grad(lambda a: a * a * w)(x))[w] == 6.0
    assert backward(func.directional(lambda a: a * a * w, x, 1.0))[w] == 6.0
    inner = func.grad(lambda a: a * func.grad(lambda b: x * b)(1.0))(x)
    assert backward(inner)[x] == 1.0


def test_a_captured_model_does_not_make_numbers_into_values() -> None:
    model = nn.mlp(2, [3, 1])

    def f(inputs: tuple[Scalar, ...]) -> Value:
        return nn.forward(model, inputs)

    slopes = func.grad(f)((0.5, -0.5))
    assert [type(slope) for slope in slopes] == [float, float]
    ahead: object = func.directional(f, ((0.5, -0.5),), ((1.0, 0.0),))
    assert type(ahead) is float
    assert close(ahead, number(slopes[0]))


def test_a_value_in_two_places_of_a_record_is_one_parameter() -> None:
    w = value(3.0)
    tied = Line(slope=w, offset=w)

    def f(line: Line) -> Value:
        return line.slope * line.offset + total(parameters(line))

    slopes = func.grad(f)(tied)
    assert (slopes.slope.data, slopes.offset.data) == (7.0, 7.0)  # of w * w + w
    direction = Line(slope=value(1.0), offset=value(1.0))
    pair: object = func.jvp(f, tied, direction)
    assert pair == (12.0, 7.0)
    assert number(func.linearize(f, tied)[1](direction)) == 7.0
    with pytest.raises(ValueError, match="tangents must be equal where the primals hold one value"):
        func.jvp(f, tied, direction.set(slope=value(2.0)))
    with pytest.raises(ValueError, match="tied weights"):
        func.linearize(f, tied)[1](direction.set(slope=value(2.0)))


def test_one_value_in_two_arguments_is_two_arguments() -> None:
    x = value(3.0)
    first, second = func.vjp(lambda a, b: a * a * b, x, x)[1](value(1.0))
    assert isinstance(first, Value)
    assert isinstance(second, Value)
    assert (first.data, second.data) == (18.0, 9.0)


def test_arguments_are_chosen_by_their_numbers() -> None:
    def f(a: Scalar, b: Scalar, *, scale: float) -> Scalar:
        return a * b * b * scale

    assert func.grad(f, 1)(3.0, 5.0, scale=2.0) == 60.0
    assert func.grad(f, -2)(3.0, 5.0, scale=2.0) == 50.0
    assert func.grad(f, (1, 0))(3.0, 5.0, scale=2.0) == (60.0, 50.0)
    assert func.value_and_grad(f, (0,))(3.0, 5.0, scale=1.0) == (75.0, (25.0,))
    assert func.jacobian(f, (0, 1))(3.0, 5.0, scale=1.0) == (25.0, 30.0)
    assert func.hessian(f, 1)(3.0, 5.0, scale=1.0) == 6.0


def test_an_auxiliary_result_passes_by() -> None:
    def f(x: Scalar) -> tuple[Scalar, tuple[str, Scalar]]:
        return x * x, ("seen", x * 5.0)

    (result, (word, seen)), slope = func.value_and_grad(f, has_aux=True)(3.0)
    assert (result, word, number(seen), slope) == (9.0, "seen", 15.0, 6.0)
    assert func.grad(f, has_aux=True)(3.0)[0] == 6.0


def squared_and_cubed(x: Scalar) -> tuple[Scalar, Scalar]:
    return x * x, x * x * x


@pytest.mark.parametrize("outer", MODES)
def test_an_auxiliary_result_can_be_differentiated_by_what_is_around(
    outer: Callable[[Curve], Curve],
) -> None:
    def cubed(x: Scalar) -> Scalar:
        return func.grad(squared_and_cubed, has_aux=True)(x)[1]

    assert outer(cubed)(2.0) == 12.0


@given(steps, points)
def test_forward_equals_reverse(made: list[Step], point: tuple[float, float, float]) -> None:
    def f(*inputs: Scalar) -> Scalar:
        return built(made, inputs)

    slopes = func.grad(f, (0, 1, 2))(*point)
    assert isinstance(slopes, tuple)
    ahead = func.jacfwd(f, (0, 1, 2))(*point)
    linear = func.linearize(f, *point)[1]
    for i, slope in enumerate(slopes):
        unit = tuple(float(i == j) for j in range(3))
        assert close(func.directional(f, point, unit), slope)
        assert close(linear(*unit), slope)
    assert ahead == pytest.approx(slopes, rel=1e-12, abs=1e-12)


@given(steps, points, points)
def test_hessians_are_symmetric_and_agree_with_their_products(
    made: list[Step], point: tuple[float, float, float], v: tuple[float, float, float]
) -> None:
    def f(inputs: tuple[Scalar, ...]) -> Scalar:
        return built(made, inputs)

    rows = func.hessian(f)(point)
    assert isinstance(rows, tuple)
    again = func.jacrev(func.grad(f))(point)
    assert isinstance(again, tuple)
    for i, j in product(range(3), repeat=2):
        assert close(rows[i][j], rows[j][i], 1e-10)
        assert close(rows[i][j], again[i][j], 1e-10)
    products = func.hvp(f, (point,), (v,))
    assert isinstance(products, tuple)
    for row, entry in zip(rows, products, strict=True):
        assert close(entry, sum(a * b for a, b in zip(row, v, strict=True)), 1e-9)


def test_jacobians_of_trees_are_trees_of_trees() -> None:
    def polar(p: Point) -> PMap[str, Scalar]:
        made: dict[str, Scalar] = {"x": p.x * cos(p.y), "y": p.x * sin(p.y), "one": 1.0}
        return pmap(made)

    expected = {
        "x": Point(math.cos(0.5), -2.0 * math.sin(0.5)),
        "y": Point(math.sin(0.5), 2.0 * math.cos(0.5)),
        "one": Point(0.0, 0.0),
    }
    for jacobian in (func.jacobian, func.jacfwd, func.jacrev):
        assert jacobian(polar)(Point(2.0, 0.5)) == pmap(expected)


def test_jacobian_takes_the_mode_with_fewer_passes() -> None:
    calls: list[int] = []

    def partials(a: Scalar, y: Scalar) -> tuple[Scalar, ...]:
        calls.append(1)
        return (1.0,)

    pushed = func.custom_derivative(lambda a: a, partials)

    func.jacobian(lambda x: (pushed(x), x, x))(1.0)
    forward = len(calls)
    func.jacobian(lambda v: total(map(pushed, v)))((1.0, 2.0, 3.0))
    assert (forward, len(calls) - forward) == (1, 3)  # each node is passed through once


def demo_loss(model: nn.MLP) -> Value:
    return evaluate(max_margin(alpha=1e-4), model, datasets.moons(20)).total


def test_a_model_gets_its_gradients_and_hessian_vector_products() -> None:
    model = nn.mlp(2, [16, 16, 1], seed=1337)
    draws = Random(1)
    direction = with_parameters(model, [draws.uniform(-1.0, 1.0) for _ in parameters(model)])
    loss, slopes = func.value_and_grad(demo_loss)(model)
    gradients = backward(demo_loss(model))
    assert loss == demo_loss(model).data
    assert [p.data for p in parameters(slopes)] == [gradients[p] for p in parameters(model)]

    def slopes_at(t: float) -> list[float]:
        moved = zip(parameters(model), parameters(direction), strict=True)
        there = with_parameters(model, [p.data + t * v.data for p, v in moved])
        return [p.data for p in parameters(func.grad(demo_loss)(there))]

    central = [(a - b) / 2e-6 for a, b in zip(slopes_at(1e-6), slopes_at(-1e-6), strict=True)]
    product = func.hvp(demo_loss, model, direction)
    assert isinstance(product, nn.MLP)
    assert len(parameters(product)) == 337
    assert max(abs(a.data - b) for a, b in zip(parameters(product), central, strict=True)) < 1e-6
    reverse = func.grad(lambda m: func.directional(demo_loss, m, direction))(model)
    for a, b in zip(parameters(product), parameters(reverse), strict=True):
        assert close(a, b.data)


def test_penalties_of_parameters_survive_nesting() -> None:
    line = Line(slope=value(3.0), offset=value(5.0))

    def penalty(model: Line) -> Value:
        return total(p * p * p for p in parameters(model))

    def slope_along(model: Line) -> Value:
        return total(values_in(func.grad(penalty)(model)))

    twice = func.grad(slope_along)(line)
    assert (twice.slope.data, twice.offset.data) == (18.0, 30.0)


def test_a_record_result_keeps_its_values() -> None:
    def f(x: Scalar) -> Line:
        return Line(slope=x * x, offset=x * 3.0)  # type: ignore[arg-type] # a Value, when called

    result, slope = func.jvp(f, 2.0, 1.0)
    assert (result.slope.data, slope.slope.data, slope.offset.data) == (4.0, 4.0, 3.0)
    settled, pull = func.vjp(f, 2.0)
    assert settled.offset.data == 6.0
    assert pull(Line(slope=value(1.0), offset=value(10.0))) == (34.0,)


def test_constants_have_derivative_zero() -> None:
    assert func.value_and_grad(lambda x: 7)(2.0) == (7.0, 0.0)

    def pair(x: Scalar) -> tuple[Scalar, Scalar]:
        return 7, value(8.0)

    assert func.jvp(pair, 2.0, 1.0) == ((7.0, 8.0), (0.0, 0.0))
    assert func.vjp(lambda x: (pair(x)[0], x), 2.0)[1]((1.0, 0.0)) == (0.0,)
    assert func.vjp(lambda x: (pair(x)[0], x), 2.0)[1]((0.0, 0.0)) == (0.0,)


@given(steps, points)
def test_the_symbolic_pass_gives_the_numbers_of_the_numeric_one(
    made: list[Step], point: tuple[float, float, float]
) -> None:
    output = built(made, tuple(map(value, point)))
    assert isinstance(output, Value)
    gradients = backward(output)
    symbolic = backward_symbolic(output)
    assert {node: slope.data for node, slope in symbolic.items()} == dict(gradients)


DEPTH = 100_000


def chain(x: Scalar) -> Scalar:
    return reduce(lambda y, _: sin(y), range(DEPTH), x)


def product_of_cosines(x: float) -> float:
    """The derivative of the chain, by the chain rule for numbers."""
    slope = 1.0
    for _ in range(DEPTH):
        slope *= math.cos(x)
        x = math.sin(x)
    return slope


SLOPE = product_of_cosines(0.5)


@pytest.mark.parametrize(
    "transform",
    [
        lambda: func.grad(chain)(0.5),
        lambda: func.value_and_grad(chain)(0.5)[1],
        lambda: func.vjp(chain, 0.5)[1](1.0)[0],
        lambda: func.jvp(chain, 0.5, 1.0)[1],
        lambda: func.linearize(chain, 0.5)[1](1.0),
        lambda: func.directional(chain, 0.5, 1.0),
        lambda: func.jacobian(chain)(0.5),
        lambda: func.jacfwd(chain)(0.5),
        lambda: func.jacrev(chain)(0.5),
        lambda: func.grad(chain)(value(0.5)),
        lambda: func.grad(lambda x: square(chain(x)))(0.5) / 2.0 / number(chain(0.5)),
        lambda: func.grad(lambda x: chain(x) + func.stop_gradient(chain(x)))(0.5),
        lambda: func.check_grads(chain, 0.5, order=1) and SLOPE,
    ],
)
@untraced
def test_a_transform_of_a_deep_chain_does_not_recurse(transform: Callable[[], object]) -> None:
    assert close(transform(), SLOPE, 1e-16)


@untraced
def test_second_derivatives_of_a_deep_chain_do_not_recurse() -> None:
    central = (product_of_cosines(0.5 + 1e-6) - product_of_cosines(0.5 - 1e-6)) / 2e-6
    twice = func.grad(func.grad(chain))(0.5)
    for again in (func.hvp(chain, 0.5, 1.0), func.hessian(chain)(0.5), twice):
        assert isinstance(again, float)
        assert again == pytest.approx(central, rel=1e-6)


# Curves with an infinite slope or factor, and their second derivatives in closed form.
INFINITE: list[tuple[Curve, float]] = [
    (lambda x: (x + 1.0) * math.inf, 0.0),
    (lambda x: -2.0 * x * math.inf, 0.0),
    (lambda x: (x + 1.0) / 0.0, 0.0),
    (lambda x: relu(x) * math.inf + x, 0.0),
    (lambda x: (x + 1.0) * math.nan, 0.0),
    (lambda x: (3.0 * x) ** 2.0 * math.inf, math.inf),
    (lambda x: sin(x) * math.inf, -math.inf),
]


@pytest.mark.parametrize(("curve", "second"), INFINITE)
def test_second_derivatives_at_infinite_slopes_are_the_same_in_every_mode(
    curve: Curve, second: float
) -> None:
    for outer, inner in product((by_reverse, by_forward, by_linearizing), repeat=2):
        assert outer(inner(curve))(3.0) == second
    assert func.hvp(curve, 3.0, 1.0) == second
    assert func.hessian(curve)(3.0) == second


def test_an_input_that_does_not_move_has_no_part_in_a_row_of_derivatives() -> None:
    def f(p: tuple[Scalar, Scalar]) -> Scalar:
        return p[0] * p[0] * math.inf + p[1] * p[1]

    for jacobian in (func.jacfwd, func.jacrev):
        assert jacobian(f)((3.0, 5.0)) == (math.inf, 10.0)
        assert jacobian(func.grad(f))((3.0, 5.0)) == ((math.inf, 0.0), (0.0, 2.0))
    assert func.hessian(f)((3.0, 5.0)) == ((math.inf, 0.0), (0.0, 2.0))


def test_a_zero_in_a_direction_is_a_number_that_makes_nan_of_an_infinite_slope() -> None:
    _, tangent = func.jvp(lambda x, y: x * math.inf + y, (3.0, 5.0), (0.0, 1.0))
    moved = func.hvp(lambda x, y: x * x * math.inf + y, (3.0, 5.0), (0.0, 1.0))
    assert math.isnan(tangent)
    assert isinstance(moved, tuple)
    assert math.isnan(moved[0])


def test_the_tangent_of_a_constant_is_a_plain_zero() -> None:
    _, tangent = func.jvp(func.stop_gradient, 2.0, 1.0)
    assert type(tangent) is float
    assert math.isnan(tangent * math.inf)


def test_hvp_of_several_arguments_is_the_hessian_of_all_of_them_times_the_tangents() -> None:
    # The Hessian of x^2 y is [[2y, 2x], [2x, 0]].
    moved = func.hvp(lambda x, y: x * x * y, (3.0, 5.0), (1.0, 2.0))
    assert moved == (2 * 5.0 * 1.0 + 2 * 3.0 * 2.0, 2 * 3.0 * 1.0)
