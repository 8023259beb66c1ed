"""Experiments: from a configuration and a dataset to a trained predictor and its scores.

It is all that the command `microfp train` does, as pure functions: split, scale, train, stop,
measure.

>>> from microfp import datasets
>>> outcome = run(Configuration(hidden=(8,), steps=100), datasets.moons(100)).unwrap()
>>> outcome.training.examples, outcome.held_out.examples
(75, 25)
>>> outcome.held_out.accuracy > 0.8
True
"""

from microfp.experiments.experiments import (
    VALIDATION,
    Experiment,
    Outcome,
    Watched,
    compare,
    conclude,
    extend,
    merit,
    perform,
    prepare,
    run,
    watch,
)

__all__ = [
    "VALIDATION",
    "Experiment",
    "Outcome",
    "Watched",
    "compare",
    "conclude",
    "extend",
    "merit",
    "perform",
    "prepare",
    "run",
    "watch",
]
