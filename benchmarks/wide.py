"""MLP(2, [64, 64, 1]) on two moons, 100 and 10,000 examples: seconds a step."""

from functools import partial

from benchmarks import ours, problems
from benchmarks.measure import Goal, Row, Rows
from benchmarks.peers import c_by_hand, jax_jitted, numpy_by_hand, torch_eager
from benchmarks.trainings import Maker, seconds_a_step

MAKERS: dict[str, Maker] = {
    "microfp": partial(ours.folded, backend="native"),
    "JAX, scan": jax_jitted.scanned,
    "C": c_by_hand.trained,
    "C, tuned": c_by_hand.tuned,
    "numpy by hand": numpy_by_hand.trained,
    "torch": torch_eager.trained,
}
SIZES = ((100, 100, Goal("faster", 1.0)), (10_000, 10, None))
"""How many examples, how many steps, and what is asked beside JAX."""


def rows() -> Rows:
    """Measure both sizes."""
    for n, steps, beside_jax in SIZES:
        timed = seconds_a_step(problems.moons(64, n, steps), MAKERS, repetitions=9)
        goals = {"JAX, scan": beside_jax, "C": Goal("at most", 2.0)}
        for peer in list(MAKERS)[1:]:
            what = f"a step, native, {n:,} examples"
            yield Row(what, timed["microfp"], peer, timed[peer], goals.get(peer))
