"""Laws of random expressions: what a graph computes, and how it is laid out."""

import pickle
from typing import Any

import mpmath
from hypothesis import given

from microfp.ops import PRIMITIVES
from microfp.values import LEAF, Value, primitive_of, topological_order
from tests.expressions import (
    EXACT,
    MICROGRAD,
    VALUES,
    Expression,
    close,
    evaluate,
    exact_leaves,
    expressions,
    microfp_leaves,
    micrograd_leaves,
)


def node_of(expression: Expression) -> Value:
    return evaluate(expression.steps, microfp_leaves(expression), VALUES)


def test_random_expressions_reach_every_primitive() -> None:
    reached = set(VALUES) - {"choose"} | {"where"}
    # The derivative of stop_gradient is not its slope, which is the point of it.
    assert reached == set(PRIMITIVES) - {"stop_gradient"}


@given(expressions())
def test_an_expression_has_the_value_that_fifty_digits_give_it(expression: Expression) -> None:
    with mpmath.workdps(50):
        exact: Any = evaluate(expression.steps, exact_leaves(expression), EXACT)
    node = node_of(expression)
    scale = max(abs(each.data) for each in topological_order(node))
    assert close(node.data, float(exact), relative=1e-9, scale=scale)


@given(expressions(tuple(MICROGRAD)))
def test_an_expression_has_the_value_that_micrograd_gives_it(expression: Expression) -> None:
    theirs = evaluate(expression.steps, micrograd_leaves(expression), MICROGRAD)
    node = node_of(expression)
    scale = max(abs(each.data) for each in topological_order(node))
    assert close(node.data, theirs.data, relative=1e-12, scale=scale)


@given(expressions())
def test_every_node_is_what_its_primitive_makes_of_its_parents(expression: Expression) -> None:
    for node in topological_order(node_of(expression)):
        if node.op != LEAF:
            constant = () if node.parameter is None else (node.parameter,)
            data = primitive_of(node).forward(*(p.data for p in node.parents), *constant)
            assert data == node.data


@given(expressions())
def test_the_order_lists_each_node_once_and_after_its_parents(expression: Expression) -> None:
    order = topological_order(node_of(expression))
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[parent] < place[node] for node in order for parent in node.parents)


def post_order(node: Value, seen: set[Value]) -> list[Value]:
    """The textbook's recursive walk, for graphs that are not deep."""
    if node in seen:
        return []
    seen.add(node)
    return [below for parent in node.parents for below in post_order(parent, seen)] + [node]


@given(expressions())
def test_the_order_is_the_post_order_of_a_walk_from_left_to_right(expression: Expression) -> None:
    output = node_of(expression)
    assert list(topological_order(output)) == post_order(output, set())


def shape(output: Value) -> list[tuple[object, ...]]:
    """A graph up to the identity of its nodes: what sharing it has, and every field."""
    order = topological_order(output)
    place = {node: i for i, node in enumerate(order)}
    return [
        (node.data, node.op, node.label, node.parameter, [place[p] for p in node.parents])
        for node in order
    ]


@given(expressions(max_steps=40))
def test_a_pickled_graph_comes_back_with_its_data_and_its_sharing(expression: Expression) -> None:
    output = node_of(expression)
    assert shape(pickle.loads(pickle.dumps(output))) == shape(output)


@given(expressions(max_steps=40))
def test_nodes_pickled_in_any_company_keep_one_identity_each(expression: Expression) -> None:
    order = topological_order(node_of(expression))
    for company in (order, order[::-1]):
        copies = pickle.loads(pickle.dumps(company))
        renamed = dict(zip(company, copies, strict=True))
        for node, copy in renamed.items():
            assert [renamed[parent] for parent in node.parents] == list(copy.parents)
