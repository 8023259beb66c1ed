"""Laws of machine code: it computes what the graph does, up to the rounding of a few operations.

How much rounding may change a result, the graph itself says: it is evaluated again with every
intermediate result moved by a unit in the last place, and what moves with it sets the tolerance.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microfp import Value, backward, grad, native, value
from tests.expressions import VALUES, Step, evaluate
from tests.laws.test_backend_laws import steps

TAME = st.floats(-3, 3).map(lambda x: x if abs(x) > 1e-3 else 0.5)
WILD = st.one_of(
    TAME,
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300, 1e160, -1e160, math.inf, -math.inf, math.nan]),
)


def shaken(seed: int) -> Mapping[str, Callable[..., Value]]:
    """The operations on nodes, each result moved by a unit in the last place, or not."""
    draw = random.Random(seed)

    def moved(operation: Callable[..., Value]) -> Callable[..., Value]:
        def apply(*operands: object) -> Value:
            return operation(*operands) * (1.0 + draw.choice([-1, 0, 1]) * 2.0**-52)

        return apply

    return {name: moved(operation) for name, operation in VALUES.items()}


def differentiated(
    own: tuple[Step, ...], numbers: Sequence[float], algebra: Mapping[str, Callable[..., Value]]
) -> list[float]:
    """The value and the gradient, by the graph."""
    leaves = [value(x) for x in numbers]
    output = evaluate(own, leaves, algebra)
    gradients = backward(output)
    return [output.data, *(grad(leaf, gradients) for leaf in leaves)]


def compiled(
    own: tuple[Step, ...], numbers: Sequence[float], way: Literal["code", "bytecode"]
) -> list[float]:
    """The value and the gradient, by machine code."""
    f = native.value_and_grad(
        lambda leaves: evaluate(own, list(leaves), VALUES),
        tuple(numbers),
        way=way,
    )
    found, slopes = f(tuple(numbers))
    return [found, *slopes]


@pytest.mark.parametrize("way", ["code", "bytecode"])
@given(steps(3), st.tuples(TAME, TAME, TAME))
@settings(max_examples=150, deadline=None)
def test_values_and_gradients_are_those_of_the_graph(
    way: Literal["code", "bytecode"], own: tuple[Step, ...], numbers: tuple[float, ...]
) -> None:
    expected = differentiated(own, numbers, VALUES)
    again = [differentiated(own, numbers, shaken(seed)) for seed in range(4)]
    assume(all(math.isfinite(x) for row in (expected, *again) for x in row))
    for found, exact, *others in zip(compiled(own, numbers, way), expected, *again, strict=True):
        spread = max(abs(other - exact) for other in others)
        assume(spread <= 1e-9 * max(1.0, abs(exact)))
        assert abs(found - exact) <= 1e-12 * abs(exact) + 16.0 * spread + 1e-300


@given(steps(3), st.tuples(WILD, WILD, WILD))
@settings(max_examples=200, deadline=None)
def test_code_and_bytecode_have_nan_and_infinity_in_the_same_places_as_the_graph(
    own: tuple[Step, ...], numbers: tuple[float, ...]
) -> None:
    expected = differentiated(own, numbers, VALUES)
    again = [differentiated(own, numbers, shaken(seed)) for seed in range(4)]
    # Where rounding decides, nothing can be said.
    assume(all(kinds(row) == kinds(expected) for row in again))
    assert kinds(compiled(own, numbers, "code")) == kinds(expected)
    assert kinds(compiled(own, numbers, "bytecode")) == kinds(expected)


def kinds(numbers: Sequence[float]) -> list[str]:
    """Which of the numbers are nan, inf, -inf, or finite."""
    return ["finite" if math.isfinite(x) else str(x) for x in numbers]
