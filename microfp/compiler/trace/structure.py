"""Structures: what a model is besides its numbers, as a key to find its compiled code by.

>>> from microfp import nn
>>> template(nn.mlp(2, [3, 1], seed=1)) == template(nn.mlp(2, [3, 1], seed=2))
True
>>> template(nn.mlp(2, [3, 1])) == template(nn.mlp(2, [3, 1], activation="tanh"))
False
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import count
from operator import attrgetter

from microfp.base.keys import key
from microfp.base.memo import remembering
from microfp.errors import TraceError
from microfp.record import Record, attr
from microfp.tree import CONTAINERS, branches, holds_leaves_only, parameters
from microfp.values import LEAF, Value

__all__ = ["Template", "structure", "structure_of", "template"]

_label_of: Callable[[Value], str | None] = attrgetter("label")


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
    return _structure(tree, dict(zip(leaves, count(), strict=False)))


def _structure(branch: object, places: dict[Value, int]) -> Hashable:
    if holds_leaves_only(branch):
        first = places[branch[0]]
        run = range(first, first + len(branch))
        if set(map(_label_of, branch)) == {None} and list(map(places.get, branch)) == list(run):
            return type(branch), run
    if isinstance(branch, Value):
        if branch in places:
            return Value, places[branch], branch.label
        return _frozen(branch)
    if isinstance(branch, CONTAINERS):
        parts = ((key(place), _structure(part, places)) for place, part in branches(branch))
        return type(branch), *parts
    return _key(branch)


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
