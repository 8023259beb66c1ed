"""Scores as lines: a table of the parts, how far they can be trusted, and how each class does."""

import sys
from collections.abc import Mapping, Sequence

from microfp.base import text
from microfp.base.text import percent, six_digits
from microfp.cli.arguments import Lines
from microfp.cli.progress import columns_of
from microfp.experiments import Outcome, Score, score_row
from microfp.losses import Interval

__all__ = ["detail_lines", "score_lines", "score_rows", "score_table"]

MOST_CLASSES = 12
"""With more classes than these, a confusion matrix is too wide for a terminal."""

MOST_ROWS = 40
"""With more classes than these, a row for each is too long."""

LONGEST_NAME = 12


def score_lines(outcome: Outcome) -> Lines:
    """Lay out the scores of an outcome: a line for each part of the examples, and more of one.

    >>> from microfp import datasets
    >>> from microfp.experiments import Configuration, run
    >>> outcome = run(Configuration(steps=0), datasets.moons(40)).unwrap()
    >>> [line.split("  ")[0] for line in score_lines(outcome)][:3]
    ['', 'training', 'held out']
    """
    parts = {
        "training": outcome.training,
        "validation": outcome.validation,
        "held out": outcome.held_out,
    }
    found = {name: part for name, part in parts.items() if part is not None}
    yield from score_table(found, columns_of(sys.stdout)).split("\n")
    last = "held out" if "held out" in found else "training"
    yield from detail_lines(last, found[last], columns_of(sys.stdout))


def score_rows(outcome: Outcome) -> dict[str, object]:
    """The scores of an outcome as plain data, for JSON.

    >>> from microfp import datasets
    >>> from microfp.experiments import Configuration, run
    >>> outcome = run(Configuration(steps=0), datasets.moons(40)).unwrap()
    >>> list(score_rows(outcome))
    ['training', 'validation', 'held_out']
    """
    parts = {name: outcome[name] for name in ("training", "validation", "held_out")}
    return {
        name: score_row(part) if isinstance(part, Score) else None for name, part in parts.items()
    }


def score_table(scores: Mapping[str, Score], columns: int | None = None) -> str:
    """Lay out scores, a line for each, below the names of what they measure.

    >>> print(score_table({"new.csv": Score(examples=4, loss=0.5, accuracy=0.75, base_rate=0.5)}))
             examples      loss  base rate  accuracy
    new.csv         4  0.500000     50.0 %    75.0 %
    """
    has_area = any(score.area_under_curve is not None for score in scores.values())
    rows = [(name, *_cells(score, has_area=has_area)) for name, score in scores.items()]
    measures = _measures(next(iter(scores.values())), has_area=has_area)
    heading = ("", "examples", "loss", *measures)
    return text.table(heading, rows, numbers=len(heading) - 1, columns=columns)


def _measures(score: Score, *, has_area: bool) -> tuple[str, ...]:
    if score.accuracy is None:
        return ("R2", "mean |error|", "rms error")
    return (*(("AUC",) if has_area else ()), "base rate", "accuracy")


def _cells(score: Score, *, has_area: bool) -> tuple[str, ...]:
    start = (str(score.examples), six_digits(score.loss))
    if score.accuracy is None:
        errors = score.mean_absolute_error, score.root_mean_squared_error
        return (*start, _three_places(score.r2), *map(six_digits, errors))
    area = (_three_places(score.area_under_curve),) if has_area else ()
    return (*start, *area, percent(score.base_rate), percent(score.accuracy))


def _three_places(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"


def detail_lines(name: str, score: Score, columns: int | None = None) -> Lines:
    r"""Say of a score how far it can be trusted, and how each class does.

    Args:
        name: What the score measures.
        score: Of some examples.
        columns: How many characters fit on a line; None for any.

    >>> from microfp.experiments import class_score
    >>> found = class_score(["cat", "cat", "owl"], ["cat", "owl", "owl"], ["cat", "owl"], loss=1.0)
    >>> print(*detail_lines("new.csv", found), sep="\n")
    95 % interval, new.csv: accuracy 20.8 % to 93.9 %
    <BLANKLINE>
    new.csv, class by class, and what its examples were taken for:
    class  precision   recall     F1  count  cat  owl
    cat      100.0 %   50.0 %  0.667      2    1    1
    owl       50.0 %  100.0 %  0.667      1    0    1
    """
    told = ", ".join(_intervals(score))
    if told:
        yield f"95 % interval, {name}: {told}"
    if score.by_class and len(score.by_class) <= MOST_ROWS:
        yield ""
        yield f"{name}, class by class, and what its examples were taken for:"
        yield from _class_table(score, columns).split("\n")
    elif score.by_class:
        yield f"{len(score.by_class)} classes, too many for a line each; see --json"


def _intervals(score: Score) -> Lines:
    if score.accuracy_interval is not None:
        low, high = map(percent, score.accuracy_interval)
        yield f"accuracy {low} to {high}"
    if score.r2_interval is not None:
        low, high = map(_three_places, score.r2_interval)
        yield f"R2 {low} to {high}"
    if score.root_mean_squared_error_interval is not None:
        yield f"rms error {_from_to(score.root_mean_squared_error_interval)}"


def _from_to(interval: Interval) -> str:
    low, high = map(six_digits, interval)
    return f"{low} to {high}"


def _class_table(score: Score, columns: int | None) -> str:
    """A row for each class, with its row of the confusion matrix where there is room for it."""
    names = [_short(row.name) for row in score.by_class]
    matrix = score.confusion if len(names) <= MOST_CLASSES else [()] * len(names)
    taken = names if len(names) <= MOST_CLASSES else ()
    heading = ("class", "precision", "recall", "F1", "count", *taken)
    rows = [
        (its, *_shares(row.precision, row.recall), f"{row.f1:.3f}", str(row.count), *map(str, own))
        for its, row, own in zip(names, score.by_class, matrix, strict=True)
    ]
    return text.table(heading, rows, numbers=len(heading) - 1, columns=columns)


def _shares(*shares: float) -> Sequence[str]:
    return [percent(share) for share in shares]


def _short(name: str) -> str:
    """A name that leaves room beside it."""
    shown = text.escaped(name)
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 3]}..."
