"""Functions of floats that go on where Python stops, as IEEE 754 says."""

import math
import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import ops
from microfp.base.ieee import Carried, by_ieee
from microfp.values import Value, value

OPERATORS: list[Callable[[float, float], float]] = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
]

edges = st.sampled_from(
    [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e300, math.inf, -math.inf, math.nan]
)


def bits(x: float) -> str:
    return float(x).hex()


@pytest.mark.parametrize("apply", OPERATORS)
@given(a=edges, b=edges)
def test_a_function_of_floats_gives_the_bits_of_a_graph(
    apply: Callable[[float, float], float], a: float, b: float
) -> None:
    expected = bits(apply(value(a), value(b)).data)  # type: ignore[arg-type, attr-defined]  # nodes
    assert bits(by_ieee(apply, a, b)) == expected
    carried: list[object] = [
        apply(Carried(a), Carried(b)),  # type: ignore[arg-type]  # a number
        apply(Carried(a), b),  # type: ignore[arg-type]  # a number
        apply(a, Carried(b)),  # type: ignore[arg-type]  # a number
    ]
    assert [bits(float(x)) for x in carried] == [expected] * 3  # type: ignore[arg-type]  # carried


@pytest.mark.parametrize(
    "function",
    [
        lambda a: ops.positive(a**0.5) + 0.0,
        lambda a: ops.sqrt(a) / ops.relu(a),
        lambda a: 1.0 / (1.0 / (a + 1.0)),
        lambda a: abs(-a) / 0.0 + 1,
        lambda a: ops.where(a, 2.0**a, a) ** 1e9,
    ],
)
@pytest.mark.parametrize("a", [0.0, -1.0, 2.0])
def test_what_is_computed_on_the_way_follows_as_well(
    function: Callable[[object], object], a: float
) -> None:
    result = by_ieee(function, a)
    assert type(result) is float
    on_a_node = function(value(a))
    assert isinstance(on_a_node, Value)
    assert bits(result) == bits(on_a_node.data)


def test_other_errors_are_those_of_the_function() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        by_ieee(lambda a: a + None, 1.0)
    with pytest.raises(ZeroDivisionError):
        by_ieee(lambda a: a + 1 // 0, 1.0)
    with pytest.raises(ValueError, match=r"."):
        by_ieee(math.log, -1.0)
