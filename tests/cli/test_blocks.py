"""Large blocks of memory go back to the system, whatever has been freed before."""

import subprocess
import sys

import pytest

PROGRAM = """
from microfp.cli.blocks import give_large_blocks_back

def held():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

if {called}:
    give_large_blocks_back()
seen = bytearray(30 << 20)
del seen
blocks, pins = [], []
for _ in range(30):
    blocks.append(bytearray(b"x") * (1 << 20))
    pins.append(bytearray(b"x") * 100_000)
before = held()
del blocks
print(before - held())
"""


def given_back(*, called: bool) -> int:
    """How many bytes of 30 MB a program gives back, which has small blocks between large ones."""
    command = [sys.executable, "-c", PROGRAM.format(called=called)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system how much memory is held")
def test_blocks_between_others_are_given_back() -> None:
    assert given_back(called=True) > 25 << 20
