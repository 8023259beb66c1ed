"""Scores are scikit-learn's, class by class and in every unit, with a guess beside them."""

import json
import math
from random import Random

import pytest
from sklearn import metrics

from microfp.base.json import to_json
from microfp.configurations import Configuration
from microfp.datasets import dataset, iris, moons
from microfp.experiments import class_score, number_score, run, score, score_row
from microfp.predictors import predict, predict_probabilities

NAMES = ("ant", "bee", "cat", "dog")


def drawn(classes: tuple[str, ...]) -> tuple[list[str], list[str], list[float]]:
    random = Random(3)
    targets = random.choices(classes, range(1, len(classes) + 1), k=200)
    guesses = random.choices(classes, k=200)
    predicted = [y if random.random() < 0.6 else it for y, it in zip(targets, guesses, strict=True)]
    return targets, predicted, [random.gauss(classes.index(y), 1.0) for y in targets]


def test_scores_of_classes_are_sklearns() -> None:
    targets, predicted, _ = drawn(NAMES)
    found = class_score(targets, predicted, NAMES, loss=0.5)
    expected = metrics.precision_recall_fscore_support(targets, predicted, labels=NAMES)
    for name, column in zip(("precision", "recall", "f1", "count"), expected, strict=True):
        assert [row[name] for row in found.by_class] == pytest.approx(list(column), rel=1e-12)
    assert [row.name for row in found.by_class] == list(NAMES)
    matrix = metrics.confusion_matrix(targets, predicted, labels=NAMES)
    assert found.confusion == tuple(map(tuple, matrix.tolist()))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(targets, predicted), rel=1e-12)
    assert found.base_rate == max(map(targets.count, NAMES)) / len(targets)
    assert found.accuracy_interval is not None
    assert found.accuracy_interval.low < (found.accuracy or 0.0) < found.accuracy_interval.high
    assert (found.area_under_curve, found.r2) == (None, None)


def test_the_area_of_two_classes_is_sklearns() -> None:
    targets, predicted, margins = drawn(("no", "yes"))
    found = class_score(targets, predicted, ("no", "yes"), loss=0.5, margins=margins)
    expected = metrics.roc_auc_score([y == "yes" for y in targets], margins)
    assert found.area_under_curve == pytest.approx(expected, rel=1e-12)
    one = class_score(["no"], ["yes"], ("no", "yes"), loss=0.5, margins=[1.0])
    assert (one.area_under_curve, one.accuracy, one.base_rate) == (None, 0.0, 1.0)


def test_scores_of_numbers_are_sklearns() -> None:
    random = Random(4)
    targets = [random.gauss(100.0, 9.0) for _ in range(100)]
    predicted = [y + random.gauss(1.0, 3.0) for y in targets]
    found = number_score(targets, predicted, loss=0.5)
    for name in ("r2_score", "mean_absolute_error", "root_mean_squared_error"):
        expected = getattr(metrics, name)(targets, predicted)
        assert found[name.removesuffix("_score")] == pytest.approx(expected, rel=1e-12)
    assert found.r2_interval is not None
    assert found.r2_interval.low < (found.r2 or 0.0) < found.r2_interval.high
    assert (found.accuracy, found.base_rate, found.by_class) == (None, None, ())


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "softmax_cross_entropy", "max_margin"])
def test_a_predictor_of_two_classes_is_measured_by_its_scores(loss: str) -> None:
    data = moons(60)
    learnt = run(Configuration(steps=20, loss=loss), data).unwrap().predictor  # type: ignore[arg-type]  # a name
    names = [("-1", "1")[y > 0.0] for y in data.ys]
    found = score(learnt, data.xs, names)
    assert found.accuracy == metrics.accuracy_score(names, predict(learnt, data.xs))
    if loss != "max_margin":
        shares = [share for _, share in predict_probabilities(learnt, data.xs)]
        area = metrics.roc_auc_score(data.ys, shares)
        assert found.area_under_curve == pytest.approx(area, rel=1e-12)


def test_numbers_too_large_to_square_have_no_finite_error() -> None:
    found = number_score([0.0, 1.0], [1e200, 0.0], loss=math.inf)
    assert found.root_mean_squared_error == math.inf
    assert found.r2 == -math.inf
    assert number_score([2.0, 2.0], [1.0, 2.0], loss=0.5).r2 is None


def test_a_score_is_a_row_of_plain_data() -> None:
    held_out = run(Configuration(steps=3), iris()).unwrap().held_out
    assert held_out is not None
    row = json.loads(to_json(score_row(held_out)))
    assert list(row) == list(type(held_out).field_names())
    assert [one["name"] for one in row["by_class"]] == ["setosa", "versicolor", "virginica"]
    assert sum(map(sum, row["confusion"])) == held_out.examples
    line = dataset([[float(i)] for i in range(20)], [2.0 * i for i in range(20)])
    numbers = run(Configuration(steps=3), line).unwrap().training
    assert len(json.loads(to_json(score_row(numbers)))["r2_interval"]) == 2
