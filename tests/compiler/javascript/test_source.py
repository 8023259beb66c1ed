"""Programs as JavaScript compute what the programs mean."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from microfp import exp, native, ops, tanh, value
from microfp.compiler.ir.program import Instruction, Program, run
from microfp.compiler.javascript import source
from microfp.errors import CompileError
from microfp.ops import PRIMITIVES, javascript_table, primitive
from microfp.values import apply
from tests.expressions import VALUES, Expression, evaluate, expressions, microfp_leaves
from tests.javascript import answer_of

CALL = """
const x = Float64Array.from(given.x, Number), p = Float64Array.from(given.p, Number);
const g = Float64Array.from(given.g, Number), o = new Float64Array(given.outputs);
program(x, p, g, o);
const answer = [...o, ...g];
"""


def computed(program: Program, numbers: Sequence[float], carried: int = 0) -> list[float]:
    """The outputs of a program, run as JavaScript."""
    own, inputs = len(program.inputs) - carried, len(program.inputs)
    given_ = {
        "x": numbers[:own],
        "g": numbers[own:inputs],
        "p": numbers[inputs:],
        "outputs": len(program.outputs) - carried,
    }
    text = source.javascript_source(program, carried=carried)
    return [float(it) for it in answer_of(javascript_table() + text + CALL, given_)]


def near(ours: float, theirs: float) -> bool:
    if math.isfinite(ours) and ours != 0.0:
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-300)
    return repr(ours) == repr(theirs)


@settings(max_examples=25)
@given(expressions())
def test_javascript_gives_what_the_program_gives(expression: Expression) -> None:
    leaves = microfp_leaves(expression)
    program = native.lower(evaluate(expression.steps, leaves, VALUES), inputs=leaves)
    numbers = [leaf.data for leaf in leaves]
    assert all(map(near, run(program, numbers), computed(program, numbers)))


@pytest.mark.parametrize("name", [it for it in PRIMITIVES if PRIMITIVES[it].arity is not None])
def test_every_primitive_can_be_written(name: str) -> None:
    row = PRIMITIVES[name]
    count = (row.arity or 1) - (name == "constant_power")
    numbers = [0.75, 0.5, 0.25][: max(count, 1)]
    parameter = 3.0 if name == "constant_power" else None
    instruction = Instruction(name, tuple(range(len(numbers))), parameter)
    names = tuple(f"x{i}" for i in range(len(numbers)))
    program = Program(
        inputs=names, parameters=(), instructions=(instruction,), outputs=(len(numbers),)
    )
    (theirs,) = computed(program, numbers)
    assert near(run(program, numbers)[0], theirs)


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
def test_a_long_program_in_pieces_gives_the_same_bits(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "PIECE", piece)
    x, w, g = value(0.3, label="x"), value(-1.7, label="w"), value(0.125, label="g")
    terms = [x]
    for i in range(40):  # a loop: each term is made of those before
        terms.append(terms[-1] * w + terms[i // 2] * 0.5)
    first, second = g + terms[-1], terms[20]
    program = native.lower([second, terms[-1] * g, first], inputs=[x, g], parameters=[w])
    assert computed(program, [0.3, 0.125, -1.7], carried=1) == list(
        run(program, [0.3, 0.125, -1.7])
    )


def test_what_is_carried_is_read_before_it_is_overwritten() -> None:
    a, b = value(1.0, label="a"), value(2.0, label="b")
    swapped = native.lower([b, a], inputs=[a, b])
    assert computed(swapped, [1.0, 2.0], carried=2) == [2.0, 1.0]


def test_constants_keep_their_bits() -> None:
    numbers = (-0.0, 0.1, 5e-324, -1.7976931348623157e308, math.inf, -math.inf, math.nan)
    x = value(1.0)
    outputs = [apply(ops.maximum, x, value(it)) for it in numbers]
    program = native.lower([*outputs, -x * -2.0], inputs=[x])
    assert list(map(repr, computed(program, [-0.0]))) == list(map(repr, run(program, [-0.0])))


def test_what_has_no_form_in_javascript_is_told() -> None:
    own = primitive("cube", lambda a: a**3, lambda a, y: (3.0 * a * a,), "{0}³")
    program = native.lower(apply(own, value(2.0)), inputs=[])
    assert program.instructions[0].op == "constant"
    x = value(2.0)
    with pytest.raises(CompileError, match="'cube' has no form in JavaScript"):
        native.javascript_source(native.lower(apply(own, x), inputs=[x]))


def test_transcendental_functions_are_near() -> None:
    x = value(0.7)
    program = native.lower(tanh(exp(x) * 0.1), inputs=[x])
    (theirs,) = computed(program, [0.7])
    assert math.isclose(theirs, math.tanh(math.exp(0.7) * 0.1), rel_tol=1e-15)
