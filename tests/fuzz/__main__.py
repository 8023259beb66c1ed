"""`python -m tests.fuzz`: alter files, use them, and say what came of it."""

import argparse
import gc
import sys
from collections import Counter
from random import Random
from time import process_time

from microfp.trainer import Backend
from tests.fuzz.alter import altered, resealed
from tests.fuzz.growth import growths
from tests.fuzz.seeds import seeds
from tests.fuzz.use import Fault, Used, use_checkpoint, use_learnt, use_predictor

BACKENDS: tuple[Backend, ...] = ("eager", "python")


def used(number: int, seed: int) -> Used:
    """Make and use one file; it depends on the two numbers alone."""
    random = Random(f"{seed}/{number}")
    begin = random.choice(seeds())
    kin = [s.data for s in seeds() if random.random() < 0.3 or s is begin]
    text = resealed(altered(random, begin.data, kin))
    if begin.optimizer is None:
        return use_learnt(text) if begin.is_gpt else use_predictor(text)
    backends = (*BACKENDS, "native") if number % 500 == 0 else BACKENDS[number % 2 :][:1]
    return use_checkpoint(text, begin.optimizer, backends)


def main() -> int:
    """Use so many files; 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many files are to load")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    gc.disable()  # what is left is collected below, for speed
    faults: dict[tuple[str, ...], Fault] = {}
    tally = Counter[str]()
    while tally["loaded"] < asked.count:
        began = process_time()
        found = used(tally["made"], asked.seed)
        for fault in found.faults:
            key = (fault.use.split()[0], *fault.trace.splitlines()[-3:])
            if key not in faults:
                faults[key] = fault
                print(f"file {tally['made']}: {fault.use}\n{fault.trace}", flush=True)
        tally.update({"made": 1, "loaded": found.loaded, "faults": len(found.faults)})
        tally["slow"] += process_time() - began > 2.0
        if tally["made"] % 1_000 == 0:
            gc.collect()
        if tally["made"] % 10_000 == 0:
            print(dict(tally), flush=True)
    print(
        f"{tally['made']} files, {tally['loaded']} loaded and used, {tally['faults']} exceptions "
        f"that nothing documents, {tally['slow']} that took more than 2 s"
    )
    print("time and memory for twice the size:")
    print(*growths(), sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
