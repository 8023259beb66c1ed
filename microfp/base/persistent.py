"""The one typed seam to what pyrsistent keeps to itself: a field of a `PRecord`, and its checks.

A record passes here whenever it is built from what a user gave; it is checked as pyrsistent does.
"""

from collections.abc import Callable, Mapping
from reprlib import repr as short_repr
from typing import Protocol

from pyrsistent import InvariantException, PRecord, PTypeError, field
from pyrsistent import _checked_types as _checked  # neither of the two has types
from pyrsistent import _field_common as _common

from microfp.base.checks import wrong_value
from microfp.base.hints import kinds

__all__ = ["Field", "accepted", "check_invariants", "field_of", "store_invariants"]

Invariant = Callable[..., tuple[bool, str]]


def store_invariants(
    body: dict[str, object], bases: tuple[type, ...], kept_as: str, written_as: str
) -> None:
    """Keep the invariants of a class and of its bases, from one name of its body under another.

    >>> body = {"__invariant__": lambda record: (True, "")}
    >>> store_invariants(body, (), "_invariants", "__invariant__")
    >>> len(body["_invariants"])
    1
    """
    store: Callable[..., None] = _checked.store_invariants
    store(body, bases, kept_as, written_as)


def check_invariants(record: object, invariants: tuple[Invariant, ...]) -> None:
    """Check what is said of a record as a whole.

    Raises:
        InvariantException: If something of it does not hold.

    >>> check_invariants(3, (lambda number: (number > 0, "positive"),))
    """
    check: Callable[..., None] = _common.check_global_invariants
    check(record, invariants)


takes_extra: Callable[[type, "Field", bool], bool]
takes_extra = _common.is_field_ignore_extra_complaint
"""Say whether a field builds records, which may be given names that are no fields of theirs."""


class Field(Protocol):
    """A field as pyrsistent keeps it.

    >>> sorted(kind.__name__ for kind in field_of(float, None, None).type)
    ['float']
    """

    type: set[type]
    invariant: Invariant
    factory: Callable[..., object]


def field_of(
    hint: object, initial: Callable[[], object] | None, invariant: Invariant | None
) -> Field:
    """Return the field of pyrsistent for a type hint.

    Args:
        hint: The type hint, as an object.
        initial: What makes the value where none is given, if anything does.
        invariant: From the value to `(holds, message)`.

    >>> field_of(float, None, None).factory(1)
    1.0
    """
    allowed = kinds(hint)
    options = {"initial": initial, "invariant": invariant, "factory": _converter(allowed)}
    given = {key: option for key, option in options.items() if option is not None}
    declare: Callable[..., Field] = field  # to a checker, pyrsistent's returns the field's value
    return declare(type=allowed, mandatory=True, **given)


def _converter(allowed: tuple[type, ...]) -> Callable[..., object]:
    """What turns a given value into the field's: an int to a float, a dict to a record."""
    if float in allowed and int not in allowed:
        return lambda v: _as_float(v) if type(v) is int else v
    if len(allowed) == 1 and issubclass(allowed[0], PRecord):
        return _nested(allowed[0].create)
    return lambda v: v


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        raise wrong_value("record", "a number", "one that a float can hold", number) from None


def _nested(build: Callable[..., object]) -> Callable[..., object]:
    def create(given: object, *, ignore_extra: bool = False) -> object:
        is_record = isinstance(given, PRecord) or not isinstance(given, Mapping)
        return given if is_record else build(given, ignore_extra=ignore_extra)

    return create


def accepted(
    cls: type,
    fields: Mapping[str, Field],
    current: Mapping[str, object],
    changes: Mapping[str, object],
    *,
    ignore_extra: bool = False,
) -> Mapping[str, object]:
    """Return the fields of a record after the changes, each checked and converted.

    It is one loop, written out: it gathers every complaint, and each record passes it.

    Args:
        cls: The class of the record, for messages.
        fields: Its fields.
        current: What it holds.
        changes: What is to be changed.
        ignore_extra: Whether records inside it may be given names that are no fields.

    Raises:
        AttributeError: If a change is of no field.
        PTypeError: If a value is of a kind that its field excludes.
        InvariantException: If an invariant does not hold, or a field is missing.

    >>> accepted(object, {"x": field_of(float, None, None)}, {}, {"x": 1})
    {'x': 1.0}
    """
    values = dict(current)
    broken: list[object] = []
    missing: list[str] = []
    for name, given in changes.items():
        declared = fields.get(name)
        if declared is None:
            raise AttributeError(f"{name!r} is not among the specified fields for {cls.__name__}")
        try:
            value = _converted(declared, given, ignore_extra=ignore_extra)
        except InvariantException as error:  # of a record inside this one
            broken += error.invariant_errors
            missing += error.missing_fields
            continue
        _check_kind(cls, name, declared, value)
        holds, message = declared.invariant(value)
        if not holds:
            broken.append(message)
        values[name] = value
    missing += [f"{cls.__name__}.{n}" for n in fields if n not in values]
    if broken or missing:
        raise InvariantException(tuple(broken), tuple(missing), "Field invariant failed")
    return values


def _converted(declared: Field, given: object, *, ignore_extra: bool) -> object:
    if ignore_extra and takes_extra(PRecord, declared, ignore_extra):
        return declared.factory(given, ignore_extra=True)
    return declared.factory(given)


def _check_kind(cls: type, name: str, declared: Field, value: object) -> None:
    if declared.type and not isinstance(value, tuple(declared.type)):
        expected = " or ".join(sorted(kind.__name__ for kind in declared.type))
        message = (
            f"Invalid type for field {cls.__name__}.{name}: "
            f"expected {expected}, got {type(value).__name__} {short_repr(value)}"
        )
        raise PTypeError(cls, name, declared.type, type(value), message)
