"""How many threads compute something: asked for, checked, counted.

It is the one place that says what `threads=` may be and what it stands for, whoever is asked.

>>> wanted: list[Threads] = [1, 2, "all"]
>>> [check_threads("fit", threads) for threads in wanted]
[1, 2, 'all']
"""

import os
import sys
from typing import Literal, TypeAlias

from microfp.base.checks import check_count, wrong_kind, wrong_value

__all__ = ["Threads", "check_threaded", "check_threads", "thread_count"]

Threads: TypeAlias = int | Literal["all"]
"""How many threads compute a step of machine code: a number, or as many as there are cores.

They change no bit of what is computed.

>>> wanted: Threads = "all"
"""


def check_threads(where: str, threads: object) -> Threads:
    """Check that somebody asks for a number of threads.

    Args:
        where: The function that was called.
        threads: An int of at least 1, or `"all"`.

    Raises:
        TypeError: If it is no int.
        ValueError: If it is less than 1.

    >>> check_threads("fit", 0)
    Traceback (most recent call last):
    ValueError: fit: threads must be an int >= 1 or 'all', got 0
    """
    if isinstance(threads, str) and threads == "all":
        return "all"
    expected = "an int >= 1 or 'all'"
    try:
        return check_count(where, "threads", threads, minimum=1)
    except TypeError:
        raise wrong_kind(where, "threads", expected, threads) from None
    except ValueError:
        raise wrong_value(where, "threads", expected, threads) from None


def check_threaded(where: str, threads: object, backend: str, *, name: str = "threads") -> None:
    """Check that a backend has so many threads: machine code alone has more than one.

    Args:
        where: The function that was called.
        threads: How many, checked before.
        backend: The name of the backend.
        name: What the argument is called.

    Raises:
        ValueError: If it has one.

    >>> check_threaded("train", 2, "native")
    >>> check_threaded("train", 2, "python")
    Traceback (most recent call last):
    ValueError: train: threads=2 needs backend='native', got 'python'
    """
    if threads != 1 and backend != "native":
        raise ValueError(f"{where}: {name}={threads!r} needs backend='native', got {backend!r}")


MOST = 64
"""So many threads there are at most, or as many as there are cores: those beyond would wait, and
take memory.
"""


def thread_count(threads: Threads) -> int:
    """How many threads are meant: for `"all"`, as many as this process has cores.

    >>> thread_count(3), thread_count("all") >= 1, thread_count(1_000_000) == 1_000_000
    (3, True, False)
    """
    return _core_count() if threads == "all" else min(threads, max(MOST, _core_count()))


def _core_count() -> int:
    """As many cores as this process may use."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
