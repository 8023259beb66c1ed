"""Pickling of deep graphs: nodes that refer to others, in chains of any length.

Pickle saves an object by saving first what it refers to, by recursion, so that a chain of a million
nodes would overflow its stack. Hence a node that is met `DEEPEST` recursions down lists all nodes
below it, parents first, and has the list saved before itself: each node of the list then finds its
parents saved already, and nothing recurses. Were every node to list what is below it, pickling the
nodes of a graph one by one would take quadratic time; one in `DEEPEST` is enough.

How many recursions down a node is met, pickle tells nobody. So a node is saved as
`_rebuild(make, before, *fields, after)`, whose arguments pickle saves from left to right: `before`
and `after` note, when they are saved themselves, that the node was entered and left. A thread has
its own notes, kept alive by nothing but the objects that are being pickled: a pickling that fails
leaves none.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from threading import local
from weakref import ref

__all__ = ["DEEPEST", "reduce_node"]

DEEPEST = 20
"""How many nodes pickle may recurse into before one of them lists what is below it."""

_of_this_thread = local()


class _Progress:
    """Where a pickling stands: how many recursions down, and which nodes are being listed."""

    __slots__ = ("__weakref__", "depth", "listed")

    def __init__(self) -> None:
        self.depth = 0
        self.listed: frozenset[Hashable] = frozenset()


class _Below:
    """Pickles as the list of the nodes below a node, and notes that they are being listed."""

    def __init__(self, nodes: Sequence[Hashable], progress: _Progress) -> None:
        self.nodes = nodes
        self.progress = progress

    def __reduce__(self) -> tuple[object, ...]:
        self.progress.listed = frozenset(self.nodes)
        return list, (), None, iter(self.nodes)


class _Left:
    """Pickles as None, and notes that pickle has come back to where it entered a node."""

    def __init__(self, progress: _Progress) -> None:
        self.progress = progress
        self.depth = progress.depth

    def __reduce__(self) -> tuple[object, ...]:
        self.progress.depth = self.depth
        self.progress.listed = frozenset()
        return type(None), ()


def reduce_node(
    node: Hashable,
    make: Callable[..., object],
    fields: Iterable[object],
    list_below: Callable[[], Sequence[Hashable]],
) -> tuple[object, ...]:
    """Say how a node is pickled: what its `__reduce__` returns.

    Args:
        node: A node, which is equal to itself alone.
        make: Makes the node from its fields; a function that pickle finds by its name.
        fields: The fields, the nodes that it refers to among them.
        list_below: Lists all nodes that it leads to, each behind those that it refers to.

    >>> reduce_node("leaf", str, ["leaf"], tuple)[0].__name__
    '_rebuild'
    """
    progress = _progress()
    if node in progress.listed:
        return make, tuple(fields)
    left = _Left(progress)
    below = _Below(list_below(), progress) if progress.depth >= DEEPEST else None
    progress.depth += 1
    return _rebuild, (make, below, *fields, left)


def _progress() -> _Progress:
    """The notes of the pickling in progress; new ones where there is none."""
    progress: _Progress | None = getattr(_of_this_thread, "progress", lambda: None)()
    if progress is None:
        progress = _Progress()
        _of_this_thread.progress = ref(progress)
    return progress


def _rebuild(make: Callable[..., object], _below: object, /, *fields_and_left: object) -> object:
    *fields, _left = fields_and_left
    return make(*fields)
