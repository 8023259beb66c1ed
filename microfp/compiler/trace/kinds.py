"""Kinds of records: what equal parts of a model do, traced once for all of them.

A layer of 128 equal neurons is one neuron 128 times. A part is a record that can be called and
holds no other record that can; parts of one structure, called with as many inputs, do the same to
other parameters. So the call of each is a node of its own, and what such a call computes is traced
once. What stands in for a part is of its class, and has no fields: a model may branch on what a
part is, and one that reads a part is traced scalar by scalar. Where every score comes from parts
that are called in rows, each row with what the row before has given, the model is a list of `Row`s.
Any other model is traced scalar by scalar.

>>> from microfp import nn
>>> rows = trace_rows(nn.mlp(2, [16, 16, 1]), 2)
>>> [(row.calls, row.first, row.step, row.kind.output.op) for row in rows or ()]
[(16, 0, 3, 'relu'), (16, 48, 17, 'relu'), (1, 320, 0, 'total')]
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from operator import is_
from typing import NamedTuple, NoReturn, TypeGuard

from pyrsistent import PMap, PRecord, PVector, pmap, pvector

from microfp.base.collecting import uncollected
from microfp.base.memo import by_key, remembering
from microfp.base.watching import is_watched, watching
from microfp.compiler.trace.refusals import called
from microfp.compiler.trace.repeats import refusing_scans
from microfp.compiler.trace.stand_ins import (
    Traced,
    TracedNumber,
    is_number,
    node_of,
    traced_leaf,
    traced_number,
)
from microfp.compiler.trace.structure import (
    Branches,
    Other,
    Structure,
    Template,
    moved,
    places_in,
    template,
)
from microfp.errors import CompileError
from microfp.nn import Model
from microfp.record import Record, unchecked
from microfp.tree import branches, leaves_of, map_values, parameters
from microfp.values import LEAF, Value, topological_order

__all__ = ["MOST_SCALARS", "Kind", "Row", "trace_rows"]

MOST_SCALARS = 1_000
"""A model of fewer parameters is compiled scalar by scalar: that takes no time.

>>> MOST_SCALARS
1000
"""


class Kind(NamedTuple):
    """What the call of a part computes."""

    inputs: tuple[Value, ...]
    """One leaf per input."""
    parameters: tuple[Value, ...]
    """One leaf per parameter of the part, in order."""
    output: Value
    """What it gives."""


class Row(NamedTuple):
    """Parts of one kind, called with the same inputs."""

    kind: Kind
    """What each call computes."""
    calls: int
    """How many parts there are."""
    first: int
    """The place of the first parameter of the first part."""
    step: int
    """How far the first parameters of two parts are apart; 0 where there is one part."""


def trace_rows(model: Model, width: int) -> tuple[Row, ...] | None:
    """Trace a model for one row of `width` inputs, part by part; None where it is no list of rows.

    A part can be called, and asked for its class: whoever reads a field of it has to do with a
    model that is traced scalar by scalar.

    >>> from microfp import Record, attr, nn, value
    >>> from microfp.values import Value
    >>> class Scaled(Record):
    ...     scale: Value = attr()
    ...     neuron: nn.Neuron = attr()
    ...
    ...     def __call__(self, inputs):
    ...         return self.scale * self.neuron(inputs)
    >>> trace_rows(Scaled(scale=value(2.0), neuron=nn.neuron(2)), 2) is None
    True
    """
    try:
        return _trace_rows(template(model), width)
    except CompileError:  # where it is more than that, tracing scalars says so
        return None


@by_key(4)
@uncollected
def _trace_rows(model: Template, width: int) -> tuple[Row, ...]:
    """The same, of all models of a structure: whether one fits is asked before it is compiled.

    Raises:
        CompileError: If the model is no list of rows.
    """
    tracer, inputs = _Tracer(), tuple(traced_number(f"x{i}") for i in range(width))
    with watching(tracer), refusing_scans():
        stand_in: Callable[..., object] = tracer.stand_in(model.model, model.structure)  # type: ignore[assignment]  # a model
        outputs = called(stand_in, inputs)
    scores = (outputs,) if isinstance(outputs, Value) else outputs
    if not isinstance(scores, tuple | list | PVector) or not scores:
        raise CompileError("a model gives no scores")
    if tracer.refused or tracer.count != len(parameters(model.model)):  # perhaps some are tied
        raise CompileError("a part of a model is not alone with its parameters")
    rows = _rows(tracer, scores, tuple(map(node_of, inputs)))
    if rows is None:
        raise CompileError("a model is no list of rows")
    return rows


def _rows(
    tracer: "_Tracer", scores: Sequence[Value], inputs: Sequence[Value]
) -> tuple[Row, ...] | None:
    """The rows of calls from the inputs to the scores; None where they are none."""
    rows, outputs, firsts = list[Row](), scores, list[int]()
    while not _same(outputs, inputs):  # a loop: from the scores back to the inputs
        calls = [tracer.calls[it] for it in outputs if type(it) is Traced and it in tracer.calls]
        row = _row(calls) if calls and len(calls) == len(outputs) else None
        if row is None:
            return None
        rows.append(row)
        firsts += [call.part.first for call in calls]
        outputs = calls[0].inputs
    covered = sum(row.calls * len(row.kind.parameters) for row in rows)
    is_all = covered == tracer.count and len(set(firsts)) == len(firsts)
    return tuple(reversed(rows)) if rows and is_all else None


def _row(calls: Sequence["_Call"]) -> Row | None:
    """Calls as a row; None where they are not alike."""
    first = calls[0]
    steps = {b.part.first - a.part.first for a, b in pairwise(calls)}
    is_alike = all(call.kind is first.kind and _same(call.inputs, first.inputs) for call in calls)
    is_alike = is_alike and len(set(first.inputs)) == len(first.inputs)  # a part may compare them
    if not is_alike or len(steps) > 1 or any(step <= 0 for step in steps):
        return None
    return Row(first.kind, len(calls), first.part.first, next(iter(steps), 0))


def _same(some: Sequence[Value], others: Sequence[Value]) -> bool:
    return some is others or (len(some) == len(others) and all(map(is_, some, others)))


class _Part(NamedTuple):
    """A part of a model: its record, its structure, and where its parameters begin."""

    record: Record
    shape: Hashable
    first: int


class _Call(NamedTuple):
    """The call of a part."""

    part: _Part
    kind: Kind
    inputs: tuple[Value, ...]


class _Tracer:
    """What is known while a model is called: its parts, and what they were called with.

    Attributes:
        parts: The parts, by the records that stand in for them.
        kinds: What is traced already.
        calls: The calls, by the nodes that stand for what they give.
        given: What is known of inputs; the parts of a layer are given the same ones.
        count: How many parameters the parts have that were met so far.
        refused: Whether somebody wanted more of a part than to call it.
    """

    def __init__(self) -> None:
        """Begin without any part."""
        self.parts: dict[int, tuple[_Part, Record]] = {}
        self.kinds: dict[Hashable, Kind] = {}
        self.calls: dict[Value, _Call] = {}
        self.given = remembering(_given)
        self.count: int = 0
        self.refused: bool = False

    def stand_in(self, tree: object, structure: Structure) -> object:
        """The same tree, with a stand-in for each part."""
        if isinstance(tree, Value) or (isinstance(tree, PRecord) and not isinstance(tree, Record)):
            self.refuse()  # a value that belongs to no part; a record that is none of these
        if isinstance(tree, Record) and _is_part(tree, structure):
            return self._part(tree, structure)
        if isinstance(structure, Other):
            return tree
        if not isinstance(structure, Branches):
            self.refuse()  # parameters that belong to no part
        made = [self.stand_in(*branch) for branch in _branches(tree, structure)]
        if isinstance(tree, Record):
            return unchecked(type(tree), *made)
        if isinstance(tree, PVector):
            return pvector(made)
        if isinstance(tree, PMap):
            return pmap(
                {key: branch for (key, _), branch in zip(branches(tree), made, strict=True)}
            )
        return getattr(tree, "_make", tuple)(made)  # a named tuple stays one

    def _part(self, record: Record, structure: Structure) -> Record:
        """A record of the same class, without any field."""
        first, places = self.count, list(places_in(structure))
        if not is_watched(type(record).__call__) or any(run.start < first for run in places):
            self.refuse()  # or a parameter belongs to another part as well
        made: Record = object.__new__(type(record))
        self.parts[id(made)] = _Part(record, moved(structure, -first), first), made
        self.count = max((run.stop for run in places), default=first)
        return made

    def refuse(self) -> NoReturn:
        """Raise what ends the tracing of parts."""
        self.refused = True
        raise CompileError("a part of a model is read, and not only called")

    def missing(self, record: object, _name: str) -> None:
        """Refuse to read a part."""
        if id(record) in self.parts:
            self.refuse()

    def called(
        self,
        record: object,
        call: Callable[..., object],
        given: Sequence[object],
        named: Mapping[str, object],
    ) -> object:
        """Call a part: a node that stands for what it gives. Call any other record as ever."""
        if id(record) not in self.parts:
            return call(record, *given, **named)
        if named or len(given) != 1 or not _is_plain(given[0]):
            self.refuse()
        part, inputs = self.parts[id(record)][0], given[0]
        kinds, nodes = (self.given if isinstance(inputs, tuple) else _given)(inputs)
        key = part.shape, len(inputs), _container(inputs), kinds
        if key not in self.kinds:
            self.kinds[key] = self._kind(part.record, inputs, kinds)
        node = traced_leaf(None)
        self.calls[node] = _Call(part, self.kinds[key], nodes)
        return node

    def _kind(self, record: Record, inputs: Sequence[object], kinds: frozenset[type]) -> Kind:
        """Trace what the call of a part computes."""
        makers = [_MAKERS[kind] for kind in kinds if kind in _MAKERS]
        if len(kinds) != 1 or not makers:
            self.refuse()
        given = [makers[0](None) for _ in inputs]
        table = {p: traced_leaf(p.label) for p in leaves_of(record)}
        leaves = tuple(table.values())
        traced = map_values(lambda v: table.get(v, v), record)
        output = traced(_container(inputs)(given))  # type: ignore[operator]  # a part can be called
        nodes = tuple(map(node_of, given))
        if not isinstance(output, Value) or is_number(output) or _foreign(output, leaves, nodes):
            self.refuse()
        return Kind(nodes, leaves, output)


_MAKERS: dict[type, Callable[[str | None], Value]] = {
    Traced: traced_leaf,
    TracedNumber: traced_number,
}
"""What makes one more stand-in of the same kind."""


def _given(inputs: Sequence[object]) -> tuple[frozenset[type], tuple[Value, ...]]:
    """Of which kinds the inputs of a part are, and the nodes of those that are stand-ins."""
    kinds = frozenset(map(type, inputs))
    nodes = map(node_of, inputs) if kinds == {TracedNumber} else inputs  # type: ignore[arg-type]  # numbers
    return kinds, tuple(nodes)  # type: ignore[arg-type]  # the stand-ins themselves


def _is_plain(inputs: object) -> TypeGuard[Sequence[object]]:
    """Whether it is a sequence that can be made of its elements."""
    return isinstance(inputs, tuple | list | PVector) and not hasattr(inputs, "_fields")


def _container(inputs: Sequence[object]) -> Callable[[list[Value]], Sequence[Value]]:
    """What makes a sequence of the same kind."""
    return pvector if isinstance(inputs, PVector) else type(inputs)  # type: ignore[return-value]  # of values


def _foreign(output: Value, *own: Sequence[Value]) -> bool:
    """Whether a call has read stand-ins that it was not given."""
    known = frozenset(chain.from_iterable(own))
    leaves = (node for node in topological_order(output) if node.op == LEAF)
    return any(isinstance(leaf, Traced) and leaf not in known for leaf in leaves)


def _is_part(record: Record, structure: Structure) -> bool:
    """Whether a record can be called, and holds no other one that can and has parameters."""
    if not callable(record) or not isinstance(structure, Branches):
        return False
    return not any(_holds_parts(*branch) for branch in _branches(record, structure))


def _holds_parts(tree: object, structure: Structure) -> bool:
    """Whether there is a record somewhere in a tree that can be called and has parameters."""
    if not isinstance(structure, Branches):  # parameters alone, or none of them
        return False
    if isinstance(tree, Record) and callable(tree):
        return True
    return any(_holds_parts(*branch) for branch in _branches(tree, structure))


def _branches(tree: object, structure: Branches) -> Iterator[tuple[object, Structure]]:
    """What a tree holds directly, each with its structure."""
    held, parts = branches(tree), structure.parts
    return ((branch, part) for (_, branch), (_, part) in zip(held, parts, strict=True))
