"""MLP(784, [128, 10]), 100,000 parameters, batches of 128 of random data: softmax, adam.

Run as a program, it prints what the first step takes in a new process, and its peak memory.
"""

import json
import resource
import sys
from functools import partial

from benchmarks import fresh, ours, problems
from benchmarks.measure import Goal, Row, Rows, seconds
from benchmarks.peers import c_by_hand, jax_jitted, numpy_by_hand, torch_eager
from benchmarks.problems import Problem
from benchmarks.trainings import Maker, seconds_a_step

BATCH, STEPS = 128, 12
MAKERS: dict[str, Maker] = {
    "microfp": partial(ours.folded, backend="native"),
    "C": c_by_hand.trained,
    "JAX, jitted step": jax_jitted.called,
    "numpy by hand": numpy_by_hand.trained,
    "torch": torch_eager.trained,
}
GOALS = {"to the first step": Goal("seconds", 20.0), "peak memory": Goal("gigabytes", 1.0)}


def problem() -> Problem:
    """The training."""
    images, labels = problems.random_images(4 * BATCH)
    return problems.classes(images, labels, hidden=128, batch_size=BATCH, steps=STEPS)


def first_step() -> dict[str, float]:
    """Trace, roll, compile and do one step."""
    training = problem()
    spent = seconds(partial(ours.folded, training, "native"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    in_bytes = peak if sys.platform == "darwin" else 1024 * peak
    return {"to the first step": spent, "peak memory": in_bytes / 1e9}


def rows() -> Rows:
    """Measure a new process, and then a few steps."""
    first = fresh.fastest(3, "large", names=tuple(GOALS))
    for name, goal in GOALS.items():
        unit = "gigabytes" if goal.kind == "gigabytes" else "seconds"
        yield Row(f"100,000 parameters, native, {name}", first[name], goal=goal, unit=unit)
    timed = seconds_a_step(problem(), MAKERS, repetitions=9)
    for peer in list(MAKERS)[1:]:
        goal = Goal("at most", 4.0) if peer == "C" else None
        yield Row("a step of 100,000 parameters", timed["microfp"], peer, timed[peer], goal)


if __name__ == "__main__":
    print(json.dumps(first_step()))
