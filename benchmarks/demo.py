"""The official demo, 100 steps, at machine speed: seconds a step, compiling left out.

Everybody returns the losses of all steps. microfp, whose metrics have them all, also computes
accuracies and norms of gradients; the peers do not.
"""

from functools import partial

from benchmarks import ours, problems
from benchmarks.measure import Goal, Row, Rows
from benchmarks.peers import c_by_hand, jax_jitted, micrograd_demo, numpy_by_hand, torch_eager
from benchmarks.trainings import Maker, seconds_a_step

REPETITIONS = 15
FAST: dict[str, Maker] = {
    "native, folded": partial(ours.folded, backend="native"),
    "native, state by state": partial(ours.streamed, backend="native"),
    "python": partial(ours.folded, backend="python"),
    "JAX, scan": jax_jitted.scanned,
    "JAX, jitted step": jax_jitted.called,
    "C": c_by_hand.trained,
    "C, tuned": c_by_hand.tuned,
    "numpy by hand": numpy_by_hand.trained,
    "torch": torch_eager.trained,
}
GOALS = (
    ("native, folded", "JAX, scan", Goal("faster", 4.0)),
    ("native, folded", "C", Goal("at most", 1.0)),
    ("native, folded", "C, tuned", Goal("at most", 1.0)),
    ("native, folded", "numpy by hand", None),
    ("native, state by state", "JAX, jitted step", Goal("faster", 5.0)),
    ("python", "torch", Goal("faster", 1.0)),
    ("python", "micrograd", Goal("faster", 800.0)),
)


def rows() -> Rows:
    """Measure; micrograd, whose one step takes a second, in a shorter training."""
    problem, published = problems.demo(), problems.published_losses()
    timed = seconds_a_step(problem, FAST, repetitions=REPETITIONS, expected=published)
    slow = seconds_a_step(
        problems.moons(16, 100, 3),
        {"micrograd": micrograd_demo.trained},
        repetitions=3,
        expected=published[:3],
    )
    timed |= slow
    for who, peer, goal in GOALS:
        yield Row(f"a step, {who}", timed[who], peer, timed[peer], goal)
