"""A process that forks while another of its threads compiles."""

import os
import subprocess
import sys

import pytest

FORKS = """
import os, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads is what is meant
from microfp import native, nn

def compiled(width):
    model = nn.mlp(2, [width, 1], activation="tanh")
    return native.value_and_grad(lambda m: nn.forward(m, [0.5, 0.25]), model)(model)[0]

compiled(1)
done = threading.Event()

def compiling():
    width = 20
    while not done.is_set():
        width += 1
        compiled(width)

threading.Thread(target=compiling, daemon=True).start()
for k in range(6):
    time.sleep(0.05)
    child = os.fork()
    if not child:
        compiled(2 + k)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
done.set()
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_child_compiles_though_its_parent_was_compiling() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "MICROFP_CACHE"}
    found = subprocess.run(
        [sys.executable, "-c", FORKS],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
        check=False,
    )
    assert (found.stdout, found.returncode) == ("done\n", 0), found.stderr
