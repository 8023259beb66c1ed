"""The code of all examples: it leaves its work undone where any number is too large."""

import math
from array import array

import pytest

from microfp import total, value
from microfp.compiler.ir.passes import lower
from microfp.compiler.native.emit.structs import Arguments
from microfp.compiler.native.run.executable import Executable, executable_for
from microfp.compiler.native.run.memory import buffer

COUNT, EXAMPLES = 5, 11
W, X = [[value(0.0) for _ in range(COUNT)] for _ in range(2)]
PROGRAM = lower(total([w * x for w, x in zip(W, X, strict=True)]), X, W)
CODES = {width: executable_for(PROGRAM, summed=1, width=width) for width in (2, 4, 8)}


def is_left(code: Executable, place: int, number: float) -> bool:
    """Whether work is left undone where that place of the inputs, then parameters, is a number."""
    blocks = -(-EXAMPLES // code.width)
    inputs = blocks * code.width * COUNT
    x, p = buffer(inputs), buffer(8)
    p.view[:] = memoryview(array("d", [math.nan] * 8))  # behind the parameters is anything
    p.view[:COUNT] = memoryview(array("d", [1.0] * COUNT))
    (x.view if place < inputs else p.view)[place % inputs] = number
    nodes, sums = buffer(code.scratch(blocks)), buffer(1)
    arguments = Arguments(
        context=code.context,
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
