"""Simplified and substituted graphs compute what they should, with the nodes that they need."""

import math
import re
import struct
from collections.abc import Callable, Sequence
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import ops, values
from microfp.gradients import backward
from microfp.graph.rewrite import check_variables, free_variables, simplified, simplify, substitute
from microfp.values import (
    LEAF,
    Value,
    absolute,
    exp,
    log,
    maximum,
    minimum,
    pow,
    relu,
    tanh,
    topological_order,
    total,
    value,
    where,
)
from tests.expressions import (
    VALUES,
    Expression,
    applied,
    close,
    evaluate,
    expressions,
    microfp_leaves,
)
from tests.untraced import untraced

EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]


def bits(number: float) -> bytes:
    return struct.pack("<d", math.nan if math.isnan(number) else number)


def built(expression: Expression, leaves: Sequence[Value]) -> Value:
    return evaluate(expression.steps, leaves, VALUES)


def operations(output: Value) -> list[str]:
    return [node.op for node in topological_order(output) if node.op != LEAF]


def with_constants(expression: Expression, variables: int) -> tuple[Value, tuple[Value, ...]]:
    """The expression with its first leaves as variables and the rest as constants."""
    leaves = microfp_leaves(expression)
    return built(expression, leaves), leaves[:variables]


X = value(3.0, label="x")
Y = value(4.0, label="y")


# What holds for every simplified graph.


@given(expressions(), st.integers(0, 4))
def test_simplifying_changes_no_bit_of_the_value(expression: Expression, variables: int) -> None:
    output, kept = with_constants(expression, variables)
    assert bits(simplify(output, variables=kept).data) == bits(output.data)


@given(expressions(), st.lists(st.sampled_from(EDGES), min_size=4, max_size=4))
def test_a_simplified_graph_has_the_same_bits_at_any_other_inputs(
    expression: Expression, inputs: list[float]
) -> None:
    output, kept = with_constants(expression, 2)
    simple = simplify(output, variables=kept)
    points = dict(zip(kept, inputs, strict=False))
    moved = [*inputs[: len(kept)], *expression.leaves[len(kept) :]]
    elsewhere = built(expression, [value(number) for number in moved])
    found = {node: points[node] for node in topological_order(simple) if node in points}
    assert bits(substitute(simple, found).data) == bits(elsewhere.data)


@given(expressions(), st.integers(1, 4))
def test_simplifying_keeps_the_gradients_of_the_variables(
    expression: Expression, variables: int
) -> None:
    output, kept = with_constants(expression, variables)
    before, after = backward(output), backward(simplify(output, variables=kept))
    scale = max(map(abs, before.values()))
    for x in kept:
        assert close(after.get(x, 0.0), before.get(x, 0.0), relative=1e-9, scale=scale)


@given(expressions(), st.integers(1, 4), st.booleans())
def test_simplifying_twice_is_simplifying_once(
    expression: Expression, variables: int, finite: bool
) -> None:
    output, kept = with_constants(expression, variables)
    once = simplify(output, variables=kept, assume_finite=finite)
    assert simplify(once, variables=kept, assume_finite=finite) is once


@given(expressions(), st.integers(1, 4))
def test_a_simplified_graph_repeats_nothing_and_folds_everything(
    expression: Expression, variables: int
) -> None:
    output, kept = with_constants(expression, variables)
    order = topological_order(simplify(output, variables=kept))
    made = [(node.op, node.parents, node.parameter) for node in order if node.parents]
    assert len(set(made)) == len(made)
    constants = [node for node in order if node.op == LEAF and node not in kept]
    assert len({bits(node.data) for node in constants}) == len(constants)
    assert all(any(p not in constants for p in node.parents) for node in order if node.parents)
    assert len(order) <= len(topological_order(output))


@given(expressions(), st.integers(1, 4))
def test_assuming_finite_numbers_keeps_value_and_gradients_of_finite_graphs(
    expression: Expression, variables: int
) -> None:
    output, kept = with_constants(expression, variables)
    simple = simplify(output, variables=kept, assume_finite=True)
    assert simple.data == output.data
    before, after = backward(output), backward(simple)
    scale = max(map(abs, before.values()))
    for x in kept:
        assert close(after.get(x, 0.0), before.get(x, 0.0), relative=1e-9, scale=scale)


# The rules of simplify, one by one.


@pytest.mark.parametrize(
    "identity",
    [
        lambda x: x * 1.0,
        lambda x: 1.0 * x,
        lambda x: x / 1.0,
        lambda x: x - 0.0,
        lambda x: x + -0.0,
        lambda x: -0.0 + x,
        lambda x: x**1.0,
        lambda x: pow(x, value(1.0)),
        lambda x: -values.neg(x),
        lambda x: total([x]),
        lambda x: where(1.0, x, x * 2.0),
        lambda x: where(0.0, x * 2.0, x),
        lambda x: where(math.nan, x, x * 2.0),
        lambda x: -((-(x * 1.0 - 0.0)) ** 1.0),
        lambda x: -(x * -1.0),
        lambda x: -1.0 * (-1.0 * x),
    ],
)
def test_an_identity_comes_to_its_operand(identity: Callable[[Value], Value]) -> None:
    simple = simplify(identity(X))
    inverted = simplify(-identity(X))
    assert simple is X or (simple.op == "neg" and inverted is X)
    for edge in EDGES:
        x = value(edge)
        assert bits(substitute(simple, {X: edge}).data) == bits(identity(x).data)


@pytest.mark.parametrize(
    "kept",
    [
        lambda x: x + 0.0,
        lambda x: 0.0 + x,
        lambda x: x - -0.0,
        lambda x: 0.0 - x,
        lambda x: x * 0.0,
        lambda x: 0.0 * x,
        lambda x: 1.0 / x,
        lambda x: 1.0 - x,
        lambda x: 1.0 + x,
        lambda x: x - x,
        lambda x: x / x,
        lambda x: x + x,
        lambda x: x**2.0,
        lambda x: x**-1.0,
        lambda x: 1.0**x,
        lambda x: -x,
        lambda x: maximum(x, 1.0),
        lambda x: total([x, x]),
        lambda x: total([x, 0.0]),
        lambda x: where(x, 1.0, 2.0),
    ],
)
def test_what_ieee_754_tells_apart_is_kept_by_default(kept: Callable[[Value], Value]) -> None:
    output = kept(X)
    assert simplify(output) is output


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda x, y: x + 0.0, X),
        (lambda x, y: 0.0 + x, X),
        (lambda x, y: x + -0.0, X),
        (lambda x, y: x - -0.0, X),
        (lambda x, y: (x * 0.0) + y, Y),
        (lambda x, y: (0.0 * x) + y, Y),
        (lambda x, y: (x * -0.0) + y, Y),
        (lambda x, y: (x - x) + y, Y),
        (lambda x, y: y - (x * y - y * x), Y),
    ],
)
def test_rules_for_finite_numbers_apply_when_asked_for(
    build: Callable[[Value, Value], Value], expected: Value
) -> None:
    output = build(X, Y)
    assert simplify(output, assume_finite=True) is expected
    assert simplify(output) is not expected or not operations(simplify(output))


@pytest.mark.parametrize(
    "kept",
    [
        lambda x, y: x * y,
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: 0.0 - x,
        lambda x, y: x / x,
        lambda x, y: 2.0 * x + 3.0,
        lambda x, y: exp(x) - y,
    ],
)
def test_assuming_finite_numbers_changes_nothing_else(
    kept: Callable[[Value, Value], Value],
) -> None:
    output = kept(X, Y)
    assert simplify(output, assume_finite=True) is output


def test_a_product_with_zero_becomes_the_constant_zero() -> None:
    simple = simplify(X * 0.0, assume_finite=True)
    assert (simple.op, bits(simple.data)) == (LEAF, bits(0.0))
    assert bits(simplify(X - X, assume_finite=True).data) == bits(0.0)


@pytest.mark.parametrize("build", [lambda x: x * -1.0, lambda x: -1.0 * x])
def test_a_product_with_minus_one_is_a_negation(build: Callable[[Value], Value]) -> None:
    simple = simplify(build(X).set(label="y"))
    assert (simple.op, simple.parents, simple.data, simple.label) == ("neg", (X,), -3.0, "y")
    for edge in EDGES:
        moved = substitute(simple, {X: edge})
        assert bits(moved.data) == bits(build(value(edge)).data)


def test_a_power_of_zero_is_one() -> None:
    simple = simplify((X**0.0) * Y)
    assert simple is Y
    assert simplify(value(math.nan, label="x") ** -0.0).data == 1.0
    assert simplify(pow(X, value(0.0)) * Y) is Y


def test_constants_are_folded_and_shared() -> None:
    simple = simplify((X + (2.0 * value(3.0))) * (Y + (value(1.0) + 5.0)))
    assert operations(simple) == ["add", "add", "mul"]
    left, right = simple.parents
    assert left.parents[1] is right.parents[1]
    assert left.parents[1].data == 6.0
    assert left.parents[0] is X
    assert right.parents[0] is Y


def test_a_graph_of_constants_is_one_constant() -> None:
    simple = simplify(exp(value(0.0)) + 1.0, variables=())
    assert (simple.data, simple.op, simple.label) == (2.0, LEAF, None)


def test_constants_of_different_bits_or_labels_stay_apart() -> None:
    named = value(0.0, label="zero")
    output = total([X, value(0.0), value(-0.0), named, value(0.0)])
    parents = simplify(output, variables=[X]).parents
    assert [bits(p.data) for p in parents[1:]] == [bits(p.data) for p in output.parents[1:]]
    assert parents[1] is parents[4]
    assert parents[3] is named


@pytest.mark.parametrize("commute", [lambda a, b: a + b, lambda a, b: a * b, maximum, minimum])
def test_operands_that_commute_are_shared_in_either_order(
    commute: Callable[[Value, Value], Value],
) -> None:
    left, right = simplify(commute(X, Y) / commute(Y, X)).parents
    assert left is right


@pytest.mark.parametrize("ordered", [lambda a, b: a - b, lambda a, b: a / b, pow])
def test_operands_that_do_not_commute_are_not_shared(
    ordered: Callable[[Value, Value], Value],
) -> None:
    output = ordered(X, Y) * ordered(Y, X)
    assert simplify(output) is output


def test_sums_are_shared_in_the_same_order_only() -> None:
    same = simplify(total([X, Y, X]) * total([X, Y, X]))
    assert same.parents[0] is same.parents[1]
    output = total([X, X, Y]) * total([X, Y, X])
    assert simplify(output) is output


def test_powers_are_shared_when_their_exponents_are_equal() -> None:
    same = simplify(X**2 / X**2.0)
    assert same.parents[0] is same.parents[1]
    output = X**2 / X**3
    assert simplify(output) is output


def test_custom_operations_are_shared_and_folded() -> None:
    cube = ops.primitive("cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")
    same = simplify(applied(cube, X) / applied(cube, X))
    assert same.parents[0] is same.parents[1]
    assert same.parents[0].parameter is cube
    assert simplify(applied(cube, value(2.0)), variables=()).data == 8.0


def test_two_variables_of_one_number_and_one_label_stay_two() -> None:
    a, b = value(1.0, label="w"), value(1.0, label="w")
    output = a * b + a
    assert simplify(output) is output
    assert simplify(value(1.0) * 1.0 * value(2.0)).op == "mul"


def test_the_nodes_of_a_part_that_stays_the_same_are_the_same_nodes() -> None:
    part = tanh(X * Y)
    assert simplify(part * 1.0 + log(X)).parents[0] is part


def test_labels_of_computed_nodes_survive() -> None:
    named = (X * Y * 1.0).set(label="area")
    assert simplify(named + (1.0 * X) * Y).parents[0].op == "mul"
    kept = simplify(((X * 1.0) + Y).set(label="sum") * 2.0)
    assert kept.parents[0].label == "sum"


def test_several_outputs_share_what_they_have_in_common() -> None:
    a, b, c = simplified((exp(X * Y), exp(Y * X) + 1.0, X), [X, Y])
    assert b.parents[0] is a
    assert c is X
    assert simplified((), []) == ()


def test_unlabelled_graphs_lose_no_variable() -> None:
    w, x = value(2.0), value(3.0)
    output = w * x + w
    assert simplify(output) is output
    simple = simplify(w * x + w * (x * 1.0), variables=[w])
    assert operations(simple) == ["mul", "add"]
    assert free_variables(simple) == (w, simple.parents[0].parents[1])


# free_variables and the choice of variables


def test_free_variables_are_the_labelled_leaves_each_once_in_topological_order() -> None:
    assert free_variables(Y * X + Y * 2.0) == (Y, X)


def test_free_variables_are_all_leaves_where_none_has_a_label() -> None:
    a, b = value(1.0), value(2.0)
    assert free_variables((b * a).set(label="product") + b) == (b, a)


def test_an_empty_label_is_a_label() -> None:
    x = value(1.0, label="")
    assert free_variables(x * 2.0) == (x,)


def test_a_leaf_is_its_own_free_variable() -> None:
    assert free_variables(X) == (X,)


def test_variables_are_named_once_each() -> None:
    assert check_variables("f", "inputs", X * Y, [Y, X, Y]) == (Y, X)
    assert check_variables("f", "inputs", X * Y, None) == (X, Y)
    assert check_variables("f", "inputs", X * Y, iter([X])) == (X,)


def test_a_computed_variable_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"simplify: each of variables must be a leaf, got Value"):
        simplify(X * Y, variables=[X, X * Y])


# substitute


@given(expressions(), st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_substituting_leaves_is_computing_with_other_numbers(
    expression: Expression, inputs: list[float]
) -> None:
    leaves = microfp_leaves(expression)
    output = built(expression, leaves)
    order = topological_order(output)
    new = {leaf: number for leaf, number in zip(leaves, inputs, strict=False) if leaf in order}
    expected = built(expression, [value(new.get(leaf, leaf.data)) for leaf in leaves])
    assert bits(substitute(output, new).data) == bits(expected.data)


@given(expressions())
def test_substituting_nothing_or_each_node_for_itself_gives_the_same_graph(
    expression: Expression,
) -> None:
    output = built(expression, microfp_leaves(expression))
    assert substitute(output, {}) is output
    assert substitute(output, {node: node for node in topological_order(output)}) is output


def test_substituting_twice_is_substituting_the_substitute() -> None:
    z = value(5.0, label="z")
    output = X * Y + X
    assert substitute(substitute(output, {X: z}), {z: 7.0}).data == 7.0 * 4.0 + 7.0


def test_replacements_are_simultaneous() -> None:
    swapped = substitute(X - Y, {X: Y, Y: X})
    assert swapped.parents == (Y, X)


def test_what_did_not_change_is_shared() -> None:
    left, right = exp(X), exp(Y)
    changed = substitute(left * right, {Y: 0.0})
    assert changed.parents[0] is left
    assert changed.data == left.data


def test_labels_and_exponents_survive() -> None:
    output = ((X**3).set(label="cube") + 1.0).set(label="y")
    changed = substitute(output, {X: 2})
    assert (changed.label, changed.data) == ("y", 9.0)
    cube = changed.parents[0]
    assert (cube.label, cube.parameter, cube.data) == ("cube", 3.0, 8.0)
    assert (cube.parents[0].label, cube.parents[0].data) == ("x", 2.0)


def test_computed_nodes_can_be_replaced_and_cut_off_what_is_below() -> None:
    inner = X * Y
    output = relu(inner) + X
    changed = substitute(output, {inner: -1.0})
    assert changed.data == 3.0
    assert topological_order(changed)[0].data == -1.0
    assert substitute(output, {output: X}) is X


def test_custom_operations_are_evaluated_again() -> None:
    cube = ops.primitive("cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")
    changed = substitute(applied(cube, X) + 1.0, {X: 2.0})
    assert changed.data == 9.0
    assert backward(changed)[changed.parents[0].parents[0]] == 12.0


@pytest.mark.parametrize("name", ["add", "sub", "mul", "divide", "pow", "maximum"])
def test_a_custom_operation_is_simplified_by_none_of_the_rules_of_its_namesake(name: str) -> None:
    own = ops.primitive(name, lambda a, b: a - 2.0 * b, lambda a, b, y: (1.0, -2.0), "f", arity=2)
    for a, b in [(X, value(1.0)), (value(1.0), X), (X, value(0.0)), (X, Y), (X, X)]:
        both = applied(own, a, b) - 2.0 * applied(own, b, a)
        assert simplify(both).data == both.data
        assert simplify(both, assume_finite=True).data == both.data


@pytest.mark.parametrize("name", ["neg", "total", "constant_power", "where"])
def test_a_custom_operation_of_one_operand_stays_whatever_its_name_is(name: str) -> None:
    own = ops.primitive(name, lambda a: a + 1.0, lambda a, y: (1.0,), "f")
    for output in (applied(own, X), applied(own, -X), -applied(own, X)):
        assert simplify(output).data == output.data


def test_equal_custom_operations_are_shared() -> None:
    own = ops.primitive("own", lambda a: a + 1.0, lambda a, y: (1.0,), "f")
    assert operations(simplify(applied(own, X) * applied(own, X))) == ["own", "mul"]


def test_what_an_int_cannot_be_as_a_float_is_refused() -> None:
    with pytest.raises(ValueError, match="a number that a float can hold"):
        substitute(X * 2.0, {X: 10**400})


def test_a_key_outside_the_graph_is_named() -> None:
    with pytest.raises(
        ValueError,
        match=r"^substitute: each key of replacements must be a node of the graph, "
        r"got Value\(data=4\.0, label='y'\)$",
    ):
        substitute(X * 2.0, {Y: 1.0})


@pytest.mark.parametrize("bad", ["1", None, True, [1.0]])
def test_a_replacement_that_is_no_number_is_refused(bad: object) -> None:
    message = (
        "substitute: the replacement of Value(data=3.0, label='x') must be "
        f"a Value or a number, got {bad!r} ({type(bad).__name__})"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        substitute(X * 2.0, {X: bad})  # type: ignore[dict-item]  # it has to fail


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simplify(3.0), r"simplify: output must be a Value, got 3\.0 \(float\)$"),  # type: ignore[arg-type]
        (lambda: simplify(X, variables=[3.0]), "simplify: each of variables must be a Value"),  # type: ignore[list-item]
        (lambda: simplify(X, assume_finite=1), "simplify: assume_finite must be True or"),  # type: ignore[arg-type]
        (lambda: substitute(3.0, {}), "substitute: output must be a Value"),  # type: ignore[arg-type]
        (lambda: substitute(X, {"x": 1.0}), "substitute: each key of replacements must be a Value"),  # type: ignore[dict-item]
        (lambda: substitute(X, None), "substitute: replacements must be a mapping from nodes"),  # type: ignore[arg-type]
        (lambda: substitute(X, X), "substitute: replacements must be a mapping from nodes, got V"),  # type: ignore[arg-type]
        (lambda: simplify(X, variables=X), "simplify: variables must be a sequence of leaves, got"),  # type: ignore[arg-type]
        (lambda: simplify(X, variables=3), "simplify: variables must be a sequence of leaves, got"),  # type: ignore[arg-type]
        (lambda: free_variables("x"), "free_variables: output must be a Value"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_node_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}"):
        call()


# Depth


@untraced
def test_a_chain_of_100_000_is_no_deeper_than_any_other_graph() -> None:
    long = reduce(lambda node, _: absolute(node) * 1.0, range(100_000), X)
    assert len(topological_order(simplify(long))) == 100_001
    assert substitute(long, {X: -7.0}).data == 7.0
    assert free_variables(long) == (X,)


def test_sixty_diamonds_that_compute_the_same_on_both_sides_become_a_chain() -> None:
    wide = reduce(lambda node, _: exp(-node) * exp(-node), range(60), X)
    assert operations(simplify(wide)) == ["neg", "exp", "mul"] * 60
