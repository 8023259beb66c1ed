"""The metrics of a training as lines of a table."""

from microfp.base.text import percent, six_digits, table_line
from microfp.trainer import Metrics

__all__ = ["METRICS_HEADING", "NEEDED", "metrics_heading", "metrics_row"]

_COLUMNS = ("step", "loss", "data loss", "penalty", "accuracy", "rate")
_WIDTHS = (6, 11, 11, 11, 9, 11)

METRICS_HEADING = table_line(_COLUMNS, _WIDTHS, numbers=6)
"""What stands over the rows of `metrics_row`.

>>> print(METRICS_HEADING)
  step         loss    data loss      penalty   accuracy         rate
"""


NEEDED = len(METRICS_HEADING)
"""How many characters a row takes; on a narrower terminal numbers have four digits.

>>> NEEDED
69
"""

_NARROW = (5, 9, 9, 9, 8, 9)


def metrics_heading(columns: int | None = None) -> str:
    """What stands over the rows of `metrics_row`, on a terminal of so many columns.

    >>> print(metrics_heading(60))
     step      loss data loss   penalty accuracy      rate
    """
    if columns is None or columns >= NEEDED:
        return METRICS_HEADING
    return table_line(_COLUMNS, _NARROW, numbers=6, gap=1)


def _four_digits(number: float | None) -> str:
    return "-" if number is None else f"{number:.4g}"


def metrics_row(metrics: Metrics, columns: int | None = None) -> str:
    """Lay out the metrics of a step below `METRICS_HEADING`, or `metrics_heading(columns)`.

    >>> metrics = Metrics(
    ...     step=7,
    ...     loss=0.75,
    ...     data_loss=0.5,
    ...     penalty=0.25,
    ...     accuracy=None,
    ...     learning_rate=0.1,
    ...     gradient_norm=1.0,
    ... )
    >>> print(metrics_row(metrics))
         7     0.750000     0.500000     0.250000          -     0.100000
    """
    is_narrow = columns is not None and columns < NEEDED
    written = _four_digits if is_narrow else six_digits
    losses = map(written, (metrics.loss, metrics.data_loss, metrics.penalty))
    cells = (
        str(metrics.step),
        *losses,
        percent(metrics.accuracy),
        written(metrics.learning_rate),
    )
    if is_narrow:
        return table_line(cells, _NARROW, numbers=6, gap=1)
    return table_line(cells, _WIDTHS, numbers=6)
