"""Who takes loops while a model is traced: a scan is told to it, instead of being unrolled.

A scan asks here, and what traces models, far above it, takes loops here.

>>> class Counting:
...     def loop(self, step, init, rows):
...         return init, len(rows)
>>> taker() is None
True
>>> with taking_loops(Counting()):
...     taker().loop(None, 0.0, [1.0, 2.0])
(0.0, 2)
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

__all__ = ["Taker", "taker", "taking_loops"]


class Taker(Protocol):
    """What is told of loops.

    >>> Taker.__name__
    'Taker'
    """

    def loop(
        self, step: Callable[..., object], init: object, rows: Sequence[object], /
    ) -> tuple[object, tuple[object, ...]]:
        """Return what is carried out of a loop, and what each of its turns gives."""
        ...


_taker: ContextVar[Taker | None] = ContextVar("who takes loops", default=None)


@contextmanager
def taking_loops(own: Taker | None) -> Iterator[None]:
    """Let somebody take loops, or nobody, in this thread and as long as the block runs.

    >>> with taking_loops(None):
    ...     taker()
    """
    token = _taker.set(own)
    try:
        yield
    finally:
        _taker.reset(token)


def taker() -> Taker | None:
    """Who takes loops, if anybody does.

    >>> taker()
    """
    return _taker.get()
