"""From the start of Python to the trained demo: a process each, everything included."""

import subprocess
import sys
from functools import partial

from benchmarks.measure import Action, Goal, Row, Rows, found, side_by_side

REPETITIONS = 5
OURS = {"native": Goal("seconds", 0.8), "python": Goal("seconds", 0.6)}
PEERS = {
    "JAX, scan": "jax_jitted.scanned",
    "torch": "torch_eager.trained",
    "numpy by hand": "numpy_by_hand.trained",
}
SLOW = {"micrograd": "micrograd_demo.trained"}
TRAIN = "from microfp import trainer, nn, datasets; trainer.fit(nn.mlp(2, [16, 16, 1], seed=1337), "
TRAIN += "datasets.moons(100, noise=0.1, seed=1337), steps=100, backend={!r})"


def rows() -> Rows:
    """Measure; micrograd, whose hundred steps take minutes, once."""
    programs = {name: TRAIN.format(name) for name in OURS}
    programs |= {name: _program(maker) for name, maker in PEERS.items()}
    timed = side_by_side(
        {name: found(partial(_process, text)) for name, text in programs.items()},
        repetitions=REPETITIONS,
        warm_up=0,
    )
    timed |= side_by_side(
        {name: found(partial(_process, _program(maker), name)) for name, maker in SLOW.items()},
        repetitions=1,
        warm_up=0,
    )
    for name, goal in OURS.items():
        yield Row(f"a process, {name}", timed[name], goal=goal)
        for peer in (*PEERS, *SLOW):
            beside = None if peer == "numpy by hand" else Goal("faster", 1.0)
            yield Row(f"a process, {name}", timed[name], peer, timed[peer], beside)


def _program(maker: str) -> str:
    module, _, function = maker.partition(".")
    return (
        f"from benchmarks import problems; from benchmarks.peers import {module}; "
        f"{module}.{function}(problems.demo())()"
    )


def _process(text: str, needed: str | None = None) -> Action:
    """A process that runs a program, tried once, untimed, to see whether it can.

    Args:
        text: The program.
        needed: What it needs, where it takes too long to be tried: that is imported instead.
    """
    tried = subprocess.run(
        [sys.executable, "-c", text if needed is None else f"import {needed}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        raise ValueError(tried.stderr.strip().splitlines()[-1])
    return lambda: subprocess.run([sys.executable, "-c", text], check=True, capture_output=True)
