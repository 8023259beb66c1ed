"""Structures: what a model is besides its numbers, as a key to find its compiled code by.

>>> from microfp import nn
>>> template(nn.mlp(2, [3, 1], seed=1)) == template(nn.mlp(2, [3, 1], seed=2))
True
>>> template(nn.mlp(2, [3, 1])) == template(nn.mlp(2, [3, 1], activation="tanh"))
False
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import count
from operator import attrgetter, is_

from microfp.base.keys import key
from microfp.base.memo import remembering
from microfp.errors import TraceError
from microfp.record import Record, attr
from microfp.tree import CONTAINERS, branches, holds_leaves_only, parameters
from microfp.values import LEAF, Value

__all__ = ["Places", "Template", "structure", "structure_of", "template"]

_label_of: Callable[[Value], str | None] = attrgetter("label")


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

    structure: Hashable = attr()
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


def _new_template(model: object) -> Template:
    found = structure(model)
    return Template(structure=found, digest=hash(found), model=model)


_template: Callable[[object], Template] = remembering(_new_template)


def structure(model: object) -> Hashable:
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
    return structure_of(model, parameters(model))


def structure_of(tree: object, leaves: Sequence[Value]) -> Hashable:
    """As `structure`, of a tree whose parameters are known.

    >>> from microfp import value
    >>> w = value(1.0)
    >>> structure_of((w, 2.0), (w,)) == structure((value(3.0), 2.0))
    True
    """
    return _structure(tree, Places(leaves))


def _structure(branch: object, places: Places) -> Hashable:
    if holds_leaves_only(branch) and set(map(_label_of, branch)) == {None}:
        run = _as_range(places.of(branch))
        if run is not None:
            return type(branch), run
    if isinstance(branch, Value):
        (place,) = places.of((branch,))
        return _frozen(branch) if place is None else (Value, place, branch.label)
    if isinstance(branch, CONTAINERS):
        parts = ((key(place), _structure(part, places)) for place, part in branches(branch))
        return type(branch), *parts
    return _key(branch)


def _as_range(places: Sequence[int | None]) -> range | None:
    """Places as a range, if they follow one another."""
    first = places[0]
    run = None if first is None else range(first, first + len(places))
    return run if places == run or (run is not None and list(places) == list(run)) else None


def _frozen(node: Value) -> Hashable:
    """What `tree.freeze` makes of a parameter; no other computed value may stand in a model."""
    if node.op != "stop_gradient" or node.parents[0].op != LEAF:
        raise TraceError(f"the model holds a value that was computed: {node!r}")
    return node.op, node.parents[0].data.hex(), node.parents[0].label


def _key(static: object) -> Hashable:
    try:
        return key(static)
    except TraceError:
        raise TraceError(
            f"the model holds a {type(static).__name__}, which may change; use a tuple or a PVector"
        ) from None
