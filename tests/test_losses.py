"""A loss is a mean over examples plus a penalty a parameter, and says which scores are right."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, hinge_loss

from microfp import backward, datasets, grad, value
from microfp.datasets import Dataset, dataset, moons
from microfp.errors import DataError, ShapeError
from microfp.losses import Loss, accuracy, check_fits, evaluate, evaluate_with, max_margin
from microfp.nn import Neuron, mlp, neuron
from microfp.toolbox import pipe
from microfp.tree import parameters, with_parameters

numbers = st.floats(-100, 100)
labels = st.sampled_from([-1.0, 1.0])
examples = st.lists(st.tuples(numbers, labels), min_size=1, max_size=8)
squared = Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)


def line(slope: float, offset: float = 0.0) -> Neuron:
    return neuron(1, weights=[slope], bias=offset, activation="identity")


def column(rows: Sequence[tuple[float, float]]) -> Dataset:
    return dataset([[x] for x, _ in rows], [y for _, y in rows])


# Max-margin


@given(more=examples, slope=numbers)
def test_the_data_loss_is_the_mean_hinge_loss(
    more: list[tuple[float, float]], slope: float
) -> None:
    rows = [(0.5, -1.0), (2.0, 1.0), *more]  # scikit-learn wants both labels to be there
    data = column(rows)
    ours = evaluate(max_margin(alpha=0.0), line(slope), data).data.data
    scores = [slope * x for x, _ in rows]
    theirs = hinge_loss(np.array(data.ys), np.array(scores))
    assert ours == pytest.approx(float(theirs), rel=1e-12, abs=1e-12)


@given(weights=st.lists(numbers, min_size=3, max_size=3), alpha=st.floats(0, 10))
def test_the_penalty_is_the_square_of_the_norm(weights: list[float], alpha: float) -> None:
    model = with_parameters(neuron(2), weights)
    penalty = evaluate(max_margin(alpha=alpha), model, moons(4)).penalty.data
    assert penalty == pytest.approx(alpha * math.fsum(w * w for w in weights), rel=1e-12)


def test_a_tied_parameter_is_punished_once() -> None:
    tied = value(3.0)
    model = neuron(2, weights=[tied, tied], bias=0.0)
    assert evaluate(max_margin(alpha=1.0), model, moons(4)).penalty.data == 9.0


def test_alpha_0_is_no_penalty() -> None:
    loss = max_margin(alpha=0.0)
    assert loss.penalty is None
    assert evaluate(loss, mlp(2, [1]), moons(4)).penalty.data == 0.0


@pytest.mark.parametrize(
    ("score", "label", "expected"),
    [(2.0, 1.0, 0.0), (1.0, 1.0, 0.0), (0.25, 1.0, 0.75), (-3.0, 1.0, 4.0), (-3.0, -1.0, 0.0)],
)
def test_an_example_costs_what_is_missing_to_the_margin(
    score: float, label: float, expected: float
) -> None:
    assert max_margin().example((value(score),), label).data == expected


@given(rows=examples, slope=numbers)
def test_the_accuracy_is_the_share_of_signs_that_agree(
    rows: list[tuple[float, float]], slope: float
) -> None:
    data = column(rows)
    predicted = [1.0 if slope * x > 0.0 else -1.0 for x, _ in rows]
    ours = evaluate(max_margin(), line(slope), data).accuracy
    assert ours == accuracy_score(np.array(data.ys), np.array(predicted))


def test_a_score_of_0_predicts_minus_1() -> None:
    assert evaluate(max_margin(), line(0.0), column([(1.0, -1.0)])).accuracy == 1.0
    assert evaluate(max_margin(), line(0.0), column([(1.0, 1.0)])).accuracy == 0.0


# Evaluations


def test_the_total_is_the_data_loss_plus_the_penalty() -> None:
    it = evaluate(max_margin(alpha=0.5), mlp(2, [3, 1]), moons(6))
    assert it.total.parents == (it.data, it.penalty)
    assert it.total.data == it.data.data + it.penalty.data


def test_the_scores_are_those_of_the_model_in_order() -> None:
    model, data = mlp(2, [3, 2]), moons(6)
    loss = Loss(name="first", example=lambda scores, y: scores[0] * y)
    it = evaluate(loss, model, data)
    assert it.model is model
    assert [[s.data for s in row] for row in it.scores] == [
        [s.data for s in model(x)] for x in data.xs
    ]


def test_the_gradient_of_a_loss_agrees_with_central_differences() -> None:
    model, data = mlp(2, [4, 1], activation="tanh", seed=3), moons(8)
    loss = Loss(name="squared", example=squared.example, penalty=lambda p: 0.01 * p * p)
    gradients = backward(evaluate(loss, model, data).total)
    start = [p.data for p in parameters(model)]
    h = 1e-5

    def moved(i: int, by: float) -> float:
        changed = [*start[:i], start[i] + by, *start[i + 1 :]]
        return evaluate(loss, with_parameters(model, changed), data).total.data

    for i, p in enumerate(parameters(model)):
        slope = (moved(i, h) - moved(i, -h)) / (2 * h)
        assert grad(p, gradients) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_least_squares_of_ones_own_needs_no_more_than_an_example() -> None:
    data = column([(0.0, 1.0), (1.0, 5.0)])
    it = evaluate(squared, line(2.0, 1.0), data)
    assert (it.total.data, it.data.data, it.penalty.data) == (2.0, 2.0, 0.0)
    assert it.accuracy is None


def test_a_loss_of_ones_own_says_itself_what_is_right() -> None:
    near = squared.set(is_correct=lambda scores, y: abs(scores[0] - y) <= 0.5)
    data = column([(0.0, 0.4), (1.0, 5.0), (2.0, 2.5), (3.0, 9.0)])
    assert evaluate(near, line(1.0), data).accuracy == 0.5
    assert accuracy(near, ((value(0.4),),) * 4, data) == 0.25


def test_evaluate_with_is_evaluate_with_the_model_last() -> None:
    model, data = mlp(2, [1]), moons(4)
    piped = pipe(model, evaluate_with(max_margin(), data))
    assert piped.total.data == evaluate(max_margin(), model, data).total.data
    assert piped.model is model


# Misuse


@pytest.mark.parametrize("label", [0.0, 2.0, -1.5, 1.0000000000000002])
def test_max_margin_refuses_other_labels(label: float) -> None:
    data = column([(0.0, 1.0), (1.0, label)])
    with pytest.raises(DataError, match=rf"^max_margin: each label must be -1 or 1, got {label}$"):
        check_fits(max_margin(), line(1.0), data)


def test_a_target_is_checked_by_the_loss_that_asks_for_it_alone() -> None:
    evaluate(squared, line(1.0), column([(0.0, 7.0)]))
    with pytest.raises(DataError):
        evaluate(max_margin(), line(1.0), column([(0.0, 7.0)]))


def test_max_margin_wants_one_score() -> None:
    with pytest.raises(ShapeError, match=r"^max_margin: the model must have one output, got 2$"):
        evaluate(max_margin(), mlp(2, [2]), moons(4))


def test_a_model_and_a_dataset_of_other_widths_do_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"^neuron: inputs must be 3 numbers, got 2$"):
        evaluate(max_margin(), mlp(3, [1]), datasets.moons(4))
