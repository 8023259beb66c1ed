"""Laws of gradients, on random expressions over every primitive."""

from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from typing import Any

import mpmath
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap

from microfp.gradients import Gradients, backward, backward_steps, chain_rule, grad
from microfp.toolbox import last
from microfp.values import Value, topological_order
from tests.expressions import (
    DUALS,
    EXACT,
    MICROGRAD,
    VALUES,
    Dual,
    Expression,
    close,
    evaluate,
    exact_leaves,
    expressions,
    microfp_leaves,
    micrograd_leaves,
)


def graph_of(expression: Expression) -> tuple[tuple[Value, ...], Value]:
    leaves = microfp_leaves(expression)
    return leaves, evaluate(expression.steps, leaves, VALUES)


def gradients_of(expression: Expression) -> tuple[list[float], float]:
    """The gradients of the leaves, and the size of the terms that may have cancelled in them."""
    leaves, output = graph_of(expression)
    gradients = backward(output)
    return [grad(leaf, gradients) for leaf in leaves], sum(map(abs, gradients.values()))


def central_differences(expression: Expression) -> list[float]:
    """Derivatives from values alone: at fifty digits a difference loses nothing to rounding."""

    def along(i: int, h: Any) -> Any:
        leaves = exact_leaves(expression)
        return evaluate(expression.steps, [*leaves[:i], leaves[i] + h, *leaves[i + 1 :]], EXACT)

    with mpmath.workdps(50):
        h = mpmath.mpf(10) ** -15
        places = range(len(expression.leaves))
        return [float((along(i, h) - along(i, -h)) / (2 * h)) for i in places]


def forward_mode(expression: Expression) -> list[float]:
    def tangent(i: int) -> float:
        leaves = [Dual(x, float(i == j)) for j, x in enumerate(expression.leaves)]
        return evaluate(expression.steps, leaves, DUALS).tangent

    return [tangent(i) for i in range(len(expression.leaves))]


@given(expressions())
def test_gradients_are_what_central_differences_approach(expression: Expression) -> None:
    gradients, scale = gradients_of(expression)
    for actual, expected in zip(gradients, central_differences(expression), strict=True):
        assert close(actual, expected, relative=1e-9, scale=scale)


@given(expressions())
def test_reverse_mode_gives_what_forward_mode_gives(expression: Expression) -> None:
    gradients, scale = gradients_of(expression)
    for actual, expected in zip(gradients, forward_mode(expression), strict=True):
        assert close(actual, expected, relative=1e-9, scale=scale)


@given(expressions(tuple(MICROGRAD)))
def test_gradients_are_those_that_micrograd_writes_into_its_nodes(expression: Expression) -> None:
    gradients, scale = gradients_of(expression)
    leaves = micrograd_leaves(expression)
    evaluate(expression.steps, leaves, MICROGRAD).backward()
    for actual, leaf in zip(gradients, leaves, strict=True):
        assert close(actual, leaf.grad, relative=1e-11, scale=scale)


@given(expressions())
def test_the_table_has_one_entry_for_every_node_of_the_graph(expression: Expression) -> None:
    _, output = graph_of(expression)
    assert set(backward(output)) == set(topological_order(output))


@given(expressions())
def test_the_gradient_of_a_node_along_itself_is_one(expression: Expression) -> None:
    _, output = graph_of(expression)
    assert backward(output)[output] == 1.0


@given(expressions())
def test_the_last_step_of_the_fold_is_the_result(expression: Expression) -> None:
    _, output = graph_of(expression)
    assert last(backward_steps(output)) == backward(output)


@given(expressions())
def test_each_step_of_the_fold_is_one_application_of_the_chain_rule(
    expression: Expression,
) -> None:
    _, output = graph_of(expression)
    steps: Iterator[tuple[Gradients, Gradients]] = pairwise(backward_steps(output))
    order = topological_order(output)
    for node, (before, after) in zip(reversed(order), steps, strict=True):
        assert chain_rule(before, node) == after


@given(expressions())
def test_backward_is_the_fold_of_the_chain_rule(expression: Expression) -> None:
    _, output = graph_of(expression)
    start: Gradients = pmap({output: 1.0})
    assert reduce(chain_rule, reversed(topological_order(output)), start) == backward(output)


@given(expressions())
def test_the_chain_rule_changes_no_entry_but_those_of_parents(expression: Expression) -> None:
    _, output = graph_of(expression)
    order = topological_order(output)
    for node, (before, after) in zip(
        reversed(order), pairwise(backward_steps(output)), strict=True
    ):
        others = set(before) - set(node.parents)
        assert all(after[other] == before[other] for other in others)
        assert set(after) == set(before) | set(node.parents)


two_expressions = st.tuples(expressions(max_steps=8), expressions(max_steps=8))
coefficients = st.integers(-8, 8).map(float)


def on_same_leaves(two: tuple[Expression, Expression]) -> tuple[tuple[Value, ...], Value, Value]:
    """Two outputs over as many common leaves as the expressions have, at the first's point.

    The second is only evaluated, so that it lies in its domain, where leaves are its own.
    """
    one, other = two
    shared = microfp_leaves(one)
    own = microfp_leaves(other)
    first = evaluate(one.steps, shared, VALUES)
    return (*shared, *own), first, evaluate(other.steps, own, VALUES) * shared[0]


def scale_of(*outputs: Value) -> float:
    return max(sum(map(abs, backward(output).values())) for output in outputs)


@given(two_expressions, coefficients, coefficients)
def test_backward_is_linear(two: tuple[Expression, Expression], a: float, b: float) -> None:
    leaves, f, g = on_same_leaves(two)
    of_f, of_g, combined = backward(f), backward(g), backward(a * f + b * g)
    scale = (abs(a) + abs(b)) * scale_of(f, g)
    for x in leaves:
        expected = a * grad(x, of_f) + b * grad(x, of_g)
        assert close(grad(x, combined), expected, relative=1e-12, scale=scale)


@given(two_expressions)
def test_the_gradient_of_a_sum_is_the_sum_of_gradients(two: tuple[Expression, Expression]) -> None:
    leaves, f, g = on_same_leaves(two)
    of_f, of_g, of_sum = backward(f), backward(g), backward(f + g)
    for x in leaves:
        expected = grad(x, of_f) + grad(x, of_g)
        assert close(grad(x, of_sum), expected, relative=1e-12, scale=scale_of(f, g))


@given(two_expressions)
def test_the_gradient_of_a_product_follows_the_product_rule(
    two: tuple[Expression, Expression],
) -> None:
    leaves, f, g = on_same_leaves(two)
    of_f, of_g, of_product = backward(f), backward(g), backward(f * g)
    scale = scale_of(f, g) * max(1.0, abs(f.data), abs(g.data))
    for x in leaves:
        expected = grad(x, of_f) * g.data + f.data * grad(x, of_g)
        assert close(grad(x, of_product), expected, relative=1e-12, scale=scale)
