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
