"""From the call of `train` to the first step of a large network, in a process of its own.

Model, data, loss and optimiser are made before; everything else counts: checks, tracing, compiling,
LLVM being loaded, one step of adam on 128 rows, and its metrics being read. JAX's weights and rows
are arrays already, and it traces, compiles and does the same step.

Run as a program with the name of a network, it prints the seconds and the peak memory of the
process; with "jax" behind it, the seconds that JAX takes.
"""

import json
import resource
import sys
from functools import partial

from benchmarks import fresh, ours, problems
from benchmarks.measure import Goal, Row, Rows, seconds
from benchmarks.peers import jax_jitted
from benchmarks.problems import Problem

NETWORKS: dict[str, tuple[tuple[int, ...], dict[str, Goal]]] = {
    "784-128-10": ((128, 10), {"seconds": Goal("seconds", 0.6)}),
    "784-512-10": ((512, 10), {"seconds": Goal("seconds", 1.0)}),
    "784-512-512-10": (
        (512, 512, 10),
        {"seconds": Goal("seconds", 1.0), "peak memory": Goal("gigabytes", 0.6)},
    ),
}
"""The widths behind the 784 inputs, and what is to be reached."""


def problem(network: str) -> Problem:
    """One step on a batch of all rows."""
    return problems.grid(784, NETWORKS[network][0], 128, 1)


def first_step(network: str) -> dict[str, float]:
    """Train natively until the first step is done."""
    spent = seconds(partial(ours.begun, problem(network), "native"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    in_bytes = peak if sys.platform == "darwin" else 1024 * peak
    return {"seconds": spent, "peak memory": in_bytes / 1e9}


def first_step_of_jax(network: str) -> dict[str, float]:
    """Do the first step by a jitted function."""
    return {"seconds": seconds(jax_jitted.called(problem(network)))}


def rows() -> Rows:
    """Measure each network in the fastest of three processes."""
    for network, (_, goals) in NETWORKS.items():
        found = fresh.fastest(3, "first", network, names=("seconds", "peak memory"))
        jax = fresh.fastest(3, "first", network, "jax", names=("seconds",))
        what = f"the first step of {network}"
        yield Row(what, found["seconds"], goal=goals["seconds"])
        yield Row(what, found["seconds"], "JAX, jitted step", jax["seconds"])
        memory = f"{what}, peak memory"
        yield Row(memory, found["peak memory"], goal=goals.get("peak memory"), unit="gigabytes")


if __name__ == "__main__":
    measure = first_step_of_jax if sys.argv[2:] == ["jax"] else first_step
    print(json.dumps(measure(sys.argv[1])))
