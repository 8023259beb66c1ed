"""Reports: what a training came to as one HTML page that needs nothing but itself.

>>> from microfp import datasets
>>> from microfp.experiments import Configuration, run
>>> page = report(run(Configuration(steps=3), datasets.moons(40)).unwrap())
>>> page.startswith("<!doctype html>"), "base rate" in page
(True, True)
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from microfp.base.checks import check_each, check_kind
from microfp.base.page import page, shown
from microfp.base.text import percent, six_digits
from microfp.datasets import column_rows
from microfp.experiments.experiments import Outcome
from microfp.experiments.predictors import Predictor
from microfp.experiments.scores import Score
from microfp.losses import Interval
from microfp.nn import parameter_count
from microfp.trainer import Metrics

__all__ = ["limits_told", "report"]

MOST_CLASSES = 40
"""With more classes than these, a confusion matrix is too wide for a page."""

WIDTH, HEIGHT = 640, 200


def report(outcome: Outcome, *, title: str = "microfp", notes: Sequence[str] = ()) -> str:
    """Write one HTML page of a training: its scores, its columns, its loss over the steps.

    Args:
        outcome: What the training came to.
        title: What stands above, such as the name of the file of the examples.
        notes: What else there is to say, such as how many rows were left out.

    Returns:
        The page. It loads nothing, runs no program, and what comes from data is escaped.

    >>> from microfp import datasets
    >>> from microfp.experiments import Configuration, run
    >>> data = datasets.from_rows([["a", 1.0], ["b", 2.0], ["a", 1.5], ["b", 2.5]] * 5)
    >>> page = report(run(Configuration(steps=3), data).unwrap(), title="<pets>", notes=["small"])
    >>> "&lt;pets&gt;" in page, "small" in page, "<script" in page
    (True, True, False)
    """
    check_kind("report", "outcome", outcome, Outcome)
    sections = (*_scores(outcome), *_columns(outcome.predictor), *_curve(outcome.history))
    check_kind("report", "title", title, str)
    told = check_each("report", "notes", notes, str)
    said = "".join(f"<p>{shown(note)}</p>\n" for note in told)
    return page(title, _summary(outcome), style=_STYLE, main=said + "\n".join(sections))


def _summary(outcome: Outcome) -> str:
    predictor = outcome.predictor
    configuration = predictor.configuration
    widths = [len(predictor.features), *(len(it.neurons) for it in predictor.model.layers)]
    said = (
        f"predicts {predictor.target}",
        f"{' - '.join(map(str, widths))} network, {configuration.activation}",
        f"{parameter_count(predictor.model)} parameters",
        f"{configuration.loss}, {configuration.optimizer}",
        f"{predictor.state.step} steps, seed {configuration.seed}",
        *limits_told(predictor),
    )
    return "; ".join(said)


def limits_told(predictor: Predictor) -> tuple[str, ...]:
    """Say between which numbers a predictor predicts; nothing, where that may be any.

    >>> from microfp import datasets, experiments
    >>> line = datasets.dataset([[0.0], [1.0], [2.0], [3.0]], [0.0, 2.5, 7.5, 10.0])
    >>> print(
    ...     *limits_told(experiments.prepare(experiments.Configuration(held_out=0.0), line).start)
    ... )
    predictions: from -1 to 11, where the training examples are, and a tenth of that around
    """
    check_kind("limits_told", "predictor", predictor, Predictor)
    if predictor.limits is None:
        return ()
    low, high = predictor.limits
    around = "where the training examples are, and a tenth of that around"
    return (f"predictions: from {low:.6g} to {high:.6g}, {around}",)


# Tables


def _table(
    caption: str, heading: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "numbers"
) -> str:
    """A table of cells that are HTML already; the first cell of a row is its name."""
    top = "".join(f'<th scope="col">{it}</th>' for it in heading)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(map(_cell, rest))}</tr>' for first, *rest in rows
    )
    return (
        f'<section tabindex="0"><table class="{kind}"><caption>{caption}</caption>\n'
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table></section>"
    )


def _cell(content: str) -> str:
    return content if content.startswith("<td") else f"<td>{content}</td>"


def _scores(outcome: Outcome) -> Iterator[str]:
    parts = {
        "training": outcome.training,
        "validation": outcome.validation,
        "held out": outcome.held_out,
    }
    found = {name: score for name, score in parts.items() if score is not None}
    measures = _number_row if outcome.training.accuracy is None else _class_row
    heading = tuple(measures(outcome.training))
    measured = {name: measures(score) for name, score in found.items()}
    rows = [(name, *(row.get(it, "-") for it in heading)) for name, row in measured.items()]
    yield _table("Scores, with 95 % intervals", ("examples of", *heading), rows)
    last = "held out" if "held out" in found else "training"
    if found[last].by_class and len(found[last].by_class) <= MOST_CLASSES:
        yield _by_class(last, found[last])
        yield _confusion(last, found[last])


def _class_row(score: Score) -> dict[str, str]:
    area = score.area_under_curve
    return {
        "count": str(score.examples),
        "loss": six_digits(score.loss),
        "accuracy": percent(score.accuracy) + _between(score.accuracy_interval, percent),
        "base rate (always the commonest)": percent(score.base_rate),
        **({} if area is None else {"AUC": f"{area:.3f}"}),
    }


def _number_row(score: Score) -> dict[str, str]:
    errors, interval = score.root_mean_squared_error, score.root_mean_squared_error_interval
    return {
        "count": str(score.examples),
        "loss": six_digits(score.loss),
        "R2 (the mean alone: 0)": _places(score.r2) + _between(score.r2_interval, _places),
        "rms error": six_digits(errors) + _between(interval, six_digits),
        "mean |error|": six_digits(score.mean_absolute_error),
    }


def _places(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"


def _between(interval: Interval | None, shown: Callable[[float], str]) -> str:
    return "" if interval is None else f" ({' to '.join(map(shown, interval))})"


def _by_class(name: str, score: Score) -> str:
    rows = [
        (
            shown(row.name),
            percent(row.precision),
            percent(row.recall),
            f"{row.f1:.3f}",
            str(row.count),
        )
        for row in score.by_class
    ]
    return _table(f"Class by class, {name}", ("class", "precision", "recall", "F1", "count"), rows)


def _confusion(name: str, score: Score) -> str:
    names = [shown(row.name) for row in score.by_class]
    rows = [
        (its, *(_shaded(count, sum(counts)) for count in counts))
        for its, counts in zip(names, score.confusion, strict=True)
    ]
    return _table(
        f"Confusion matrix, {name}",
        ("is, and predicted as", *names),
        rows,
    )


def _shaded(count: int, total: int) -> str:
    share = count / total if total else 0.0
    return f'<td style="background:rgba(0,114,178,{0.5 * share:.2f})">{count}</td>'


def _columns(predictor: Predictor) -> Iterator[str]:
    """What became of each column of the file."""
    if predictor.schema is None:
        return
    rows = [
        (shown(str(row["name"])), *(shown(str(row[key])) for key in ("kind", "fate", "count")))
        for row in column_rows(predictor.schema)
    ]
    yield _table("Columns", ("column", "kind", "what becomes of it", "inputs"), rows, "words")


# The loss


def _curve(history: Sequence[Metrics]) -> Iterator[str]:
    """The losses of the steps that were kept, as a line."""
    points = [(it.step, it.loss) for it in history if math.isfinite(it.loss)]
    if len(points) < 2:
        return
    first, last = points[0][0], points[-1][0]
    most = max(loss for _, loss in points)
    least = min(0.0, *(loss for _, loss in points))
    way = " ".join(
        f"{(step - first) / (last - first) * WIDTH:.1f},"
        f"{HEIGHT - (loss - least) / (most - least or 1.0) * HEIGHT:.1f}"
        for step, loss in points
    )
    begun, ended = (six_digits(loss) for _, loss in (points[0], points[-1]))
    told = f"from {begun} at step {first} to {ended} at step {last}"
    yield _CURVE.format(width=WIDTH, height=HEIGHT + 8, way=way, told=told)


_CURVE = """\
<figure><svg viewBox="0 -4 {width} {height}" role="img" aria-label="Loss, {told}" \
preserveAspectRatio="none"><polyline points="{way}"/></svg>
<figcaption>Loss of the batch of a step, {told}</figcaption></figure>"""

_STYLE = """\
body { max-width: 64rem; }
section { overflow-x: auto; margin: 1.5rem 0; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; white-space: nowrap; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, .words * { text-align: left; }
thead th { font-weight: 600; }
tbody th { font-weight: 400; }
figure { margin: 1.5rem 0; }
svg { width: 100%; height: 12rem; border-left: 1px solid; border-bottom: 1px solid; }
polyline { fill: none; stroke: var(--series); stroke-width: 2; vector-effect: non-scaling-stroke; }
"""
