"""Who watches records while a model is traced: its calls, and the fields that stay empty.

A record that stands in for another is of the same class, and has no fields. Whoever traces a model
watches: a call of such a record, and every look at a field that it does not have, is told to the
watcher. Records ask here, and what traces models, far above them, watches here.

>>> class Noting:
...     def called(self, record, call, given, named):
...         return "noted"
...
...     def missing(self, record, name):
...         raise LookupError(name)
>>> class Doubling:
...     @watched
...     def __call__(self, x):
...         return 2 * x
>>> with watching(Noting()):
...     Doubling()(3)
'noted'
>>> Doubling()(3)
6
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from types import FunctionType
from typing import Protocol, TypeAlias

__all__ = ["Caller", "Watcher", "called_by", "is_watched", "missing", "watched", "watching"]


class Watcher(Protocol):
    """What is told of calls of records, and of fields that they do not have.

    >>> Watcher.__name__
    'Watcher'
    """

    def called(
        self,
        record: object,
        call: Callable[..., object],
        given: Sequence[object],
        named: Mapping[str, object],
    ) -> object:
        """Return what the call of a record gives, by that function or in another way."""
        ...

    def missing(self, record: object, name: str) -> None:
        """Raise if the field is missing because the record is a stand-in."""
        ...


_watcher: ContextVar[Watcher | None] = ContextVar("who watches records", default=None)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Let a watcher be told, in this thread and as long as the block runs.

    >>> class Silent:
    ...     def called(self, record, call, given, named):
    ...         return None
    >>> class Square:
    ...     __call__ = watched(lambda self, x: x * x)
    >>> with watching(Silent()):
    ...     Square()(3)
    >>> Square()(3)
    9
    """
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


Caller: TypeAlias = Callable[
    [object, Callable[..., object], Sequence[object], Mapping[str, object]], object
]
"""What is told of the call of a record, and returns what it gives."""


def _plain(
    record: object,
    call: Callable[..., object],
    given: Sequence[object],
    named: Mapping[str, object],
) -> object:
    return call(record, *given, **named)


_ordinary: list[Caller] = [_plain]


def called_by(caller: Caller) -> Caller:
    """Let records be called so where nobody watches: what stands far above them registers here.

    >>> called_by(_plain) is _plain
    True
    """
    _ordinary[:] = [caller]
    return caller


def watched(call: Callable[..., object]) -> Callable[..., object]:
    """Make a `__call__` that the watcher is told of, if there is one.

    >>> watched(lambda record, x: x * x)(None, 3)
    9
    """

    @wraps(call)
    def __call__(record: object, /, *given: object, **named: object) -> object:  # noqa: N807
        watcher = _watcher.get()
        if watcher is None:
            return _ordinary[-1](record, call, given, named)
        return watcher.called(record, call, given, named)

    return __call__


def is_watched(call: object) -> bool:
    """Whether the watcher is told of calls.

    >>> is_watched(print), is_watched(watched(print))
    (False, True)
    """
    return isinstance(call, FunctionType) and call.__code__ is _CODE


_CODE = watched(print).__code__


def missing(record: object, name: str) -> None:
    """Tell the watcher that a field was asked for that a record does not have.

    >>> missing(object(), "weights") is None
    True
    """
    watcher = _watcher.get()
    if watcher is not None:
        watcher.missing(record, name)
