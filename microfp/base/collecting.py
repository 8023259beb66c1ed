"""The garbage collector, left alone while many objects are made that all stay.

What is made is counted, and after so many objects all of them are looked at; while a graph of a
million nodes becomes a program, that takes as long as all the rest, and finds nothing.
"""

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["uncollected"]

P = ParamSpec("P")
R = TypeVar("R")


def uncollected(f: Callable[P, R]) -> Callable[P, R]:
    """Let a function run without searches for garbage; who has turned them off finds them so.

    It is for functions that make no garbage in circles, and call nobody who could, but for models
    and losses, as often as one step asks for. What those leave, and what others make in other
    threads, is collected a little later.

    >>> uncollected(gc.isenabled)(), gc.isenabled()
    (False, True)
    """

    @wraps(f)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        if not gc.isenabled():
            return f(*args, **kwargs)
        gc.disable()
        try:
            return f(*args, **kwargs)
        finally:
            gc.enable()

    return called
