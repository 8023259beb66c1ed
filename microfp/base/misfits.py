"""What is not of the type that a hint says, place by place.

>>> next(misfits(tuple[int, ...], (1, "2"), "pair"))
Misfit(where='pair[1]', expected='of type int', found='2')
"""

import re
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Literal, NamedTuple, Union, get_args, get_origin

from pyrsistent import PVector

from microfp.base.hints import kinds

__all__ = ["Misfit", "misfits"]


class Misfit(NamedTuple):
    """Something that is not of the type that it is to be of.

    >>> Misfit("step", "of type int", 0.5).found
    0.5
    """

    where: str
    """The place."""
    expected: str
    """What was expected there, as messages say it."""
    found: object
    """What is there."""


def misfits(hint: object, found: object, where: str) -> Iterator[Misfit]:
    """Yield what is not of a hint's type, place by place; the first one is what matters.

    The items of a `PVector` and of a tuple are looked at too. An int is a float as well, and a
    bool is neither.

    >>> list(misfits(float | None, True, "rate"))
    [Misfit(where='rate', expected='of type float | None', found=True)]
    >>> next(misfits(Literal["sum", "mean"], "max", "how")).expected
    "one of 'sum', 'mean'"
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
    classes = kinds(hint)
    if isinstance(found, bool) and classes in ((int,), (float,)):
        return False
    return not classes or isinstance(found, (*classes, int) if float in classes else classes)


def _described(hint: object) -> str:
    """A type as a reader would write it: without the modules that its names come from.

    Of a choice between names, the names.
    """
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(repr, get_args(hint)))}"
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType) and any(get_origin(it) is Literal for it in parts):
        return " or ".join(map(_described, parts))
    named = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return f"of type {re.sub(r'[a-z_]+[.]', '', named)}"
