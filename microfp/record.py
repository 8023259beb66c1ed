"""Records: data that is immutable, typed and ordered, and a real pyrsistent `PRecord`.

A record is declared by its annotations, which serve twice: a type checker reads them, and they
become the run-time type checks of the record's pyrsistent fields.

>>> class Point(Record):
...     x: float = attr()
...     y: float = attr(default=0.0)
>>> Point(x=1)
Point(x=1.0, y=0.0)
>>> Point(x=1).set(y=2)
Point(x=1.0, y=2.0)

How it is fast: a `PRecord` keeps its fields in the hash buckets of a persistent map, and every
read and every construction pays for hashing. Here the fields live in slots, and the buckets,
which the inherited methods of `PMap` want to see, are derived whenever such a method asks.
"""

import types
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from functools import cache
from operator import attrgetter
from reprlib import repr as short_repr
from typing import (
    TYPE_CHECKING,
    ClassVar,
    Literal,
    ParamSpec,
    Protocol,
    Self,
    TypeAlias,
    TypedDict,
    TypeVar,
    Unpack,
    dataclass_transform,
    overload,
)

from pyrsistent import PRecord, PVector, pmap
from pyrsistent._precord import _PRecordMeta  # what builds the classes, and is not offered

from microfp.base.checks import wrong_kind
from microfp.base.deferring import DeferrableSlot, Deferred, Pending, slot_of
from microfp.base.elsewhere.leading import attribute_hint, maker_hint
from microfp.base.filling import filler
from microfp.base.hints import (
    body_annotations,
    check_annotated,
    declared_hint,
    is_class_variable,
)
from microfp.base.persistent import (
    Field,
    Invariant,
    accepted,
    check_invariants,
    field_of,
    store_invariants,
)
from microfp.base.watching import missing, watched

if TYPE_CHECKING:
    from inspect import Signature

__all__ = ["Deferred", "Record", "attr", "check_several", "pending"]

_T = TypeVar("_T")
_R = TypeVar("_R", bound="Record")
_R_co = TypeVar("_R_co", covariant=True)
_P = ParamSpec("_P")
_Path: TypeAlias = list[_T] | tuple[_T, ...] | PVector[_T]  # no text
_Check: TypeAlias = Callable[[_T], tuple[bool, str]]  # an invariant, to type checkers

# What a field is declared with.


class _Options(TypedDict, total=False):
    default: object
    default_factory: Callable[[], object]
    deferrable: bool
    invariant: Invariant


class _Attr:
    """What `attr` was told of one field, until its record is first used."""

    __slots__ = ("deferrable", "initial", "invariant")

    def __init__(self, options: _Options) -> None:
        default = options.get("default")
        self.deferrable = options.get("deferrable", False)
        self.invariant = options.get("invariant")
        self.initial: Callable[[], object] | None = options.get("default_factory") or (
            # pyrsistent calls an initial value that can be called, so a default is wrapped.
            (lambda: default) if "default" in options else None
        )


@overload
def attr(*, deferrable: bool = ..., invariant: _Check[_T] = ...) -> _T: ...
@overload
def attr(*, default: _T, deferrable: bool = ..., invariant: _Check[_T] = ...) -> _T: ...
@overload
def attr(*, default_factory: Callable[[], _T], invariant: _Check[_T] = ...) -> _T: ...
def attr(**options: Unpack[_Options]) -> object:
    """Declare one field of a `Record`.

    Args:
        **options: `default`, the value where none is given (a function too is taken as it
            is); or `default_factory`, called without arguments for that value;
            `invariant`, from the value to `(holds, message)`, checked at each change; and
            `deferrable`, whether `unchecked` may be given a `Deferred` for it.

    Returns:
        The declaration; to a type checker, a value of the field's type.

    Raises:
        TypeError: On another option, or on `default` and `default_factory` together.

    >>> class Rate(Record):
    ...     step: float = attr(invariant=lambda r: (r > 0, f"step must be > 0, got {r}"))
    >>> Rate(step=-1)
    Traceback (most recent call last):
    pyrsistent._checked_types.InvariantException: Field invariant failed, \
invariant_errors=[step must be > 0, got -1.0], missing_fields=[]
    """
    unknown = options.keys() - _Options.__annotations__.keys()
    if unknown:
        raise TypeError(f"attr: unknown option {min(unknown)!r}")
    if options.keys() >= {"default", "default_factory"}:
        raise TypeError("attr: give default or default_factory, not both")
    return _Attr(options)


def _declared(name: str, body: Mapping[str, object]) -> dict[str, _Attr]:
    """The fields that a class body declares itself."""
    names = [n for n, hint in body_annotations(body).items() if not is_class_variable(hint)]
    hidden = next((n for n in names if hasattr(PRecord, n) or n.startswith("_")), None)
    if hidden is not None:
        why = "a private name" if hidden.startswith("_") else "a name that PMap uses"
        raise TypeError(f"{name}: a field cannot be named {hidden!r}, {why}")
    check_annotated(name, [n for n, it in body.items() if isinstance(it, _Attr)], names)
    given = {n: body[n] if n in body else _Attr({}) for n in names}
    return {n: a if isinstance(a, _Attr) else _Attr({"default": a}) for n, a in given.items()}


# From declarations to slots, and to the tables of pyrsistent.


class _RecordType(_PRecordMeta):
    """Builds record classes: slots from annotations, pyrsistent's tables at first use.

    The tables wait because an annotation may name a class that stands further down.
    """

    _attrs: dict[str, _Attr]
    _names: tuple[str, ...]
    _slots: Mapping[str, types.MemberDescriptorType]
    _writers: tuple[Callable[[object, object], None], ...]
    _read_all: Callable[[object], tuple[object, ...]]
    _fields: Mapping[str, Field]
    _precord_invariants: tuple[Invariant, ...]

    def __new__(
        mcs, name: str, bases: tuple[type, ...], body: Mapping[str, object], **options: object
    ) -> "_RecordType":
        own = _declared(name, body)
        inherited = {k: v for b in reversed(bases) for k, v in getattr(b, "_attrs", {}).items()}
        rest = {k: v for k, v in body.items() if k not in own}
        rest["__slots__"] = tuple(n for n in own if n not in inherited)
        rest["_attrs"] = inherited | own
        if isinstance(call := rest.get("__call__"), types.FunctionType):
            rest["__call__"] = watched(call)
        store_invariants(rest, bases, "_precord_invariants", "__invariant__")
        return type.__new__(mcs, name, bases, rest, **options)

    def __init__(
        cls, name: str, bases: tuple[type, ...], body: Mapping[str, object], **_options: object
    ) -> None:
        super().__init__(name, bases, dict(body))
        cls._names = tuple(cls._attrs)
        for own in _declared(name, body):
            if cls._attrs[own].deferrable:
                setattr(cls, own, DeferrableSlot(cls.__dict__[own]))
        cls._slots = {name: slot_of(getattr(cls, name)) for name in cls._names}
        cls._writers = tuple([slot.__set__ for slot in cls._slots.values()])
        cls._read_all = _reader(cls._names)

    @property
    def __signature__(cls) -> "Signature":
        """What `inspect.signature` says: the fields, by name, with their types and defaults."""
        from inspect import Parameter, Signature  # slow to load, and rarely asked

        fields = (
            Parameter(
                n,
                Parameter.KEYWORD_ONLY,
                annotation=declared_hint(cls, n),
                default=Parameter.empty if a.initial is None else a.initial(),
            )
            for n, a in cls._attrs.items()
        )
        return Signature(tuple(fields))

    def __dir__(cls) -> list[str]:
        """What a prompt offers: the fields and methods."""
        known = {*super().__dir__(), *cls._names}
        return sorted(it for it in known if not it.startswith("_") or it.startswith("__"))

    @property
    def _precord_fields(cls) -> Mapping[str, Field]:
        if "_fields" not in cls.__dict__:
            cls._fields = {
                n: field_of(declared_hint(cls, n), a.initial, a.invariant)
                for n, a in cls._attrs.items()
            }
        return cls._fields

    @property
    def _precord_initial_values(cls) -> Mapping[str, Callable[[], object]]:
        return {n: a.initial for n, a in cls._attrs.items() if a.initial is not None}

    @property
    def _precord_mandatory_fields(cls) -> set[str]:
        return set(cls._names)


def _reader(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    """A function from a record to the tuple of its fields, in declared order."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


# The record itself.


class _Replaceable(Protocol[_P]):
    """What a checker knows of a record: how `copy.replace` may change it."""

    def __replace__(self, /, *args: _P.args, **kwargs: _P.kwargs) -> object: ...


class _Setter(Protocol[_P, _R_co]):
    """`set` of one record: it takes what the record's `__replace__` takes."""

    @overload
    def __call__(self, *args: _P.args, **changes: _P.kwargs) -> _R_co: ...
    @overload
    def __call__(self, name: str, value: object, /) -> _R_co: ...


class _Set(Protocol):
    """How `set` is found: checkers make a `__replace__` for each class of records."""

    @overload
    def __get__(self, record: None, kind: type[object], /) -> Self: ...
    @overload
    def __get__(self, record: _Replaceable[_P], kind: type[_T], /) -> _Setter[_P, _T]: ...


if TYPE_CHECKING:

    class _Stored(metaclass=_RecordType):
        """What a record has from pyrsistent, with the types that pyrsistent does not give.

        How it is built and guarded is left out: a checker would believe in every attribute.
        """

        __branches__: ClassVar[Literal[True]]  # to tell what has fields to go through from a node

        set: ClassVar[_Set]
        """Return a copy with some fields changed: `set(x=1, y=2)`, or `set("x", 1)`."""

        def __replace__(self, /, **changes: object) -> Self: ...

        def items(self) -> ItemsView[str, object]:
            """Return the fields, as pairs of name and value, in declared order."""
            ...

        def values(self) -> ValuesView[object]:
            """Return what the fields hold, in declared order."""
            ...

        def update(self, *changes: Mapping[str, object]) -> Self:
            """Return a copy with the changes of one mapping after another."""
            ...

        def transform(self, path: _Path[_T], change: object, /, *more: object) -> Self:
            """Return a copy changed in places: `transform(["a", "b"], f)` changes a.b."""
            ...

        def serialize(self) -> dict[str, object]:
            """Return the fields as a plain dict, and so on in records inside."""
            ...

        @classmethod
        def create(cls, fields: Mapping[str, object], /) -> Self:
            """Build a record from a mapping of its fields."""
            ...

else:

    class _Stored(PRecord, metaclass=_RecordType):
        """A `PRecord` whose fields live in slots: how it is built, asked and guarded."""

        def __new__(cls, *unnamed, **given):
            if unnamed:
                names = ", ".join(f"{name}=..." for name in cls._names)
                told = f"{cls.__name__}({names}) takes its fields by name"
                raise TypeError(f"{told}, got {short_repr(unnamed[0])}{maker_hint(cls)}")
            if "_precord_buckets" in given:
                pairs = (pair for bucket in given["_precord_buckets"] for pair in bucket or ())
                return _written(cls, dict(pairs))
            given.pop("_factory_fields", None)
            ignore_extra = given.pop("_ignore_extra", False)
            if ignore_extra:
                given = {n: given[n] for n in cls._names if n in given}
            initial = {n: f() for n, f in cls._precord_initial_values.items() if n not in given}
            return _built(cls, {}, {**initial, **given}, ignore_extra=ignore_extra)

        def __getattr__(self, name):  # asked where there is no such attribute
            kind = type(self)
            if name in kind._names:
                missing(self, name)
            hint = attribute_hint(kind, kind._names, name)
            raise AttributeError(f"{kind.__name__} has no attribute {name!r}{hint}")

        def __len__(self):
            return sum(1 for _ in self.iteritems())

        def __eq__(self, other):
            if self is other:
                return True
            if not isinstance(other, Mapping):
                return NotImplemented
            return dict(self.iteritems()) == dict(other.items())

        def __hash__(self):
            return hash(frozenset(self.iteritems()))

        def __setattr__(self, name, value):
            kind = type(self)
            if name in kind._names:
                why = f": .set({name}=...) gives a changed copy"
            else:
                why = f" and has no field {name!r}{attribute_hint(kind, kind._names, name)}"
            raise AttributeError(f"{kind.__name__} is immutable{why}")

        def __delattr__(self, name):
            raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be deleted")

        def __array__(self, *_asked, **_more):
            # numpy would take a record for a sequence: the array would hold the names of fields.
            kind = type(self)
            hint = attribute_hint(kind, kind._names, "array")
            raise TypeError(f"{kind.__name__} is no array of numbers{hint}")

        @property
        def _buckets(self):
            return pmap(dict(self.iteritems()))._buckets

        @property
        def _size(self):
            return sum(1 for _ in self.iteritems())

        @property
        def _precord_fields(self):
            return type(self)._precord_fields


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(attr,))
class Record(_Stored):
    """The base of all records: a `PRecord` with typed, ordered fields that live in slots.

    Everything that pyrsistent documents for a `PRecord` holds: `set`, `update`,
    `transform`, `evolver`, `serialize`, `create`, `__invariant__`, pickling. A field cannot
    be assigned to or deleted. An `int` given for a `float` field is stored as a float.

    >>> class Point(Record):
    ...     x: float = attr()
    ...     y: float = attr()
    >>> p = Point(x=1, y=2)
    >>> dict(p.set(x=5))
    {'x': 5.0, 'y': 2.0}
    >>> p.x = 3
    Traceback (most recent call last):
    AttributeError: Point is immutable: .set(x=...) gives a changed copy
    """

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the names of the fields, in declared order.

        >>> class Point(Record):
        ...     x: float = attr()
        ...     y: float = attr()
        >>> Point.field_names()
        ('x', 'y')
        """
        return cls._names

    if not TYPE_CHECKING:

        def set(self, *args, **changes):
            """Return a copy with some fields changed: `set(x=1, y=2)`, or `set("x", 1)`.

            >>> class Point(Record):
            ...     x: float = attr()
            ...     y: float = attr()
            >>> Point(x=1, y=2).set(x=5)
            Point(x=5.0, y=2.0)
            """
            changes = dict([args]) if args else changes
            current = dict(self.iteritems())
            if all(current.get(name, changes) is value for name, value in changes.items()):
                return self
            return _built(type(self), current, changes)

        def __replace__(self, /, **changes):
            """Return a copy with some fields changed: what `copy.replace` asks for."""
            return self.set(**changes)

    def __dir__(self) -> list[str]:
        return dir(type(self))

    def __getitem__(self, name: str, /) -> object:
        if name not in type(self)._attrs:
            if isinstance(name, str):
                raise KeyError(name)
            kind = type(self)  # a place: somebody takes it for a sequence
            raise KeyError(f"{kind.__name__} has no places; it has {', '.join(kind._names)}")
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            missing(self, name)
            raise KeyError(name) from None

    def __contains__(self, name: object, /) -> bool:
        return name in self.keys()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.iteritems())
        return f"{type(self).__name__}({fields})"

    def iteritems(self) -> Iterator[tuple[str, object]]:
        """Return the fields that are set, as pairs of name and value, in declared order."""
        names = type(self)._names
        try:
            return zip(names, type(self)._read_all(self), strict=True)
        except AttributeError:  # a record that an evolver has taken a field from
            return iter([(n, self[n]) for n in names if _has(self, n)])

    def keys(self) -> KeysView[str]:
        """Return the names of the fields that are set, in declared order."""
        return KeysView(dict(self.iteritems()))


# What the library's hot code builds records with: functions that neither the module nor a class of
# records offers.


def unchecked(kind: Callable[..., _T], *fields: object) -> _T:
    """Build a record from fields in declared order, without any check; for hot code.

    >>> class Point(Record):
    ...     x: float = attr()
    ...     y: float = attr()
    >>> unchecked(Point, 1.0, 2.0)
    Point(x=1.0, y=2.0)
    """
    record: _T = object.__new__(kind)  # type: ignore[arg-type]  # a class is what makes records
    for write, value in zip(kind._writers, fields, strict=True):  # type: ignore[attr-defined]
        write(record, value)
    return record


def unchecked_many(kind: Callable[..., _T], *columns: Sequence[object]) -> list[_T]:
    """Build records from columns of fields, as `unchecked` builds one; for hot code.

    Args:
        kind: The class of records.
        *columns: One sequence per field, in declared order, all of the same length.

    Raises:
        ValueError: If columns are too many, too few, or of other lengths.

    >>> class Point(Record):
    ...     x: float = attr()
    ...     y: float = attr()
    >>> unchecked_many(Point, [1.0, 3.0], [2.0, 4.0])
    [Point(x=1.0, y=2.0), Point(x=3.0, y=4.0)]
    """
    return _filler_of(kind)(*columns)


@cache
def _filler_of(kind: Callable[..., _T]) -> Callable[..., list[_T]]:
    return filler(kind, kind._slots)  # type: ignore[arg-type, attr-defined]  # it is a class


def writers(kind: Callable[..., _T]) -> tuple[Callable[[_T, object], None], ...]:
    """Return one function per field that writes it into a record nobody has seen yet.

    They are for constructors that must be faster than `unchecked`.

    >>> class Point(Record):
    ...     x: float = attr()
    >>> (write_x,) = writers(Point)
    >>> point = object.__new__(Point)
    >>> write_x(point, 1.0)
    >>> point
    Point(x=1.0)
    """
    found: tuple[Callable[[_T, object], None], ...] = kind._writers  # type: ignore[attr-defined]
    return found


def _built(
    cls: type[_R],
    current: Mapping[str, object],
    changes: Mapping[str, object],
    *,
    ignore_extra: bool = False,
) -> _R:
    """A record of the current fields with the changes, checked as pyrsistent checks."""
    fields = accepted(cls, cls._precord_fields, current, changes, ignore_extra=ignore_extra)
    record = _written(cls, fields)
    check_invariants(record, cls._precord_invariants)
    return record


def _written(cls: type[_R], fields: Mapping[str, object]) -> _R:
    """A record with these fields in its slots; a slot without one stays empty."""
    record = object.__new__(cls)
    for name, write in zip(cls._names, cls._writers, strict=True):
        if name in fields:
            write(record, fields[name])
    return record


def _has(record: Record, name: str) -> bool:
    try:
        record[name]
    except KeyError:
        return False
    return True


def check_several(where: str, name: str, expected: str, given: object) -> None:
    """Check that something holds several things to go through.

    A record does not, although it can be iterated, as a map from the names of its fields.

    Args:
        where: The function that was called.
        name: Its argument.
        expected: What was expected, a noun with its article.
        given: What came.

    Raises:
        TypeError: If it is a record, or cannot be iterated.

    >>> check_several("total", "terms", "a sequence of numbers", [1.0, 2.0])
    >>> check_several("total", "terms", "a sequence of numbers", 3.0)
    Traceback (most recent call last):
    TypeError: total: terms must be a sequence of numbers, got 3.0 (float)
    """
    if isinstance(given, Record) or not isinstance(given, Iterable) or _is_array_of_one(given):
        raise wrong_kind(where, name, expected, given)


def _is_array_of_one(given: object) -> bool:
    """Whether it is an array of no dimension, which says that it can be iterated, and cannot."""
    return getattr(given, "ndim", None) == 0


def pending(record: Record, name: str) -> Callable[[], object] | None:
    """Return what makes the value of a deferred field, whether it was read yet or not.

    Returns:
        None for a field that was given as it is.

    >>> class Answer(Record):
    ...     text: str = attr(deferrable=True)
    >>> pending(Answer(text="yes"), "text") is None
    True
    """
    held: object = type(record)._slots[name].__get__(record)
    return held.make if isinstance(held, Pending) else None
