"""Timing side by side, and the rows that come out of it.

Candidates take turns, so that whatever else the machine does falls on all of them alike; what is
reported is the median of the turns. In a turn, what is short is run again and again, as `timeit`
does, so that everyone has warm caches. Garbage is collected before each turn, untimed, and the
collector stays on during it: everyone pays for their own.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeAlias, get_args

Action: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class Missing:
    """What could not be measured, and why: a row says so, and is not dropped."""

    reason: str


Seconds: TypeAlias = float | Missing


Unit: TypeAlias = Literal["seconds", "gigabytes", "per cent"]


@dataclass(frozen=True)
class Goal:
    """A bound: on the peer's time over ours, on ours over the peer's, or on our own number.

    Seconds and gigabytes are to be at most the bound, per cents at least.
    """

    kind: Literal["faster", "at most"] | Unit
    bound: float

    def __str__(self) -> str:
        texts = {
            "faster": "≥ {:g}× faster",
            "at most": "≤ {:g}× the time",
            "seconds": "≤ {:g} s",
            "gigabytes": "≤ {:g} GB",
            "per cent": "≥ {:g} %",
        }
        return texts[self.kind].format(self.bound)


@dataclass(frozen=True)
class Row:
    """One comparison: what was done, what it took us and the peer: seconds, unless a unit is named.

    A peer's seconds may stand beside ours; other units are not compared, only shown.
    """

    what: str
    ours: Seconds
    peer: str = ""
    theirs: Seconds | None = None
    goal: Goal | None = None
    note: str = ""
    unit: Unit = "seconds"

    @property
    def ratio(self) -> float | None:
        """The peer's time over ours, or for an "at most" goal ours over the peer's."""
        if not (isinstance(self.ours, float) and isinstance(self.theirs, float)):
            return None
        if self.unit != "seconds":
            return None
        if self.goal is not None and self.goal.kind == "at most":
            return self.ours / self.theirs
        return self.theirs / self.ours

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none, or nothing to compare."""
        if self.goal is None:
            return None
        if self.goal.kind in get_args(Unit):
            return self._meets(self.ours) if isinstance(self.ours, float) else None
        return None if self.ratio is None else self._meets(self.ratio)

    def _meets(self, number: float) -> bool:
        assert self.goal is not None
        is_least = self.goal.kind in ("faster", "per cent")
        return number >= self.goal.bound if is_least else number <= self.goal.bound


Rows: TypeAlias = Iterator[Row]


def seconds(action: Action) -> float:
    """Run once, and return how long it took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


SHORTEST_TURN = 0.02


def _turn(action: Action) -> float:
    gc.collect()
    start, runs, passed = time.perf_counter(), 0, 0.0
    while passed < SHORTEST_TURN:
        action()
        runs, passed = runs + 1, time.perf_counter() - start
    return passed / runs


def side_by_side(
    candidates: Mapping[str, Action | Missing], *, repetitions: int, warm_up: int = 1
) -> dict[str, Seconds]:
    """Run the candidates in turn, warmed up, and return the median seconds of each."""
    present = {name: f for name, f in candidates.items() if not isinstance(f, Missing)}
    for action in present.values():
        for _ in range(warm_up):
            action()
    turns = [{name: _turn(f) for name, f in present.items()} for _ in range(repetitions)]
    return {
        name: f if isinstance(f, Missing) else median(turn[name] for turn in turns)
        for name, f in candidates.items()
    }


def per(units: int, timed: Mapping[str, Seconds]) -> dict[str, Seconds]:
    """Share the seconds among so many units: steps, nodes, reads."""
    return {
        name: time if isinstance(time, Missing) else time / units for name, time in timed.items()
    }


def found(make: Callable[[], Action]) -> Action | Missing:
    """Prepare a candidate; where what it needs is not there, say what that is."""
    try:
        return make()
    except ModuleNotFoundError as error:
        return Missing(f"{error.name} is not installed")
    except FileNotFoundError as error:
        return Missing(f"{error.filename} is not installed")
    except (AttributeError, ImportError, NotImplementedError, ValueError) as error:
        return Missing(str(error))


def check_agreement(
    who: str, losses: Sequence[float], expected: Sequence[float], *, tolerance: float = 1e-9
) -> None:
    """Check that two runs computed the same, so that their times may be compared."""
    if len(losses) != len(expected):
        raise AssertionError(f"{who}: {len(losses)} losses, where {len(expected)} were expected")
    for step, (a, b) in enumerate(zip(losses, expected, strict=True)):
        if not abs(a - b) <= tolerance * abs(b):
            raise AssertionError(f"{who}: the loss of step {step} is {a!r}, not {b!r}")
