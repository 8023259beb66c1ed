"""Scores of many rows: the same numbers, however they are computed."""

from collections.abc import Sequence

import pytest

from microfp.compiler.python.scores import FEWEST_ROWS, costs, scores
from microfp.datasets import moons
from microfp.errors import ShapeError
from microfp.experiments.configurations import LOSSES
from microfp.losses import Loss
from microfp.nn import ACTIVATIONS, ActivationName, forward_many, mlp
from microfp.plot_data import decision_boundary
from microfp.record import Record, attr
from microfp.trainer import chosen_backend
from microfp.values import Scalar, Value, value

ROWS = [(i / 10.0 - 5.0, 3.0 - i / 7.0) for i in range(2 * FEWEST_ROWS)]


class Branching(Record):
    """A model that looks at a number, and so cannot be traced."""

    weight: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        product = self.weight * inputs[0]
        return product if product.data > 0.0 else product * 0.1


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("count", [0, 1, FEWEST_ROWS - 1, FEWEST_ROWS, 2 * FEWEST_ROWS])
def test_scores_are_those_of_the_model_for_few_and_for_many_rows(
    activation: ActivationName, count: int
) -> None:
    model = mlp(2, [3, 2], activation=activation)
    expected = [tuple(y.data for y in forward_many(model, row)) for row in ROWS[:count]]
    assert list(scores(model, ROWS[:count])) == expected


def test_a_model_that_cannot_be_traced_is_called_row_by_row() -> None:
    model = Branching(weight=value(2.0))
    assert [s for (s,) in scores(model, ROWS)] == [model(row).data for row in ROWS]


def test_a_row_of_another_width_is_refused_by_the_model_itself() -> None:
    with pytest.raises(ShapeError, match="inputs must be 2 numbers, got 3"):
        scores(mlp(2, [1]), [*ROWS, (1.0, 2.0, 3.0)])


def test_a_boundary_wants_one_output() -> None:
    with pytest.raises(ShapeError, match="must have one output, got 3"):
        decision_boundary(mlp(2, [3]), moons(10))


def test_the_chosen_backend_is_the_one_that_can_be_had() -> None:
    peeking = Loss(name="peeking", example=lambda s, y: s[0] if y > 0.0 else -s[0])
    model, data = mlp(2, [1]), moons(4)
    assert chosen_backend(model, data) == "python"
    assert chosen_backend(model, data, loss=peeking) == "eager"
    assert chosen_backend(Branching(weight=value(2.0)), data) == "eager"
    assert chosen_backend(model, data, backend="eager") == "eager"


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_costs_of_many_rows_are_those_of_each(name: str) -> None:
    loss, width = LOSSES[name](0.0), 3 if name == "softmax_cross_entropy" else 1
    rows = [tuple((i * (k + 2)) % 17 / 4.0 - 2.0 for k in range(width)) for i in range(90)]
    ys = [float(i % 3) if width == 3 else 2.0 * (i % 2) - 1.0 for i in range(90)]
    values = [tuple(map(value, row)) for row in rows]
    expected = [loss.example(row, y).data for row, y in zip(values, ys, strict=True)]
    assert costs(loss, rows, ys) == expected == [*costs(loss, rows[:9], ys[:9]), *expected[9:]]


def test_a_loss_that_cannot_be_traced_is_called_example_by_example() -> None:
    peeking = Loss(name="peeking", example=lambda s, y: s[0] if y > 0.0 else -s[0])
    rows = [(float(i),) for i in range(90)]
    assert costs(peeking, rows, [1.0, -1.0] * 45) == [i * (-1.0) ** i for i in range(90)]
