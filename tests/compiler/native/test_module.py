"""The code of all examples: it leaves its work undone where any number is too large."""

import math
from array import array
from ctypes import c_int64, c_void_p

import pytest

from microfp import total, value
from microfp.compiler.ir.passes import lower
from microfp.compiler.native.run.jit import buffer
from microfp.compiler.native.run.machine import Machine, machine_for

COUNT, EXAMPLES = 5, 11
W, X = [[value(0.0) for _ in range(COUNT)] for _ in range(2)]
PROGRAM = lower(total([w * x for w, x in zip(W, X, strict=True)]), X, W)
MACHINES = {width: machine_for(PROGRAM, summed=1, width=width) for width in (2, 4, 8)}


def is_left(machine: Machine, place: int, number: float) -> bool:
    """Whether work is left undone where that place of the inputs, then parameters, is a number."""
    blocks = -(-EXAMPLES // machine.width)
    inputs = blocks * machine.width * COUNT
    x, p = buffer(inputs), buffer(8)
    p.view[:] = memoryview(array("d", [math.nan] * 8))  # behind the parameters is anything
    p.view[:COUNT] = memoryview(array("d", [1.0] * COUNT))
    (x.view if place < inputs else p.view)[place % inputs] = number
    nodes, sums = buffer(machine.scratch(blocks)), buffer(1)
    left: int = machine.code.functions[machine.entry](
        *map(c_void_p, (machine.context, p.address, None, x.address)),
        c_int64(EXAMPLES),
        *map(c_void_p, (nodes.address, sums.address, None)),
    )
    return left == 1


@pytest.mark.parametrize("width", MACHINES)
@pytest.mark.parametrize("number", [1e200, -1e10, math.inf, math.nan])
def test_no_input_and_no_parameter_that_is_too_large_is_overlooked(
    width: int, number: float
) -> None:
    first_parameter = -(-EXAMPLES // width) * width * COUNT
    places = range(first_parameter + COUNT)
    assert all(is_left(MACHINES[width], place, number) for place in places)


@pytest.mark.parametrize("width", MACHINES)
def test_what_stands_behind_the_parameters_is_not_looked_at(width: int) -> None:
    assert not is_left(MACHINES[width], 0, 1e9)
