"""Measures of predictions beside the loss, as numbers and as rows for a table.

>>> classification_rows([0, 0, 1, 1], [0, 1, 1, 1])[0]
{'class': 0, 'precision': 1.0, 'recall': 0.5, 'f1': 0.6666666666666666, 'count': 2}
"""

import math
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypedDict, TypeVar, overload

from microfp.base.checks import wrong_kind
from microfp.base.numbers import exact_sum, mean, squares
from microfp.errors import DataError, ShapeError

__all__ = [
    "ClassificationRow",
    "ConfusionRow",
    "area_under_curve",
    "base_rate",
    "check_pairs",
    "classification_rows",
    "confusion_rows",
    "r_squared",
    "root_mean_squared_error",
]

C = TypeVar("C", bound=Hashable)


if TYPE_CHECKING:

    class _ClassificationRow(dict[str, object]):
        """One column is called `class`, which the body of a typed dict cannot declare."""

        @overload
        def __getitem__(self, name: Literal["precision", "recall", "f1"], /) -> float: ...
        @overload
        def __getitem__(self, name: Literal["count"], /) -> int: ...
        @overload
        def __getitem__(self, name: str, /) -> object: ...
        def __getitem__(self, name: str, /) -> object: ...

else:
    _ClassificationRow = dict[str, object]

ClassificationRow: TypeAlias = _ClassificationRow
"""How well one class is told from the others; to type checkers, each column has its type.

>>> row: ClassificationRow = classification_rows(["a", "b"], ["a", "b"])[0]
>>> row["class"], row["count"]
('a', 1)
"""


class ConfusionRow(TypedDict, Generic[C]):
    """How often one class was taken for one.

    >>> row: ConfusionRow[str] = confusion_rows(["a"], ["a"])[0]
    >>> row["count"]
    1
    """

    target: C
    """The class that it is."""
    predicted: C
    """The class that was predicted."""
    count: int
    """How often."""


def confusion_rows(
    targets: Sequence[C], predicted: Sequence[C], *, classes: Sequence[C] | None = None
) -> list[ConfusionRow[C]]:
    """The confusion matrix: how often each class was taken for each.

    Args:
        targets: The class of each example, of any kind.
        predicted: What was predicted.
        classes: All classes, in the order that is wanted; None for those that come, sorted.

    Returns:
        A row for each pair of classes, also for those that never came: target, predicted, count.

    Raises:
        ShapeError: If there are not as many predictions as targets.
        DataError: If a class is none of `classes`.

    >>> [row["count"] for row in confusion_rows([0, 0, 1, 1], [0, 1, 1, 1])]
    [1, 1, 0, 2]
    """
    counts = _pairs(targets, predicted)
    known = _classes(targets, predicted, classes)
    return [
        {"target": mine, "predicted": its, "count": counts[mine, its]}
        for mine in known
        for its in known
    ]


def classification_rows(
    targets: Sequence[C], predicted: Sequence[C], *, classes: Sequence[C] | None = None
) -> list[ClassificationRow]:
    """Precision, recall and F1 of each class.

    precision = hits / times predicted;  recall = hits / times there;
    f1 = 2 * precision * recall / (precision + recall); 0.0 where a divisor is 0

    Args:
        targets: The class of each example, of any kind.
        predicted: What was predicted.
        classes: All classes, in the order that is wanted; None for those that come, sorted.

    Returns:
        A row a class, with how often it is there: class, precision, recall, f1, count.

    Raises:
        ShapeError: If there are not as many predictions as targets.
        DataError: If a class is none of `classes`.

    >>> [row["recall"] for row in classification_rows(["a", "b"], ["a", "a"])]
    [1.0, 0.0]
    """
    counts = _pairs(targets, predicted)
    there, told = Counter(targets), Counter(predicted)
    rows: list[dict[str, object]] = []
    for it in _classes(targets, predicted, classes):
        hits = counts[it, it]
        rows.append(
            {
                "class": it,
                "precision": _share(hits, told[it]),
                "recall": _share(hits, there[it]),
                "f1": _share(2 * hits, told[it] + there[it]),
                "count": there[it],
            }
        )
    return rows  # type: ignore[return-value]  # plain dicts at run time


def _pairs(targets: Sequence[C], predicted: Sequence[C]) -> Mapping[tuple[C, C], int]:
    check_pairs("metrics", targets, predicted)
    return Counter(zip(targets, predicted, strict=True))


def _classes(
    targets: Sequence[C], predicted: Sequence[C], known: Sequence[C] | None
) -> Sequence[C]:
    """All classes: those that are given, or those that come, sorted where they can be."""
    classes = list(dict.fromkeys([*targets, *predicted]))
    if known is not None:
        if not isinstance(known, Collection):
            raise wrong_kind("metrics", "classes", "a sequence of classes", known)
        others = [it for it in classes if it not in frozenset(known)]
        if others:
            raise DataError(f"metrics: each class must be one of {known!r:.200}, got {others[0]!r}")
        return known
    try:
        return sorted(classes)  # type: ignore[type-var]  # classes of a kind without order raise
    except TypeError:
        return classes


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def check_pairs(where: str, targets: Sequence[object], predicted: Sequence[object]) -> None:
    """Raise unless there is a target, and a prediction for each.

    >>> check_pairs("r_squared", [1.0, 2.0], [1.0])
    Traceback (most recent call last):
    microfp.errors.ShapeError: r_squared: there must be one prediction per target, 2, got 1
    """
    for name, given in (("targets", targets), ("predictions", predicted)):
        if not isinstance(given, Collection):
            raise wrong_kind(where, name, "a sequence, one for each example", given)
    if len(targets) != len(predicted):
        expected = f"one prediction per target, {len(targets)}"
        raise ShapeError(f"{where}: there must be {expected}, got {len(predicted)}")
    if not len(targets):
        raise DataError(f"{where}: there must be at least one target, got none")


def base_rate(targets: Sequence[C]) -> float:
    """The share of the commonest class: the accuracy of who always answers with it.

    Raises:
        DataError: If there are no targets.

    >>> base_rate(["no", "no", "yes", "no"])
    0.75
    """
    check_pairs("base_rate", targets, targets)
    return max(Counter(targets).values()) / len(targets)


def area_under_curve(targets: Sequence[float], scores: Sequence[float]) -> float:
    """The area under the ROC curve: how probably a yes has a larger score than a no.

    A score that is equal counts one half.

    Args:
        targets: Above 0 for yes; -1 and 0 are no.
        scores: One number each.

    Raises:
        ShapeError: If there are not as many scores as targets.
        DataError: If there is no yes, or no no.

    Source: J. Hanley and B. McNeil, The meaning and use of the area under a ROC curve, 1982.

    >>> area_under_curve([-1.0, -1.0, 1.0, 1.0], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    check_pairs("area_under_curve", targets, scores)
    count = sum(y > 0.0 for y in targets)
    others = len(targets) - count
    if not count or not others:
        raise DataError("area_under_curve: targets must be some above 0 and some not")
    ranks = sum(rank for rank, y in zip(_ranks(scores), targets, strict=True) if y > 0.0)
    return (ranks - count * (count + 1) / 2.0) / (count * others)


def _ranks(scores: Sequence[float]) -> list[float]:
    """The place of each score from 1, smallest first; equal ones share the mean of theirs."""
    order = sorted(scores)
    first: dict[float, int] = {}
    for place, score in enumerate(order, 1):
        first.setdefault(score, place)
    times = Counter(order)
    return [first[score] + (times[score] - 1) / 2.0 for score in scores]


def r_squared(targets: Sequence[float], predicted: Sequence[float]) -> float:
    """The share of the variance that predictions explain; nan where the targets do not vary.

    1 - sum of (y - predicted)² / sum of (y - mean)²

    Raises:
        ShapeError: If there are not as many predictions as targets.

    >>> r_squared([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """
    check_pairs("r_squared", targets, predicted)
    spread = exact_sum(squares(targets, repeat(mean(targets))))
    return 1.0 - exact_sum(squares(targets, predicted)) / spread if spread else math.nan


def root_mean_squared_error(targets: Sequence[float], predicted: Sequence[float]) -> float:
    """The root of the mean of the squared errors, in the unit of the targets.

    Raises:
        ShapeError: If there are not as many predictions as targets.

    >>> root_mean_squared_error([1.0, 2.0], [4.0, 6.0])
    3.5355339059327378
    """
    check_pairs("root_mean_squared_error", targets, predicted)
    return math.sqrt(mean(squares(targets, predicted)))
