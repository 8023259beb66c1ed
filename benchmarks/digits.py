"""MLP(64, [64, 10]) on scikit-learn's handwritten digits: softmax, adam, batches of 64.

Every fifth example is held out; the others are trained on for 20 epochs. Run as a program with
the name of a library, it loads, splits, trains and scores by it, and prints the held-out accuracy.
"""

import json
import sys
from functools import partial
from math import ceil

from benchmarks import fresh, ours, problems
from benchmarks.measure import Goal, Row, Rows
from benchmarks.peers import c_by_hand, jax_jitted, numpy_by_hand, torch_eager
from benchmarks.problems import Numbers, Problem
from benchmarks.trainings import Maker, seconds_a_step

BATCH, EPOCHS = 64, 20
CHECKED_STEPS = 100
REPETITIONS = 3
MAKERS: dict[str, Maker] = {
    "microfp": partial(ours.folded, backend="native"),
    "torch": torch_eager.trained,
    "JAX, jitted step": jax_jitted.called,
    "C": c_by_hand.trained,
    "numpy by hand": numpy_by_hand.trained,
}
CLASSIFIERS = {
    "microfp": ours.classified,
    "torch": torch_eager.classified,
    "JAX, jitted step": jax_jitted.classified,
}
"""From a problem and rows to the classes that the trained model finds for them, and its loss."""


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


def held_out(who: str) -> dict[str, float]:
    """Train by a library; return the share of the held-out examples that it knows, in per cent."""
    rows, targets = (column[::5] for column in _examples())
    found, loss = CLASSIFIERS[who](problem(), rows)
    share = sum(map(int.__eq__, found, map(int, targets))) / len(targets)
    return {"held out": 100.0 * share, "final loss": loss}


def rows() -> Rows:
    """Measure whole processes first, and then steps alone."""
    processes = {
        who: fresh.fastest(REPETITIONS, "digits", who, names=("held out",), same=("final loss",))
        for who in CLASSIFIERS
    }
    mine, at_most = processes["microfp"], Goal("seconds", 15.0)
    for who, theirs in list(processes.items())[1:]:
        what = "a process of digits, native"
        same = f"the final loss had the same bits in {REPETITIONS} processes"
        yield Row(what, mine["process"], who, theirs["process"], at_most, same)
        yield Row(
            *("held out, native", mine["held out"], who, theirs["held out"]),
            goal=Goal("per cent", 96.0),
            unit="per cent",
        )
    timed = seconds_a_step(problem(), MAKERS, repetitions=9, checked_steps=CHECKED_STEPS)
    for peer in list(MAKERS)[1:]:
        goal = Goal("faster", 1.0) if peer == "torch" else None
        yield Row("a step of digits, native", timed["microfp"], peer, timed[peer], goal)


if __name__ == "__main__":
    print(json.dumps(held_out(sys.argv[1])))
