"""The metrics of a training as lines of a table."""

from microfp.base.text import percent, six_digits, table_line
from microfp.trainer import Metrics

__all__ = ["METRICS_HEADING", "metrics_row"]

_COLUMNS = ("step", "loss", "data loss", "penalty", "accuracy", "rate")
_WIDTHS = (6, 11, 11, 11, 9, 11)

METRICS_HEADING = table_line(_COLUMNS, _WIDTHS, numbers=6)
"""What stands over the rows of `metrics_row`.

>>> print(METRICS_HEADING)
  step         loss    data loss      penalty   accuracy         rate
"""


def metrics_row(metrics: Metrics) -> str:
    """Lay out the metrics of a step below `METRICS_HEADING`.

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
    losses = map(six_digits, (metrics.loss, metrics.data_loss, metrics.penalty))
    share, rate = percent(metrics.accuracy), six_digits(metrics.learning_rate)
    return table_line((str(metrics.step), *losses, share, rate), _WIDTHS, numbers=6)
