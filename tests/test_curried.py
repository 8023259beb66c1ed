"""Each curried operation is the operation with its data last."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import Value, curried, values
from microfp.curried import Operation
from microfp.ops import PRIMITIVES
from microfp.toolbox import pipe
from microfp.values import Scalar, value

Curried = Callable[[Scalar], Operation]
Binary = Callable[[Scalar, Scalar], Value]

BINARY: dict[str, tuple[Curried, Binary]] = {
    "add": (curried.add, values.add),
    "sub": (curried.sub, values.sub),
    "mul": (curried.mul, values.mul),
    "divide": (curried.divide, values.divide),
    "pow": (curried.pow, values.pow),
    "maximum": (curried.maximum, values.maximum),
    "minimum": (curried.minimum, values.minimum),
    "remainder": (curried.remainder, values.remainder),
    "hypot": (curried.hypot, values.hypot),
    "atan2": (curried.atan2, values.atan2),
    "logaddexp": (curried.logaddexp, values.logaddexp),
    "greater": (curried.greater, values.greater),
    "greater_equal": (curried.greater_equal, values.greater_equal),
    "less": (curried.less, values.less),
    "less_equal": (curried.less_equal, values.less_equal),
    "equal": (curried.equal, values.equal),
    "logical_and": (curried.logical_and, values.logical_and),
    "logical_or": (curried.logical_or, values.logical_or),
}
UNARY = sorted(set(curried.__all__) - set(BINARY) - {"clip"})

numbers = st.floats(allow_nan=False)


@pytest.mark.parametrize("name", BINARY)
@given(a=numbers, b=numbers)
def test_the_second_operand_is_given_first(name: str, a: float, b: float) -> None:
    waiting, both = BINARY[name]
    made, expected = waiting(b)(a), both(a, b)
    assert repr(made) == repr(expected)
    assert [p.data for p in made.parents] == [p.data for p in expected.parents]


@pytest.mark.parametrize("name", [name for name in BINARY if name in PRIMITIVES])
def test_nodes_stay_the_operands(name: str) -> None:
    a, b = value(2.0), value(3.0)
    waiting, _ = BINARY[name]
    assert waiting(b)(a).parents == (a, b)


@pytest.mark.parametrize("name", UNARY)
def test_an_operation_of_one_operand_is_the_function_itself(name: str) -> None:
    assert getattr(curried, name) is getattr(values, name)


def test_every_operation_of_one_or_two_operands_is_there() -> None:
    functions = [name for name in values.FUNCTIONS if PRIMITIVES[name].arity in (1, 2)]
    assert {"add", "pow", "exp", "relu", "absolute"} <= set(functions)
    compositions = set(values.COMPOSITIONS) - {"clip"}
    assert sorted(curried.__all__) == sorted({*functions, *compositions, "clip"})


def test_clip_waits_for_what_comes() -> None:
    assert [curried.clip(-1.0, 2.0)(x).data for x in (-3.0, 0.5, 3.0)] == [-1.0, 0.5, 2.0]


@pytest.mark.parametrize(("x", "expected"), [(2.0, 7.0), (-2.0, 0.0)])
def test_a_pipeline_reads_from_left_to_right(x: float, expected: float) -> None:
    assert pipe(value(x), curried.mul(3), curried.add(1), curried.relu).data == expected


def test_one_operation_serves_any_number_of_times() -> None:
    twice = curried.mul(2.0)
    assert [twice(x).data for x in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]


def test_a_constant_exponent_is_no_node_and_a_value_is_one() -> None:
    assert len(curried.pow(3)(value(2.0)).parents) == 1
    assert len(curried.pow(value(3.0))(value(2.0)).parents) == 2
