"""Shapes of trees: the scalars that a loop carries, and all else, which has to stay as it is.

>>> scalars, shape = flattened((2.0, ("and", 3.0)))
>>> scalars
[2.0, 3.0]
>>> rebuilt(shape, iter([4.0, 5.0]))
(4.0, ('and', 5.0))
>>> flattened((7.0, ("and", 8.0)))[1] == shape, flattened((7.0, ("or", 8.0)))[1] == shape
(True, False)
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from pyrsistent import PMap, PRecord, PVector, pmap, pvector

from microfp.compiler.trace.stand_ins import is_number
from microfp.record import Record, unchecked
from microfp.tree import branches
from microfp.values import Value

__all__ = ["Shape", "flattened", "rebuilt"]


class Fixed:
    """What is no scalar: it equals what is the same object, or of its class and equal to it."""

    def __init__(self, content: object) -> None:
        """Keep it."""
        self.content: object = content

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fixed):
            return NotImplemented
        mine, its = self.content, other.content
        return mine is its or (type(mine) is type(its) and bool(mine == its))

    def __hash__(self) -> int:
        return hash(type(self.content))


class Scalar(NamedTuple):
    """A place for a number or a value."""


class Shape(NamedTuple):
    """A container without its scalars."""

    kind: type
    """Its class."""
    keys: tuple[object, ...]
    """By what its branches are known."""
    parts: "tuple[Shape | Scalar | Fixed, ...]"
    """The shapes of its branches."""


def flattened(
    tree: object, *, constants: bool = False
) -> tuple[list[object], Shape | Scalar | Fixed]:
    """List the scalars of a tree, and say what it is besides them.

    These are the values, wherever they stand, and the numbers outside of records: a number in a
    record is a constant of it.

    Args:
        tree: Any tree; also lists and dicts are containers.
        constants: Whether plain numbers are no scalars, but stay as they are.

    >>> flattened({"h": 1.0})[0], flattened({"h": 1.0}, constants=True)[0]
    ([1.0], [])
    """
    found = list[object]()
    return found, _shape(tree, found, constants=constants)


def _shape(tree: object, found: list[object], *, constants: bool) -> Shape | Scalar | Fixed:
    if isinstance(tree, Value):
        found.append(tree)
        return Scalar()
    pairs = _branches(tree)
    if pairs is not None:
        inner = constants or isinstance(tree, Record)
        parts = tuple([_shape(branch, found, constants=inner) for _, branch in pairs])
        return Shape(type(tree), tuple([key for key, _ in pairs]), parts)
    if constants or isinstance(tree, bool) or not is_number(tree):
        return Fixed(tree)
    found.append(tree)
    return Scalar()


def _branches(tree: object) -> list[tuple[object, object]] | None:
    """The branches of a container; None of anything else."""
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, list):
        return list(enumerate(tree))
    is_container = isinstance(tree, Record | PMap | PVector | tuple)
    is_other_record = isinstance(tree, PRecord) and not isinstance(tree, Record)
    return list(branches(tree)) if is_container and not is_other_record else None


def rebuilt(shape: Shape | Scalar | Fixed, scalars: Iterator[object]) -> object:
    """Make a tree of a shape, with the next scalars in their places."""
    if isinstance(shape, Fixed):
        return shape.content
    if isinstance(shape, Shape):
        return _made(shape, [rebuilt(part, scalars) for part in shape.parts])
    return next(scalars)


def _made(shape: Shape, parts: list[object]) -> object:
    kind, keys = shape.kind, shape.keys
    if issubclass(kind, Record):
        return unchecked(kind, *parts)
    if issubclass(kind, PMap):
        return pmap(dict(zip(keys, parts, strict=True)))
    if issubclass(kind, PVector):
        return pvector(parts)
    if issubclass(kind, dict):
        return dict(zip(keys, parts, strict=True))
    make: Callable[[Sequence[object]], object] = getattr(kind, "_make", kind)
    return make(parts)
