"""A chain of operations: build, order, differentiate and pickle it, at two lengths."""

import pickle
from collections.abc import Callable
from functools import reduce

from benchmarks.measure import Goal, Row, Rows, seconds
from microfp import Value, backward, value
from microfp.graph import topological_order

SHORT, LONG = 100_000, 1_000_000


def chain(n: int) -> Value:
    """A leaf and n operations, each of the one before."""
    x, one = value(0.5), value(1.0)
    return reduce(lambda y, i: y * one if i % 2 else y + x, range(n), x)


def rows() -> Rows:
    """Compare the time a node at both lengths: linear where it is the same."""
    short, long = (_times(n) for n in (SHORT, LONG))
    for what, time in short.items():
        yield Row(
            f"{what}, a node in a chain of {LONG:,}",
            long[what] / LONG,
            f"in one of {SHORT:,}",
            time / SHORT,
            Goal("at most", 2.0),
        )


def _times(n: int) -> dict[str, float]:
    """Seconds of each operation; the chain is too long to repeat everything often."""
    y = chain(n)
    actions: dict[str, Callable[[], object]] = {
        "build": lambda: chain(n),
        "order": lambda: topological_order(y),
        "backward": lambda: backward(y),
        "pickle and back": lambda: pickle.loads(pickle.dumps(y)),
    }
    return {what: min(seconds(action) for _ in range(3)) for what, action in actions.items()}
