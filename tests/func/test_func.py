"""Transforms: against closed forms, central differences, and each other."""

import math
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from itertools import product
from random import Random
from typing import Any, NamedTuple, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, PVector, pmap, pvector

from microfp import (
    Record,
    Value,
    absolute,
    attr,
    backward,
    cos,
    datasets,
    exp,
    func,
    graph,
    log,
    native,
    nn,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    total,
    value,
    where,
)
from microfp.errors import ShapeError
from microfp.gradients import backward_symbolic
from microfp.losses import evaluate, max_margin
from microfp.tree import parameters, with_parameters
from microfp.tree import values as values_in
from microfp.values import Scalar
from tests.untraced import untraced

Curve: TypeAlias = Callable[[Scalar], Scalar]


def by_reverse(f: Curve) -> Curve:
    return func.grad(f)


def by_forward(f: Curve) -> Curve:
    return lambda x: func.directional(f, x, 1.0)


def by_linearizing(f: Curve) -> Curve:
    return lambda x: func.linearize(f, x)[1](1.0)


def by_pulling(f: Curve) -> Curve:
    def derivative(x: Scalar) -> Scalar:
        (slope,) = func.vjp(f, x)[1](1.0)
        assert isinstance(slope, Value | float)
        return slope

    return derivative


MODES = [by_reverse, by_forward, by_linearizing, by_pulling]
PAIRS = list(product(MODES, MODES))


class Line(Record):
    slope: Value = attr()
    offset: Value = attr()
    power: float = attr(default=2.0)


class Point(NamedTuple):
    x: Scalar
    y: Scalar


LINE = Line(slope=value(1.0), offset=value(2.0))


def close(a: object, b: float, tolerance: float = 1e-12) -> bool:
    assert isinstance(a, Value | float)
    return abs(float(a) - b) <= tolerance * max(1.0, abs(b))


# Trees.


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
    assert close(ahead, float(slopes[0]))


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
    assert func.linearize(f, tied)[1](direction) == 7.0
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
    assert (result, word, float(seen), slope) == (9.0, "seen", 15.0, 6.0)
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


# Nesting.


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_perturbations_are_not_confused(
    inner: Callable[[Curve], Curve], outer: Callable[[Curve], Curve]
) -> None:
    # d/dx x * (d/dy (x + y)) is 1; confusing the two perturbations gives 2.
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx x * (d/dy (x * y)) is 2 x; taking x for a number gives x.
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    # d/dx of (d/dy x y at y = x) is 1; taking y for x gives 2.
    assert outer(lambda x: inner(lambda y: x * y)(x))(3.0) == 1.0
    # The amazing bug: a derivative that is a function, used inside another one.
    shifted = outer(lambda u: inner(lambda x: sin(x + u))(1.0))
    assert close(shifted(0.5), -math.sin(1.5))


@pytest.mark.parametrize("modes", list(product(MODES[:3], repeat=3)))
def test_three_levels_that_share_variables_stay_apart(
    modes: tuple[Callable[[Curve], Curve], ...],
) -> None:
    a, b, c = modes
    # h = x²y² d/dz(z²yx) at z = xy is 2x⁴y⁴; its slope along y, at y = x, 8x⁷; and that's 56x⁶.
    nested = a(lambda x: b(lambda y: x * x * y * y * c(lambda z: z * z * y * x)(x * y))(x))
    assert nested(1.5) == 56.0 * 1.5**6


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_modes_mix_over_five_orders(
    a: Callable[[Curve], Curve], b: Callable[[Curve], Curve]
) -> None:
    assert close(a(b(a(b(a(lambda x: x**7)))))(1.5), 2520.0 * 1.5**2)


def pulled(pull: Callable[[Scalar], tuple[object, ...]], cotangent: Scalar) -> Scalar:
    (slope,) = pull(cotangent)
    assert isinstance(slope, Value | float)
    return slope


def test_a_product_of_a_trace_can_be_taken_inside_another_transform() -> None:
    def cubed(x: Scalar) -> Scalar:
        return x * x * x

    _, pull = func.vjp(cubed, 2.0)
    _, push = func.linearize(cubed, 2.0)
    assert by_reverse(lambda c: pulled(pull, c))(5.0) == 12.0
    assert func.grad(push)(5.0) == 12.0
    assert func.jvp(lambda c: pulled(pull, c), 5.0, 2.0) == (60.0, 24.0)
    assert func.jvp(push, 5.0, 2.0) == (60.0, 24.0)


def test_a_transform_within_a_thread_of_a_function_keeps_apart_or_says_so() -> None:
    def f(x: Scalar) -> Scalar:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(by_forward(lambda y: x * y), 1.0).result()

    with pytest.raises(TypeError, match="of this transform or of an enclosing one"):
        func.directional(f, 3.0, 1.0)


def test_a_deeper_level_stays_outermost() -> None:
    def middle(y: Scalar) -> Scalar:
        with ThreadPoolExecutor(1) as pool:  # no scope there, so the level is 1 again
            inner = pool.submit(by_forward(lambda z: y * z * z), 3.0)
        return inner.result() * y  # 6 y²

    assert func.directional(lambda x: func.directional(middle, 3.0, 1.0) * x, 2.0, 1.0) == 36.0


def test_a_dual_number_cannot_be_saved() -> None:
    with pytest.raises(TypeError, match="a Dual lives inside of one transform"):
        func.directional(lambda x: value(float(len(pickle.dumps(x)))), 1.0, 1.0)


# Against each other, and against the mathematics.

SMOOTH: list[Callable[[Scalar], Scalar]] = [
    sin,
    cos,
    tanh,
    sigmoid,
    softplus,
    relu,
    absolute,
    lambda a: exp(sin(a)),
    lambda a: log(a * a + 1.0),
    lambda a: sqrt(a * a + 1.0),
    lambda a: (a * a + 1.0) ** 1.5,
    lambda a: -a,
    lambda a: (a * a + 1.0) ** sin(a),
]
BINARY: list[Callable[[Scalar, Scalar], Scalar]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (b * b + 1.0),
    lambda a, b: total([a, b, a]),
    lambda a, b: where(relu(a), a * b, b),
    lambda a, b: func.stop_gradient(a) * b,
]
Step: TypeAlias = tuple[int, int, int]


def built(steps: list[Step], inputs: tuple[Scalar, ...]) -> Scalar:
    """A graph that draws its operands from all that was computed before."""

    def grown(nodes: tuple[Scalar, ...], step: Step) -> tuple[Scalar, ...]:
        kind, i, j = step
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        operations = len(SMOOTH) + len(BINARY)
        k = kind % operations
        made = SMOOTH[k](a) if k < len(SMOOTH) else BINARY[k - len(SMOOTH)](a, b)
        return (*nodes, tanh(made))

    return total(reduce(grown, steps, inputs)[len(inputs) :])


steps = st.lists(st.tuples(*[st.integers(0, 500)] * 3), min_size=1, max_size=12)
points = st.tuples(*[st.floats(-2.0, 2.0).map(lambda x: x + 0.1234567)] * 3)


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


# Rules of one's own.

cube = func.custom_derivative(lambda a: a**3, lambda a, y: (3.0 * a * a,), name="cube")
square = func.custom_derivative(lambda a: a * a, lambda a, y: (2.0 * a,), name="square")
hypot = func.custom_derivative(math.hypot, lambda a, b, y: (a / y, b / y), arity=2)


def test_a_rule_works_in_reverse_forward_and_higher_order() -> None:
    assert func.grad(cube)(2.0) == 12.0
    assert func.directional(cube, 2.0, 1.0) == 12.0
    assert func.grad(func.grad(func.grad(cube)))(2.0) == 6.0
    assert func.directional(func.grad(cube), 2.0, 1.0) == 12.0
    x, y = value(3.0), value(4.0)
    gradients = backward(hypot(x, y) * 5.0)
    assert (gradients[x], gradients[y]) == (3.0, 4.0)
    assert func.check_grads(hypot, (3.0, 4.0), order=3)


def test_a_rule_shows_in_graphs() -> None:
    made = hypot(value(3.0, label="a"), 4.0)
    assert (made.data, made.op) == (5.0, "hypot")
    assert graph.nodes(made)[-1]["formula"] == "hypot(n0, n1)"
    assert "hypot" in graph.to_dot(made)


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


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (
            lambda: func.custom_derivative(math.hypot, lambda a, y: ()),
            (
                "^custom_derivative: f must be a function of a fixed number of positional "
                "operands, unless arity is given, got <built-in function hypot>"
            ),
        ),
        (lambda: func.linearize(lambda x: "a", 1.0), "^linearize: output 0 must be"),
        (lambda: func.linearize(sin, 1.0)[1]("a"), "^linearize: tangent 0 must be"),
        (lambda: func.jacfwd(lambda x: LINE)(1.0), "^jacfwd: output 0.slope must be outside"),
        (lambda: func.jacrev(lambda x: LINE)(1.0), "^jacrev: output 0.slope must be outside"),
        (lambda: func.jacobian(lambda x: LINE)(1.0), "^jacobian: output 0.slope must be outside"),
    ],
)
def test_a_message_begins_with_the_transform(misuse: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        misuse()


@given(steps, points)
def test_the_symbolic_pass_gives_the_numbers_of_the_numeric_one(
    made: list[Step], point: tuple[float, float, float]
) -> None:
    output = built(made, tuple(map(value, point)))
    assert isinstance(output, Value)
    gradients = backward(output)
    symbolic = backward_symbolic(output)
    assert {node: slope.data for node, slope in symbolic.items()} == dict(gradients)


@pytest.mark.parametrize("outer", [by_reverse, by_forward])
def test_a_rule_must_not_capture_what_is_differentiated_along(
    outer: Callable[[Curve], Curve],
) -> None:
    def scaled(k: Scalar) -> Scalar:
        rule = func.custom_derivative(lambda a: a * float(k), lambda a, y: (k,), name="scaled")
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


# The check.


def test_the_check_finds_a_wrong_rule_at_its_order() -> None:
    rule = func.custom_derivative(math.sin, lambda a, y: (math.cos(a),), name="frozen")
    found = func.check_grads(lambda x, y: rule(x) * y, (1.0, 2.0), order=2)
    assert not found
    assert found.compared == 4
    assert [(row.order, row.place) for row in found.disagreements] == [(2, "primal 0")]
    assert func.check_grads(lambda x, y: rule(x) * y, (1.0, 2.0), order=1)


def test_the_check_names_places_inside_of_trees() -> None:
    wrong = func.custom_derivative(lambda a: a, lambda a, y: (2.0,), name="wrong")

    def f(line: Line, pair: tuple[Scalar, Scalar]) -> tuple[Scalar, Scalar]:
        return line.slope * pair[0], wrong(line.offset) + wrong(pair[1])

    line = Line(slope=value(3.0), offset=value(5.0))
    found = func.check_grads(f, (line, (1.0, 2.0)), order=1)
    assert [row.place for row in found.disagreements] == ["primal 0.offset", "primal 1[1]"]
    assert found.disagreements[0].forward == found.disagreements[0].reverse
    assert 2.0 * found.disagreements[0].central == pytest.approx(found.disagreements[0].forward)


def test_the_check_is_not_fooled_by_nan() -> None:
    nan = func.custom_derivative(lambda a: a, lambda a, y: (math.nan,), name="nan")
    assert not func.check_grads(nan, 1.0, order=1)


@given(steps, points)
def test_the_check_agrees_with_right_derivatives(
    made: list[Step], point: tuple[float, float, float]
) -> None:
    # Kinks are where a central difference is no derivative; and where a gradient stops, it is none.
    smooth = [(k % (len(SMOOTH) + 5), i, j) for k, i, j in made]
    without_kinks = [(0 if k in (5, 6) else k, i, j) for k, i, j in smooth]
    assert func.check_grads(lambda *xs: built(without_kinks, xs), point, tolerance=1e-5)


# Depth.

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
        lambda: func.grad(lambda x: square(chain(x)))(0.5) / 2.0 / float(chain(0.5)),
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


# Misuse.


def twice(x: object) -> object:
    return x, x


MISUSES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: func.grad(twice, 0)(2.0), TypeError, "grad: what twice returns must be a scal"),
    (lambda: func.grad(lambda x: x > 0)(value(2.0)), TypeError, "not orderable"),
    (lambda: func.grad(lambda x, y: x, 2)(1.0, 2.0), ValueError, "the 2 positional arguments, got"),
    (lambda: func.grad(lambda x: x, -2)(1.0), ValueError, "argnums must be within the 1 "),
    (lambda: func.grad(lambda x: x, ())(1.0), ValueError, "argnums must be an int or a tuple of"),
    (lambda: func.grad(lambda x: x, True)(1.0), TypeError, "argnums must be an int"),
    (lambda: func.grad(lambda x: x)(("a", 1.0)), TypeError, r"grad: argument 0\[0\] must be a nu"),
    (lambda: func.grad(lambda x, y: x, 1)(1.0, "a"), TypeError, "grad: argument 1 must be a numb"),
    (lambda: func.grad(lambda x: x[0])([1.0]), TypeError, r"got \[1.0\] \(list\)"),
    (lambda: func.grad(lambda x: x)(True), TypeError, r"argument 0 must be .* got True \(bool\)"),
    (lambda: func.grad(lambda x: x)(()), ValueError, "arguments must be trees that hold a Value"),
    (lambda: func.grad(lambda x: x, has_aux=True)(1.0), TypeError, r"a pair \(scalar, auxiliary\)"),
    (lambda: func.jvp(lambda x: x, ((1.0, 2.0),), ((1.0,),)), ShapeError, r"got no tangent 0\[1\]"),
    (lambda: func.jvp(lambda x: x, 1.0, (1.0, 2.0)), ShapeError, "got an extra tangent 1"),
    (lambda: func.jvp(lambda x, y: x, (1.0, 2.0), 1.0), ShapeError, "got no tangent 1"),
    (lambda: func.jvp(lambda x: x, (1.0,), ()), ShapeError, "got no tangent 0"),
    (lambda: func.jvp(lambda x: x, 1.0, "a"), TypeError, "jvp: tangent 0 must be a number"),
    (lambda: func.directional(lambda x: "a", 1.0, 1.0), TypeError, "directional: output 0 must be"),
    (lambda: func.hvp(lambda x: x, 1.0, (1.0, 1.0)), ShapeError, "hvp: tangents must be shaped"),
    (lambda: func.vjp(lambda x: "a", 1.0), TypeError, "vjp: output 0 must be a number"),
    (lambda: func.vjp(twice, 1.0)[1](1.0), ShapeError, "vjp: cotangents must be shaped"),
    (func.linearize(lambda x: x, 1.0)[1], ShapeError, "linearize: .* got no tangent 0"),
    (
        lambda: func.jacobian(lambda m: m)(nn.neuron(1)),
        TypeError,
        r"output 0.weights\[0\] must be",
    ),
    (
        lambda: func.hessian(lambda m: m([1.0]))(nn.neuron(1)),
        TypeError,
        "hessian: argument 0.weights",
    ),
    (lambda: func.check_grads(sin, 1.0, order=0), ValueError, "order must be an int >= 1, got 0"),
    (lambda: func.check_grads(sin, 1.0, step=0.0), ValueError, "step must be a finite number > 0"),
    (lambda: func.check_grads(sin, 1.0, tolerance=-1.0), ValueError, "tolerance must be a finite"),
    (lambda: func.custom_derivative(lambda *a: 1.0, lambda *a: ()), TypeError, "a fixed number of"),
    (lambda: func.custom_derivative(lambda: 1.0, lambda y: ()), TypeError, "a fixed number of"),
    (lambda: func.custom_derivative(math.hypot, lambda a, y: ()), TypeError, "unless arity is giv"),
    (lambda: func.custom_derivative(abs, lambda a, y: (), arity=0), ValueError, "abs: arity must"),
    (lambda: cube(1.0, 2.0), ShapeError, "cube: operands must be 1, got 2"),
    (
        lambda: func.grad(lambda x, y: x * y, (1, -1))(1.0, 2.0),
        ValueError,
        r"^grad: argnums must be without repetition, got \(1, -1\)$",
    ),
    (lambda: func.grad(sin)(10**400), ValueError, "must be a number that a float can hold"),
    (lambda: func.jvp(sin, 1.0, 10**400), ValueError, "must be a number that a float can hold"),
    (lambda: func.grad(sin, has_aux=1), TypeError, "^grad: has_aux must be True or False, got 1"),  # type: ignore[call-overload]
    (
        lambda: func.value_and_grad(sin, has_aux="no"),  # type: ignore[call-overload]
        TypeError,
        "^value_and_grad: has_aux must be True or False, got 'no'",
    ),
    (
        lambda: func.check_grads(sin, 1.0, seed=-1),
        ValueError,
        "^check_grads: seed must be an int from 0",
    ),
    (
        lambda: func.custom_derivative(math.exp, lambda a, y: (y,)),
        ValueError,
        "^custom_derivative: name must be one that no operation of microfp has, got 'exp'$",
    ),
    (
        lambda: func.custom_derivative(abs, lambda a, y: (y,), name="leaf"),
        ValueError,
        "no operation of microfp has, got 'leaf'$",
    ),
    (lambda: func.custom_derivative(abs, lambda a, y: (y,), name=""), ValueError, "has, got ''$"),
    (
        lambda: func.custom_derivative(abs, lambda a, y: (y,), name=3),  # type: ignore[arg-type]
        TypeError,
        "^custom_derivative: name must be a str, got 3",
    ),
    (
        lambda: func.custom_derivative(abs, (1.0,)),  # type: ignore[arg-type]
        TypeError,
        r"^custom_derivative: partials must be a function, got \(1.0,\)",
    ),
    (lambda: cube("a"), TypeError, "an operand must be a Value or a number, got 'a'"),
]


@pytest.mark.parametrize(("misuse", "error", "message"), MISUSES)
def test_misuse_says_what_came_and_where(
    misuse: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        misuse()


TAKERS: dict[str, Callable[[Callable[..., object]], object]] = {
    "grad": func.grad,  # type: ignore[dict-item]  # none of these is called
    "value_and_grad": func.value_and_grad,  # type: ignore[dict-item]
    "hessian": func.hessian,
    "jacobian": func.jacobian,
    "jacfwd": func.jacfwd,
    "jacrev": func.jacrev,
    "vjp": lambda f: func.vjp(f, 1.0),
    "jvp": lambda f: func.jvp(f, 1.0, 1.0),
    "linearize": lambda f: func.linearize(f, 1.0),
    "directional": lambda f: func.directional(f, 1.0, 1.0),
    "check_grads": lambda f: func.check_grads(f, 1.0),
    "custom_derivative": lambda f: func.custom_derivative(f, lambda a, y: (1.0,)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", TAKERS)
def test_what_is_no_function_is_refused_at_once(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name}: f must be a function, got 3.0 "):
        TAKERS[name](3.0)  # type: ignore[arg-type]  # the mistake


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


class Nameless:
    """A function without a name."""

    def __call__(self, *_: Scalar) -> object:
        return "text"


def triple(x: Scalar) -> object:
    return x, x, 2.0


# What a type checker would refuse.
TEXT: Any = "text"
NAMELESS: Any = Nameless()
TRIPLE: Any = triple
NOTHING: Any = ((),)


def squared(x: Scalar) -> Value:
    return value(1.0) * x * x


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (
            lambda: func.grad(squared, argnums=TEXT)(1.0),
            "grad: argnums must be an int or a tuple of ints, got 'text' (str)",
        ),
        (
            lambda: func.grad(squared, argnums=())(1.0),
            "grad: argnums must be an int or a tuple of at least one, got ()",
        ),
        (
            lambda: func.grad(squared, argnums=3)(1.0),
            "grad: argnums must be within the 1 positional arguments, got 3",
        ),
        (
            lambda: func.value_and_grad(TRIPLE, has_aux=True)(1.0),
            (
                "value_and_grad: what triple returns must be a pair (scalar, auxiliary), got "
                "(Value(data=1.0), Value(data=1.0), 2.0) (tuple)"
            ),
        ),
        (
            lambda: func.value_and_grad(NAMELESS, has_aux=True)(1.0),
            (
                "value_and_grad: what the function returns must be a pair (scalar, auxiliary), got "
                "'text' (str)"
            ),
        ),
        (
            lambda: func.grad(NAMELESS)(1.0),
            (
                "grad: what the function returns must be a scalar, a Value or a number, got 'text' "
                "(str)"
            ),
        ),
        (
            lambda: func.jvp(squared, (TEXT,), (1.0,)),
            (
                "jvp: primal 0 must be a number, a Value, or a tuple, PVector, PMap or Record of "
                "them, got 'text' (str)"
            ),
        ),
        (
            lambda: func.jvp(squared, NOTHING, NOTHING),
            "jvp: primals must be trees that hold a Value or a number, got ((),)",
        ),
        (
            lambda: func.hvp(squared, (1.0,), (1.0, 2.0)),
            "hvp: tangents must be shaped like what they belong to, got an extra tangent 1",
        ),
        (
            lambda: func.check_grads(squared, (1.0,), order=0),
            "check_grads: order must be an int >= 1, got 0",
        ),
        (
            lambda: func.check_grads(squared, (1.0,), tolerance=0.0),
            "check_grads: tolerance must be a finite number > 0, got 0.0",
        ),
        (
            lambda: func.check_grads(squared, (1.0,), step=-1.0),
            "check_grads: step must be a finite number > 0, got -1.0",
        ),
        (
            lambda: func.check_grads(squared, (TEXT,)),
            (
                "check_grads: primal 0 must be a number, a Value, or a tuple, PVector, PMap or "
                "Record of them, got 'text' (str)"
            ),
        ),
        (
            lambda: func.check_grads(NAMELESS, (1.0,)),
            (
                "check_grads: output 0 must be a number, a Value, or a tuple, PVector, PMap or "
                "Record of them, got 'text' (str)"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_full(attempt: Callable[[], object], told: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        attempt()
    assert str(caught.value) == told


def test_hvp_of_several_arguments_is_the_hessian_of_all_of_them_times_the_tangents() -> None:
    # The Hessian of x^2 y is [[2y, 2x], [2x, 0]].
    moved = func.hvp(lambda x, y: x * x * y, (3.0, 5.0), (1.0, 2.0))
    assert moved == (2 * 5.0 * 1.0 + 2 * 3.0 * 2.0, 2 * 3.0 * 1.0)
