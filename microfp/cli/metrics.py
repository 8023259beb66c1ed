"""The metrics of a training as lines of a table."""

from microfp.base.text import percent, six_digits
from microfp.trainer import Metrics

__all__ = ["METRICS_HEADING", "metrics_row"]

METRICS_HEADING = "  step         loss    data loss      penalty   accuracy         rate"
"""What stands over the rows of `metrics_row`."""


def metrics_row(it: Metrics) -> str:
    """Lay out the metrics of a step below `METRICS_HEADING`.

    >>> it = Metrics(
    ...     step=7,
    ...     loss=0.75,
    ...     data_loss=0.5,
    ...     penalty=0.25,
    ...     accuracy=None,
    ...     learning_rate=0.1,
    ...     gradient_norm=1.0,
    ... )
    >>> print(metrics_row(it))
         7     0.750000     0.500000     0.250000          -     0.100000
    """
    numbers = (f"{six_digits(x):>13}" for x in (it.loss, it.data_loss, it.penalty))
    accuracy, rate = percent(it.accuracy), six_digits(it.learning_rate)
    return f"{it.step:>6}{''.join(numbers)}{accuracy:>11}{rate:>13}"
