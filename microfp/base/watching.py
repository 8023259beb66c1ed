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
from contextvars import ContextVar, copy_context
from functools import wraps
from types import FunctionType
from typing import Protocol, TypeVar
from weakref import WeakSet

__all__ = [
    "Watcher",
    "call_plainly",
    "is_watched",
    "missing",
    "unwatched",
    "watch_outermost",
    "watched",
    "watching",
]


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


F = TypeVar("F", bound=Callable[..., object])

_watcher: ContextVar[Watcher | None] = ContextVar("who watches records")


_UNWATCHED: "WeakSet[Callable[..., object]]" = WeakSet()


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


_outermost: list[Watcher | None] = [None]


def watch_outermost(watcher: Watcher) -> None:
    """Let a watcher be told of each call that is inside of nothing that `call_plainly` has seen.

    It is for what stands far above records, and is told only where nobody else watches.

    >>> watch_outermost.__name__
    'watch_outermost'
    """
    _outermost[:] = [watcher]


def call_plainly() -> None:
    """Tell nobody of further calls in this context, unless somebody watches already.

    >>> copy_context().run(call_plainly)
    """
    if _watcher not in copy_context():
        _watcher.set(None)


def watched(call: Callable[..., object]) -> Callable[..., object]:
    """Make a `__call__` that the watcher is told of, if there is one.

    >>> watched(lambda record, x: x * x)(None, 3)
    9
    """
    if call in _UNWATCHED:
        return call

    @wraps(call)
    def __call__(record: object, /, *given: object, **named: object) -> object:  # noqa: N807
        watcher = _watcher.get(_outermost[0])
        if watcher is None:
            return call(record, *given, **named)
        return watcher.called(record, call, given, named)

    return __call__


def unwatched(call: F) -> F:
    """Mark a `__call__` of which nobody has to be told, since its record holds no values.

    >>> is_watched(unwatched(lambda record, x: x * x))
    False
    """
    _UNWATCHED.add(call)
    return call


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
    watcher = _watcher.get(None)
    if watcher is not None:
        watcher.missing(record, name)
