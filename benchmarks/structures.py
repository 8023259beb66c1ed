"""500 networks of different widths, two native steps each, in one process: the memory it takes.

Run as a program, it prints the memory that the process has taken beyond that of the first network,
when the caches are full and at the end, in gigabytes.
"""

import json
import os
from pathlib import Path
from random import Random

from benchmarks import fresh
from benchmarks.measure import Goal, Row, Rows
from microfp import datasets, nn, trainer

COUNT, FULL = 500, 250
GOALS = {"over the first": Goal("gigabytes", 0.3), "once caches are full": Goal("gigabytes", 0.02)}


def resident() -> float:
    """The gigabytes of this process in memory, as Linux counts them."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e9


def grown() -> dict[str, float]:
    """Train the networks, in an order in which they do not become larger."""
    data, sizes = datasets.moons(8), [(2 + i % 23, 2 + i // 23) for i in range(COUNT)]
    Random(0).shuffle(sizes)
    after = list[float]()
    for first, second in sizes:
        trainer.fit(nn.mlp(2, [first, second, 1]), data, steps=2, backend="native")
        after.append(resident())
    most = max(after) - after[0]
    return dict(zip(GOALS, (most, after[-1] - max(after[:FULL])), strict=True))


def rows() -> Rows:
    """Measure a new process."""
    found = fresh.fastest(1, "structures", names=tuple(GOALS))
    for name, goal in GOALS.items():
        yield Row(
            f"{COUNT} structures, native, memory {name}", found[name], goal=goal, unit="gigabytes"
        )


if __name__ == "__main__":
    print(json.dumps(grown()))
