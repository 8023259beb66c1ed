"""MLP(64, [64, 10]) on scikit-learn's handwritten digits: softmax, adam, batches of 64.

Every fifth example is held out; the others are trained on for 20 epochs.
"""

from functools import partial
from math import ceil

from benchmarks import ours, problems
from benchmarks.measure import Goal, Missing, Row, Rows
from benchmarks.peers import c_by_hand, jax_jitted, numpy_by_hand, torch_eager
from benchmarks.problems import Numbers, Problem
from benchmarks.trainings import Maker, seconds_a_step

BATCH, EPOCHS = 64, 20
CHECKED_STEPS = 100
MAKERS: dict[str, Maker] = {
    "microfp": partial(ours.folded, backend="native"),
    "torch": torch_eager.trained,
    "JAX, jitted step": jax_jitted.called,
    "C": c_by_hand.trained,
    "numpy by hand": numpy_by_hand.trained,
}


def problem() -> Problem:
    """The training, on four examples of five."""
    rows, targets = _examples()
    kept = [i for i in range(len(rows)) if i % 5]
    return problems.classes(
        tuple(rows[i] for i in kept),
        tuple(targets[i] for i in kept),
        hidden=64,
        batch_size=BATCH,
        steps=EPOCHS * ceil(len(kept) / BATCH),
    )


def _examples() -> tuple[tuple[Numbers, ...], Numbers]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = tuple(tuple(float(x) / 16.0 for x in row) for row in digits.data)
    return rows, tuple(float(label) for label in digits.target)


def rows() -> Rows:
    """Measure; where scikit-learn is missing there are no digits, and a row says so."""
    try:
        training = problem()
    except ImportError as error:
        yield Row("a step of digits", Missing(f"{error.name} is not installed"))
        return
    timed = seconds_a_step(training, MAKERS, repetitions=3, checked_steps=CHECKED_STEPS)
    for peer in list(MAKERS)[1:]:
        goal = Goal("faster", 1.0) if peer == "torch" else None
        yield Row("a step of digits, native", timed["microfp"], peer, timed[peer], goal)
