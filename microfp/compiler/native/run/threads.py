"""Work that several threads do together, none of which is left when it is done.

>>> in_threads(2, lambda me, count: [me, count])
[[0, 2], [1, 2]]
"""

import ctypes
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

__all__ = ["in_threads", "yield_address"]

A = TypeVar("A")

NAP = 0.1
"""How many seconds a wait lasts at most: an interrupt that comes just before it is heard after."""


def in_threads(
    count: int, work: Callable[[int, int], A], stop: Callable[[], None] = lambda: None
) -> list[A]:
    """Let some threads work, and wait for all of them.

    This thread does nothing but wait, so that whoever interrupts it is heard.

    Args:
        count: How many threads, at least one; there may be fewer if the system has no more.
        work: From the number of a thread, and how many there are, to its result; each is called
            once all have been started.
        stop: Is called once where waiting is interrupted: lets the work come to an end.

    Returns:
        The results of all.
    """
    results, errors = dict[int, A](), list[BaseException]()
    started, done = list[threading.Thread](), threading.Semaphore(0)
    go, none = threading.Event(), threading.Event()

    def run(me: int) -> None:
        go.wait()
        try:
            if not none.is_set():
                results[me] = work(me, len(started))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            errors.append(error)
        finally:
            done.release()

    try:
        _start(count, run, started)
        go.set()
        for _ in started:
            while not done.acquire(timeout=NAP):
                pass
    except BaseException:
        if not go.is_set():  # either all of them work, or none: they wait for each other
            none.set()
        stop()
        go.set()
        _wait(started)
        raise
    _wait(started)
    if errors:
        raise errors[0]
    return [results[me] for me in range(len(started))]


def _start(count: int, run: Callable[[int], None], started: list[threading.Thread]) -> None:
    """Start some threads; no more where the system has no more."""
    for me in range(count):  # a loop: it may end early
        thread = threading.Thread(target=run, args=(me,), name=f"microfp-{me}")
        started.append(thread)  # before it is: an interrupt may come while it starts
        try:
            thread.start()
        except RuntimeError:
            started.pop()
            if not started:
                raise
            return


def _wait(started: list[threading.Thread]) -> None:
    """Wait for some threads, however often somebody interrupts."""
    for thread in started:
        while thread.is_alive():
            try:
                thread.join()
            except KeyboardInterrupt:  # it is raised again, once they have ended
                continue


@lru_cache(maxsize=1)
def yield_address() -> int:
    """Where the function of the system starts that lets other threads run; 0 where there is none.

    >>> yield_address() >= 0
    True
    """
    try:
        if sys.platform == "win32":
            function = ctypes.WinDLL("kernel32").SwitchToThread
        else:
            function = ctypes.CDLL(None).sched_yield
    except (OSError, AttributeError, TypeError):
        return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0
