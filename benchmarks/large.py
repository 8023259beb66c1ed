"""MLP(784, [128, 10]), 100,000 parameters, batches of 128 of random data: softmax, adam."""

from functools import partial

from benchmarks import ours, problems
from benchmarks.measure import Goal, Row, Rows
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


def problem() -> Problem:
    """The training."""
    images, labels = problems.random_images(4 * BATCH)
    return problems.classes(images, labels, hidden=128, batch_size=BATCH, steps=STEPS)


def rows() -> Rows:
    """Measure a few steps."""
    timed = seconds_a_step(problem(), MAKERS, repetitions=9)
    for peer in list(MAKERS)[1:]:
        goal = Goal("at most", 4.0) if peer == "C" else None
        yield Row("a step of 100,000 parameters", timed["microfp"], peer, timed[peer], goal)
