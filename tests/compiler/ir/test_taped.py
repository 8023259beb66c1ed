"""Gradients written straight into a program: the bits of those of the graph, and of `backward`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp import ops
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program, run
from microfp.compiler.ir.taped import lower_with_gradients
from microfp.gradients import backward, grad, gradient_nodes
from microfp.ops import Operand, primitive
from microfp.values import Value, add, apply, relu, stop_gradient, total, value, where
from tests.compiler.ir.test_passes import EDGES, graphs
from tests.laws.test_backend_laws import bits


def through_nodes(output: Value, leaves: tuple[Value, ...]) -> Program:
    """The same program, by way of a graph of the gradients."""
    table, nothing = gradient_nodes(output, leaves, {output: value(1.0)}), value(0.0)
    return lower((output, *(table.get(leaf, nothing) for leaf in leaves)), leaves)


@given(graphs(), st.lists(EDGES, min_size=3, max_size=3))
@settings(max_examples=300)
def test_gradients_have_the_bits_of_those_of_a_graph(
    graph: tuple[tuple[Value, ...], Value], numbers: list[float]
) -> None:
    leaves, output = graph
    here, elsewhere = [leaf.data for leaf in leaves], numbers[: len(leaves)]
    taped, nodes = lower_with_gradients(output, leaves), through_nodes(output, leaves)
    for given_numbers in (here, elsewhere):
        found, expected = run(taped, given_numbers), run(nodes, given_numbers)
        assert [*map(bits, found)] == [*map(bits, expected)]
    assert len(taped.instructions) == len(nodes.instructions)


def cube(x: Value) -> Value:
    """A primitive of a user's own."""
    own = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
    return apply(own, x)


X, Y = value(0.5), value(-2.0)


@pytest.mark.parametrize(
    "output",
    [
        X,
        Y * 1.0,
        stop_gradient(X) * Y,
        total([X, Y, X, X * Y]),
        total([]),
        where(relu(X), X * X, Y) + where(relu(Y), X, Y * Y),
        X**-1.0 + X**3.0 + X**0.0 + X**-0.0,
        cube(X) + cube(Y * X),
        add(X * X, X * X),
        value(3.0),
    ],
    ids=lambda output: output.op,
)
def test_gradients_are_those_of_backward(output: Value) -> None:
    gradients = backward(output)
    found = run(lower_with_gradients(output, (X, Y)), [X.data, Y.data])
    expected = (output.data, grad(X, gradients), grad(Y, gradients))
    assert [*map(bits, found)] == [*map(bits, expected)]


def test_a_kind_of_node_is_differentiated_once() -> None:
    asked: list[Operand] = []

    def slope(a: Operand, y: Operand) -> tuple[Operand]:
        asked.append(a)
        return (ops.add(a, a),)

    square = primitive("square_of_mine", lambda a: a * a, slope, "{0}²")
    output = X
    for _ in range(50):
        output = apply(square, output)
    assert run(lower_with_gradients(output, (X,)), [1.0]) == (1.0, 2.0**50)
    assert len(asked) == 1
