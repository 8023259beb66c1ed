"""How the cost of a step grows: with layers, with width, with examples, and with steps.

One of them is varied at a time, beside JAX's scan; the rest is a network 64-64-64-10 that is
trained for 400 steps on batches of 64. `make docs-assets` draws what
`make bench ARGS="growth --json benchmarks/data/growth.json"` has written down.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from benchmarks import ours, problems
from benchmarks.measure import Row, Rows
from benchmarks.peers import jax_jitted
from benchmarks.trainings import Maker, seconds_a_step

MAKERS: Mapping[str, Maker] = {
    "folded": partial(ours.folded, backend="native"),
    "JAX, scan": jax_jitted.scanned,
}
VARIED: Mapping[str, tuple[int, ...]] = {
    "layers": (1, 2, 4, 8, 16, 32),
    "width": (8, 16, 32, 64, 128, 256, 512),
    "examples": (1, 4, 16, 64, 256, 1024),
    "steps": (1, 10, 100, 1000, 10_000),
}
LONGEST = 0.3
"""About how many seconds one training takes, at most: dear steps are repeated less often."""


class Size(NamedTuple):
    """What is varied."""

    layers: int = 2
    """The hidden layers."""
    width: int = 64
    """The neurons of each of them, and the inputs."""
    examples: int = 64
    """The examples of a batch."""
    steps: int = 400
    """The steps of a training."""

    @property
    def products(self) -> int:
        """How many products a step forms forward, for all examples."""
        inner = self.layers * self.width**2
        return self.examples * (inner + 10 * self.width)


def sizes() -> Iterator[tuple[str, Size]]:
    """Each size with what it is called."""
    for name, counts in VARIED.items():
        for count in counts:
            size = Size()._replace(**{name: count})
            if name != "steps":
                steps = int(LONGEST * 1e10 / size.products)
                size = size._replace(steps=max(10, min(size.steps, steps)))
            yield f"{name} {count:,}", size


def rows() -> Rows:
    """Measure each size."""
    for name, size in sizes():
        widths = (*(size.width,) * size.layers, 10)
        problem = problems.grid(size.width, widths, size.examples, size.steps)
        expected = ours.folded(problem, "native")()
        timed = seconds_a_step(problem, MAKERS, repetitions=5, expected=expected, checked_steps=5)
        yield Row(name, timed["folded"], "JAX, scan", timed["JAX, scan"])
