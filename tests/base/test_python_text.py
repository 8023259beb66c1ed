"""Expressions of Python: however they are nested, they compute the bits of the primitives."""

import math
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.base.python_text import (
    ATOM,
    NOTATIONS,
    Text,
    is_variable_name,
    sum_in_lines,
    written,
)
from microfp.ops import PRIMITIVES
from tests.expressions import Step, evaluate
from tests.graph.labelled import bits

NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.5, 3.0, 1e160, math.inf, -math.inf, math.nan])
TEXTS = {
    op: lambda *operands, op=op: written(
        op,
        [operand for operand in operands if isinstance(operand, Text)],
        next((operand for operand in operands if isinstance(operand, float)), None),
    )
    for op in PRIMITIVES
}
FUNCTIONS = {op: primitive.forward for op, primitive in PRIMITIVES.items()}


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Primitives of three leaves and of each other, deeply nested."""
    made: list[Step] = []
    for op in draw(st.lists(st.sampled_from(tuple(PRIMITIVES)), min_size=1, max_size=8)):
        arity = draw(st.integers(0, 3)) if op == "total" else PRIMITIVES[op].arity or 1
        last = 2 + len(made)
        operands = [draw(st.integers(max(0, last - 2), last)) for _ in range(arity)]
        exponent = (draw(NUMBERS),) if op == "constant_power" else ()
        made.append(Step(op, tuple(operands), exponent))
    return tuple(made)


@given(steps(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_an_expression_computes_the_bits_of_its_primitives(
    operations: tuple[Step, ...], numbers: list[float]
) -> None:
    text = evaluate(operations, [Text(name, ATOM) for name in "xyz"], TEXTS)
    namespace = {**FUNCTIONS, "inf": math.inf, "nan": math.nan} | dict(
        zip("xyz", numbers, strict=True)
    )
    assert bits(eval(text.code, namespace)) == bits(evaluate(operations, numbers, FUNCTIONS))


@pytest.mark.parametrize("op", PRIMITIVES)
def test_a_primitive_without_a_notation_is_called_by_the_name_that_is_given(op: str) -> None:
    operands = [Text("a", ATOM), Text("b", ATOM), Text("c", ATOM)][: PRIMITIVES[op].arity or 2]
    text = written(op, operands, function="call")
    assert text.code.startswith("call(") == (op not in NOTATIONS)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.integers(1, 7))
def test_a_sum_in_lines_adds_from_left_to_right(numbers: list[float], most: int) -> None:
    names = [f"x{i}" for i in range(len(numbers))]
    lines = sum_in_lines("s", [Text(name, ATOM) for name in names], most)
    namespace: dict[str, float] = dict(zip(names, numbers, strict=True))
    exec("\n".join(lines), {}, namespace)
    assert bits(namespace["s"]) == bits(reduce(lambda a, b: a + b, numbers))
    assert all(line.count("+") <= most for line in lines)


@given(st.text(max_size=4))
def test_a_variable_name_can_be_assigned_and_is_found_under_itself(name: str) -> None:
    if is_variable_name(name):
        namespace: dict[str, object] = {}
        exec(f"{name} = 1", {}, namespace)
        assert namespace == {name: 1}
