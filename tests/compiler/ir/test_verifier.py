"""The verifier: sound programs have no fault, and each way to break one is found."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.compiler.ir import passes
from microfp.compiler.ir.passes import (
    Pass,
    lower,
    remove_dead_code,
    share_subexpressions,
    simplify_instructions,
    translate,
)
from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.compiler.ir.verifier import faults, unfinished
from microfp.ops import primitive
from microfp.values import Value, exp, value
from tests.compiler.ir.test_passes import graphs
from tests.compiler.verified import verifying

TWICE = primitive("twice", lambda a: a + a, lambda a, y: (2.0,), "2{0}")


def program(*instructions: Instruction, outputs: tuple[int, ...] = (2,)) -> Program:
    """A program of one input and one parameter: the first instruction is slot 2."""
    return Program(inputs=("x",), parameters=("p",), instructions=instructions, outputs=outputs)


@given(graphs())
def test_a_translated_graph_has_no_fault_and_neither_has_a_lowered_one(
    graph: tuple[tuple[Value, ...], Value],
) -> None:
    leaves, output = graph
    assert faults(translate(output, leaves)) == ()
    lowered = lower(output, leaves)
    assert faults(lowered) == ()
    assert unfinished(lowered) == ()


BROKEN = {
    "itself as an operand": (
        program(Instruction("mul", (0, 2))),
        "%2 = mul: it reads slot 2, which is not defined before it",
    ),
    "a later slot": (
        program(Instruction("exp", (3,)), Instruction("exp", (0,))),
        "%2 = exp: it reads slot 3, which is not defined before it",
    ),
    "a slot before the first": (
        program(Instruction("exp", (-1,))),
        "%2 = exp: it reads slot -1, which is not defined before it",
    ),
    "too few operands": (
        program(Instruction("mul", (0,))),
        "%2 = mul: it has 1 operands, and takes 2",
    ),
    "too many operands": (
        program(Instruction("neg", (0, 1))),
        "%2 = neg: it has 2 operands, and takes 1",
    ),
    "a name that no primitive has": (
        program(Instruction("cube", (0,))),
        "%2 = cube: no primitive has this name",
    ),
    "a name that its own primitive has not": (
        program(Instruction("thrice", (0,), TWICE)),
        "%2 = thrice: its own primitive is called twice",
    ),
    "operands that its own primitive does not take": (
        program(Instruction("twice", (0, 1), TWICE)),
        "%2 = twice: it has 2 operands, and takes 1",
    ),
    "a power without an exponent": (
        program(Instruction("constant_power", (0,))),
        "%2 = constant_power: its parameter is None",
    ),
    "a parameter that nobody takes": (
        program(Instruction("exp", (0,), 2.0)),
        "%2 = exp: its parameter is 2.0",
    ),
    "a constant of operands": (
        program(Instruction(CONSTANT, (0,), 2.0)),
        "%2 = constant: a constant has no operands",
    ),
    "a constant without a number": (
        program(Instruction(CONSTANT)),
        "%2 = constant: its number is None, and no float",
    ),
    "an output behind the last slot": (
        program(Instruction("exp", (0,)), outputs=(2, 3)),
        "output 1 is slot 3, and there are 3",
    ),
    "an output before the first slot": (
        program(outputs=(-1,)),
        "output 0 is slot -1, and there are 2",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_way_to_break_a_program_is_found(name: str) -> None:
    broken, fault = BROKEN[name]
    assert faults(broken) == (fault,)


UNFINISHED = {
    "dead code": (
        program(Instruction("exp", (0,)), Instruction("log", (0,))),
        "no output needs %3",
    ),
    "a subexpression computed twice": (
        program(
            Instruction("mul", (0, 1)),
            Instruction("mul", (1, 0)),
            Instruction("sub", (2, 3)),
            outputs=(4,),
        ),
        "%3 computes what %2 has computed",
    ),
    "a constant that is computed": (
        program(Instruction(CONSTANT, (), 2.0), Instruction("exp", (2,)), outputs=(3,)),
        "%3 is computed from constants alone",
    ),
}


@pytest.mark.parametrize("name", UNFINISHED)
def test_what_a_pass_has_left_is_found(name: str) -> None:
    left, message = UNFINISHED[name]
    assert faults(left) == ()
    assert unfinished(left) == (message,)


@given(graphs(), st.data())
def test_a_random_program_with_one_wrong_operand_is_found(
    graph: tuple[tuple[Value, ...], Value], data: st.DataObject
) -> None:
    leaves, output = graph
    sound = translate(output, leaves)
    places = [i for i, it in enumerate(sound.instructions) if it.operands]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    slot = sound.leaf_count + place
    op, operands, parameter = sound.instructions[place]
    later = data.draw(st.integers(slot, slot + len(sound.instructions)))
    wrong = Instruction(op, (later, *operands[1:]), parameter)
    instructions = (*sound.instructions[:place], wrong, *sound.instructions[place + 1 :])
    expected = f"%{slot} = {op}: it reads slot {later}, which is not defined before it"
    assert faults(sound.set(instructions=instructions)) == (expected,)


X = value(2.0)


@pytest.mark.parametrize(
    ("left_out", "output"),
    [
        (simplify_instructions, X * exp(value(1.0))),
        (share_subexpressions, exp(X) * exp(X)),
        (remove_dead_code, X * 1.0),
    ],
)
def test_a_pass_that_is_left_out_is_missed(left_out: Pass, output: Value) -> None:
    others: list[Pass] = [simplify_instructions, share_subexpressions, remove_dead_code]
    others.remove(left_out)
    lowered = reduce(lambda program, apply: apply(program), others, translate(output, [X]))
    assert faults(lowered) == ()
    assert unfinished(lowered) != ()


def drop_the_first(program: Program) -> Program:
    """A pass with a mistake: it drops an instruction and renumbers nothing."""
    return program.set(instructions=program.instructions[1:])


def test_a_pass_that_breaks_a_program_is_caught_in_every_test_of_the_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(AssertionError):
        verifying(drop_the_first)(translate(exp(X) * X, [X]))
    smaller = passes.translate_smaller
    monkeypatch.setattr(passes, "translate_smaller", lambda *it: drop_the_first(smaller(*it)))
    with pytest.raises(AssertionError):
        lower(exp(X) * X, [X])
