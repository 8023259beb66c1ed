"""What `import microfp` costs, over a Python that does nothing, each in a process of its own."""

import subprocess
import sys

from benchmarks.measure import Goal, Row, Rows, side_by_side

REPETITIONS = 20
MOST = 8
PROGRAMS = {"bare": "pass", "microfp": "import microfp"}


def rows() -> Rows:
    """Measure whole processes, and list the modules that take longest by themselves."""
    timed = side_by_side(
        {name: lambda text=text: python("-c", text) for name, text in PROGRAMS.items()},
        repetitions=REPETITIONS,
    )
    yield Row(
        "import microfp, over bare Python",
        timed["microfp"] - timed["bare"],
        goal=Goal("seconds", 0.15),
        note=f"a whole process {timed['microfp']:.3f} s, a bare one {timed['bare']:.3f} s; "
        f"by themselves: {', '.join(costliest())}",
    )


def python(*arguments: str) -> str:
    """Run a fresh Python, and return what it wrote to stderr."""
    return subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, text=True
    ).stderr


def costliest() -> list[str]:
    """The packages that take most of the import, each with its milliseconds."""
    own: dict[str, float] = {}
    for line in python("-X", "importtime", "-c", "import microfp").splitlines()[1:]:
        microseconds, _, module = line.removeprefix("import time:").split("|")
        package = module.strip().partition(".")[0]
        own[package] = own.get(package, 0.0) + float(microseconds) / 1000.0
    longest = sorted(own, key=own.__getitem__, reverse=True)[:MOST]
    return [f"{package} {own[package]:.1f} ms" for package in longest]
