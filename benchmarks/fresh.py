"""Programs in a process of their own: what they take, and what they print."""

import json
import subprocess
import sys
import time
from typing import TypeAlias

from benchmarks.measure import Missing, Seconds

Found: TypeAlias = dict[str, Seconds]


def run(module: str, *arguments: str, names: tuple[str, ...]) -> Found:
    """Run a module of the benchmarks, which prints an object of numbers as its last line.

    Returns:
        The numbers under these names, and under "process" the seconds from its start to its end;
        each is missing, with the reason, where the module fails.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - start
    if done.returncode:
        reason = Missing((done.stderr.strip().splitlines() or ["it failed"])[-1])
        return dict.fromkeys((*names, "process"), reason)
    printed = json.loads(done.stdout.splitlines()[-1])
    return {name: float(printed[name]) for name in names} | {"process": spent}


def fastest(
    times: int, module: str, *arguments: str, names: tuple[str, ...], same: tuple[str, ...] = ()
) -> Found:
    """Run a module some times, and keep the run that took the least.

    Raises:
        AssertionError: If a number that has to be the same in all processes is not, to the bit.
    """
    runs = [run(module, *arguments, names=(*names, *same)) for _ in range(times)]
    whole = [it for it in runs if isinstance(it["process"], float)]
    for name in same:
        different = {it[name] for it in whole}
        assert len(different) <= 1, f"{module}: {name} is {different} in different processes"
    return min(whole, key=lambda it: it["process"]) if whole else runs[0]
