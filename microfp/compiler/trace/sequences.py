"""Sequences, traced: what a model does to the tokens of a document, operation by operation.

A model of sequences does the same at every position, to what that position and those before it
have given. So its graph is recorded in calls that are larger than a scalar where they can be: a
sum of many terms, a sum of products, a look-up are one call each, whose operands are vectors. Each
call knows the last position that it depends on: a document that ends before it can leave it out.

>>> from microfp import gpt
>>> from microfp.losses import next_token
>>> recorded = record(next_token(), gpt.gpt(3, embedding=4, heads=2), 2)
>>> recorded.calls[0].op, recorded.calls[-1].position, len(recorded.costs)
('select', 1, 2)
"""

from collections.abc import Callable, Hashable, Sequence
from types import new_class
from typing import NamedTuple, TypeAlias

from microfp.base.collecting import uncollected
from microfp.compiler.trace.refusals import called, stop
from microfp.compiler.trace.stand_ins import Constant, Traced, node_of
from microfp.errors import TraceError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.ops import PRIMITIVES, Operand, Primitive
from microfp.record import writers
from microfp.tree import parameters, with_parameters
from microfp.values import LEAF, Scalar, Value

__all__ = ["Call", "Recorded", "Reference", "record"]

Known: TypeAlias = tuple[int, int, bool]
"""Of what a call gives, its `level`, `position` and `active`."""

OF_A_CONSTANT: Known = (0, -1, False)
OF_A_PARAMETER: Known = (0, -1, True)

Reference: TypeAlias = tuple[str, float, Known]
"""Where a number is found, its kind and its place; and what is known of it.

Kinds: `p` a parameter, `n` what a call gives, `x` a token, `y` a target, `c` a constant itself;
and `v` a vector, by its number among those that were recorded.
"""

Rows: TypeAlias = Sequence[Sequence[Scalar]]


class Call(NamedTuple):
    """An operation of a model."""

    op: str
    """The name of a primitive, or `dot`, `total`, `largest`, `select`."""
    parameter: Hashable
    """What the primitive is given besides."""
    operands: tuple[Reference, ...]
    """Numbers, or vectors."""
    level: int
    """How many calls it is behind parameters and tokens, at most."""
    position: int
    """The last position that it depends on; -1 where it depends on none."""
    active: bool
    """Whether it depends on a parameter."""


class Recorded(NamedTuple):
    """A model and a loss, recorded."""

    calls: list[Call]
    """In an order in which they can be computed."""
    vectors: list[tuple[Reference, ...]]
    """What calls have as vectors."""
    scores: tuple[tuple[Reference, ...], ...]
    """What the model gives for each position."""
    costs: tuple[Reference, ...]
    """What each position costs."""


class _Recorder:
    """What is known while a model is called."""

    def __init__(self) -> None:
        """Begin without calls."""
        self.calls: list[Call] = []
        self.vectors: list[tuple[Reference, ...]] = []
        self._several: dict[int, tuple[object, Reference]] = {}
        self._columns: dict[int, tuple[object, list[Reference]]] = {}
        body: dict[str, object] = {
            "__apply__": self.apply,  # bound already: a node that is asked adds nothing
            "__dot__": lambda a, b: self.call("dot", None, (self.several(a), self.several(b))),
            "__embedding__": self.embedding,
            "__linear__": self.linear,
            "__largest__": lambda terms: self.call("largest", None, (self.several(terms),)),
            "__absent__": False,
            "__select__": self.select,
            "__value__": lambda it: it,
        }
        self.kind: type[Traced] = new_class("Recorded", (Traced,), {}, lambda it: it.update(body))

    def node(self, reference: Reference) -> Value:
        """The stand-in for what is found there."""
        made = object.__new__(self.kind)
        _write_op(made, LEAF)
        _write_parents(made, ())
        _write_label(made, None)
        _write_parameter(made, reference)
        return made

    def reference(self, operand: Operand) -> Reference:
        """Where an operand is found."""
        if type(operand) is self.kind:
            found: Reference = operand.parameter  # type: ignore[assignment]  # see `node`
            return found
        node = node_of(operand)
        if isinstance(node, Constant) or (type(node) is Value and node.op == LEAF):
            return "c", node.data, OF_A_CONSTANT
        raise TraceError("a sequence holds a value that was computed before, or is frozen")

    def several(self, operands: Sequence[Operand]) -> Reference:
        """A vector of operands; the same object is the same vector."""
        found = self._several.get(id(operands))
        if found is not None:
            return found[1]
        vector = tuple(map(self.reference, operands))
        self.vectors.append(vector)
        reference = "v", len(self.vectors) - 1, _together(vector)
        self._several[id(operands)] = operands, reference
        return reference

    def call(self, op: str, parameter: Hashable, operands: tuple[Reference, ...]) -> Value:
        """Record an operation."""
        if len(self.calls) >= MOST_CALLS:
            raise TraceError(
                f"an example of the model has more than the {MOST_CALLS:,} operations that are "
                "compiled; a smaller context has fewer, and backend='eager' walks any"
            )
        level, position, active = _together(operands)
        known = level + 1, position, active and op not in FLAT
        self.calls.append(Call(op, parameter, operands, *known))
        return self.node(("n", len(self.calls) - 1, known))

    def apply(self, primitive: Primitive, operands: tuple[Operand, ...]) -> Value:
        """Record a primitive."""
        if PRIMITIVES.get(primitive.name) is not primitive:
            stop(
                "a primitive of your own cannot be traced in a sequence", "backend='eager' runs it"
            )
        if primitive.arity is None:
            return self.call(primitive.name, None, (self.several(operands),))
        given = tuple(map(self.reference, operands[: primitive.arity]))
        more = operands[primitive.arity :]
        return self.call(primitive.name, more[0] if more else None, given)  # type: ignore[arg-type]

    def linear(self, weights: Rows, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        """Record a linear map."""
        given = self.several(inputs)
        return tuple([self.call("dot", None, (self.several(row), given)) for row in weights])

    def embedding(self, rows: Rows, index: Scalar) -> tuple[Value, ...]:
        """Record the look-up of a row, column by column."""
        if id(rows) not in self._columns:
            columns = [self.several(column) for column in zip(*rows, strict=True)]
            self._columns[id(rows)] = rows, columns
        place, columns = self.reference(index), self._columns[id(rows)][1]
        return tuple([self.call("select", None, (place, column)) for column in columns])

    def select(self, index: Scalar, values: Sequence[Scalar]) -> Value:
        """Record a look-up."""
        return self.call("select", None, (self.reference(index), self.several(values)))


def _together(references: Sequence[Reference]) -> Known:
    """What is known of what depends on all of them."""
    found = [known for _, _, known in references]
    if found.count(found[0]) == len(found):
        return found[0]
    levels, positions, actives = zip(*found, strict=True)
    return max(levels), max(positions), any(actives)


MOST_CALLS = 1_000_000
"""The most operations that are recorded: some ten seconds, and 1 GB."""

FLAT = frozenset({"stop_gradient", "largest", "equal", "greater", "greater_equal", "positive"})
"""What has no gradient to pass on."""

_write_op, _write_parents, _write_label, _write_parameter = writers(Value)[1:]


@uncollected
def record(loss: Loss | None, model: Model, width: int) -> Recorded:
    """Call a model and a loss with stand-ins for the tokens of a document.

    Args:
        loss: One that says what a position costs; None for the scores alone.
        model: Gives as many scores for each position, and looks at no later one for them.
        width: How many positions there are.

    Raises:
        TraceError: If the model wants to know a number, or is no model of sequences.
    """
    if loss is not None and loss.position is None:
        raise TraceError(
            f"{loss.name} is no loss of sequences: it does not say what a position costs"
        )
    recorder = _Recorder()
    count = len(parameters(model))
    leaves = [recorder.node(("p", place, OF_A_PARAMETER)) for place in range(count)]
    tokens = [recorder.node(("x", place, (0, place, False))) for place in range(width)]
    outputs = called(with_parameters(model, leaves), tuple(tokens))
    if not isinstance(outputs, tuple) or not outputs or len(outputs) % width:
        raise TraceError("a model of sequences gives as many scores for each position")
    size = len(outputs) // width
    rows = [outputs[size * place : size * (place + 1)] for place in range(width)]
    position = loss.position if loss else None
    costs = [_cost(position, recorder, *row) for row in enumerate(rows) if position]
    return Recorded(
        recorder.calls,
        recorder.vectors,
        tuple([tuple(map(recorder.reference, row)) for row in rows]),
        tuple(costs),
    )


def _cost(
    position: Callable[..., Value], recorder: _Recorder, place: int, scores: Sequence[Value]
) -> Reference:
    target = recorder.node(("y", place, (0, place, False)))
    cost = recorder.reference(called(position, scores, target))
    if cost[2][1] != place:
        raise TraceError(f"the scores of position {place} depend on a later one")
    return cost
