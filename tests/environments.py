"""Installing into environments of their own, for `make extras` and `make matrix`."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
PINNED = ("--constraint", str(ROOT / "constraints.txt"))


def install(python: Sequence[str | Path], *arguments: str) -> int:
    """Let the pip of an environment install something; its exit code."""
    quiet = ("--quiet", "--quiet", "--disable-pip-version-check")
    command = [*map(str, python), "-m", "pip", "install", *quiet, *arguments]
    return subprocess.run(command, check=False).returncode
