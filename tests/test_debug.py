"""The number debugger finds what a reader of the graph would find, and only that."""

import math
from collections import Counter
from collections.abc import Callable
from functools import reduce
from operator import add, mul
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.maybe import Nothing

from microfp import debug, graph
from microfp.debug import (
    Contribution,
    Reason,
    contributions,
    first_non_finite,
    first_non_finite_gradient,
    paths,
    why_zero,
)
from microfp.gradients import backward, local_derivatives
from microfp.values import (
    Value,
    exp,
    log,
    maximum,
    relu,
    sigmoid,
    sqrt,
    tanh,
    topological_order,
    total,
    value,
)
from tests.expressions import VALUES, Expression, evaluate, expressions, microfp_leaves
from tests.untraced import untraced

LENGTH = 100_000


def built(expression: Expression) -> tuple[Value, tuple[Value, ...]]:
    leaves = microfp_leaves(expression)
    return evaluate(expression.steps, leaves, VALUES), leaves


def chain(x: Value, length: int = LENGTH) -> Value:
    return reduce(lambda node, _: node + 1.0, range(length), x)


def all_paths(x: Value, output: Value) -> list[tuple[tuple[Value, ...], float]]:
    """Every path by plain recursion from the output, with the product of its slopes."""
    if x is output:
        return [((x,), 1.0)]
    found = []

    def walk(node: Value, below: tuple[Value, ...], weight: float) -> None:
        slopes = local_derivatives(node) if node.parents else ()
        for parent, slope in zip(node.parents, slopes, strict=True):
            if parent is x:
                found.append(((parent, *below), weight * slope))
            walk(parent, (parent, *below), weight * slope)

    walk(output, (output,), 1.0)
    return found


# first_non_finite


@given(expressions(), st.data())
def test_the_first_non_finite_node_has_finite_parents_and_only_finite_nodes_before_it(
    expression: Expression, data: st.DataObject
) -> None:
    bad = data.draw(st.sampled_from([math.nan, math.inf, -math.inf, 1e300, 0.0, -1.0]))
    place = data.draw(st.integers(0, len(expression.leaves) - 1))
    leaves = tuple(bad if i == place else leaf for i, leaf in enumerate(expression.leaves))
    output, _ = built(expression._replace(leaves=leaves))
    order = topological_order(output)
    found = first_non_finite(output).value_or(None)
    finite = [math.isfinite(node.data) for node in order]
    if found is None:
        assert all(finite)
    else:
        assert all(finite[: order.index(found.node)])
        assert not math.isfinite(found.node.data)
        assert all(math.isfinite(parent.data) for parent in found.node.parents)
        assert found.operands == tuple(parent.data for parent in found.node.parents)


def test_of_two_bad_nodes_the_earlier_operand_is_found() -> None:
    left, right = log(value(-1.0)), sqrt(value(-1.0))
    assert first_non_finite(left + right).unwrap().node is left
    assert first_non_finite(right + left).unwrap().node is right


def test_a_bad_leaf_is_where_its_nan_was_born() -> None:
    x = value(math.nan, label="x")
    found = first_non_finite(x + 1.0).unwrap()
    assert (found.node, found.operands) == (x, ())
    assert str(found) == "the leaf x holds nan"


def test_the_message_names_the_operation_and_its_operands() -> None:
    x = value(-3.0, label="x")
    assert str(first_non_finite(log(x)).unwrap()) == "n1 = log(x) gave nan, from -3.0"
    quotient = first_non_finite(x / (x + 3.0)).unwrap()
    assert str(quotient) == "n3 = x / n2 gave -inf, from -3.0 and 0.0"


def test_the_message_calls_a_computed_node_by_its_label() -> None:
    loss = log(value(0.0)).set(label="loss")
    assert str(first_non_finite(loss * 2.0).unwrap()) == "loss = log(n0) gave -inf, from 0.0"


def test_the_message_of_a_long_sum_stays_short() -> None:
    big = [value(1e308) for _ in range(100)]
    assert str(first_non_finite(total(big)).unwrap()) == (
        "n100 = sum(n0, n1, n2, n3, n4, ...) gave inf, "
        "from 1e+308, 1e+308, 1e+308, 1e+308, 1e+308 and 95 more"
    )
    assert str(first_non_finite(total(big[:6])).unwrap()) == (
        "n6 = sum(n0, n1, n2, n3, n4, n5) gave inf, "
        "from 1e+308, 1e+308, 1e+308, 1e+308, 1e+308 and 1e+308"
    )


def test_finite_graphs_have_no_first_non_finite_node() -> None:
    assert first_non_finite(value(1.0) * 2.0) == Nothing


# first_non_finite_gradient


def test_the_slope_of_a_root_at_zero_is_the_first_non_finite_gradient() -> None:
    x = value(0.0, label="x")
    root = sqrt(x)
    found = first_non_finite_gradient(root * 3.0).unwrap()
    assert (found.node, found.before) == (x, 0.0)
    assert found.contribution == Contribution(
        consumer=root, operand=0, gradient=3.0, local_derivative=math.inf, product=math.inf
    )
    assert str(found) == (
        "the gradient of x became inf: 0.0 + 3.0 * inf, through n1 = sqrt(x) at 0.0"
    )


def test_a_gradient_that_overflows_in_its_sum_is_found_at_the_term_that_did_it() -> None:
    x = value(0.0)
    found = first_non_finite_gradient(1e308 * x + (1e308 * x + 5.0 * x)).unwrap()
    assert (found.node, found.before, found.contribution.product) == (x, 1e308 + 5.0, 1e308)


@given(expressions(max_steps=8))
def test_the_first_non_finite_gradient_is_absent_where_all_gradients_are_finite(
    expression: Expression,
) -> None:
    output, leaves = built(expression)
    assert all(map(math.isfinite, backward(output).values()))
    assert first_non_finite_gradient(output) == Nothing
    # A root of 0 that hangs at the end, behind everything else in the fold.
    spoilt = first_non_finite_gradient(output + sqrt(0.0 * leaves[0])).unwrap()
    assert spoilt.contribution.consumer.op == "sqrt"
    assert spoilt.contribution.gradient == 1.0


# contributions


@given(expressions())
def test_contributions_add_up_to_the_gradient_bit_for_bit(expression: Expression) -> None:
    output, _ = built(expression)
    for x, gradient in backward(output).items():
        products = (term.product for term in contributions(x, output))
        assert reduce(add, products, 0.0).hex() == gradient.hex()


@given(expressions())
def test_each_contribution_is_a_use_of_the_node(expression: Expression) -> None:
    output, leaves = built(expression)
    gradients = backward(output)
    x = leaves[0]
    terms = contributions(x, output)
    uses = [n for n in topological_order(output) for parent in n.parents if parent is x]
    if x is not output:
        assert Counter(term.consumer for term in terms) == Counter(uses)
        assert len({(term.consumer, term.operand) for term in terms}) == len(terms)
    for term in terms:
        if x is not output:
            assert term.consumer.parents[term.operand] is x
            assert term.local_derivative == local_derivatives(term.consumer)[term.operand]
        assert term.gradient == gradients[term.consumer]
        assert term.product == term.gradient * term.local_derivative


def test_contributions_stand_in_the_order_of_the_fold() -> None:
    x = value(3.0)
    first, second = x * 2.0, x * 5.0
    terms = contributions(x, first + second)
    assert [(term.consumer, term.operand) for term in terms] == [(second, 0), (first, 0)]
    square = x * x
    assert [term.operand for term in contributions(x, square)] == [0, 1]


def test_a_node_that_is_not_used_has_no_contributions() -> None:
    assert contributions(value(1.0), value(2.0) * 3.0) == ()


def test_the_output_contributes_one_to_itself() -> None:
    y = value(2.0) * 3.0
    (term,) = contributions(y, y)
    assert term == Contribution(
        consumer=y, operand=0, gradient=1.0, local_derivative=1.0, product=1.0
    )


# paths


@given(expressions(max_steps=7), st.integers(1, 12))
def test_the_heaviest_paths_are_those_of_a_full_enumeration(
    expression: Expression, top: int
) -> None:
    output, leaves = built(expression)
    everything = all_paths(leaves[0], output)
    found = paths(leaves[0], output, top=top)
    heaviest = sorted((abs(weight) for _, weight in everything), reverse=True)[:top]
    assert [abs(path.weight) for path in found] == heaviest
    # As often as each run of nodes and weight is found, it is there: x * x has two edges.
    there = Counter(everything)
    assert not Counter((path.nodes, path.weight) for path in found) - there


@given(expressions(max_steps=7))
def test_a_path_leads_from_the_node_to_the_output_and_weighs_the_product_of_its_slopes(
    expression: Expression,
) -> None:
    output, leaves = built(expression)
    for path in paths(leaves[0], output, top=5):
        assert (path.nodes[0], path.nodes[-1]) == (leaves[0], output)
        assert len(path.local_derivatives) == len(path.nodes) - 1
        for slope, parent, node in zip(
            path.local_derivatives, path.nodes[:-1], path.nodes[1:], strict=True
        ):
            pairs = zip(node.parents, local_derivatives(node), strict=True)
            assert any(p is parent and s == slope for p, s in pairs)
        assert reduce(mul, reversed(path.local_derivatives), 1.0) == path.weight


@given(expressions(operations=["add", "sub", "mul", "neg"], max_steps=7))
def test_all_paths_together_weigh_what_the_gradient_is(expression: Expression) -> None:
    output, leaves = built(expression)
    weights = [path.weight for path in paths(leaves[0], output, top=10_000)]
    assert len(weights) == len(all_paths(leaves[0], output))
    gradient = backward(output).get(leaves[0], 0.0)
    scale = math.fsum(map(abs, weights))
    assert abs(math.fsum(weights) - gradient) <= 1e-12 * scale


def test_sixty_diamonds_in_a_row_are_answered_without_their_2_to_the_60_paths() -> None:
    x = value(1.0)
    output = reduce(lambda node, _: 2.0 * node + 0.5 * node, range(60), x)
    found = paths(x, output, top=62)
    # One path has no light edge, sixty have one, and 1770 have two.
    assert [path.weight for path in found] == [2.0**60] + [2.0**58] * 60 + [2.0**56]
    assert len({path.nodes for path in found}) == 62


def test_equal_paths_come_in_the_order_of_the_fold() -> None:
    x = value(1.0)
    left, middle, right = x + 1.0, x + 2.0, x + 3.0
    output = total([left, middle, right])
    assert [path.nodes[1] for path in paths(x, output)] == [right, middle, left]
    assert [path.nodes[1] for path in paths(x, output, top=2)] == [right, middle]


def test_a_negative_weight_counts_by_its_size() -> None:
    x = value(1.0)
    assert [path.weight for path in paths(x, x * -3.0 + x * 2.0)] == [-3.0, 2.0]


def test_a_path_of_nan_comes_before_all_finite_ones() -> None:
    x = value(1.0)
    output = 1e300 * x + math.nan * x
    assert math.isnan(paths(x, output, top=1)[0].weight)


def test_the_path_from_a_node_to_itself_is_the_node() -> None:
    x = value(1.0)
    (path,) = paths(x, x)
    assert (path.nodes, path.local_derivatives, path.weight) == ((x,), (), 1.0)


def test_there_is_no_path_to_what_does_not_depend_on_the_node() -> None:
    assert paths(value(1.0), value(2.0) * 3.0) == ()


def test_three_paths_are_found_unless_asked_for_more() -> None:
    x = value(1.0)
    output = total([x, x, x, x])
    assert len(paths(x, output)) == 3
    assert len(paths(x, output, top=4)) == 4
    assert len(paths(x, output, top=9)) == 4


@pytest.mark.parametrize("top", [0, -1])
def test_fewer_than_one_path_is_refused(top: int) -> None:
    with pytest.raises(ValueError, match=f"paths: top must be an int >= 1, got {top}"):
        paths(value(1.0), value(2.0), top=top)


def test_a_path_reads_from_its_node_to_the_output() -> None:
    x = value(3.0, label="x")
    assert str(paths(x, (x * 2.0).set(label="double") + 1.0)[0]) == "x -> double -> add: 2.0"


# why_zero


def only_cause(x: Value, output: Value) -> debug.Cause:
    answer = why_zero(x, output)
    (cause,) = answer.causes
    assert cause.reason is answer.reason
    assert answer.gradient == 0.0
    assert str(answer) == str(cause)
    return cause


@given(expressions())
def test_a_reason_is_given_for_every_gradient_that_is_zero_and_no_other(
    expression: Expression,
) -> None:
    output, leaves = built(expression)
    gradients = backward(output)
    for x in (*leaves, *topological_order(output)):
        answer = why_zero(x, output)
        gradient = gradients.get(x)
        assert (answer.reason is Reason.NOT_REACHABLE) is (gradient is None)
        assert (answer.reason is Reason.NOT_ZERO) is (gradient not in (None, 0.0))
        assert bool(answer.causes) is (gradient == 0.0)
        assert answer.gradient == (gradient or 0.0)


@given(expressions())
def test_the_terms_of_a_cause_are_what_it_says(expression: Expression) -> None:
    output, leaves = built(expression)
    for cause in why_zero(leaves[0], output).causes:
        products = [term.product for term in cause.contributions]
        assert sum(products) == 0.0
        if cause.reason is Reason.CANCELLATION:
            assert all(products)
        else:
            assert not any(products)
            assert {term.consumer for term in cause.contributions} == {cause.node}


def test_a_gradient_that_is_not_zero_has_no_causes() -> None:
    x = value(2.0)
    answer = why_zero(x, x * 3.0)
    assert (answer.reason, answer.gradient, answer.causes) == (Reason.NOT_ZERO, 3.0, ())
    assert str(answer) == "not zero: the gradient is 3.0"


def test_a_gradient_of_nan_is_not_zero() -> None:
    x = value(2.0)
    assert why_zero(x, x * math.nan).reason is Reason.NOT_ZERO


def test_a_node_outside_the_graph_is_not_reachable() -> None:
    answer = why_zero(value(1.0), value(2.0) * 3.0)
    assert (answer.reason, answer.causes) == (Reason.NOT_REACHABLE, ())
    assert str(answer) == "not reachable: the output was not computed from it"


def test_a_dead_relu_is_named_however_far_from_the_node_it_stands() -> None:
    x = value(-2.0, label="x")
    dead = relu(tanh(x) * 3.0)
    cause = only_cause(x, dead * 5.0 + 1.0)
    assert (cause.reason, cause.node) == (Reason.DEAD_RELU, dead)
    assert str(cause) == (
        f"dead relu: n4 = relu(n3) has slope 0.0 along n3, at {dead.parents[0].data!r}"
    )


def test_a_factor_of_zero_is_named() -> None:
    x, zero = value(2.0, label="x"), value(0.0, label="zero")
    product = x * zero
    cause = only_cause(x, exp(product))
    assert (cause.reason, cause.node) == (Reason.ZERO_FACTOR, product)
    assert str(cause) == "zero factor: n2 = x * zero has slope 0.0 along x, at 2.0 and 0.0"


@pytest.mark.parametrize(
    "flat", [lambda x: sigmoid(-1000.0 * x), lambda x: maximum(x, 9.0), lambda x: x**0]
)
def test_any_other_slope_of_zero_is_a_zero_factor(flat: Callable[[Value], Value]) -> None:
    x = value(2.0)
    node = flat(x)
    cause = only_cause(x, node * 2.0)
    assert (cause.reason, cause.node) == (Reason.ZERO_FACTOR, node)


def test_terms_that_cancel_are_listed() -> None:
    x = value(2.0, label="x")
    left, right = x * 3.0, x * -3.0
    cause = only_cause(x, left + right)
    assert (cause.reason, cause.node) == (Reason.CANCELLATION, x)
    assert [(term.consumer, term.product) for term in cause.contributions] == [
        (right, -3.0),
        (left, 3.0),
    ]
    assert str(cause) == (
        "cancellation: the gradient of x is -3.0 + 3.0, along n4 = x * n3 and n2 = x * n1"
    )


def test_terms_that_cancel_behind_the_node_are_found_there() -> None:
    x = value(2.0)
    inner = exp(x)
    cause = only_cause(x, inner - inner)
    assert (cause.reason, cause.node) == (Reason.CANCELLATION, inner)


def test_terms_of_zero_are_left_out_of_a_cancellation() -> None:
    x = value(2.0)
    cause = only_cause(x, (x - x) + 0.0 * x)
    assert [term.product for term in cause.contributions] == [1.0, -1.0]


def test_the_message_of_many_terms_stays_short() -> None:
    x = value(2.0, label="x")
    answer = why_zero(x, total([x * (1.0 if i % 2 else -1.0) for i in range(50)]))
    assert len(answer.causes[0].contributions) == 50
    assert str(answer) == (
        "cancellation: the gradient of x is 1.0 + -1.0 + 1.0 + -1.0 + 1.0 + ..., "
        "along n100 = x * n99 and n98 = x * n97 and n96 = x * n95 and n94 = x * n93 "
        "and n92 = x * n91 and ..."
    )


def test_the_message_of_many_causes_stays_short() -> None:
    x = value(2.0)
    answer = why_zero(x, total([relu(-x) for _ in range(50)]))
    assert len(answer.causes) == 50
    assert str(answer).splitlines() == [*map(str, answer.causes[:5]), "and 45 more"]


def test_products_too_small_for_a_float_are_an_underflow() -> None:
    x = value(1.0, label="x")
    cause = only_cause(x, x * 1e-200 * 1e-200)
    assert cause.reason is Reason.UNDERFLOW
    assert str(cause) == (
        "underflow: n2 = x * n1 has slope 1e-200 along x, at 1.0 and 1e-200, and 1e-200 comes back"
    )


def test_several_different_causes_are_all_listed_the_nearest_first() -> None:
    x = value(2.0)
    dead, product = relu(-x), x * 0.0
    answer = why_zero(x, dead + product)
    assert answer.reason is Reason.SEVERAL
    assert [(cause.reason, cause.node) for cause in answer.causes] == [
        (Reason.ZERO_FACTOR, product),
        (Reason.DEAD_RELU, dead),
    ]
    assert str(answer) == "\n".join(map(str, answer.causes))


def test_two_dead_relus_are_one_reason_and_two_causes() -> None:
    x = value(2.0)
    left, right = relu(-x), relu(-2.0 * x)
    answer = why_zero(x, left + right)
    assert answer.reason is Reason.DEAD_RELU
    assert [cause.node for cause in answer.causes] == [right, left]


def test_a_node_that_is_used_twice_by_the_same_node_is_one_cause() -> None:
    x = value(0.0)
    cause = only_cause(x, x * x)
    assert [term.operand for term in cause.contributions] == [0, 1]


def test_a_node_behind_two_uses_is_explained_once() -> None:
    x = value(2.0)
    inner = -x
    dead = relu(inner + inner)
    cause = only_cause(x, dead * 2.0)
    assert cause.node is dead


# Depth, and misuse


@untraced
def test_a_chain_of_100_000_is_no_deeper_than_any_other_graph() -> None:
    x = value(2.0)
    long = chain(x)
    assert first_non_finite(log(long * -1.0)).unwrap().node.op == "log"
    assert first_non_finite_gradient(sqrt(long - (LENGTH + 2.0))).unwrap().before == 0.0
    assert [term.product for term in contributions(x, long)] == [1.0]
    assert [len(path.nodes) for path in paths(x, long, top=2)] == [LENGTH + 1]
    assert why_zero(x, relu(-long)).reason is Reason.DEAD_RELU


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (first_non_finite, "first_non_finite: output"),
        (first_non_finite_gradient, "first_non_finite_gradient: output"),
        (lambda bad: contributions(bad, value(1.0)), "contributions: x"),
        (lambda bad: contributions(value(1.0), bad), "contributions: output"),
        (lambda bad: paths(bad, value(1.0)), "paths: x"),
        (lambda bad: paths(value(1.0), bad), "paths: output"),
        (lambda bad: why_zero(bad, value(1.0)), "why_zero: x"),
        (lambda bad: why_zero(value(1.0), bad), "why_zero: output"),
    ],
)
def test_what_is_no_node_is_refused(call: Callable[[Any], object], message: str) -> None:
    with pytest.raises(TypeError, match=rf"^{message} must be a Value, got 3\.0 \(float\)$"):
        call(3.0)


def test_names_in_messages_are_those_of_the_node_rows() -> None:
    x = value(-1.0)
    output = log(x) * 2.0
    row = next(row for row in graph.nodes(output) if row["op"] == "log")
    assert str(first_non_finite(output).unwrap()).startswith(f"{row['id']} = {row['formula']} ")


def test_a_path_of_two_steps_has_a_slope_for_each() -> None:
    x = value(3.0, label="x")
    (path,) = paths(x, (x * 2.0) * 5.0)
    assert path.local_derivatives == (2.0, 5.0)
    assert path.weight == 10.0


def test_nan_counts_as_the_largest_weight() -> None:
    x = value(3.0)
    for output in (x * 1e300 + x * math.nan, x * math.nan + x * 1e300):
        (path,) = paths(x, output, top=1)
        assert math.isnan(path.weight)


@pytest.mark.parametrize("turned", [False, True])
def test_a_cancellation_on_one_path_does_not_hide_the_cause_on_another(turned: bool) -> None:
    x = value(3.0, label="x")
    doubled, tripled = x * 2.0, x * 3.0
    parts = (doubled - doubled, relu(-tripled))
    causes = why_zero(x, total(parts[::-1] if turned else parts)).causes
    assert {cause.reason for cause in causes} == {Reason.CANCELLATION, Reason.DEAD_RELU}
