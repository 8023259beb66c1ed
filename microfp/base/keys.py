"""Keys: what tells one thing from every other whose computation could differ.

Equality is too coarse to find computed things by: records of two classes with equal fields are
equal, as are 0.0 and -0.0, and 1, 1.0 and True. A key says class, fields and bits.

>>> from collections import namedtuple
>>> Square, Absolute = namedtuple("Square", "k"), namedtuple("Absolute", "k")
>>> Square(2.0) == Absolute(2.0), key(Square(2.0)) == key(Absolute(2.0))
(True, False)
>>> key((0.0, 1)) == key((-0.0, 1)), key((0.0, 1)) == key((0.0, 1))
(False, True)
"""

from collections.abc import Hashable, Iterable
from functools import partial, singledispatch
from pathlib import PurePath
from struct import pack
from types import MethodType
from typing import Generic, TypeVar

from pyrsistent import PClass, PDeque, PList, PMap, PRecord, PSet, PVector

from microfp.errors import TraceError

__all__ = ["Alone", "Keyed", "key"]

T = TypeVar("T")

ATOMS = (str, int, bool, bytes, type(None))
"""What is equal, among others of exactly its class, only to what computes the same."""


class Alone:
    """A key that one object has, as long as anybody keeps the key, and no other.

    >>> one, other = (1.0,), tuple([1.0])
    >>> Alone(one) == Alone(one), Alone(one) == Alone(other)
    (True, False)
    """

    __slots__ = ("thing",)

    def __init__(self, thing: object) -> None:
        self.thing: object = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alone) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)


@singledispatch
def key(thing: object) -> Hashable:
    """Return a key that only such things have as compute the same.

    A number has the key of its bits; a record, a tuple or another container that of its class and
    of what it holds; a function with arguments given, or bound to an object, those of its parts.
    Whatever else there is has a key alone. A class with keys of another kind registers a function.

    Raises:
        TraceError: If it is or holds what has no hash, since it may change.

    >>> from functools import partial
    >>> key(partial(pow, 2.0)) == key(partial(pow, 2.0)) != key(partial(pow, 2))
    True
    >>> key([1.0])
    Traceback (most recent call last):
    microfp.errors.TraceError: a key is made of what cannot change, got list
    """
    kind = type(thing)
    if kind in ATOMS:
        return kind, thing
    if kind.__hash__ is None:
        raise TraceError(f"a key is made of what cannot change, got {kind.__name__}")
    described = getattr(kind, "__dataclass_fields__", None)
    if described is not None and kind.__hash__ is not object.__hash__:
        return kind, *((name, key(getattr(thing, name, None))) for name in described)
    return Alone(thing)


@key.register
def _of_float(thing: float) -> Hashable:
    return type(thing), pack("d", thing)


@key.register
def _of_path(thing: PurePath) -> Hashable:
    return type(thing), str(thing)


@key.register
def _of_complex(thing: complex) -> Hashable:
    return type(thing), pack("2d", thing.real, thing.imag)


@key.register(tuple)
@key.register(PVector)
@key.register(PList)
@key.register(PDeque)
def _of_items(thing: Iterable[object]) -> Hashable:
    return type(thing), *map(key, thing), *_added(thing)


@key.register(frozenset)
@key.register(PSet)
def _of_members(thing: Iterable[object]) -> Hashable:
    return type(thing), frozenset(map(key, thing)), *_added(thing)


@key.register
def _of_map(thing: PMap) -> Hashable:  # type: ignore[type-arg]  # of anything
    return type(thing), frozenset((key(name), key(held)) for name, held in thing.items())


@key.register(PRecord)
def _of_record(thing: "PRecord[str]") -> Hashable:
    kind = type(thing)
    if kind.__hash__ is object.__hash__:  # such as a value: it is itself
        return Alone(thing)
    return kind, *((name, key(held)) for name, held in thing.items())


@key.register
def _of_class(thing: PClass) -> Hashable:
    fields: Iterable[str] = getattr(type(thing), "_pclass_fields", ())  # there is no public name
    return type(thing), *((name, key(getattr(thing, name, None))) for name in sorted(fields))


@key.register(partial)
def _of_partial(thing: "partial[object]") -> Hashable:
    named = ((name, _of_argument(held)) for name, held in thing.keywords.items())
    return (
        Alone(type(thing)),
        key(thing.func),
        *map(_of_argument, thing.args),
        *named,
        *_added(thing),
    )


def _of_argument(argument: object) -> Hashable:
    """The key of what a function was given: what may change is the same as itself alone."""
    try:
        return key(argument)
    except TraceError:
        return Alone(argument)


@key.register
def _of_method(thing: MethodType) -> Hashable:
    return MethodType, key(thing.__func__), _of_argument(thing.__self__)


def _added(thing: object) -> Iterable[Hashable]:
    """The keys of the attributes that an object of a class without slots has been given."""
    attributes: dict[str, object] = getattr(thing, "__dict__", {})
    return [(name, _of_argument(held)) for name, held in sorted(attributes.items())]


class Keyed(Generic[T]):
    """A thing that equals, and hashes as, all others of its key; the key is made once.

    >>> {Keyed(0.0), Keyed(0.0), Keyed(-0.0)} == {Keyed(0.0), Keyed(-0.0)}
    True
    """

    __slots__ = ("digest", "key", "thing")

    def __init__(self, thing: T) -> None:
        """Keep a thing, its key, and the hash of the key, which may be long."""
        self.thing: T = thing
        self.key: Hashable = key(thing)
        self.digest: int = hash(self.key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Keyed):
            return NotImplemented
        return self is other or (self.digest == other.digest and self.key == other.key)

    def __hash__(self) -> int:
        return self.digest
