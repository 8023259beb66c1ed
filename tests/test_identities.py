"""The identities are one table: graphs and programs become smaller by the same ones."""

import math
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp import ops
from microfp.compiler.ir.passes import lower, translate
from microfp.compiler.ir.program import Program, run
from microfp.gradients import backward
from microfp.graph.rewrite import simplify, substitute
from microfp.values import (
    LEAF,
    Value,
    neg,
    pow,
    stop_gradient,
    topological_order,
    total,
    value,
    where,
)
from tests.expressions import VALUES, applied, close, evaluate
from tests.laws.test_backend_laws import steps

EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]
MODERATE = [0.5, -0.5, 1.0, -1.0, 2.0, 1.5]
CONSTANTS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5]


def bits(number: float) -> bytes:
    return struct.pack("<d", math.nan if math.isnan(number) else number)


@st.composite
def graphs(draw: st.DrawFn, numbers: list[float]) -> tuple[tuple[Value, ...], Value]:
    """Variables, and any expression of them and of constants that identities wait for."""
    variables = tuple(map(value, draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3))))
    constants = draw(st.lists(st.sampled_from(CONSTANTS), min_size=1, max_size=4))
    leaves = [*variables, *map(value, constants)]
    return variables, evaluate(draw(steps(len(leaves))), leaves, VALUES)


def operations(program: Program) -> list[str]:
    """What a program computes, constants left out."""
    return sorted(it.op for it in program.instructions if it.parameter is None or it.operands)


@given(graphs(EDGES))
@settings(max_examples=400)
def test_simplify_and_lower_leave_the_same_operations(
    graph: tuple[tuple[Value, ...], Value],
) -> None:
    variables, output = graph
    if any(node.op == "stop_gradient" for node in topological_order(output)):
        return  # it is the identity for a program, and not for a graph
    simple = translate(simplify(output, variables=variables), variables)
    lowered = lower(output, variables)
    assert operations(simple) == operations(lowered)
    assert lower(simplify(output, variables=variables), variables) == simple


@given(graphs(EDGES), st.lists(st.sampled_from(EDGES), min_size=3, max_size=3))
@settings(max_examples=400)
def test_simplify_and_lower_keep_every_bit_for_any_numbers(
    graph: tuple[tuple[Value, ...], Value], numbers: list[float]
) -> None:
    variables, output = graph
    elsewhere = numbers[: len(variables)]
    (expected,) = run(translate(output, variables), elsewhere)
    (lowered,) = run(lower(output, variables), elsewhere)
    simple = simplify(output, variables=variables)
    used = set(topological_order(simple))
    moved = {x: n for x, n in zip(variables, elsewhere, strict=True) if x in used}
    assert bits(lowered) == bits(expected)
    assert bits(substitute(simple, moved).data) == bits(expected)


@given(graphs(MODERATE))
@settings(max_examples=200)
def test_the_identities_of_graphs_keep_the_gradients(
    graph: tuple[tuple[Value, ...], Value],
) -> None:
    variables, output = graph
    before = backward(output)
    after = backward(simplify(output, variables=variables))
    scale = max(map(abs, before.values()))
    if not math.isfinite(scale) or not math.isfinite(sum(before.values())):
        return
    for x in variables:
        assert close(after.get(x, 0.0), before.get(x, 0.0), relative=1e-9, scale=scale)


SAME: dict[str, tuple[Callable[[Value, Value], Value], list[str]]] = {
    "a first power": (lambda x, y: x**1.0 + y, ["add"]),
    "a power of zero": (lambda x, y: x**0.0 + y, ["add"]),
    "a first power that is a node": (lambda x, y: pow(x, value(1.0)) + y, ["add"]),
    "a difference with zero": (lambda x, y: (x - 0.0) + y, ["add"]),
    "a sum with minus zero": (lambda x, y: (x + -0.0) + y, ["add"]),
    "a choice that is made": (lambda x, y: where(1.0, x, y) + y, ["add"]),
    "factors in either order": (lambda x, y: x * y + y * x, ["add", "mul"]),
    "a product with minus one": (lambda x, y: x * -1.0 + y, ["add", "neg"]),
    "a negation of one": (lambda x, y: -(-1.0 * x) + y, ["add"]),
    "a quotient by one": (lambda x, y: x / 1.0 + y, ["add"]),
    "a sum of one": (lambda x, y: total([x]) + neg(neg(y)), ["add"]),
    "a sum with zero, which is kept": (lambda x, y: (x + 0.0) * y, ["add", "mul"]),
    "a product with zero, which is kept": (lambda x, y: x * 0.0 + y, ["add", "mul"]),
    "terms in either order, which are kept": (
        lambda x, y: total([x, y, x]) - total([y, x, x]),
        ["sub", "total", "total"],
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_an_identity_holds_for_graphs_and_for_programs(name: str) -> None:
    build, expected = SAME[name]
    x, y = value(3.0), value(4.0)
    output = build(x, y)
    assert operations(lower(output, [x, y])) == expected
    simple = topological_order(simplify(output, variables=[x, y]))
    assert sorted(node.op for node in simple if node.op != LEAF) == expected


def test_what_stops_gradients_goes_where_nobody_differentiates_any_more() -> None:
    x = value(3.0, label="x")
    output = stop_gradient(x) * x
    assert operations(lower(output, [x])) == ["mul"]
    assert simplify(output) is output
    assert backward(simplify(output))[x] == 3.0


@pytest.mark.parametrize("name", ops.IDENTITIES)
def test_a_users_own_primitive_is_lowered_by_none_of_the_identities_of_its_namesake(
    name: str,
) -> None:
    own = ops.primitive(
        name, lambda *xs: 7.0 + sum(xs), lambda *xs: (1.0,) * (len(xs) - 1), "f({0})", arity=None
    )
    x, one = value(3.0), value(1.0)
    for operands in ([x], [x, one], [one, x], [one, x, x]):
        output = -applied(own, *operands)
        assert run(lower(output, [x]), [3.0]) == (output.data,)
