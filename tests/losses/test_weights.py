"""Weights multiply what examples cost, by example and by class."""

import pytest

from microfp import nn
from microfp.datasets import dataset
from microfp.errors import DataError, ShapeError
from microfp.losses import (
    class_weighted,
    evaluate,
    max_margin,
    mean_squared_error,
    softmax_cross_entropy,
    weighted,
)
from microfp.nn import neuron


def test_a_weighted_loss_is_the_mean_of_weighted_losses() -> None:
    line = neuron(1, weights=[2.0], activation="identity")
    examples = dataset([[1.0], [3.0]], [(1.0, 0.5), (0.0, 2.0)])
    found = evaluate(weighted(mean_squared_error(l2=0.25)), line, examples)
    assert found.total.data == (0.5 * 1.0 + 2.0 * 36.0) / 2 + 0.25 * 4.0
    margin = weighted(max_margin(alpha=0.0))
    signs = dataset([[1.0], [3.0]], [(1.0, 0.5), (-1.0, 2.0)])
    assert evaluate(margin, line, signs).accuracy == 0.5


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ((1.0,), "each example must have a target and a weight"),
        ((1.0, -1.0), "each weight must be a number >= 0, got -1.0"),
        ((2.0, 1.0), "max_margin: each label must be -1 or 1, got 2.0"),
    ],
)
def test_a_weight_is_the_last_target(targets: tuple[float, ...], message: str) -> None:
    data = dataset([[0.0]], [targets])
    with pytest.raises((ShapeError, DataError), match=message):
        evaluate(weighted(max_margin()), neuron(1), data)


def test_a_weight_a_class_is_a_weight_an_example() -> None:
    model, rows, ys = nn.mlp(2, [3]), [[0.5, 1.0], [-1.0, 2.0], [0.25, 0.75]], [0.0, 2.0, 2.0]
    weights = {0.0: 0.5, 1.0: 3.0, 2.0: 4.0}
    by_class = class_weighted(softmax_cross_entropy(l2=0.1), weights)
    pairs = [(y, weights[y]) for y in ys]
    found = evaluate(by_class, model, dataset(rows, ys))
    expected = evaluate(weighted(softmax_cross_entropy(l2=0.1)), model, dataset(rows, pairs))
    assert found.total.data == expected.total.data
    assert found.accuracy == expected.accuracy


def test_a_label_without_a_weight_is_refused() -> None:
    loss = class_weighted(max_margin(), {-1.0: 1.0})
    with pytest.raises(DataError, match=r"each label must be one of -1.0, got 1.0"):
        evaluate(loss, neuron(1), dataset([[0.0]], [1.0]))
    with pytest.raises(DataError, match=r"max_margin: each label must be -1 or 1, got 3\.0"):
        evaluate(class_weighted(max_margin(), {3.0: 1.0}), neuron(1), dataset([[0.0]], [3.0]))


def test_weights_of_classes_may_come_in_their_order() -> None:
    listed = class_weighted(softmax_cross_entropy(), [1.0, 2.0, 5.0])
    assert listed == class_weighted(softmax_cross_entropy(), {0: 1.0, 1: 2.0, 2: 5.0})
    with pytest.raises(TypeError, match="weights must be a mapping from labels to numbers, or"):
        class_weighted(softmax_cross_entropy(), 3.0)  # type: ignore[arg-type]  # on purpose
