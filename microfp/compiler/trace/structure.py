"""Structures: what a model is besides its numbers, as a key to find its compiled code by.

>>> from microfp import nn
>>> template(nn.mlp(2, [3, 1], seed=1)) == template(nn.mlp(2, [3, 1], seed=2))
True
>>> template(nn.mlp(2, [3, 1])) == template(nn.mlp(2, [3, 1], activation="tanh"))
False
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import count
from operator import attrgetter, is_
from typing import NamedTuple, TypeAlias

from microfp.base.collecting import uncollected
from microfp.base.keys import key
from microfp.base.memo import remembering
from microfp.errors import TraceError
from microfp.record import Record, attr
from microfp.tree import CONTAINERS, branches, holds_leaves_only, parameters
from microfp.values import LEAF, Value

__all__ = [
    "Branches",
    "Leaf",
    "Leaves",
    "Other",
    "Places",
    "Structure",
    "Template",
    "moved",
    "places_in",
    "structure",
    "template",
]

_label_of: Callable[[Value], str | None] = attrgetter("label")


class Leaves(NamedTuple):
    """The structure of a plain sequence of parameters without labels, one after another."""

    kind: type
    """Of the sequence."""
    places: range
    """Of the parameters, among all of the model."""


class Leaf(NamedTuple):
    """The structure of one parameter."""

    place: int
    """Among all of the model."""
    label: str | None
    """Its own."""


class Branches(NamedTuple):
    """The structure of a record, or of another container."""

    kind: type
    """Of the container."""
    parts: "tuple[tuple[Hashable, Structure], ...]"
    """The structures of what it holds, each with the key of its field, key or index."""


class Other(NamedTuple):
    """The structure of whatever else a model holds, and of a frozen parameter."""

    key: Hashable
    """What tells it from all others."""


Structure: TypeAlias = Leaves | Leaf | Branches | Other
"""What a branch of a model is besides its numbers.

>>> from microfp import value
>>> structure((3, value(1.0)))
Branches(kind=<class 'tuple'>, parts=(((<class 'int'>, 0), Other(key=(<class 'int'>, 3))), \
((<class 'int'>, 1), Leaf(place=0, label=None))))
"""


def moved(structure: Structure, by: int) -> Structure:
    """The structure of the same branch, if so many more parameters stood before it.

    >>> moved(Leaves(tuple, range(3, 5)), -3)
    Leaves(kind=<class 'tuple'>, places=range(0, 2))
    """
    if isinstance(structure, Leaves):
        places = structure.places
        return Leaves(structure.kind, range(places.start + by, places.stop + by))
    if isinstance(structure, Leaf):
        return Leaf(structure.place + by, structure.label)
    if isinstance(structure, Branches):
        parts = ((place, moved(part, by)) for place, part in structure.parts)
        return Branches(structure.kind, tuple(parts))
    return structure


def places_in(structure: Structure) -> Iterator[range]:
    """Yield where the parameters of a branch stand, run by run, as often as they stand there.

    >>> from microfp import value
    >>> list(places_in(structure((value(1.0), "relu", value(2.0)))))
    [range(0, 1), range(1, 2)]
    """
    if isinstance(structure, Leaves):
        yield structure.places
    elif isinstance(structure, Leaf):
        yield range(structure.place, structure.place + 1)
    elif isinstance(structure, Branches):
        for _, part in structure.parts:
            yield from places_in(part)


class Places:
    """Where the leaves of a tree stand among its parameters, for whoever walks it in their order.

    A run of leaves begins where the one before has ended, unless some stand in two places. A table
    of all parameters would take longer than the walk itself; it is made for such leaves only.

    >>> from microfp import value
    >>> v, w = value(1.0), value(2.0)
    >>> places = Places((v, w))
    >>> places.of((v,)), places.of((w, v)), places.of((value(2.0),))
    (range(0, 1), [1, 0], [None])
    """

    def __init__(self, parameters: Sequence[Value]) -> None:
        """Begin before the first parameter."""
        self._parameters = tuple(parameters)
        self._next = 0
        self._table = dict[Value, int]()

    def of(self, run: Sequence[Value]) -> Sequence[int | None]:
        """The places of the next leaves; None for what is none of the parameters.

        Args:
            run: Any number of leaves.
        """
        first, stop = self._next, self._next + len(run)
        beside = self._parameters[first:stop]
        if len(beside) == len(run) and all(map(is_, beside, run)):
            self._next = stop
            return range(first, stop)
        self._table = self._table or dict(zip(self._parameters, count(), strict=False))
        found = list(map(self._table.get, run))
        self._next = max(first, *(1 + place for place in found if place is not None), 0)
        return found


class Template(Record):
    """A model that stands for all models of its structure: it equals them, and hashes as they do.

    >>> from microfp import value
    >>> len({template((value(1.0),)), template((value(2.0),))})
    1
    """

    structure: Structure = attr()
    """What the model is besides its numbers."""
    digest: int = attr()
    """The hash of the structure, which may be long."""
    model: object = attr()
    """The model itself, whose numbers do not matter."""

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Template):
            return NotImplemented
        return self.digest == other.digest and self.structure == other.structure

    def __hash__(self) -> int:
        return self.digest


@key.register
def _of_template(thing: Template) -> Hashable:
    return thing


def template(model: object) -> Template:
    """Make a model into the template of its structure.

    Raises:
        TraceError: If it holds what has no structure; see `structure`.

    >>> from microfp import value
    >>> template((value(1.0), "relu")).structure == template((value(2.0), "tanh")).structure
    False
    """
    return _template(model)


@uncollected
def _new_template(model: object) -> Template:
    found = structure(model)
    return Template(structure=found, digest=hash(found), model=model)


_template: Callable[[object], Template] = remembering(_new_template)


def structure(model: object) -> Structure:
    """Describe a model without its numbers: kinds, names, labels, and which weights are tied.

    Two models have the same structure if tracing cannot tell them apart. A frozen parameter is a
    constant: its number belongs to the structure.

    Raises:
        TraceError: If the model holds a value that was computed from others, or something that
            cannot be a key since it may change, such as a list.

    >>> from microfp import value
    >>> w = value(1.0)
    >>> structure((w, w)) == structure((w, value(1.0)))
    False
    >>> structure((w, [1]))
    Traceback (most recent call last):
    microfp.errors.TraceError: the model holds a list, which may change; use a tuple or a PVector
    """
    return _structure(model, Places(parameters(model)))


def _structure(branch: object, places: Places) -> Structure:
    if holds_leaves_only(branch) and set(map(_label_of, branch)) == {None}:
        run = _as_range(places.of(branch))
        if run is not None:
            return Leaves(type(branch), run)
    if isinstance(branch, Value):
        (place,) = places.of((branch,))
        return _frozen(branch) if place is None else Leaf(place, branch.label)
    if isinstance(branch, CONTAINERS):
        parts = ((key(place), _structure(part, places)) for place, part in branches(branch))
        return Branches(type(branch), tuple(parts))
    return Other(_key(branch))


def _as_range(places: Sequence[int | None]) -> range | None:
    """Places as a range, if they follow one another."""
    first = places[0]
    run = None if first is None else range(first, first + len(places))
    return run if places == run or (run is not None and list(places) == list(run)) else None


def _frozen(node: Value) -> Other:
    """What `tree.freeze` makes of a parameter; no other computed value may stand in a model."""
    if node.op != "stop_gradient" or node.parents[0].op != LEAF:
        raise TraceError(f"the model holds a value that was computed: {node!r}")
    return Other((node.op, node.parents[0].data.hex(), node.parents[0].label))


def _key(static: object) -> Hashable:
    try:
        return key(static)
    except TraceError:
        raise TraceError(
            f"the model holds a {type(static).__name__}, which may change; use a tuple or a PVector"
        ) from None
