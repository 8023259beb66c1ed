"""What was measured, for a person to read and for a program."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from benchmarks.measure import Missing, Row, Seconds, Unit

HEADINGS = ("what", "microfp", "peer", "its time", "ratio", "goal", "met")
PACKAGES = (
    *("microfp", "pyrsistent", "toolz", "returns", "llvmlite", "numpy"),
    *("micrograd", "torch", "jax", "jaxlib", "scikit-learn"),
)


def machine() -> dict[str, object]:
    """Describe what was measured on: interpreter, processor, load, versions."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    lines = (line.partition(":") for line in info.read_text(encoding="utf-8").splitlines())
    facts = {name.strip(): text.strip() for name, _, text in lines}
    model = facts.get("model name", platform.machine())
    widths = [w for w in ("avx512f", "avx2", "avx") if w in facts.get("flags", "").split()]
    return f"{model} {facts.get('cpu MHz', '?')} MHz {' '.join(widths[:1])}".strip()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def heading(facts: dict[str, object]) -> str:
    """Say what was measured on, in a few lines."""
    versions = facts["versions"]
    assert isinstance(versions, dict)
    known = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    return (
        f"{facts['python']} on {facts['processor']}, {facts['cores']} cores, "
        f"load {facts['load']}\n{known}"
    )


def duration(time: Seconds | None) -> str:
    """Write a time in the unit that suits it."""
    if time is None:
        return ""
    if isinstance(time, Missing):
        return "missing"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if time >= size:
            return (
                f"{time / size:.3g} {unit}" if time < 1000 * size else f"{time / size:.0f} {unit}"
            )
    return f"{time / 1e-9:.3g} ns"


def quantity(number: Seconds | None, unit: Unit) -> str:
    """Write what was measured in its unit."""
    if unit == "seconds" or not isinstance(number, float):
        return duration(number)
    return f"{number:.3g} {'GB' if unit == 'gigabytes' else '%'}"


def cells(row: Row) -> tuple[str, ...]:
    """Write one row as the texts of its columns."""
    return (
        row.what,
        quantity(row.ours, row.unit),
        row.peer,
        quantity(row.theirs, row.unit),
        "" if row.ratio is None else f"{row.ratio:.3g}×",
        "" if row.goal is None else str(row.goal),
        "" if row.goal is None else {True: "yes", False: "NO", None: "?"}[row.met],
    )


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Write a table, and below it the notes and what is missing."""
    texts = [HEADINGS, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for line in texts:
        yield "  ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)).rstrip()
    yield from _remarks(rows)


def _remarks(rows: Iterable[Row]) -> Iterator[str]:
    said = dict.fromkeys(remark for row in rows for remark in _remarks_of(row))
    yield from (f"  {remark}" for remark in said)


def _remarks_of(row: Row) -> Iterator[str]:
    if row.note:
        yield f"{row.what}: {row.note}"
    if isinstance(row.ours, Missing):
        yield f"microfp missing in {row.what!r}: {row.ours.reason}"
    if isinstance(row.theirs, Missing):
        yield f"{row.peer} missing: {row.theirs.reason}"


def as_json(row: Row) -> dict[str, object]:
    """Turn a row into what JSON can hold."""
    goal = None if row.goal is None else str(row.goal)
    return asdict(row) | {"ratio": row.ratio, "goal": goal, "met": row.met}
