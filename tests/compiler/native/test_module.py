"""The code of all examples: it leaves its work undone where any number is too large."""

import math
from array import array
from ctypes import c_int64

import pytest

from microfp import total, value
from microfp.compiler.ir.passes import lower
from microfp.compiler.native.emit.structs import (
    AT_ALL,
    AT_INPUTS,
    AT_NOTHING,
    Arguments,
    Context,
)
from microfp.compiler.native.run.executable import Executable, executable_for
from microfp.compiler.native.run.memory import buffer

COUNT, EXAMPLES = 5, 11
W, X = [[value(0.0) for _ in range(COUNT)] for _ in range(2)]
PROGRAM = lower(total([w * x for w, x in zip(W, X, strict=True)]), X, W)
CODES = {width: executable_for(PROGRAM, summed=1, width=width) for width in (2, 4, 8)}


def is_left(code: Executable, place: int, number: float, *, context: int | None = None) -> bool:
    """Whether work is left undone where that place of the inputs, then parameters, is a number."""
    blocks = -(-EXAMPLES // code.width)
    inputs = blocks * code.width * COUNT
    x, p = buffer(inputs), buffer(8)
    p.view[:] = memoryview(array("d", [math.nan] * 8))  # behind the parameters is anything
    p.view[:COUNT] = memoryview(array("d", [1.0] * COUNT))
    (x.view if place < inputs else p.view)[place % inputs] = number
    nodes, sums = buffer(code.scratch(blocks)), buffer(1)
    arguments = Arguments(
        context=code.context if context is None else context,
        parameters=p.address,
        shared=0,
        inputs=x.address,
        example_count=EXAMPLES,
        nodes=nodes.address,
        sums=sums.address,
        outputs=0,
    )
    return code.call(arguments) == 1


@pytest.mark.parametrize("width", CODES)
@pytest.mark.parametrize("number", [1e200, -1e10, math.inf, math.nan])
def test_no_input_and_no_parameter_that_is_too_large_is_overlooked(
    width: int, number: float
) -> None:
    first_parameter = -(-EXAMPLES // width) * width * COUNT
    places = range(first_parameter + COUNT)
    assert all(is_left(CODES[width], place, number) for place in places)


@pytest.mark.parametrize("width", CODES)
def test_what_stands_behind_the_parameters_is_not_looked_at(width: int) -> None:
    assert not is_left(CODES[width], 0, 1e9)


@pytest.mark.parametrize("width", CODES)
def test_a_caller_who_knows_the_numbers_to_be_small_has_none_of_them_looked_at(width: int) -> None:
    code = CODES[width]
    parameter = -(-EXAMPLES // width) * width * COUNT
    known, seen = (code.known_context(are_seen=it) for it in (False, True))
    assert not is_left(code, parameter, 1e200, context=known)
    assert is_left(code, 0, 1e200, context=known)
    assert not is_left(code, 0, 1e200, context=seen)


def test_once_large_numbers_are_left_to_other_code_inputs_are_looked_at_in_each_step() -> None:
    code = executable_for(PROGRAM, summed=1, width=4)
    places = [code.context, *(code.known_context(are_seen=it) for it in (False, True))]

    def told() -> list[Context[int]]:
        return [Context(*(c_int64 * 2).from_address(place)) for place in places]

    assert told() == [Context(0, AT_ALL), Context(0, AT_INPUTS), Context(0, AT_NOTHING)]
    code.admit()
    (another,) = {it.another for it in told()}
    assert another != 0
    assert [it.looks for it in told()] == [AT_ALL, AT_INPUTS, AT_INPUTS]
    assert not is_left(code, 0, math.inf, context=places[-1])
