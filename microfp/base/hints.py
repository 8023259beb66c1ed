"""Type hints at run time: which classes a hint stands for, and what is not of a hint's type.

>>> classes_of(int | None)
(<class 'int'>, <class 'NoneType'>)
>>> next(misfits(tuple[int, ...], (1, "2"), "pair"))
Misfit(where='pair[1]', expected='of type int', found='2')
"""

import re
from collections.abc import Iterator, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pyrsistent import PVector

__all__ = ["Misfit", "classes_of", "misfits"]


class Misfit(NamedTuple):
    """Something that is not of the type that it is to be of.

    Attributes:
        where: The place.
        expected: What was expected there, as messages say it.
        found: What is there.

    >>> Misfit("step", "of type int", 0.5).found
    0.5
    """

    where: str
    expected: str
    found: object


def classes_of(hint: object) -> tuple[type, ...]:
    """Return the classes that a type hint stands for; none where any object will do.

    Any object will do for `object`, `Any`, protocols, type variables and what is no type at all.

    >>> from typing import Literal
    >>> classes_of(Literal["a", "b"]), classes_of(tuple[int, ...]), classes_of(object)
    ((<class 'str'>,), (<class 'tuple'>,), ())
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = [classes_of(part) for part in parts]
        return () if () in inner else tuple(kind for kinds in inner for kind in kinds)
    if origin is Annotated:
        return classes_of(parts[0])
    if origin is Literal:
        return tuple({type(literal) for literal in parts})
    return _class_of(origin or hint)


def _class_of(kind: object) -> tuple[type, ...]:
    if kind is None:
        return (NoneType,)
    unchecked = kind in (object, Any) or getattr(kind, "_is_protocol", False)
    return (kind,) if isinstance(kind, type) and not unchecked else ()


def misfits(hint: object, found: object, where: str) -> Iterator[Misfit]:
    """Yield what is not of a hint's type, place by place; the first one is what matters.

    The items of a `PVector` and of a tuple are looked at too. An int is a float as well, and a
    bool is neither.

    >>> list(misfits(float | None, True, "rate"))
    [Misfit(where='rate', expected='of type float | None', found=True)]
    >>> list(misfits(tuple[float, str], (1, "a"), "pair"))
    []
    """
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        if all(any(misfits(part, found, where)) for part in parts):
            yield Misfit(where, _described(hint), found)
    elif kind is Literal:
        if found not in parts:
            yield Misfit(where, _described(hint), found)
    elif not _is_of(hint, found):
        yield Misfit(where, _described(hint), found)
    elif isinstance(found, PVector | tuple) and parts and kind in (PVector, tuple):
        yield from _item_misfits(kind, parts, found, where)


def _item_misfits(
    kind: object, parts: tuple[object, ...], found: Sequence[object], where: str
) -> Iterator[Misfit]:
    same = kind is PVector or parts[-1] is ...
    if not same and len(parts) != len(found):
        yield Misfit(where, f"a tuple of {len(parts)}", found)
    for i, item in enumerate(found if same else found[: len(parts)]):
        yield from misfits(parts[0] if same else parts[i], item, f"{where}[{i}]")


def _is_of(hint: object, found: object) -> bool:
    kinds = classes_of(hint)
    if isinstance(found, bool) and kinds in ((int,), (float,)):
        return False
    return not kinds or isinstance(found, (*kinds, int) if float in kinds else kinds)


def _described(hint: object) -> str:
    """A type as a reader would write it: without the modules that its names come from."""
    named = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return f"of type {re.sub(r'[a-z_]+[.]', '', named)}"
