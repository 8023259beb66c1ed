"""Backpropagation: what the tables hold, and how much work makes them."""

import copy
import math
import pickle
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, pmap
from returns.maybe import Nothing, Some

from microfp import ops, values
from microfp.gradients import (
    Gradients,
    GradientTable,
    backward,
    backward_steps,
    backward_symbolic,
    chain_rule,
    descendants,
    find_grad,
    grad,
    gradient_nodes,
    local_derivatives,
    product,
    with_grad,
)
from microfp.ops import Primitive, primitive
from microfp.toolbox import last
from microfp.values import (
    Scalar,
    Value,
    exp,
    log,
    relu,
    tanh,
    topological_order,
    total,
    value,
    where,
)
from tests.expressions import VALUES, Expression, applied, evaluate, expressions, microfp_leaves


def derivative(f: Callable[[Value], Value], at: float) -> float:
    x = value(at)
    return grad(x, backward(f(x)))


CLOSED_FORMS: list[tuple[str, Callable[[Value], Value], Callable[[float], float]]] = [
    ("x", lambda x: x, lambda _: 1.0),
    ("x + x", lambda x: x + x, lambda _: 2.0),
    ("x * x", lambda x: x * x, lambda x: 2 * x),
    ("x * x * x", lambda x: x * x * x, lambda x: 3 * x**2),
    ("x - x", lambda x: x - x, lambda _: 0.0),
    ("x / x", lambda x: x / x, lambda _: 0.0),
    ("x ** x", lambda x: x**x, lambda x: x**x * (math.log(x) + 1)),
    ("2 ** x", lambda x: 2**x, lambda x: 2**x * math.log(2)),
    ("max(x, x)", lambda x: values.maximum(x, x), lambda _: 1.0),
    ("min(x, x)", lambda x: values.minimum(x, x), lambda _: 1.0),
    ("exp(-x * x)", lambda x: exp(-x * x), lambda x: -2 * x * math.exp(-x * x)),
    ("log(x) / x", lambda x: log(x) / x, lambda x: (1 - math.log(x)) / x**2),
    ("tanh(3 * x)", lambda x: tanh(3 * x), lambda x: 3 / math.cosh(3 * x) ** 2),
    ("sum(x, 2 * x, x * x)", lambda x: total([x, 2 * x, x * x]), lambda x: 3 + 2 * x),
    ("where(x, x * x, x)", lambda x: values.where(x, x * x, x), lambda x: 2 * x),
    ("3", lambda _: value(3.0), lambda _: 0.0),
]


@pytest.mark.parametrize("at", [0.3, 1.0, 2.7])
@pytest.mark.parametrize(("formula", "f", "slope"), CLOSED_FORMS)
def test_gradients_equal_closed_forms(
    formula: str, f: Callable[[Value], Value], slope: Callable[[float], float], at: float
) -> None:
    assert derivative(f, at) == pytest.approx(slope(at), rel=1e-13, abs=1e-15)


def test_micrograds_published_example_has_its_published_gradients() -> None:
    a, b = value(-4.0), value(2.0)
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + relu(b + a)
    d = d + 3 * d + relu(b - a)
    e = c - d
    g = e**2 / 2.0
    g = g + 10.0 / (e**2)
    gradients = backward(g)
    assert f"{g.data:.4f}" == "24.7041"
    assert f"{grad(a, gradients):.4f}" == "138.8338"
    assert f"{grad(b, gradients):.4f}" == "645.5773"


def test_a_diamond_adds_up_both_of_its_paths() -> None:
    x = value(3.0)
    left, right = 2.0 * x, x * x
    gradients = backward(left * right)
    assert gradients[left] == 9.0
    assert gradients[right] == 6.0
    assert gradients[x] == 2.0 * 9.0 + 6.0 * 6.0


def test_a_thousandfold_fan_out_adds_up_every_use() -> None:
    x = value(2.0)
    gradients = backward(total(x * float(i) for i in range(1000)))
    assert gradients[x] == 1000 * 999 / 2


def test_a_total_of_one_node_many_times_counts_each() -> None:
    x = value(2.0)
    assert backward(total([x] * 7))[x] == 7.0


def test_the_terms_of_a_gradient_are_added_from_the_last_consumer_to_the_first() -> None:
    x = value(1.0)
    output = total([x * 1e16, x * 1.0, x * -1e16])
    assert backward(output)[x] == (-1e16 + 1.0) + 1e16 == 0.0


def test_the_gradient_of_a_leaf_along_itself_is_one() -> None:
    x = value(5.0)
    assert backward(x) == pmap({x: 1.0})


def test_an_empty_total_has_itself_alone_in_its_table() -> None:
    nothing = total([])
    assert dict(backward(nothing)) == {nothing: 1.0}


def test_nodes_that_hold_equal_numbers_have_gradients_of_their_own() -> None:
    x, y = value(0.0), value(0.0)
    gradients = backward(2.0 * x + 3.0 * y)
    assert (gradients[x], gradients[y]) == (2.0, 3.0)


def test_a_node_above_the_output_is_not_in_its_table() -> None:
    x = value(2.0)
    inner = x * x
    outer = inner + 1.0
    assert outer not in backward(inner)


def test_an_unrelated_node_has_gradient_zero_and_is_found_nowhere() -> None:
    x, other = value(2.0), value(2.0)
    gradients = backward(x * x)
    assert grad(other, gradients) == 0.0
    assert find_grad(other, gradients) == Nothing
    assert find_grad(x, gradients) == Some(4.0)


def test_a_gradient_of_zero_is_found() -> None:
    x = value(-2.0)
    assert find_grad(x, backward(relu(x))) == Some(0.0)


def test_infinities_and_nan_pass_through_without_an_error() -> None:
    zero = value(0.0)
    assert grad(zero, backward(1.0 / zero)) == -math.inf
    assert math.isnan(grad(zero, backward(zero / zero)))
    x = value(1000.0)
    assert grad(x, backward(exp(x))) == math.inf


def test_differentiating_twice_gives_the_same_table_and_leaves_the_graph_as_it_was() -> None:
    x = value(3.0)
    output = x * x + x
    before = [dict(node.items()) for node in topological_order(output)]
    first, second = backward(output), backward(output)
    assert isinstance(first, PMap)
    assert first == second
    assert [dict(node.items()) for node in topological_order(output)] == before


def test_a_row_for_display_has_the_label_the_number_and_the_gradient() -> None:
    x, other = value(3.0, label="x"), value(1.0)
    gradients = backward(x * x)
    assert with_grad(x, gradients) == {"label": "x", "data": 3.0, "grad": 6.0}
    assert with_grad(other, gradients) == {"label": None, "data": 1.0, "grad": 0.0}


# The fold.


def test_the_chain_rule_adds_to_what_is_there_and_keeps_the_rest() -> None:
    x, y, other = value(3.0), value(4.0), value(0.0)
    product = x * y
    before: Gradients = pmap({product: 10.0, x: 1.0, other: 5.0})
    after = chain_rule(before, product)
    assert after == pmap({product: 10.0, x: 41.0, y: 30.0, other: 5.0})
    assert before == pmap({product: 10.0, x: 1.0, other: 5.0})


def test_the_chain_rule_at_a_leaf_changes_nothing() -> None:
    x = value(3.0)
    table: Gradients = pmap({x: 2.0})
    assert chain_rule(table, x) == table


def test_the_chain_rule_at_a_node_that_no_consumer_reached_is_a_key_error() -> None:
    x = value(3.0)
    empty: Gradients = pmap()
    for node in (x, x * x):
        with pytest.raises(KeyError):
            chain_rule(empty, node)


def test_the_steps_of_a_square_are_these_three() -> None:
    x = value(3.0)
    square = x * x
    tables = [dict(table) for table in backward_steps(square)]
    assert tables == [{square: 1.0}, {square: 1.0, x: 6.0}, {square: 1.0, x: 6.0}]


def test_steps_are_computed_one_at_a_time() -> None:
    counted, calls = counting_identity()
    output = reduce(lambda node, _: applied(counted, node), range(10), value(1.0))
    steps = backward_steps(output)
    next(steps)
    assert calls == []
    next(steps)
    assert len(calls) == 1


def test_a_deep_chain_has_as_many_steps_as_nodes() -> None:
    output = reduce(lambda node, _: -node, range(2_000), value(1.0))
    assert sum(1 for _ in backward_steps(output)) == 2_002
    assert last(backward_steps(output)) == backward(output)


# Work.


def counting_identity() -> tuple[Primitive, list[float]]:
    """A primitive that changes nothing, and the list of calls of its partial derivative."""
    calls: list[float] = []

    def partials(a: float, _: float) -> tuple[float]:
        calls.append(a)
        return (1.0,)

    return primitive("identity", float, partials, "{0}"), calls


@pytest.mark.parametrize("length", [1, 10, 1_000, 10_000])
def test_backward_differentiates_each_node_of_a_chain_once(length: int) -> None:
    counted, calls = counting_identity()
    output = reduce(lambda node, _: applied(counted, node), range(length), value(1.0))
    gradients = backward(output)
    assert len(calls) == length
    assert len(gradients) == length + 1


def test_backward_differentiates_a_shared_node_once() -> None:
    counted, calls = counting_identity()
    shared = applied(counted, value(1.0))
    output = reduce(lambda node, _: node + node, range(40), shared)
    assert backward(output)[shared] == 2.0**40
    assert len(calls) == 1


def test_local_derivatives_stand_in_operand_order() -> None:
    x, y = value(8.0), value(2.0)
    cases: list[tuple[Scalar, tuple[float, ...]]] = [
        (x - y, (1.0, -1.0)),
        (x / y, (0.5, -2.0)),
        (x**2, (16.0,)),
        (total([x, y, x]), (1.0, 1.0, 1.0)),
        (values.where(0.0, x, y), (0.0, 0.0, 1.0)),
    ]
    for node, expected in cases:
        assert isinstance(node, Value)
        assert local_derivatives(node) == expected


def test_a_primitive_with_too_few_partial_derivatives_is_an_error() -> None:
    faulty = primitive("faulty", lambda a, _: a, lambda *_: (1.0,), "{0}", arity=2)
    with pytest.raises(ValueError, match="zip"):
        backward(applied(faulty, value(1.0), value(2.0)))


FLAT: dict[str, Callable[[Value], Value]] = {
    "stop_gradient": values.stop_gradient,
    "positive": lambda x: values.apply(ops.positive, x),
    "sign": lambda x: values.apply(ops.sign, x),
    "above": lambda x: values.apply(ops.above, x, 0.5),
    "power of 0": lambda x: x**0,
}
UPSTREAM: dict[str, Callable[[Value], Value]] = {
    "inf": lambda y: y * math.inf,
    "nan": lambda y: y * math.nan,
    "a pole": lambda y: 1.0 / (y - y.data),
}


@pytest.mark.parametrize("upstream", UPSTREAM)
@pytest.mark.parametrize("flat", FLAT)
def test_nothing_comes_back_along_what_is_flat_however_large_the_gradient_is(
    flat: str, upstream: str
) -> None:
    x = value(3.0)
    output = UPSTREAM[upstream](FLAT[flat](x))
    assert not all(map(math.isfinite, backward(output).values()))
    assert backward(output)[x] == 0.0
    assert backward_symbolic(output)[x].data == 0.0
    assert last(backward_steps(output))[x] == 0.0


def test_an_infinite_gradient_times_a_computed_slope_of_zero_is_nan() -> None:
    x = value(-3.0)
    assert math.isnan(backward(relu(x) * math.inf)[x])


def test_a_condition_lets_nothing_through_to_itself() -> None:
    c, a = value(1.0), value(2.0)
    gradients = backward(where(c, a, 0.0) * math.inf)
    assert gradients[c] == 0.0
    assert gradients[a] == math.inf


def test_symbolic_gradients_have_the_numbers_of_the_numeric_ones_and_zero_where_nothing_leads() -> (
    None
):
    x, y = value(0.5), value(2.0)
    output = relu(x * y) - values.stop_gradient(x) / y
    symbolic = backward_symbolic(output)
    assert symbolic[x].data == 2.0
    assert symbolic[y].data == 0.5 + 0.5 / 4.0
    assert {node: slope.data for node, slope in symbolic.items()} == dict(backward(output))


@pytest.mark.parametrize(
    ("a", "b", "op"), [(1.0, 1.0, "x"), (-1.0, -1.0, "neg"), (2.0, -2.0, "mul"), (0.5, 0.25, "mul")]
)
def test_a_product_with_one_or_minus_one_takes_no_multiplication(
    a: float, b: float, op: str
) -> None:
    x = value(3.0, label="x")
    left, right = product(a, x), product(x, b)
    assert isinstance(left, Value)
    assert isinstance(right, Value)
    assert [left.data, right.data] == [3.0 * a, 3.0 * b]
    assert [node.label or node.op for node in (left, right)] == [op, op]


def test_a_product_of_numbers_is_a_number() -> None:
    assert [product(a, b) for a, b in ((2.0, 3.0), (2.0, -1.0), (0.0, 3.0))] == [6.0, -2.0, 0.0]
    assert product(value(3.0), 0.0) is None


def test_a_gradient_table_is_shown_as_one() -> None:
    table = backward(value(2.0, label="x") * 3.0)
    assert isinstance(table, GradientTable)
    shown = table._repr_mimebundle_()["text/html"]
    assert "x" in shown
    assert "3.0" in shown


@pytest.mark.parametrize("function", [backward, backward_steps])
def test_what_is_differentiated_must_be_a_value(function: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as caught:
        function(2.0)
    assert str(caught.value) == f"{function.__name__}: output must be a Value, got 2.0 (float)"


def test_a_gradient_table_does_what_a_plain_map_of_its_entries_does() -> None:
    x, y, other = value(2.0, label="x"), value(5.0), value(7.0)
    table = backward(x * y + x)
    plain = pmap(dict(table.items()))
    assert type(plain) is not type(table)
    assert table == plain
    assert plain == table
    assert hash(table) == hash(plain)
    assert len(table) == len(plain) == 4
    for node in (x, y, other):
        assert (node in table, table.get(node), table.get(node, 9.0)) == (
            node in plain,
            plain.get(node),
            plain.get(node, 9.0),
        )
    assert [*table] == [*table.keys()] == [node for node, _ in table.items()]
    assert [*table.values()] == [plain[node] for node in table]
    changes: list[Callable[[PMap[Value, float]], PMap[Value, float]]] = [
        lambda it: it.set(x, 1.0),
        lambda it: it.set(other, 1.0),
        lambda it: it.remove(x),
        lambda it: it.discard(other),
        lambda it: it.update({x: 3.0, other: 4.0}),
        lambda it: it.transform([x], lambda g: g + 1.0),
        lambda it: it.evolver().set(y, 0.0).persistent(),
        lambda it: it + pmap({other: 2.0}),
    ]
    for change in changes:
        assert change(table) == change(plain)
    assert table == plain, "a change leaves it as it was"
    with pytest.raises(KeyError):
        table.remove(other)
    with pytest.raises(TypeError):
        table[x] = 0.0  # type: ignore[operator]  # the mistake


def test_a_gradient_table_lists_its_nodes_in_the_order_of_the_fold() -> None:
    x, y = value(2.0, label="x"), value(5.0, label="y")
    assert [node.label or node.op for node in backward(x * y + x)] == ["add", "mul", "x", "y"]


def test_a_gradient_table_is_copied_with_its_nodes() -> None:
    x = value(2.0)
    table = backward(x * x)
    assert copy.copy(table)[x] == 4.0
    nodes, copied = pickle.loads(pickle.dumps((x, table)))
    assert copied[nodes] == 4.0


def test_what_is_in_no_table_is_told_from_what_is_no_value() -> None:
    gradients = backward(value(2.0, label="x") * 3.0)
    with pytest.raises(KeyError, match=r"does not depend on Value\(data=5.0\), .* gives 0.0"):
        gradients[value(5.0)]
    with pytest.raises(KeyError, match=r"gradients are looked up by a Value, got 'x'"):
        gradients["x"]  # type: ignore[index]  # the mistake
    with pytest.raises(AttributeError, match=r"'x'; see grad\(x, gradients\)$") as caught:
        gradients.x  # noqa: B018 - the mistake
    assert caught.value.__context__ is None


def test_short_gradients_are_shown_in_the_order_of_their_graph() -> None:
    x, y = value(2.0, label="x"), value(5.0, label="y")
    assert repr(backward(x * y)) == (
        "pmap({Value(data=2.0, label='x'): 5.0, Value(data=5.0, label='y'): 2.0, "
        "Value(data=10.0, op='mul'): 1.0})"
    )


@pytest.mark.parametrize(("count", "shown"), [(19, "pmap({"), (20, "GradientTable(21 nodes)")])
def test_long_gradients_are_shown_as_their_number(count: int, shown: str) -> None:
    terms = [value(1.0) for _ in range(count)]
    assert repr(backward(values.total(terms))).startswith(shown)


BELOW: dict[str, Callable[[Value], Value]] = {
    "log": log,
    "a pole": lambda x: 1.0 / x,
    "both": lambda x: log(x) + 1.0 / x,
    "a root of a square": lambda x: values.sqrt(x * x),
}


@pytest.mark.parametrize("below", BELOW)
@pytest.mark.parametrize("flat", FLAT)
def test_what_only_flat_slopes_lead_to_has_no_gradient_however_steep_it_is(
    flat: str, below: str
) -> None:
    x = value(0.0)
    output = FLAT[flat](BELOW[below](x)) + 3.0 * x
    assert backward(output)[x] == 3.0
    assert backward_symbolic(output)[x].data == 3.0
    assert last(backward_steps(output)) == backward(output)
    assert set(backward(output)) == set(topological_order(output))


@pytest.mark.parametrize("flat", FLAT)
def test_a_gradient_that_is_read_is_a_number_like_any_other(flat: str) -> None:
    """Within the fold 0 times anything is 0; whoever reads it computes by IEEE 754."""
    x = value(0.5)
    gradients = backward(FLAT[flat](x))
    assert type(grad(x, gradients)) is float
    assert math.isnan(grad(x, gradients) * math.inf)
    assert type(find_grad(x, gradients).unwrap()) is float


@given(expressions(), st.sets(st.integers(0, 3)))
def test_descendants_are_the_nodes_in_whose_graphs_a_leaf_stands(
    expression: Expression, places: set[int]
) -> None:
    all_leaves = microfp_leaves(expression)
    output = evaluate(expression.steps, all_leaves, VALUES)
    leaves = [leaf for i, leaf in enumerate(all_leaves) if i in places]
    order = topological_order(output)
    expected = {node for node in order if not set(leaves).isdisjoint(topological_order(node))}
    assert descendants(order, leaves) == expected | set(leaves)


@given(expressions())
def test_gradient_nodes_hold_the_numbers_of_backward(expression: Expression) -> None:
    leaves = microfp_leaves(expression)
    output = evaluate(expression.steps, leaves, VALUES)
    nodes = gradient_nodes(output, leaves, {output: value(1.0)})
    table = backward(output)
    for leaf in leaves:
        found = nodes[leaf].data if leaf in nodes else 0.0
        assert found == grad(leaf, table)
