"""Bounds of loop nests: they say of the loops what the bounds of scalars say of the program."""

import pytest

from microfp import Value, exp, losses, nn, relu, tanh, total, value
from microfp.compiler.ir.bounds import largest_leaf
from microfp.compiler.ir.passes import lower
from microfp.compiler.native.bounds import largest_leaf_of
from microfp.compiler.native.roll import roll
from microfp.compiler.native.run.trainer import ExampleCode, example_code
from microfp.compiler.trace.structure import template

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


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [
        (losses.max_margin(), 1),
        (losses.mean_squared_error(), 1),
        (losses.binary_cross_entropy(), 1),
        (losses.softmax_cross_entropy(), 3),
        (losses.softmax_cross_entropy(), 10),
    ],
)
def test_networks_of_the_common_losses_cannot_overflow(loss: losses.Loss, outputs: int) -> None:
    code = example_code(loss, template(nn.mlp(2, [8, outputs])), 2, "auto")
    assert isinstance(code, ExampleCode)
    assert code.executable.rolled is not None
    assert largest_leaf_of(code.executable.rolled) == 1e9
