"""How the cost of a step grows: networks of many sizes, batches from 1 to 512, beside JAX's scan.

JAX gathers its batches inside of its scan; microfp gathers them in its steps.
"""

from functools import partial

from benchmarks import ours, problems
from benchmarks.measure import Goal, Row, Rows
from benchmarks.peers import jax_jitted
from benchmarks.trainings import Maker, seconds_a_step

MAKERS: dict[str, Maker] = {
    "folded": partial(ours.folded, backend="native"),
    "streamed": partial(ours.streamed, backend="native"),
    "JAX, scan": jax_jitted.scanned,
}
GRID: dict[str, tuple[int, tuple[int, ...], int, int, float]] = {
    "64-64-10, batch 64": (64, (64, 10), 64, 400, 1.3),
    "16-32-32-32-4, batch 512": (16, (32, 32, 32, 4), 512, 100, 1.3),
    "50 layers of 16, batch 64": (16, (16,) * 50, 64, 60, 1.3),
    "784-128-10, batch 128": (784, (128, 10), 128, 100, 1.0),
    "784-256-256-10, batch 128": (784, (256, 256, 10), 128, 40, 1.0),
    "784-512-10, batch 128": (784, (512, 10), 128, 40, 1.0),
    "784-512-512-10, batch 128": (784, (512, 512, 10), 128, 30, 1.0),
    "64-64-10, batch 1": (64, (64, 10), 1, 1000, 1.0),
    "64-64-10, batch 8": (64, (64, 10), 8, 1000, 1.0),
    "784-128-10, batch 1": (784, (128, 10), 1, 400, 1.0),
    "784-128-10, batch 8": (784, (128, 10), 8, 400, 1.0),
}
"""The inputs, the widths, the batch, the steps of one training, and how much faster than JAX."""


def rows() -> Rows:
    """Measure each network, whose first losses all agree."""
    for name, (inputs, widths, batch, steps, bound) in GRID.items():
        problem = problems.grid(inputs, widths, batch, steps)
        expected = ours.folded(problem, "native")()
        timed = seconds_a_step(problem, MAKERS, repetitions=5, expected=expected, checked_steps=5)
        beside = Goal("faster", bound)
        yield Row(f"a step of {name}", timed["folded"], "JAX, scan", timed["JAX, scan"], beside)
        at_most = Goal("at most", 1.3)
        streamed = timed["streamed"]
        yield Row(f"{name}, state by state", streamed, "folded", timed["folded"], at_most)
