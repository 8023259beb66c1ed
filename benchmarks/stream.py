"""Thousands of training states, consumed one by one: how fast, and that memory stays flat."""

import tracemalloc
from itertools import islice

from benchmarks.measure import Goal, Row, Rows, seconds
from microfp import datasets, nn, trainer

SHORT, LONG = 1_000, 10_000


def rows() -> Rows:
    """Measure time and peak memory at two lengths, the memory in runs of its own."""
    short, long = (seconds(lambda n=n: consume(n)) / n for n in (SHORT, LONG))
    memory = ", ".join(f"{_peak(n):,} bytes at {n:,} states" for n in (SHORT, LONG))
    yield Row(
        f"a state in a stream of {LONG:,}",
        long,
        f"in one of {SHORT:,}",
        short,
        Goal("at most", 1.5),
        f"{1.0 / long:,.0f} states a second; peak memory {memory}",
    )


def consume(n: int) -> None:
    """Take n states of a tiny model and keep none."""
    states = trainer.train(nn.mlp(2, [2, 1]), datasets.moons(4))
    for _ in islice(states, n):
        pass


def _peak(n: int) -> int:
    """The most bytes that Python objects took at one time."""
    tracemalloc.start()
    try:
        consume(n)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
