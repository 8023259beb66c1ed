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

from collections.abc import (
    Callable,
    Hashable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from typing import TYPE_CHECKING, ClassVar, TypeVar, dataclass_transform, overload

from microfp.base.checks import wrong_kind

T = TypeVar("T")


class Deferred:
    """What stands in a deferrable field until somebody reads it.

    The value is made once, at the first reading, and nobody can tell that it was not there
    before: so `make` has to be a pure function.

    >>> class Answer(Record):
    ...     text: str = attr(deferrable=True)
    >>> answer = Answer.unchecked(Deferred(lambda: "forty-two"))
    >>> answer
    Answer(text='forty-two')
    """

    __slots__ = ("_made", "make")

    def __init__(self, make: Callable[[], object]) -> None:
        self.make: Callable[[], object] = make
        self._made: dict[str, object] = {}

    def value(self) -> object:
        """Return the value, made if need be; the same object to every reader and thread."""
        made = self._made
        return made["value"] if made else made.setdefault("value", self.make())


if TYPE_CHECKING:
    from typing import Self

    @overload
    def attr(*, deferrable: bool = ..., invariant: Callable[[T], tuple[bool, str]] = ...) -> T: ...
    @overload
    def attr(*, default: T, invariant: Callable[[T], tuple[bool, str]] = ...) -> T: ...
    @overload
    def attr(
        *, default_factory: Callable[[], T], invariant: Callable[[T], tuple[bool, str]] = ...
    ) -> T: ...
    def attr(**options: object) -> object: ...

    @dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(attr,))
    class Record(Hashable):
        _elsewhere: ClassVar[Mapping[str, str]]
        """Where to look for what a record does not have: from a name to an advice."""

        def __getitem__(self, name: str, /) -> object: ...
        def __iter__(self) -> Iterator[str]: ...
        def __len__(self) -> int: ...
        def __contains__(self, name: object, /) -> bool: ...
        def __hash__(self) -> int: ...
        def keys(self) -> KeysView[str]: ...
        def items(self) -> ItemsView[str, object]: ...
        def values(self) -> ValuesView[object]: ...
        @overload
        def set(self, name: str, value: object, /) -> Self: ...
        @overload
        def set(self, **changes: object) -> Self: ...
        def set(self, *name_and_value: object, **changes: object) -> Self: ...
        def update(self, *changes: Mapping[str, object]) -> Self: ...
        def transform(self, *transformations: object) -> Self: ...
        def __replace__(self, /, **changes: object) -> Self: ...
        def serialize(self) -> dict[str, object]: ...
        @classmethod
        def create(cls, fields: Mapping[str, object], /) -> Self: ...
        @classmethod
        def field_names(cls) -> tuple[str, ...]: ...
        @classmethod
        def unchecked(cls, *fields: object) -> Self: ...
        @classmethod
        def unchecked_many(cls, *columns: Sequence[object]) -> list[Self]: ...
        @classmethod
        def writers(cls) -> tuple[Callable[[Self, object], None], ...]: ...

else:
    import sys
    import types
    import typing
    from collections import deque
    from itertools import repeat
    from operator import attrgetter
    from reprlib import repr as short_repr

    from pyrsistent import InvariantException, PRecord, PTypeError, field, pmap
    from pyrsistent._checked_types import store_invariants
    from pyrsistent._field_common import check_global_invariants, is_field_ignore_extra_complaint

    if sys.version_info >= (3, 14):
        from annotationlib import (
            Format,
            ForwardRef,
            call_annotate_function,
            get_annotate_from_class_namespace,
            get_annotations,
        )

        def _body_annotations(namespace):
            """What a class body annotates; a name that has no meaning yet stays a `ForwardRef`."""
            annotate = get_annotate_from_class_namespace(namespace)
            if annotate is None:  # there are none, or the module asked for strings
                return namespace.get("__annotations__", {})
            return call_annotate_function(annotate, Format.FORWARDREF)

        def _annotations(cls):
            """What the body of this class annotated, evaluated now as far as can be."""
            return get_annotations(cls, format=Format.FORWARDREF)

    else:
        from inspect import get_annotations as _annotations
        from typing import ForwardRef

        def _body_annotations(namespace):
            """What a class body annotates."""
            return namespace.get("__annotations__", {})

    class _Attr:
        """What `attr` was told of one field, until its record is first used."""

        __slots__ = ("deferrable", "initial", "invariant")

        def __init__(self, initial, invariant, *, deferrable=False):
            self.initial = initial
            self.invariant = invariant
            self.deferrable = deferrable

    class _DeferrableSlot:
        """The slot of a field that may hold a `Deferred` instead of its value."""

        __slots__ = ("slot",)

        def __init__(self, slot):
            self.slot = slot

        def __get__(self, record, owner=None):
            if record is None:
                return self
            held = self.slot.__get__(record, owner)
            return held.value() if type(held) is Deferred else held

        def __set__(self, record, value):
            self.slot.__set__(record, value)

    def attr(**options):
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
        unknown = options.keys() - {"default", "default_factory", "deferrable", "invariant"}
        if unknown:
            raise TypeError(f"attr: unknown option {min(unknown)!r}")
        if options.keys() >= {"default", "default_factory"}:
            raise TypeError("attr: give default or default_factory, not both")
        default = options.get("default")
        initial = options.get("default_factory") or (
            # pyrsistent calls an initial value that can be called, so a default is wrapped.
            (lambda: default) if "default" in options else None
        )
        deferrable = options.get("deferrable", False)
        return _Attr(initial, options.get("invariant"), deferrable=deferrable)

    def _is_field(annotation):
        written = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
        return not str(written).startswith(("ClassVar", "typing.ClassVar"))

    def _declared(name, namespace):
        """The fields that a class body declares itself: from name to `_Attr`."""
        names = [n for n, a in _body_annotations(namespace).items() if _is_field(a)]
        hidden = next((n for n in names if hasattr(PRecord, n) or n.startswith("_")), None)
        if hidden is not None:
            why = "a private name" if hidden.startswith("_") else "a name that PMap uses"
            raise TypeError(f"{name}: a field cannot be named {hidden!r}, {why}")
        given = {n: namespace[n] for n in names if n in namespace}
        return {
            n: a if isinstance(a := given.get(n, attr()), _Attr) else attr(default=a) for n in names
        }

    def _resolved(cls, annotation):
        """The annotation as an object; `object`, which checks nothing, where it has no meaning."""
        if not isinstance(annotation, str):
            return annotation
        parameters = {p.__name__: p for p in getattr(cls, "__type_params__", ())}
        names = {**vars(sys.modules[cls.__module__]), **parameters, cls.__name__: cls}
        try:
            return eval(annotation, names)
        except NameError:
            return object

    def _types(hint):
        """The classes that a type hint stands for at run time; none where any object will do."""
        origin = typing.get_origin(hint)
        if origin in (typing.Union, types.UnionType):
            parts = [_types(part) for part in typing.get_args(hint)]
            return () if () in parts else tuple(t for part in parts for t in part)
        if origin is typing.Annotated:
            return _types(typing.get_args(hint)[0])
        if origin is typing.Literal:
            return tuple({type(literal) for literal in typing.get_args(hint)})
        if hint is None:
            return (type(None),)
        kind = origin or hint
        unchecked = kind in (object, typing.Any) or getattr(kind, "_is_protocol", False)
        return (kind,) if isinstance(kind, type) and not unchecked else ()

    def _converter(kinds):
        """What turns a given value into the field's: an int to a float, a dict to a record."""
        if float in kinds and int not in kinds:
            return lambda v: float(v) if type(v) is int else v
        if len(kinds) == 1 and issubclass(kinds[0], PRecord):
            return _nested(kinds[0])
        return lambda v: v

    def _nested(kind):
        def create(given, *, ignore_extra=False):
            is_record = isinstance(given, PRecord) or not isinstance(given, Mapping)
            return given if is_record else kind.create(given, ignore_extra=ignore_extra)

        return create

    def _pyrsistent_field(cls, name, declared):
        owner = next(c for c in cls.__mro__ if name in _annotations(c))
        kinds = _types(_resolved(owner, _annotations(owner)[name]))
        options = {
            "initial": declared.initial,
            "invariant": declared.invariant,
            "factory": _converter(kinds),
        }
        given = {key: option for key, option in options.items() if option is not None}
        return field(type=kinds, mandatory=True, **given)

    class _RecordType(type(PRecord)):
        """Builds record classes: slots from annotations, pyrsistent's tables at first use.

        The tables wait because an annotation may name a class that stands further down.
        """

        def __new__(mcs, name, bases, namespace, **options):
            own = _declared(name, namespace)
            inherited = {k: v for b in reversed(bases) for k, v in getattr(b, "_attrs", {}).items()}
            body = {k: v for k, v in namespace.items() if k not in own}
            body["__slots__"] = tuple(n for n in own if n not in inherited)
            body["_attrs"] = inherited | own
            store_invariants(body, bases, "_precord_invariants", "__invariant__")
            return type.__new__(mcs, name, bases, body, **options)

        def __init__(cls, name, bases, namespace, **_options):
            super().__init__(name, bases, namespace)
            cls._names = tuple(cls._attrs)
            for own in _declared(name, namespace):
                if cls._attrs[own].deferrable:
                    setattr(cls, own, _DeferrableSlot(cls.__dict__[own]))
            cls._writers = tuple(getattr(cls, name).__set__ for name in cls._names)
            cls._read_all = _reader(cls._names)

        @property
        def _precord_fields(cls):
            if "_fields" not in cls.__dict__:
                cls._fields = {n: _pyrsistent_field(cls, n, a) for n, a in cls._attrs.items()}
            return cls._fields

        @property
        def _precord_initial_values(cls):
            return {n: a.initial for n, a in cls._attrs.items() if a.initial is not None}

        @property
        def _precord_mandatory_fields(cls):
            return set(cls._names)

    def _reader(names):
        """A function from a record to the tuple of its fields, in declared order."""
        if len(names) > 1:
            return attrgetter(*names)
        return lambda record: tuple(getattr(record, name) for name in names)

    class Record(PRecord, metaclass=_RecordType):
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

        _elsewhere = types.MappingProxyType({})

        def __new__(cls, *unnamed, **given):
            if unnamed:
                names = ", ".join(f"{name}=..." for name in cls._names)
                form = f"{cls.__name__}({names})"
                raise TypeError(f"{form} takes its fields by name, got {short_repr(unnamed[0])}")
            if "_precord_buckets" in given:
                pairs = (pair for bucket in given["_precord_buckets"] for pair in bucket or ())
                return _written(object.__new__(cls), dict(pairs))
            given.pop("_factory_fields", None)
            ignore_extra = given.pop("_ignore_extra", False)
            if ignore_extra:
                given = {n: given[n] for n in cls._names if n in given}
            initial = {n: f() for n, f in cls._precord_initial_values.items() if n not in given}
            return _checked(cls, {}, {**initial, **given}, ignore_extra=ignore_extra)

        @classmethod
        def unchecked(cls, *fields):
            """Build a record from fields in declared order, without any check; for hot code.

            >>> class Point(Record):
            ...     x: float = attr()
            ...     y: float = attr()
            >>> Point.unchecked(1.0, 2.0)
            Point(x=1.0, y=2.0)
            """
            record = object.__new__(cls)
            for write, value in zip(cls._writers, fields, strict=True):
                write(record, value)
            return record

        @classmethod
        def unchecked_many(cls, *columns):
            """Build records from columns of fields, as `unchecked` builds one; for hot code.

            Args:
                *columns: One sequence per field, in declared order, all of the same length.

            Raises:
                ValueError: If there are more or fewer columns than fields, or one is shorter.

            >>> class Point(Record):
            ...     x: float = attr()
            ...     y: float = attr()
            >>> Point.unchecked_many([1.0, 3.0], [2.0, 4.0])
            [Point(x=1.0, y=2.0), Point(x=3.0, y=4.0)]
            """
            count = len(columns[0]) if columns else 0
            if any(len(column) != count for column in columns):
                raise ValueError(f"{cls.__name__}: columns must be of one length")
            records = list(map(object.__new__, repeat(cls, count)))
            for write, column in zip(cls._writers, columns, strict=True):
                deque(map(write, records, column), maxlen=0)  # column by column, all of it in C
            return records

        @classmethod
        def field_names(cls):
            """Return the names of the fields, in declared order.

            >>> class Point(Record):
            ...     x: float = attr()
            ...     y: float = attr()
            >>> Point.field_names()
            ('x', 'y')
            """
            return cls._names

        @classmethod
        def writers(cls):
            """Return one function per field that writes it into a record nobody has seen yet.

            They are for constructors that must be faster than `unchecked`.
            """
            return cls._writers

        def set(self, *args, **changes):
            """Return a copy with some fields changed: `set("x", 1)` or `set(x=1, y=2)`."""
            changes = dict([args]) if args else changes
            current = dict(self.iteritems())
            if all(current.get(name, changes) is value for name, value in changes.items()):
                return self
            return _checked(type(self), current, changes)

        def __replace__(self, /, **changes):
            """Return a copy with some fields changed: what `copy.replace` asks for."""
            return self.set(**changes)

        def __array__(self, *_asked, **_more):
            # numpy would take a record for a sequence: the array would hold the names of fields.
            kind = type(self)
            raise TypeError(f"{kind.__name__} is no array of numbers{_hint(kind, 'array')}")

        def __getattr__(self, name):  # asked where there is no such attribute
            kind = type(self)
            raise AttributeError(f"{kind.__name__} has no attribute {name!r}{_hint(kind, name)}")

        def __setattr__(self, name, value):
            kind = type(self)
            if name in kind._names:
                why = f": .set({name}=...) gives a changed copy"
            else:
                why = f" and has no field {name!r}{_hint(kind, name)}"
            raise AttributeError(f"{kind.__name__} is immutable{why}")

        def __delattr__(self, name):
            raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be deleted")

        def __getitem__(self, name):
            if name not in type(self)._attrs:
                raise KeyError(name)
            try:
                return object.__getattribute__(self, name)
            except AttributeError:
                raise KeyError(name) from None

        def __contains__(self, name):
            return name in self.keys()

        def __len__(self):
            return self._size

        def __repr__(self):
            fields = ", ".join(f"{name}={value!r}" for name, value in self.iteritems())
            return f"{type(self).__name__}({fields})"

        def __eq__(self, other):
            if self is other:
                return True
            if not isinstance(other, Mapping):
                return NotImplemented
            return dict(self.iteritems()) == dict(other.items())

        def __hash__(self):
            return hash(frozenset(self.iteritems()))

        def iteritems(self):
            """Return the fields that are set, as pairs of name and value, in declared order."""
            names = type(self)._names
            try:
                return zip(names, type(self)._read_all(self), strict=True)
            except AttributeError:  # a record that an evolver has taken a field from
                return iter([(n, self[n]) for n in names if _has(self, n)])

        def keys(self):
            """Return the names of the fields that are set, in declared order."""
            return KeysView(dict(self.iteritems()))

        @property
        def _buckets(self):
            return pmap(dict(self.iteritems()))._buckets

        @property
        def _size(self):
            return sum(1 for _ in self.iteritems())

        @property
        def _precord_fields(self):
            return type(self)._precord_fields

    def _hint(kind, name):
        """Where to look for what records of this class do not have."""
        if name in kind._elsewhere:
            return f": {kind._elsewhere[name]}"
        if name.startswith("_"):  # asked by a program, such as a notebook or `copy`
            return ""
        return f"; it has {', '.join([*kind._names, *_properties(kind)])}"

    def _properties(kind):
        """The names of the public properties that records of this class have besides fields."""
        own = kind.__mro__[: kind.__mro__.index(Record)]
        found = {n for c in own for n, it in vars(c).items() if isinstance(it, property)}
        return sorted(n for n in found if not n.startswith("_"))

    def _has(record, name):
        try:
            record[name]
        except KeyError:
            return False
        return True

    def _written(record, fields):
        """Put the fields into the slots of a record that nobody has seen yet."""
        for name, write in zip(record._names, record._writers, strict=True):
            if name in fields:
                write(record, fields[name])
        return record

    def _checked(cls, current, changes, *, ignore_extra=False):
        """A record of the current fields with the changes, checked as pyrsistent checks.

        It is one loop, written out: it gathers every complaint, and each record passes it.
        """
        accepted, broken, missing = dict(current), [], []
        for name, given in changes.items():
            declared = cls._precord_fields.get(name)
            if declared is None:
                raise AttributeError(
                    f"{name!r} is not among the specified fields for {cls.__name__}"
                )
            try:
                value = _converted(declared, given, ignore_extra)
            except InvariantException as error:  # of a record inside this one
                broken += error.invariant_errors
                missing += error.missing_fields
                continue
            _check_kind(cls, name, declared, value)
            holds, message = declared.invariant(value)
            if not holds:
                broken.append(message)
            accepted[name] = value
        missing += [f"{cls.__name__}.{n}" for n in cls._names if n not in accepted]
        if broken or missing:
            raise InvariantException(tuple(broken), tuple(missing), "Field invariant failed")
        record = _written(object.__new__(cls), accepted)
        check_global_invariants(record, cls._precord_invariants)
        return record

    def _converted(declared, given, ignore_extra):
        if is_field_ignore_extra_complaint(PRecord, declared, ignore_extra):
            return declared.factory(given, ignore_extra=True)
        return declared.factory(given)

    def _check_kind(cls, name, declared, value):
        if declared.type and not isinstance(value, tuple(declared.type)):
            expected = " or ".join(sorted(kind.__name__ for kind in declared.type))
            message = (
                f"Invalid type for field {cls.__name__}.{name}: "
                f"expected {expected}, got {type(value).__name__} {short_repr(value)}"
            )
            raise PTypeError(cls, name, declared.type, type(value), message)


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
    if isinstance(given, Record) or not isinstance(given, Iterable):
        raise wrong_kind(where, name, expected, given)


def pending(record: Record, name: str) -> Callable[[], object] | None:
    """Return what makes the value of a deferred field, whether it was read yet or not.

    Returns:
        None for a field that was given as it is.

    >>> class Answer(Record):
    ...     text: str = attr(deferrable=True)
    >>> pending(Answer(text="yes"), "text") is None
    True
    """
    slot = getattr(type(record), name)
    held: object = slot.slot.__get__(record)
    return held.make if isinstance(held, Deferred) else None
