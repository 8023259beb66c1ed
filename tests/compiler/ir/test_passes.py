"""Lowering: programs compute what graphs compute, and passes change no bit."""

import math
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp.compiler.ir.bounds import largest_leaf, magnitudes
from microfp.compiler.ir.passes import (
    PASSES,
    Pass,
    lower,
    lowered_step_by_step,
    remove_dead_code,
    share_subexpressions,
    simplify_instructions,
    translate,
)
from microfp.compiler.ir.program import CONSTANT, Instruction, run
from microfp.compiler.native.roll import PROBED, find_loops
from microfp.compiler.python.source import compiled, function_source, functions_of
from microfp.errors import ShapeError
from microfp.ops import primitive
from microfp.values import Value, exp, log, relu, total, value
from tests.expressions import VALUES, applied, evaluate
from tests.laws.test_backend_laws import bits, steps

EDGES = st.one_of(
    st.floats(-3, 3), st.sampled_from([0.0, -0.0, 1e160, -1e160, math.inf, -math.inf, math.nan])
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[tuple[Value, ...], Value]:
    """Leaves, and any expression of them and of constants."""
    numbers = draw(st.lists(EDGES, min_size=1, max_size=3))
    constants = draw(st.lists(st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, math.nan]), max_size=3))
    leaves = tuple(map(value, numbers))
    held = [value(constant) for constant in constants]
    return leaves, evaluate(draw(steps(len(leaves) + len(held))), [*leaves, *held], VALUES)


def data(leaves: tuple[Value, ...]) -> list[float]:
    return [leaf.data for leaf in leaves]


@given(graphs())
@settings(max_examples=300)
def test_a_lowered_graph_computes_the_bits_of_the_graph(
    graph: tuple[tuple[Value, ...], Value],
) -> None:
    leaves, output = graph
    (result,) = run(lower(output, inputs=leaves), data(leaves))
    assert bits(result) == bits(output.data)


@pytest.mark.parametrize("apply", PASSES, ids=lambda apply: apply.__name__)
@given(graphs())
def test_no_pass_changes_a_bit(apply: Pass, graph: tuple[tuple[Value, ...], Value]) -> None:
    leaves, output = graph
    rewritten = apply(translate(output, inputs=leaves))
    assert bits(run(rewritten, data(leaves))[0]) == bits(output.data)


@given(graphs())
def test_lowering_is_translation_and_then_each_pass_of_the_list(
    graph: tuple[tuple[Value, ...], Value],
) -> None:
    leaves, output = graph
    translated = translate(output, leaves)
    passed = reduce(lambda program, apply: apply(program), PASSES, translated)
    names, programs = zip(*lowered_step_by_step(translated), strict=True)
    assert lower(output, leaves) == passed == programs[-1]
    assert names == tuple(apply.__name__ for apply in PASSES)


@given(graphs())
@settings(max_examples=300)
def test_a_lowered_program_is_one_that_the_passes_leave_alone(
    graph: tuple[tuple[Value, ...], Value],
) -> None:
    leaves, output = graph
    lowered = lower(output, leaves)
    for _, program in lowered_step_by_step(lowered):
        assert program == lowered


@pytest.mark.parametrize("apply", PASSES, ids=lambda apply: apply.__name__)
@given(graphs())
def test_no_pass_makes_a_program_longer(
    apply: Pass, graph: tuple[tuple[Value, ...], Value]
) -> None:
    leaves, output = graph
    before = translate(output, inputs=leaves)
    after = apply(before)
    assert len(after.instructions) <= len(before.instructions)


@given(graphs())
@settings(max_examples=300)
def test_generated_python_computes_the_bits_of_the_graph(
    graph: tuple[tuple[Value, ...], Value],
) -> None:
    leaves, output = graph
    program = lower(output, inputs=leaves)
    function = compiled(function_source(program), tuple(functions_of(program).items()))
    result = function(*data(leaves))
    assert isinstance(result, tuple)
    assert bits(result[0]) == bits(output.data)


@given(graphs(), st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3))
def test_magnitudes_bound_every_slot(
    graph: tuple[tuple[Value, ...], Value], numbers: list[float]
) -> None:
    leaves, output = graph
    program = translate(output, inputs=leaves)
    given_numbers = numbers[: len(leaves)]
    bounds = magnitudes(program, [1e3] * len(leaves))
    slots = run(program.set(outputs=tuple(range(len(bounds)))), given_numbers)
    for slot, bound in zip(slots, bounds, strict=True):
        if math.isfinite(bound):
            assert abs(slot) <= bound * (1 + 1e-9)


def test_shared_subexpressions_are_computed_once() -> None:
    x = value(2.0)
    program = share_subexpressions(translate(exp(x) + exp(x), inputs=[x]))
    assert [instruction.op for instruction in program.instructions] == ["exp", "add"]


def test_negative_zero_is_another_constant_than_zero() -> None:
    program = share_subexpressions(translate([value(0.0), value(-0.0)], inputs=[]))
    assert [math.copysign(1.0, number) for number in run(program, [])] == [1.0, -1.0]


def test_an_added_zero_is_no_identity() -> None:
    x = value(-0.0)
    program = simplify_instructions(translate(x + 0.0, inputs=[x]))
    assert math.copysign(1.0, run(program, [-0.0])[0]) == 1.0


def test_dead_code_goes_and_what_is_needed_stays() -> None:
    x = value(2.0)
    y, dead = x * x, log(x)
    program = translate([dead, y], inputs=[x])
    (kept,) = remove_dead_code(program.set(outputs=program.outputs[1:])).instructions
    assert kept.op == "mul"


def test_factors_in_either_order_are_shared() -> None:
    x, y = value(2.0), value(3.0)
    program = lower(x * y + y * x, inputs=[x, y])
    assert [it.op for it in program.instructions] == ["mul", "add"]


def test_constants_are_folded_by_the_primitive_itself() -> None:
    program = lower(value(1.0) / 0.0, inputs=[])
    assert program.instructions == (Instruction(CONSTANT, (), math.inf),)
    assert simplify_instructions(program) == program


def test_an_output_may_be_a_leaf_or_stand_twice() -> None:
    x = value(2.0)
    y = x * x
    assert run(lower([x, y, y, x], inputs=[x]), [3.0]) == (3.0, 9.0, 9.0, 3.0)


def test_labels_name_the_leaves_where_they_can() -> None:
    x, w = value(1.0, label="x"), value(2.0, label="w")
    assert lower(x * w, inputs=[x], parameters=[w]).parameters == ("w",)
    twice = lower(x * w, inputs=[x, value(1.0, label="x")], parameters=[w])
    assert twice.inputs == ("x0", "x1")


LABELS = [
    *("lambda", "exp", "v3", "not a name", "inf", "program", "x: exit()", "x\nexit()\n"),
    *("__debug__", "\u00b5", "\uff45xp"),
]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_python_or_the_source_uses_is_no_variable(label: str) -> None:
    x = value(1.0, label=label)
    program = lower(exp(x * 3.0) + x, inputs=[x])
    function = compiled(function_source(program), tuple(functions_of(program).items()))
    assert function(0.0) == (1.0,)


def test_a_program_of_one_user_primitive_runs_it() -> None:
    cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}³")
    x = value(2.0)
    program = lower(applied(cube, x) + 1.0, inputs=[x])
    assert run(program, [3.0]) == (28.0,)
    function = compiled(function_source(program), tuple(functions_of(program).items()))
    assert function(3.0) == (28.0,)


def test_a_sum_of_thousands_of_terms_compiles() -> None:
    leaves = [value(float(i)) for i in range(3000)]
    deep = value(0.5)
    for leaf in leaves:
        deep = relu(deep + leaf) * 0.5 + leaf
    program = lower([total(leaves), deep], inputs=leaves)
    function = compiled(function_source(program), tuple(functions_of(program).items()))
    assert function(*data(tuple(leaves))) == (3000 * 2999 / 2, deep.data)


def test_running_with_other_than_one_number_per_leaf_is_refused() -> None:
    x = value(2.0)
    with pytest.raises(ShapeError, match="numbers must be 1, one per input and parameter, got 2"):
        run(lower(x * x, inputs=[x]), [1.0, 2.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, []), "lower: output must be a Value, or several, got None (NoneType)"),
        (([value(1.0), 2.0], []), "lower: each of output must be a Value, got 2.0 (float)"),
        ((value(1.0), [2.0]), "lower: each of inputs must be a Value, got 2.0 (float)"),
        ((value(1.0), value(2.0)), "lower: inputs must be several Values, got "),
        ((value(1.0), [], 3), "lower: parameters must be several Values, got 3 (int)"),
    ],
)
def test_what_is_no_node_is_refused_by_name(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        lower(*arguments)
    assert str(caught.value).startswith(message)


def test_a_program_that_divides_has_no_largest_leaf() -> None:
    x = value(2.0)
    assert largest_leaf(lower(x * x, inputs=[x])) is not None
    assert largest_leaf(lower(1.0 / x, inputs=[x])) is None
    assert largest_leaf(lower(log(x), inputs=[x])) is None


def test_a_long_program_is_probed_for_loops_and_keeps_them() -> None:
    rows, columns = ([value(0.0) for _ in range(300)] for _ in range(2))
    regular = lower([a * b for a in rows for b in columns], inputs=[*rows, *columns])
    assert len(regular.instructions) >= 4 * PROBED
    found = find_loops(regular, summed=0, limit=1000)
    assert found is not None
    assert len(found.nests) < 1000
