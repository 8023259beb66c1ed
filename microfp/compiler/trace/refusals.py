"""Refusals: the errors of who asks for a number while a graph is traced, and where they are noted.

An error names the line of the user's code that asked. It is noted as well, so that code that
catches it and goes on without the number is not traced either.

>>> def ask() -> None:
...     stop("the truth of a value cannot be known", "`where` makes a choice")
>>> called(ask)  # doctest: +ELLIPSIS
Traceback (most recent call last):
microfp.errors.TraceError: the truth of a value cannot be known in ...; `where` makes a choice
"""

import linecache
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from itertools import takewhile
from os import sep
from pathlib import Path
from sysconfig import get_path
from traceback import walk_stack, walk_tb
from types import FrameType
from typing import NoReturn, TypeVar

from microfp import gradients, ops, record, values
from microfp.errors import CompileError, MicrofpError, TraceError

__all__ = ["called", "final", "stop"]


def stop(reason: str, advice: str) -> NoReturn:
    """Raise the error that names the line that asked, and note it for who called that code.

    Args:
        reason: What cannot be done.
        advice: What can be done instead.

    Raises:
        TraceError: Always.

    >>> stop("this cannot be traced", "that can")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    microfp.errors.TraceError: this cannot be traced ...; that can
    """
    asking = takewhile(lambda frame: frame[0].f_code is not called.__code__, walk_stack(None))
    error = TraceError(f"{reason}{_place(asking)}; {advice}")
    _refused.get([]).append(error)
    raise error


_refused: ContextVar[list[TraceError]] = ContextVar("what was refused while a graph was traced")

_BETWEEN = {record.__file__, gradients.__file__}
_ROOMS_BETWEEN = {Path(file).parent for file in (values.__file__, ops.__file__, __file__)}
"""The files that stand between a user's code and the stand-in that it asks, and their rooms."""


def _is_between(file: str) -> bool:
    return file in _BETWEEN or Path(file).parent in _ROOMS_BETWEEN


def _libraries() -> tuple[str, ...]:
    """The directories of Python's own modules, of installed ones, and of microfp."""
    installed = map(get_path, ("stdlib", "platstdlib", "purelib", "platlib"))
    return tuple(f"{path}{sep}" for path in (Path(__file__).parents[2], *installed))


def _place(calls: Iterable[tuple[FrameType, int]]) -> str:
    """Where a user's code stands among some calls, the innermost first, or else a library's."""
    places = [(frame.f_code.co_filename, line) for frame, line in calls]
    foreign = [place for place in places if not _is_between(place[0])]
    own = [place for place in foreign if not place[0].startswith(_libraries())]
    return "".join(f" in {_line(*place)}" for place in (own or foreign)[:1])


def _line(file: str, line: int) -> str:
    source = linecache.getline(file, line).strip()
    return f"{file}, line {line}" + (f": {source}" if source else "")


R = TypeVar("R")


def called(function: Callable[..., R], *arguments: object) -> R:
    """Call what a user wrote with stand-ins for numbers.

    Raises:
        TraceError: If it asked for a number, even if it went on without it; or if it failed in
            another way, since it may do so because of the stand-ins.

    >>> from microfp.compiler.trace.stand_ins import traced_leaf
    >>> called(lambda x: x * 2.0, traced_leaf("x"))
    Traced(op='mul')
    """
    refused: list[TraceError] = []
    token = _refused.set(refused)
    try:
        result = function(*arguments)
    except MicrofpError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a stand-in may lead to
        raise (refused[0] if refused else _failed(error)) from error.with_traceback(None)
    finally:
        _refused.reset(token)
    if refused:
        raise refused[0]
    return result


def _failed(error: Exception) -> TraceError:
    """The error for a call that failed in another way than by asking for a number."""
    calls = reversed(list(walk_tb(error.__traceback__)))
    return TraceError(
        f"{type(error).__name__} while a graph is traced{_place(calls)}: {error}; "
        "there are no numbers yet, and microfp's functions compute without them"
    )


E = TypeVar("E", bound=CompileError)


def final(error: E) -> E:
    """Give an error back, to be kept, where whoever tries again gets it again; else raise it.

    Raises:
        CompileError: The error, if another one has led to it. A function that fails may do so
            because of what will be there the next time, such as another function.

    >>> final(TraceError("`data` of a value cannot be known while its graph is traced"))
    TraceError('`data` of a value cannot be known while its graph is traced')
    """
    if error.__cause__ is not None:
        raise error
    return error.with_traceback(None)
