"""Bounds of loop nests: they say of the loops what the bounds of scalars say of the program."""

import pytest

from microfp import Value, exp, nn, relu, tanh, total, value
from microfp.compiler.ir.bounds import largest_leaf
from microfp.compiler.ir.passes import lower
from microfp.compiler.native.bounds import largest_leaf_of
from microfp.compiler.native.roll import roll

X = [value(0.0) for _ in range(4)]
MANY = [value(float(i)) for i in range(40)]
MODEL = nn.mlp(4, [8, 8, 1], activation=tanh)


@pytest.mark.parametrize(
    "output",
    [
        total(X),
        X[0] ** 40,
        X[0] ** 200,
        exp(X[0]),
        1.0 / X[0],
        relu(total([x * x for x in X])) * 1e250,
        total([X[i % 4] * constant for i, constant in enumerate(MANY)]),
        total([X[i % 4] * (constant * 1e280) for i, constant in enumerate(MANY)]),
        total([X[i % 4] * (constant / 0.0) for i, constant in enumerate(MANY)]),
        MODEL(X)[0],
    ],
)
@pytest.mark.parametrize("summed", [0, 1])
def test_loops_stay_as_small_as_scalars(output: Value, summed: int) -> None:
    program = lower(output, X, nn.parameters(MODEL))
    assert largest_leaf_of(roll(program, summed=summed)) == largest_leaf(program)
