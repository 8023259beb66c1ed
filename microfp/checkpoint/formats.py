"""Formats: what a kind of file calls itself, and what microfp's own files may name."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from microfp import optim
from microfp.nn import MLP, Layer, Neuron
from microfp.ops import PRIMITIVES
from microfp.record import Record
from microfp.trainer import Metrics, Stepped, TrainState
from microfp.values import FUNCTIONS

__all__ = [
    "OPTIMIZER_STATES",
    "OPTIONAL",
    "OWN",
    "TAGS",
    "Format",
    "Function",
    "item_names",
    "kind_in_files",
    "kind_in_memory",
]

R = TypeVar("R", bound=Record)

Function: TypeAlias = Callable[..., object]
"""What a file can name: a class of records, a class of named tuples, or a function.

>>> functions: list[Function] = [Metrics, len]
"""


def _optimizer_states() -> Iterator[type[Record]]:
    """The public records of optim that are named as states: what a new part brings is known."""
    for name in optim.__all__:
        kind = getattr(optim, name)
        if isinstance(kind, type) and issubclass(kind, Record) and name.endswith("State"):
            yield kind


OPTIMIZER_STATES: tuple[type[Record], ...] = tuple(_optimizer_states())
"""What the parts of optimisers remember.

>>> optim.AdamState in OPTIMIZER_STATES
True
"""

_RECORDS: tuple[Function, ...] = (TrainState, Metrics, MLP, Layer, Neuron, *OPTIMIZER_STATES)

_FUNCTIONS: tuple[Function, ...] = tuple(
    function for name, function in FUNCTIONS.items() if PRIMITIVES[name].arity == 1
)

OWN: Mapping[str, Function] = {thing.__name__: thing for thing in (*_RECORDS, *_FUNCTIONS)}
"""What every file may name, by name.

>>> OWN["TrainState"].__name__
'TrainState'
"""

OPTIONAL: Mapping[type, frozenset[str]] = {TrainState: frozenset({"memory_of"})}
"""The fields that are not written where they are None, so that older microfps read such files.

>>> OPTIONAL[TrainState]
frozenset({'memory_of'})
"""

TAGS = frozenset({"text", "tuple", "map", "function", "value", "node"})
"""The keys that say what an object of a file is, so that nothing else can be called so.

>>> "tuple" in TAGS
True
"""


class Format(NamedTuple, Generic[R]):
    """A kind of file: what it calls itself, and which record stands in it.

    >>> Format("pets", 1, Metrics).kind.__name__
    'Metrics'
    """

    name: str
    """What stands in the file under "format"."""
    version: int
    """What stands there under "version"; another one is not read."""
    kind: type[R]
    """The type of the record."""
    known: tuple[Function, ...] = ()
    """What a file may name besides microfp's own, as in `load`; `kind` counts as known."""


def item_names(kind: type) -> tuple[str, ...]:
    """Return the names of a named tuple's items; none for another class.

    >>> item_names(Format)
    ('name', 'version', 'kind', 'known')
    """
    return getattr(kind, "_fields", ())


def kind_in_files(kind: type) -> type:
    """Return the type that a file names: to a file, a state after a step is a state like any.

    >>> kind_in_files(Stepped).__name__
    'TrainState'
    """
    return TrainState if kind is Stepped else kind


def kind_in_memory(kind: type[Record], fields: Mapping[str, object]) -> type[Record]:
    """Return the type of a record that was read: a state with metrics came out of a step.

    >>> kind_in_memory(TrainState, {"metrics": None}).__name__
    'TrainState'
    """
    return Stepped if kind is TrainState and isinstance(fields["metrics"], Metrics) else kind
