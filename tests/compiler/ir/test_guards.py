"""Guards: what they say is zero is zero, for whatever the program computes otherwise."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microfp.compiler.ir.guards import guards_of_slots, latest, zero_behind
from microfp.compiler.ir.passes import translate
from microfp.compiler.ir.program import run
from microfp.ops import PRIMITIVES
from microfp.values import Value, value
from tests.expressions import VALUES, Step, evaluate

GATED = ("relu", "positive", "mul", "mul", "add", "sub", "neg", "total", "exp", "maximum")
NUMBERS = st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0, 3.0])


@st.composite
def gated_graphs(draw: st.DrawFn) -> tuple[tuple[Value, ...], Value]:
    """Leaves, and products and sums of relus of them."""
    leaves = tuple(map(value, draw(st.lists(NUMBERS, min_size=2, max_size=3))))
    steps: list[Step] = []
    for op in draw(st.lists(st.sampled_from(GATED), min_size=1, max_size=14)):
        arity = draw(st.integers(0, 3)) if op == "total" else PRIMITIVES[op].arity
        last = len(leaves) + len(steps) - 1
        operands = [draw(st.integers(max(0, last - 6), last)) for _ in range(arity or 0)]
        steps.append(Step(op, tuple(operands)))
    return leaves, evaluate(steps, leaves, VALUES)


@given(gated_graphs(), st.integers(1, 4), st.lists(NUMBERS, min_size=3, max_size=3))
@settings(max_examples=400)
def test_a_slot_is_zero_where_one_of_its_guards_is_closed(
    graph: tuple[tuple[Value, ...], Value], most: int, numbers: list[float]
) -> None:
    leaves, output = graph
    program = translate(output, leaves)
    count = program.leaf_count + len(program.instructions)
    slots = run(program.set(outputs=tuple(range(count))), numbers[: len(leaves)])
    assume(all(map(math.isfinite, slots)))
    guards = guards_of_slots(program, most)
    assert len(guards) == count
    for slot, own in enumerate(guards):
        assert len(own) <= max(most, 1)
        if any(slots[guard] <= 0.0 for guard in own):
            assert slots[slot] == 0.0


@pytest.mark.parametrize("op", PRIMITIVES)
@given(st.lists(st.booleans(), min_size=2, max_size=2), st.floats(-5, 5), st.floats(-5, 5))
def test_what_is_said_to_be_zero_is_zero(op: str, zeros: list[bool], a: float, b: float) -> None:
    primitive = PRIMITIVES[op]
    arity = 2 if primitive.arity is None else primitive.arity
    if arity > 2 or op == "constant_power":
        assert not zero_behind(op, [frozenset({"gate"})] * arity)
        return
    operands = [0.0 if zero else x for zero, x in zip(zeros, (a, b), strict=True)][:arity]
    gates = [frozenset({"gate"}) if zero else frozenset[str]() for zero in zeros][:arity]
    if zero_behind(op, gates):
        assert primitive.forward(*operands) == 0.0


def test_a_long_product_keeps_its_latest_guards() -> None:
    assert latest(frozenset(range(10)), 3) == {7, 8, 9}
    assert latest(frozenset({1, 2}), 3) == {1, 2}
