"""Experiments: from a configuration and a dataset to a trained predictor and its scores.

It is all that the command `microfp train` does, as pure functions: split, scale, train, stop,
measure.

>>> from microfp import datasets
>>> outcome = run(Configuration(hidden=(8,), steps=100), datasets.moons(100)).unwrap()
>>> [score.examples for score in (outcome.training, outcome.held_out) if score]
[75, 25]
>>> outcome.held_out is not None and outcome.held_out.loss < 0.5
True
"""

from microfp.experiments.comparing import compare, computed_by, fastest, merit, prepare_all
from microfp.experiments.configurations import (  # type: ignore[deprecated]  # for one version
    AUTO,
    CLASSIFICATION,
    LOSSES,
    MOST_PARAMETERS,
    OPTIMIZERS,
    RATES,
    REGRESSION,
    SCHEDULES,
    Configuration,
    LossName,
    epoch_of,
    l2_of,
    loss_of,
    model_of,
    optimizer_of,
    penalty_of,
    rate_of,
    schedule_of,
    steps_of,
)
from microfp.experiments.experiments import (
    VALIDATION,
    Outcome,
    again,
    conclude,
    extend,
    perform,
    prepare,
    run,
)
from microfp.experiments.pages import limits_told, report
from microfp.experiments.predictors import (
    FORMAT,
    Prediction,
    Predictor,
    Tally,
    class_name,
    encode,
    load_predictor,
    mean_cost,
    measure,
    output_count,
    predict,
    predict_probabilities,
    save_predictor,
    score,
    tally,
    total_score,
)
from microfp.experiments.scores import (
    ClassScore,
    Score,
    class_score,
    number_score,
    score_row,
)
from microfp.experiments.watching import Experiment, Watched, watch

__all__ = [
    "AUTO",
    "CLASSIFICATION",
    "FORMAT",
    "LOSSES",
    "MOST_PARAMETERS",
    "OPTIMIZERS",
    "RATES",
    "REGRESSION",
    "SCHEDULES",
    "VALIDATION",
    "ClassScore",
    "Configuration",
    "Experiment",
    "LossName",
    "Outcome",
    "Prediction",
    "Predictor",
    "Score",
    "Tally",
    "Watched",
    "again",
    "class_name",
    "class_score",
    "compare",
    "computed_by",
    "conclude",
    "encode",
    "epoch_of",
    "extend",
    "fastest",
    "l2_of",
    "limits_told",
    "load_predictor",
    "loss_of",
    "mean_cost",
    "measure",
    "merit",
    "model_of",
    "number_score",
    "optimizer_of",
    "output_count",
    "penalty_of",
    "perform",
    "predict",
    "predict_probabilities",
    "prepare",
    "prepare_all",
    "rate_of",
    "report",
    "run",
    "save_predictor",
    "schedule_of",
    "score",
    "score_row",
    "steps_of",
    "tally",
    "total_score",
    "watch",
]
