"""Whole trainings of one problem, by microfp and the peers, checked and timed together."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from benchmarks.measure import Action, Seconds, check_agreement, found, per, side_by_side
from benchmarks.peers import numpy_by_hand
from benchmarks.problems import Problem

Maker: TypeAlias = Callable[[Problem], Callable[[], list[float]]]
"""From a problem to a function that trains it whole, and returns the loss of each step."""


def seconds_a_step(
    problem: Problem,
    makers: Mapping[str, Maker],
    *,
    repetitions: int,
    expected: Sequence[float] | None = None,
    checked_steps: int | None = None,
) -> dict[str, Seconds]:
    """Prepare everybody (compiling is not timed), check the losses, and time them in turn.

    Args:
        problem: What is trained.
        makers: Who trains it.
        repetitions: How many turns.
        expected: The losses that all must agree with, to 1e-9; by default, numpy's by hand.
        checked_steps: How many of them; a long training magnifies the rounding of its first step.
    """
    reference = numpy_by_hand.trained(problem)() if expected is None else expected
    trainings = {
        name: found(partial(_agreeing, name, make, problem, reference[:checked_steps]))
        for name, make in makers.items()
    }
    return per(problem.steps, side_by_side(trainings, repetitions=repetitions))


def _agreeing(name: str, make: Maker, problem: Problem, expected: Sequence[float]) -> Action:
    run = make(problem)
    check_agreement(name, run()[: len(expected)], expected)
    return run
