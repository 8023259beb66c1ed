"""Losses as data: what one example costs, and what one parameter costs.

>>> from microfp import datasets, nn
>>> evaluation = evaluate(max_margin(alpha=1e-4), nn.mlp(2, [16, 16, 1]), datasets.moons())
>>> round(evaluation.total.data, 6), evaluation.accuracy
(0.895844, 0.5)
"""

from microfp.losses.classification import (
    CLASSIFICATION,
    binary_cross_entropy,
    focal,
    max_margin,
    softmax_cross_entropy,
)
from microfp.losses.intervals import (
    Interval,
    accuracy_interval,
    r_squared_interval,
    root_mean_squared_error_interval,
)
from microfp.losses.loss import (
    Evaluation,
    Loss,
    Scores,
    accuracy,
    check_fits,
    check_targets,
    evaluate,
    evaluate_with,
    own,
    share_correct,
)
from microfp.losses.metrics import (
    ClassificationRow,
    ConfusionRow,
    area_under_curve,
    base_rate,
    classification_rows,
    confusion_rows,
    r_squared,
    root_mean_squared_error,
)
from microfp.losses.regression import (
    REGRESSION,
    gaussian,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_squared_error,
    poisson,
    quantile,
)
from microfp.losses.sequences import next_token
from microfp.losses.weights import class_weighted, weighted

__all__ = [
    "CLASSIFICATION",
    "REGRESSION",
    "ClassificationRow",
    "ConfusionRow",
    "Evaluation",
    "Interval",
    "Loss",
    "Scores",
    "accuracy",
    "accuracy_interval",
    "area_under_curve",
    "base_rate",
    "binary_cross_entropy",
    "check_fits",
    "check_targets",
    "class_weighted",
    "classification_rows",
    "confusion_rows",
    "evaluate",
    "evaluate_with",
    "focal",
    "gaussian",
    "huber",
    "kl_divergence",
    "log_cosh",
    "max_margin",
    "mean_absolute_error",
    "mean_squared_error",
    "next_token",
    "own",
    "poisson",
    "quantile",
    "r_squared",
    "r_squared_interval",
    "root_mean_squared_error",
    "root_mean_squared_error_interval",
    "share_correct",
    "softmax_cross_entropy",
    "weighted",
]
