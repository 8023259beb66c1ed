"""Losses equal their closed forms, for numbers and for graphs, and refuse what has no meaning."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.metrics import hinge_loss

from microfp import backward, datasets, grad, losses, nn, relu, value
from microfp.datasets import Dataset, dataset, moons, one_hot
from microfp.errors import DataError, ShapeError
from microfp.losses import (
    Loss,
    accuracy,
    binary_cross_entropy,
    check_fits,
    evaluate,
    huber,
    max_margin,
    mean_absolute_error,
    mean_squared_error,
    softmax_cross_entropy,
)
from microfp.nn import Neuron, mlp, neuron
from microfp.record import Record, attr
from microfp.trainer import Backend, train
from microfp.tree import parameters, with_parameters
from microfp.values import Scalar, Value, topological_order

mp.mp.dps = 40
BACKENDS: tuple[Backend, ...] = ("python", "eager")
Closed = Callable[..., Any]

scores = st.floats(-50.0, 50.0)
logits = st.floats(-1000.0, 1000.0)
signs = st.sampled_from([-1.0, 1.0])
probabilities = st.floats(0.0, 1.0)


class Identity(Record):
    """A model whose scores are its inputs, moved by one parameter that holds 0."""

    shift: Value = attr(default=value(0.0))

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        return tuple(x + self.shift for x in inputs)


def cost(loss: Loss, given_scores: Sequence[float], *targets: float) -> tuple[float, list[float]]:
    """The loss of one example, and its gradient by the scores."""
    leaves = tuple(map(value, given_scores))
    total = loss.example(leaves, *targets)
    gradients = backward(total)
    return total.data, [grad(leaf, gradients) for leaf in leaves]


def closed(f: Closed, given_scores: Sequence[float], *targets: float) -> tuple[float, list[float]]:
    """The same in forty digits, the gradient by central differences of a formula."""
    exact, ys = [mp.mpf(s) for s in given_scores], [mp.mpf(y) for y in targets]
    h = mp.mpf(10) ** -12

    def slope(i: int) -> float:
        high, low = ([s + d * (i == j) for j, s in enumerate(exact)] for d in (h, -h))
        return float((f(high, *ys) - f(low, *ys)) / (2 * h))

    return float(f(exact, *ys)), [slope(i) for i in range(len(exact))]


def close(expected: float | list[float]) -> Any:
    return pytest.approx(expected, rel=1e-12, abs=1e-12)


def hinge(s: list[Any], *ys: Any) -> Any:
    return sum(max(mp.mpf(0), 1 - y * a) for a, y in zip(s, ys, strict=True)) / len(s)


def squared_error(s: list[Any], *ys: Any) -> Any:
    return sum((a - y) ** 2 for a, y in zip(s, ys, strict=True)) / len(s)


def absolute_error(s: list[Any], *ys: Any) -> Any:
    return sum(abs(a - y) for a, y in zip(s, ys, strict=True)) / len(s)


def huber_at(delta: float) -> Closed:
    def one(error: Any) -> Any:
        inside = abs(error) <= delta
        return error**2 / 2 if inside else delta * (abs(error) - mp.mpf(delta) / 2)

    return lambda s, *ys: sum(one(a - y) for a, y in zip(s, ys, strict=True)) / len(s)


def cross_entropy(s: list[Any], *ys: Any) -> Any:
    """-t log p - (1 - t) log(1 - p), with p = 1 / (1 + e^-s)."""
    parts = [
        -y * mp.log(1 / (1 + mp.exp(-a))) - (1 - y) * mp.log(1 / (1 + mp.exp(a)))
        for a, y in zip(s, ys, strict=True)
    ]
    return sum(parts) / len(s)


def class_entropy(s: list[Any], *ys: Any) -> Any:
    chosen = s[int(ys[0])] if len(ys) == 1 else sum(y * a for y, a in zip(ys, s, strict=True))
    return mp.log(sum(map(mp.exp, s))) - chosen


PAIRED = [
    (max_margin(), hinge, signs),
    (mean_squared_error(), squared_error, scores),
    (mean_absolute_error(), absolute_error, scores),
    (huber(), huber_at(1.0), scores),
    (huber(delta=7.5), huber_at(7.5), scores),
    (binary_cross_entropy(), cross_entropy, probabilities),
]


@pytest.mark.parametrize(("loss", "formula", "targets"), PAIRED)
@given(data=st.data())
def test_values_and_gradients_are_those_of_the_closed_form(
    loss: Loss, formula: Closed, targets: st.SearchStrategy[float], data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, 3))
    given_scores = data.draw(st.lists(scores, min_size=n, max_size=n))
    ys = data.draw(st.lists(targets, min_size=n, max_size=n))
    at_kink = any(
        abs(abs(s - y) - bend) < 1e-9 or abs(s * y - 1.0) < 1e-9
        for s, y in zip(given_scores, ys, strict=True)
        for bend in (0.0, 1.0, 7.5)
    )
    ours, exact = cost(loss, given_scores, *ys), closed(formula, given_scores, *ys)
    assert ours[0] == close(exact[0])
    assert at_kink or ours[1] == close(exact[1])


@given(given_scores=st.lists(logits, min_size=2, max_size=6), data=st.data())
def test_softmax_cross_entropy_is_the_closed_form_at_any_logits(
    given_scores: list[float], data: st.DataObject
) -> None:
    y = data.draw(st.integers(0, len(given_scores) - 1))
    ours = cost(softmax_cross_entropy(), given_scores, float(y))
    exact = closed(class_entropy, given_scores, float(y))
    assert ours[0] == close(exact[0])
    assert ours[1] == close(exact[1])


@given(
    pairs=st.lists(st.tuples(logits, st.floats(0.01, 1.0)), min_size=2, max_size=6),
)
def test_softmax_cross_entropy_takes_probabilities(pairs: list[tuple[float, float]]) -> None:
    given_scores, weights = zip(*pairs, strict=True)
    ys = [w / math.fsum(weights) for w in weights]
    ours = cost(softmax_cross_entropy(), given_scores, *ys)
    exact = closed(lambda s, *t: class_entropy(s, *(y / sum(t) for y in t)), given_scores, *ys)
    assert ours[0] == pytest.approx(exact[0], rel=1e-12, abs=1e-11)
    assert ours[1] == close(exact[1])


@pytest.mark.parametrize("y", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("s", [-1000.0, 1000.0, 0.0, 745.0])
def test_binary_cross_entropy_is_stable_and_takes_both_kinds_of_labels(s: float, y: float) -> None:
    ours = cost(binary_cross_entropy(), [s], y)
    exact = closed(cross_entropy, [s], max(y, 0.0))
    assert ours[0] == close(exact[0])
    assert ours[1] == close(exact[1])


def test_losses_of_a_dataset_are_sklearns() -> None:
    data = moons(50)
    flat = dataset(data.xs, data.ys)
    yes = [(y + 1) / 2 for y in flat.ys]
    line = nn.neuron(2, weights=[0.8, -1.1], bias=0.2, activation="identity")
    given_scores = [line(x).data for x in flat.xs]
    odds = [1 / (1 + math.exp(-s)) for s in given_scores]
    for loss, expected in (
        (max_margin(alpha=0.0), metrics.hinge_loss(flat.ys, given_scores)),
        (mean_squared_error(), metrics.mean_squared_error(flat.ys, given_scores)),
        (mean_absolute_error(), metrics.mean_absolute_error(flat.ys, given_scores)),
        (binary_cross_entropy(), metrics.log_loss(yes, odds)),
    ):
        assert evaluate(loss, line, flat).total.data == close(float(expected))


def test_the_class_loss_and_accuracy_of_a_dataset_are_sklearns() -> None:
    rows = [[1.0, 2.0, -1.0], [0.5, 0.1, 0.4], [-3.0, 2.0, 2.5], [0.0, 0.0, 1.0]]
    ys = [1, 1, 2, 0]
    odds = [[math.exp(s) / sum(map(math.exp, row)) for s in row] for row in rows]
    evaluation = evaluate(softmax_cross_entropy(), Identity(), dataset(rows, ys))
    assert evaluation.total.data == close(float(metrics.log_loss(ys, odds)))
    best = [row.index(max(row)) for row in rows]
    assert evaluation.accuracy == metrics.accuracy_score(ys, best) == 0.5


def test_one_hot_rows_give_the_loss_of_class_numbers() -> None:
    data = dataset([[1.0, 2.0, -1.0], [0.5, 0.1, 0.4], [1.0, 0.0, 2.0]], [1, 0, 2])
    by_number = evaluate(softmax_cross_entropy(), Identity(), data)
    by_row = evaluate(softmax_cross_entropy(), Identity(), one_hot(data))
    assert by_row.total.data == close(by_number.total.data)
    assert by_row.accuracy == by_number.accuracy == 1.0


# Penalties and accuracy


MAKERS: list[Callable[..., Loss]] = [
    mean_squared_error,
    mean_absolute_error,
    huber,
    binary_cross_entropy,
    softmax_cross_entropy,
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@given(p=st.floats(-10.0, 10.0))
def test_penalties_are_weighted_squares_and_absolute_values(
    make: Callable[..., Loss], p: float
) -> None:
    assert make().penalty is None
    for l2, l1 in ((0.5, 0.0), (0.0, 0.25), (0.5, 0.25)):
        penalty = make(l2=l2, l1=l1).penalty
        assert penalty is not None
        assert penalty(value(p)).data == close(l2 * p**2 + l1 * abs(p))


def test_the_total_is_the_data_loss_plus_all_penalties() -> None:
    line = nn.neuron(2, weights=[2.0, -3.0], bias=1.0)
    evaluation = evaluate(max_margin(alpha=0.5, l1=0.25), line, moons(10))
    assert evaluation.penalty.data == 0.5 * (4 + 9 + 1) + 0.25 * (2 + 3 + 1)
    assert evaluation.total.data == evaluation.data.data + evaluation.penalty.data


def test_accuracy_stands_only_where_an_example_is_right_or_wrong() -> None:
    data, line = moons(10), nn.neuron(2, activation="identity")
    for regression in (mean_squared_error(), mean_absolute_error(), huber()):
        assert evaluate(regression, line, data).accuracy is None
    right = [(line(x).data > 0) == (y > 0) for x, y in zip(data.xs, data.ys, strict=True)]
    for decision in (max_margin(), binary_cross_entropy()):
        assert evaluate(decision, line, data).accuracy == sum(right) / 10


def test_several_outputs_are_right_where_all_are() -> None:
    data = dataset([[3.0, -3.0], [3.0, 3.0]], [[1, -1], [1, -1]])
    for loss in (max_margin(), binary_cross_entropy()):
        assert evaluate(loss, Identity(), data).accuracy == 0.5


# A graph can see all of a loss


@pytest.mark.parametrize(
    ("loss", "given_scores", "targets"),
    [
        (max_margin(), [0.3], [-1.0]),
        (mean_squared_error(), [0.3, 2.0], [1.0, -1.0]),
        (mean_absolute_error(), [0.3], [2.0]),
        (huber(), [0.3, 5.0], [0.1, 0.1]),
        (binary_cross_entropy(), [0.3], [-1.0]),
        (softmax_cross_entropy(), [0.3, 2.0, -1.0], [2.0]),
        (softmax_cross_entropy(), [0.3, 2.0], [0.25, 0.75]),
    ],
)
def test_a_target_may_be_a_value_and_the_numbers_are_the_same(
    loss: Loss, given_scores: list[float], targets: list[float]
) -> None:
    leaves = tuple(map(value, targets))
    traced = loss.example(tuple(map(value, given_scores)), *leaves)  # type: ignore[arg-type]  # stand in for floats
    assert traced.data == cost(loss, given_scores, *targets)[0]
    assert set(leaves) <= set(topological_order(traced))


def test_an_own_loss_is_three_lines() -> None:
    quartic = Loss(
        name="quartic",
        example=lambda scores, y: (scores[0] - y) ** 4,
    )
    data = dataset([[1.0], [2.0]], [0.0, 0.0])
    assert evaluate(quartic, Identity(), data).total.data == (1.0 + 16.0) / 2
    assert accuracy(quartic, ((value(0.0),),), data) is None


def test_an_own_loss_takes_as_many_targets_as_its_function() -> None:
    between = losses.own(
        "between",
        lambda scores, low, high: relu(low - scores[0]) + relu(scores[0] - high),
        is_correct=lambda scores, low, high: low <= scores[0] <= high,
    )
    data = dataset([[1.0], [5.0]], [[0.0, 2.0], [6.0, 8.0]])
    found = evaluate(between, Identity(), data)
    assert (found.total.data, found.accuracy) == (0.5, 0.5)


# What is refused


REFUSED: list[tuple[Loss, nn.Model, Dataset, type[Exception], str]] = [
    (
        max_margin(),
        Identity(),
        dataset([[0.0]], [0.0]),
        DataError,
        "max_margin: each label must be -1 or 1, got 0.0; datasets.relabel(dataset, (-1, 1)) makes",
    ),
    (
        max_margin(),
        nn.mlp(2, [3]),
        moons(4),
        ShapeError,
        "max_margin: the model must have one output per target, 1, got 3",
    ),
    (
        mean_squared_error(),
        nn.mlp(1, [1]),
        dataset([[1.0]], [[1.0, 2.0]]),
        ShapeError,
        "mean_squared_error: the model must have one output per target, 2, got 1",
    ),
    (
        binary_cross_entropy(),
        nn.mlp(1, [1]),
        dataset([[1.0]], [2.0]),
        DataError,
        "binary_cross_entropy: each label must be -1, 0 or 1, or a probability, got 2.0",
    ),
    (
        softmax_cross_entropy(),
        nn.mlp(1, [3]),
        dataset([[1.0]], [3.0]),
        DataError,
        (
            "softmax_cross_entropy: each label must be a class number below 3, "
            "the number of outputs, got 3.0"
        ),
    ),
    (
        softmax_cross_entropy(),
        nn.mlp(1, [3]),
        dataset([[1.0]], [-1.0]),
        DataError,
        (
            "softmax_cross_entropy: each label must be a class number below 3, "
            "the number of outputs, got -1.0"
        ),
    ),
    (
        softmax_cross_entropy(),
        nn.mlp(1, [2]),
        dataset([[1.0]], [[0.5, 0.6]]),
        DataError,
        "softmax_cross_entropy: targets must be probabilities that add up to 1, got (0.5, 0.6)",
    ),
    (
        softmax_cross_entropy(),
        nn.mlp(1, [3]),
        dataset([[1.0]], [[0.5, 0.5]]),
        ShapeError,
        "softmax_cross_entropy: the model must have one output per target, 2, got 3",
    ),
    (
        softmax_cross_entropy(),
        nn.mlp(1, [1]),
        dataset([[1.0]], [0.0]),
        ShapeError,
        (
            "softmax_cross_entropy: the model must have one output per class, got 1; "
            "see binary_cross_entropy"
        ),
    ),
    (
        max_margin(),
        nn.layer(2, 1, weights=[[value(1.0) * 1.0] * 2], biases=[value(1.0) * 1.0]),
        moons(4),
        ShapeError,
        "max_margin: the model must have parameters, Values in fields of a Record, got ",
    ),
]


@pytest.mark.parametrize(("loss", "model", "data", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused_before_training_begins(
    loss: Loss, model: nn.Model, data: Dataset, error: type[Exception], message: str
) -> None:
    for attempt in (evaluate, check_fits, lambda a, b, c: train(b, c, loss=a)):
        with pytest.raises(error) as caught:
            attempt(loss, model, data)
        assert message in str(caught.value) or "train: the model must have" in str(caught.value)


class Reading(Record):
    """A model of sequences that remembers how many positions it was asked for."""

    weight: Value = attr(default=value(0.5))
    strict: bool = attr(default=False)
    asked: Any = attr(default=None)

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        there = [x for x in inputs if not nn.is_absent(x)]
        if self.strict and len(there) < len(inputs):
            raise ValueError("no row of mine ever ends")
        self.asked.append(len(there))
        known = [self.weight * x for x in there for _ in range(2)]
        return (*known, *[value(0.0)] * (2 * len(inputs) - len(known)))


def test_whether_a_model_fits_is_seen_at_the_first_position_of_a_sequence() -> None:
    data, asked = dataset([[1.0, 0.0, 1.0]], [[0.0, 1.0, 1.0]]), list[int]()
    check_fits(losses.next_token(), Reading(asked=asked), data)
    assert asked == [1]
    check_fits(losses.next_token(), Reading(asked=asked, strict=True), data)
    assert asked == [1, 3]


@pytest.mark.parametrize("make", [*MAKERS, max_margin], ids=lambda make: make.__name__)
def test_a_negative_weight_is_refused(make: Callable[..., Loss]) -> None:
    with pytest.raises(ValueError, match=f"^{make.__name__}: l1 must be a finite number >= 0"):
        make(l1=-1.0)


def test_a_huber_loss_bends_somewhere() -> None:
    with pytest.raises(ValueError, match=r"^huber: delta must be a finite number > 0, got 0.0$"):
        huber(delta=0.0)


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


def test_a_model_and_a_dataset_of_other_widths_do_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"^neuron: inputs must be 3 numbers, got 2$"):
        evaluate(max_margin(), mlp(3, [1]), datasets.moons(4))


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [
        (max_margin(l1=1e-3), 1),
        (mean_squared_error(l2=1e-3), 1),
        (mean_absolute_error(l1=1e-3), 1),
        (huber(l1=1e-3, l2=1e-3), 1),
        (binary_cross_entropy(), 1),
        (softmax_cross_entropy(), 3),
    ],
)
def test_every_loss_compiles_and_gives_the_bits_of_eager(loss: Loss, outputs: int) -> None:
    data = moons(6) if outputs == 1 else dataset(moons(6).xs, [0, 1, 2, 2, 1, 0])
    model = nn.mlp(2, [3, outputs], activation="tanh")
    python, eager = (next(train(model, data, loss=loss, backend=backend)) for backend in BACKENDS)
    assert python.metrics == eager.metrics
    assert [p.data for p in parameters(python.model)] == [p.data for p in parameters(eager.model)]


# What is shown


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        (max_margin(alpha=0.5), "Loss(name='max_margin', penalty=ridge(0.5, ...))"),
        (max_margin(alpha=0.0), "Loss(name='max_margin')"),
        (
            Loss(name="own", example=lambda s, y: s[0], penalty=abs),
            "Loss(name='own', penalty=<built-in function abs>)",
        ),
    ],
)
def test_the_repr_of_a_loss_is_its_name_and_its_penalty(loss: Loss, line: str) -> None:
    assert repr(loss) == line
