"""One attempt at a run, wherever it is made: whatever happens in it is its own result.

What goes to another process is pickled, and what comes back is too, and both can fail. Executors
notice that late: a pool breaks, and loses what others had done; a cluster waits for ever. So a task
packs and unpacks by itself, inside the attempt, and hands executors nothing but bytes.

>>> Task(run=float, configuration="three", limit=None, pack=by_reference)().failure().reason
"ValueError: could not convert string to float: 'three'"
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from returns.result import Failure, Result, Success

if TYPE_CHECKING:
    from threading import Thread

__all__ = ["Attempt", "Pack", "Parcel", "Raised", "Task", "attempt", "by_reference", "by_value"]

C = TypeVar("C")
R = TypeVar("R")

GLANCES = 100
SPENT = 1_000_000
"""How often we look at a thread, and more nanoseconds than one spends meanwhile that waits."""


class Raised(NamedTuple):
    """An error as text, since an exception need not pickle.

    >>> Raised("ValueError: no").is_lost
    False
    """

    reason: str
    """What went wrong."""
    is_lost: bool = False
    """Whether the run came to no end, or its result could not be sent."""


Attempt: TypeAlias = Result[R, Raised]
Pack: TypeAlias = Callable[[object], bytes]


class Parcel(NamedTuple, Generic[R]):
    """A result on its way between processes.

    >>> Parcel(pickle.dumps(3)).opened().unwrap()
    3
    """

    content: bytes

    def opened(self) -> "Attempt[R]":
        """Return what was packed, or why it cannot be unpacked here."""
        try:
            return Success(pickle.loads(self.content))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a user's class raises
            return Failure(Raised(f"its result cannot be unpickled: {said(error)}", is_lost=True))


class Task(Generic[C, R]):
    """A run of a configuration, to be called once, here or in another process.

    Where it is called as it was made, its result is as it is. Where it was pickled in between,
    it is packed.

    Args:
        run: A function of a configuration.
        configuration: What it is called with.
        limit: How many seconds it may take; None for as many as it wants.
        pack: How things are pickled.

    >>> sent = pickle.loads(pickle.dumps(Task(abs, -2.0, None, by_reference)))
    >>> sent().unwrap().opened().unwrap()
    2.0
    """

    def __init__(
        self, run: Callable[[C], R], configuration: C, limit: float | None, pack: Pack
    ) -> None:
        self.run: Callable[[C], R] = run
        self.configuration: C = configuration
        self.limit: float | None = limit
        self.pack: Pack = pack

    def __call__(self) -> "Attempt[R]":
        """Make the attempt."""
        return attempt(self.run, self.configuration, self.limit)

    def __reduce__(self) -> tuple[object, ...]:
        packed = self.pack((self.run, self.configuration))
        return _Sent, (packed, self.limit, self.pack)


class _Sent(NamedTuple, Generic[C, R]):
    """A task that has come from another process."""

    packed: bytes
    limit: float | None
    pack: Pack

    def __call__(self) -> Attempt[Parcel[R]]:
        sent: Parcel[tuple[Callable[[C], R], C]] = Parcel(self.packed)
        return sent.opened().alt(_as_task).bind(self._made)

    def _made(self, task: tuple[Callable[[C], R], C]) -> Attempt[Parcel[R]]:
        return attempt(*task, self.limit).bind(self._packed)

    def _packed(self, result: R) -> Attempt[Parcel[R]]:
        try:
            return Success(Parcel(self.pack(result)))
        except BaseException as error:  # noqa: BLE001 - whatever a user's class raises
            return Failure(Raised(f"its result cannot be pickled: {said(error)}", is_lost=True))


def _as_task(raised: Raised) -> Raised:
    return raised._replace(reason=raised.reason.replace("its result", "the configuration", 1))


def by_reference(found: object) -> bytes:
    """Pickle as pools of processes do: functions and classes by the modules that they stand in.

    >>> pickle.loads(by_reference(3))
    3
    """
    from multiprocessing.reduction import ForkingPickler

    return bytes(ForkingPickler.dumps(found))


def by_value(found: object) -> bytes:
    """Pickle as clusters do: what stands in no module that can be imported there, as a whole.

    >>> pickle.loads(by_value(3))
    3
    """
    cloudpickle = sys.modules.get("cloudpickle")  # whoever runs on a cluster has loaded it
    try:
        packed = pickle.dumps(found)
    except Exception:
        if cloudpickle is None:
            raise
    else:
        if cloudpickle is None or b"__main__" not in packed:
            return packed
    whole: bytes = cloudpickle.dumps(found)
    return whole


def attempt(
    run: Callable[[C], R], configuration: C, limit: float | None = None, *, here: bool = False
) -> Attempt[R]:
    """Call a function; what it raises is text.

    Args:
        run: A function of a configuration.
        configuration: What it is called with.
        limit: How many seconds it may take; None for as many as it wants. What takes longer is
            told to end, and left behind in its thread.
        here: Whether Ctrl-C is meant for the caller, not for the run.

    >>> attempt(abs, -2.0, 60.0).unwrap()
    2.0
    """
    if limit is None:
        return _called(run, configuration, here=here)
    from threading import Thread

    results: list[Attempt[R]] = []
    thread = Thread(target=lambda: results.append(_called(run, configuration)), daemon=True)
    thread.start()
    thread.join(limit)
    if results:
        return results[0]
    _told_to_end(thread)
    return Failure(Raised(f"it has not ended after {limit:g} s", is_lost=True))


def _called(run: Callable[[C], R], configuration: C, *, here: bool = False) -> Attempt[R]:
    try:
        return Success(run(configuration))
    except KeyboardInterrupt as interrupt:
        if here:
            raise
        return Failure(Raised(_last_line(interrupt)))
    except BaseException as error:  # noqa: BLE001 - whatever a user's function raises
        return Failure(Raised(_last_line(error)))


def _told_to_end(thread: "Thread") -> None:
    """Raise SystemExit in a thread that computes; one that waits is left alone.

    What is raised in a thread stays pending until that thread is in Python again, and until then
    every other thread stops at each call to look; under a tracer, Python 3.11 looks for ever.
    """
    import ctypes

    if thread.ident is not None and _computes(thread):
        ident = ctypes.c_ulong(thread.ident)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(SystemExit))


def _computes(thread: "Thread") -> bool:
    """Whether a thread uses the processor; true where a system does not tell."""
    from time import sleep

    try:
        before = _nanoseconds_of(thread)
        for _ in range(GLANCES):
            sleep(0.005)  # where the other thread has its turn
            if _nanoseconds_of(thread) - before > SPENT:
                return True
    except OSError:
        return thread.is_alive()
    return False


def _nanoseconds_of(thread: "Thread") -> int:
    """How long a thread has run, as Linux counts it."""
    counts = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text("ascii")
    return int(counts.split()[0])


def _last_line(error: BaseException) -> str:
    """What went wrong, as a traceback ends, and where: in which line of whose code."""
    from traceback import extract_tb

    frames = extract_tb(error.__traceback__)[1:]  # the first is `_called`
    where = f", in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    return f"{said(error)}{where}"


def said(error: BaseException) -> str:
    """What an error says of itself, in one line.

    >>> said(ValueError("no"))
    'ValueError: no'
    """
    from traceback import TracebackException

    described = TracebackException(type(error), error, None)
    described.__notes__ = None  # they would come below what went wrong
    return list(described.format_exception_only())[-1].strip()
