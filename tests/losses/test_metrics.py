"""Measures of predictions are scikit-learn's."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.dummy import DummyClassifier

from microfp.errors import DataError, ShapeError
from microfp.losses import (
    area_under_curve,
    base_rate,
    classification_rows,
    confusion_rows,
    r_squared,
    root_mean_squared_error,
)

labels = st.integers(0, 3)
numbers = st.floats(-100.0, 100.0)


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(pairs=st.lists(st.tuples(labels, labels), min_size=1, max_size=30))
def test_rows_of_classes_are_sklearns(pairs: list[tuple[int, int]]) -> None:
    targets, predicted = map(list, zip(*pairs, strict=True))
    found = metrics.precision_recall_fscore_support(targets, predicted, zero_division=0.0)
    rows = [dict(row) for row in classification_rows(targets, predicted)]
    for name, column in zip(("precision", "recall", "f1", "count"), found, strict=True):
        assert [row[name] for row in rows] == pytest.approx(list(column), rel=1e-12)
    classes = sorted({*targets, *predicted})
    matrix = metrics.confusion_matrix(targets, predicted, labels=classes)
    assert [row["count"] for row in confusion_rows(targets, predicted)] == list(matrix.ravel())


@given(pairs=st.lists(st.tuples(st.sampled_from([-1.0, 1.0]), labels), min_size=2, max_size=30))
def test_the_area_is_sklearns(pairs: list[tuple[float, int]]) -> None:
    targets, scores = map(list, zip(*pairs, strict=True))
    if len(set(targets)) == 2:
        expected = metrics.roc_auc_score(targets, scores)
        assert area_under_curve(targets, scores) == pytest.approx(expected, rel=1e-12)
    else:
        with pytest.raises(DataError, match="some above 0 and some not"):
            area_under_curve(targets, scores)


@given(pairs=st.lists(st.tuples(numbers, numbers), min_size=2, max_size=30))
def test_measures_of_numbers_are_sklearns(pairs: list[tuple[float, float]]) -> None:
    targets, predicted = map(list, zip(*pairs, strict=True))
    expected = metrics.root_mean_squared_error(targets, predicted)
    assert root_mean_squared_error(targets, predicted) == pytest.approx(expected, rel=1e-9)
    if max(targets) - min(targets) > 1e-3:
        r2 = metrics.r2_score(targets, predicted)
        assert r_squared(targets, predicted) == pytest.approx(r2, rel=1e-9, abs=1e-9)


@given(targets=st.lists(labels, min_size=1, max_size=30))
def test_the_base_rate_is_the_accuracy_of_sklearns_most_frequent(targets: list[int]) -> None:
    rows = [[0.0]] * len(targets)
    constant = DummyClassifier(strategy="most_frequent").fit(rows, targets)
    assert base_rate(targets) == pytest.approx(constant.score(rows, targets), rel=1e-12)


def test_classes_may_be_named_also_those_that_never_come() -> None:
    names = ["c", "b", "a"]
    rows = classification_rows(["a", "b"], ["a", "a"], classes=names)
    assert [(row["class"], row["count"]) for row in rows] == [("c", 0), ("b", 1), ("a", 1)]
    matrix = metrics.confusion_matrix(["a", "b"], ["a", "a"], labels=names)
    found = confusion_rows(["a", "b"], ["a", "a"], classes=names)
    assert [row["count"] for row in found] == list(matrix.ravel())
    with pytest.raises(DataError, match=r"each class must be one of \['a'\], got 'b'"):
        confusion_rows(["a", "b"], ["a", "a"], classes=["a"])


def test_classes_without_an_order_come_as_they_come() -> None:
    assert [row["class"] for row in classification_rows(["b", 1, "b"], [1, 1, "b"])] == ["b", 1]
    assert math.isnan(r_squared([1.0, 1.0], [1.0, 2.0]))


def test_targets_and_predictions_are_equally_many() -> None:
    with pytest.raises(ShapeError, match="one prediction per target, 2, got 1"):
        r_squared([1.0, 2.0], [1.0])
    with pytest.raises(DataError, match="at least one target, got none"):
        confusion_rows([], [])
