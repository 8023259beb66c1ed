"""Measure the speed of microfp beside its peers, each on one core, and print tables."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.groups import GROUPS, measured
from benchmarks.measure import Row
from benchmarks.table import as_json, heading, lines, machine

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
"""What the libraries of the peers read when they are first imported."""


def stay_on_one_core() -> None:
    """Let this process and those that it starts run on one core, where the system can say so.

    JAX hands its matrix products to a pool of as many threads as there are cores, whatever
    `XLA_FLAGS` says.
    """
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def rows_of(group: str) -> tuple[Row, ...]:
    """Measure one group in a process of its own.

    What other groups have loaded would be walked through whenever garbage is collected.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(measured, group).result()


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(f"{n:10} {t.partition(': ')[2]}" for n, t in GROUPS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # argparse holds an empty list of positional arguments against choices, so they are checked
    # by the type.
    parser.add_argument("groups", nargs="*", metavar="GROUP", type=_group, help="all by default")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the rows there too")
    return parser.parse_args(arguments)


def _group(name: str) -> str:
    if name not in GROUPS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(GROUPS)}")
    return name


def main(arguments: Sequence[str]) -> int:
    """Measure the groups that were asked for, and print each as soon as it is known."""
    asked = options(arguments)
    facts, tables = machine(), {}
    os.environ.update(ONE_THREAD)
    stay_on_one_core()
    print(heading(facts), flush=True)
    for group in asked.groups or GROUPS:
        print(f"\n{GROUPS[group].partition(': ')[2]}", flush=True)
        tables[group] = rows_of(group)
        print("\n".join(lines(tables[group])), flush=True)
    if asked.json:
        table = {group: [as_json(row) for row in rows] for group, rows in tables.items()}
        asked.json.write_text(json.dumps({"machine": facts, "groups": table}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
