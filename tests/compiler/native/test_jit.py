"""What compiling leaves in memory."""

import subprocess
import sys

import pytest

GROWN = """
import os
from pathlib import Path
from microfp import losses, nn
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.trainer import trainer_for
from microfp.compiler.trace.structure import template

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

code = trainer_for(losses.max_margin(), template(nn.mlp(2, [12, 12, 1])), 2, None).examples
text, kept = code.executable.text, []
for place in range(3 + 8):
    if place == 3:
        start = resident()
    kept.append(jit.compiled(f"{text}; {place}", ("run",)))
print((resident() - start) / 8 / len(text))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for its memory")
def test_machine_code_is_kept_without_what_it_was_made_from() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROWN], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(done.stdout) < 4.5  # text and code are 3; with what LLVM makes of the text, 6


DEEP = """
import math
from microfp import datasets, losses, nn
from microfp.trainer.choice import runner_of

DEEP_ONES = [([6] * 24 + [4], "tanh"), ([6] * 25 + [1], "silu"), ([16] * 60, "softplus")]
for sizes, activation in DEEP_ONES:
    model = nn.mlp(8, sizes, activation=activation, init="glorot")
    rows = [[math.sin(i * j + 1.0) for j in range(8)] for i in range(9)]
    data = datasets.dataset(rows, [[math.cos(i + 1.0)] * sizes[-1] for i in range(9)])
    loss = losses.mean_squared_error()
    found = runner_of("native").gradient(loss, model, data)
    expected = runner_of("eager").gradient(loss, model, data)
    largest = max(map(abs, expected))
    assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= 1e-12 * largest
print("done")
"""


def test_loops_may_follow_one_another_by_the_hundred() -> None:
    # In a process of its own: an assertion of LLVM ends the process.
    done = subprocess.run(
        [sys.executable, "-c", DEEP], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
