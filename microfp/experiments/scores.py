"""Scores: how well predictions do, beside what a guess would do, and how far that can be trusted.

>>> found = class_score(["no", "no", "yes"], ["no", "yes", "yes"], ("no", "yes"), loss=0.5)
>>> found.accuracy, found.base_rate, found.confusion
(0.6666666666666666, 0.6666666666666666, ((1, 1), (0, 1)))
"""

import math
from array import array
from collections.abc import Iterator, Sequence

from microfp.base.checks import check_each, check_finite, check_kind, check_like
from microfp.base.numbers import mean
from microfp.datasets import Dataset, Matrix, subset
from microfp.losses import (
    Interval,
    accuracy_interval,
    area_under_curve,
    base_rate,
    classification_rows,
    confusion_rows,
    r_squared,
    r_squared_interval,
    root_mean_squared_error,
    root_mean_squared_error_interval,
)
from microfp.record import Record, attr, check_several

__all__ = ["ClassScore", "Score", "class_name", "class_score", "number_score", "score_row"]


class ClassScore(Record):
    """How well the examples of one class are told from the others.

    >>> ClassScore(name="cat", count=4, precision=0.5, recall=1.0, f1=2 / 3).recall
    1.0
    """

    name: str = attr()
    """Of the class."""
    count: int = attr()
    """How many examples are of it."""
    precision: float = attr()
    """The share of those that were taken for it which are; 0.0 if there were none."""
    recall: float = attr()
    """The share of those that are which were taken for it; 0.0 if there are none."""
    f1: float = attr()
    """The harmonic mean of the two."""


class Score(Record):
    """How well a predictor does on some examples.

    >>> Score(examples=4, loss=0.5, accuracy=0.75).accuracy
    0.75
    """

    examples: int = attr()
    """How many."""
    loss: float = attr()
    """The mean loss, without the penalty; of scaled targets, if they are scaled, and of
    scores that no bounds cut.
    """
    accuracy: float | None = attr(default=None)
    """The share of classes predicted rightly, from 0 to 1; None for numbers."""
    r2: float | None = attr(default=None)
    """The coefficient of determination of numbers, 1 - squared error / variance; None for
    classes, and where the numbers do not vary.
    """
    mean_absolute_error: float | None = attr(default=None)
    """Of numbers, in their own unit; None for classes."""
    root_mean_squared_error: float | None = attr(default=None)
    """Of numbers, in their own unit; None for classes."""
    base_rate: float | None = attr(default=None)
    """The share of the commonest class, the accuracy of a constant answer; None for
    numbers.
    """
    accuracy_interval: Interval | None = attr(default=None)
    """Where it lies with other examples, in 95 % of cases; see `losses`."""
    r2_interval: Interval | None = attr(default=None)
    """The same for `r2`."""
    root_mean_squared_error_interval: Interval | None = attr(default=None)
    """The same for that."""
    area_under_curve: float | None = attr(default=None)
    """Of two classes, how probably an example of the second has a larger score
    than one of the first; None for numbers, for more classes, and where one never comes.
    """
    by_class: tuple[ClassScore, ...] = attr(default=())
    """A row for each class, in the order of the predictor."""
    confusion: tuple[tuple[int, ...], ...] = attr(default=())
    """The confusion matrix: row i holds how often class i was taken for each class."""


def check_rows(where: str, name: str, rows: object) -> None:
    """Check that something holds rows of numbers; those of a matrix are.

    >>> check_rows("predict", "rows", [1.0])
    Traceback (most recent call last):
    TypeError: predict: rows[0] must be a row of numbers, got 1.0 (float)
    """
    if not isinstance(rows, Matrix):
        for i, row in enumerate(check_each(where, name, rows, object)):
            check_like(where, f"{name}[{i}]", row, Sequence, "a row of numbers")


def in_pieces(examples: Dataset, most: int) -> Iterator[Dataset]:
    """The examples, so many at most at a time.

    >>> from microfp.datasets import moons
    >>> [len(piece.ys) for piece in in_pieces(moons(5), 2)]
    [2, 2, 1]
    """
    n = len(examples.ys)
    if n <= most:
        yield examples
        return
    for first in range(0, n, most):
        yield subset(examples, range(first, min(first + most, n)))


def class_name(label: float) -> str:
    """Name a class that goes by a number.

    >>> class_name(1.0), class_name(0.5)
    ('1', '0.5')
    """
    number = check_finite("class_name", "label", label)
    return str(int(number)) if number.is_integer() else repr(number)


def class_score(
    targets: Sequence[str],
    predicted: Sequence[str],
    classes: Sequence[str],
    *,
    loss: float,
    margins: Sequence[float] = (),
) -> Score:
    """Measure predicted classes.

    Args:
        targets: The class of each example.
        predicted: What was predicted.
        classes: All classes, in the order that is wanted.
        loss: The mean loss.
        margins: Of two classes, a number each that is larger where the second is more probable.

    Raises:
        ShapeError: If there are not as many predictions as targets.
        DataError: If there is no target, or a class is none of `classes`.

    >>> class_score(["a", "b"], ["a", "b"], ["a", "b"], loss=0.1, margins=[-1.0, 2.0]).accuracy
    1.0
    """
    check_several("class_score", "classes", "a sequence of texts", classes)
    matrix = _matrix(targets, predicted, classes)
    right = sum(matrix[i][i] for i in range(len(classes)))
    return Score(
        examples=len(targets),
        loss=loss,
        accuracy=right / len(targets),
        base_rate=base_rate(targets),
        accuracy_interval=accuracy_interval(right, len(targets)),
        area_under_curve=_area(targets, margins, classes),
        by_class=_by_class(targets, predicted, classes),
        confusion=matrix,
    )


def _matrix(
    targets: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> tuple[tuple[int, ...], ...]:
    rows = confusion_rows(targets, predicted, classes=classes)
    counts = [int(str(row["count"])) for row in rows]
    n = len(classes)
    return tuple(tuple(counts[i * n : (i + 1) * n]) for i in range(n))


def _by_class(
    targets: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> tuple[ClassScore, ...]:
    rows = classification_rows(targets, predicted, classes=classes)
    names = {"class": "name"}
    return tuple(
        ClassScore.create({names.get(key, key): cell for key, cell in row.items()}) for row in rows
    )


def _area(targets: Sequence[str], margins: Sequence[float], classes: Sequence[str]) -> float | None:
    if len(classes) != 2 or not margins or len(set(targets)) != 2:
        return None
    return area_under_curve([float(it == classes[1]) for it in targets], margins)


def number_score(targets: Sequence[float], predicted: Sequence[float], *, loss: float) -> Score:
    """Measure predicted numbers, in their own unit.

    Args:
        targets: The number of each example.
        predicted: What was predicted.
        loss: The mean loss.

    Raises:
        ShapeError: If there are not as many predictions as targets.
        DataError: If there is no target.

    >>> number_score([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], loss=0.1).r2
    0.5
    """
    share = r_squared(targets, predicted)
    pairs = zip(targets, predicted, strict=True)
    return Score(
        examples=len(targets),
        loss=loss,
        r2=None if math.isnan(share) else share,
        mean_absolute_error=mean(array("d", (abs(y - it) for y, it in pairs))),
        root_mean_squared_error=root_mean_squared_error(targets, predicted),
        r2_interval=None if math.isnan(share) else r_squared_interval(targets, predicted),
        root_mean_squared_error_interval=root_mean_squared_error_interval(targets, predicted),
    )


def score_row(score: Score) -> dict[str, object]:
    """The score as plain data, for JSON or a table.

    >>> score_row(Score(examples=4, loss=0.5, accuracy=0.75))["accuracy"]
    0.75
    """
    check_kind("score_row", "score", score, Score)
    return {**score, "by_class": [dict(row.items()) for row in score.by_class]}
