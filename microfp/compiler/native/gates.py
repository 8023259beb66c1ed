"""Gates: a node that, where it is zero, makes everything behind it zero.

The gradient of a hinge loss begins with whether the hinge is active. For an example without an
active hinge the whole backward pass is zero times something; where nothing can overflow, that is
zero, and need not be computed.

>>> from microfp import losses, nn
>>> from microfp.compiler.ir.adjoint import example_program
>>> from microfp.compiler.native.roll import roll
>>> from microfp.compiler.trace.calls import trace_example
>>> program = example_program(trace_example(losses.max_margin(), nn.mlp(2, [4, 4, 1]), 2))
>>> cost, score, *gradients = program.outputs
>>> rolled = roll(program.set(outputs=(score, *gradients, cost)), summed=38, shared=["seed"])
>>> gate = find_gate(rolled)
>>> len(gate.before), len(gate.behind), len(gate.always), len(gate.gated)
(5, 2, 1, 6)
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from microfp.compiler.ir.guards import zero_behind
from microfp.compiler.native.loops import (
    Apply,
    Expression,
    Load,
    Nest,
    Number,
    Rolled,
    Total,
    loads_of,
)

__all__ = ["Gate", "find_gate", "needed", "nodes_read", "nodes_written", "places"]


class Gate(NamedTuple):
    """How a rolled program can be cut in two."""

    node: int
    """The node that is tested."""
    before: tuple[Nest, ...]
    """The nests that are always computed, the gate among them."""
    behind: tuple[Nest, ...]
    """The nests that are zero where the gate is."""
    always: tuple[Nest, ...]
    """The sums that are always taken."""
    gated: tuple[Nest, ...]
    """The sums whose terms are zero where the gate is."""


Gates: TypeAlias = frozenset[str]
"""Behind what a number is zero: one gate, or none."""

OPEN, CLOSED = Gates(), Gates(["the gate"])
"""Behind nothing, and behind the gate."""

LARGEST_ALWAYS = 8
"""More sums than so many that do not depend on the gate are not worth the trouble."""


def find_gate(rolled: Rolled) -> Gate | None:
    """Find the gate that saves the most, or none."""
    candidates = (
        _cut(rolled, place)
        for place, nest in enumerate(rolled.nests)
        if nest.shape == () and any(map(_has_step, _expressions(nest)))
    )
    usable = [gate for gate in candidates if gate is not None]
    return max(usable, key=lambda gate: len(gate.behind) + len(gate.gated), default=None)


def _expressions(nest: Nest) -> list[Expression]:
    """What a nest adds up, and what it makes of the sum."""
    return [*(segment.term for segment in nest.segments), nest.result]


def _has_step(expression: Expression) -> bool:
    """Whether a factor of it is a step, which is zero on one side."""
    if not isinstance(expression, Apply):
        return False
    if expression.op == "positive":
        return True
    return expression.op in ("mul", "neg") and any(map(_has_step, expression.operands))


def _cut(rolled: Rolled, place: int) -> Gate | None:
    """Cut behind a nest; None where what is behind is read elsewhere, or not worth it."""
    node = rolled.nests[place].target.base
    zero, before, behind = {node}, list(rolled.nests[: place + 1]), list[Nest]()
    for nest in rolled.nests[place + 1 :]:  # a loop: what is zero depends on what was before
        if _is_zero(nest, zero):
            zero |= nodes_written(nest)
            behind.append(nest)
        else:
            before.append(nest)
    gated = tuple(nest for nest in rolled.sums if _is_zero(nest, zero))
    always = tuple(nest for nest in rolled.sums if not _is_zero(nest, zero))
    gate = Gate(node, tuple(before), tuple(behind), always, gated)
    is_worth_it = behind and gated and sum(nest.size for nest in always) <= LARGEST_ALWAYS
    return gate if is_worth_it and not _is_read_elsewhere(gate, zero - {node}, rolled) else None


def _is_read_elsewhere(gate: Gate, nodes: set[int], rolled: Rolled) -> bool:
    """Whether what is always computed reads nodes behind a gate, or an output is one of them."""
    read = any(not nodes.isdisjoint(nodes_read(nest)) for nest in (*gate.before, *gate.always))
    return read or any(load.kind == "n" and load.base in nodes for load in rolled.outputs)


def nodes_written(nest: Nest) -> set[int]:
    """The nodes that a nest writes.

    >>> from microfp.compiler.native.loops import Segment
    >>> from microfp.record import unchecked
    >>> term = unchecked(Segment, 3, Load("n", 7, (0,), 1))
    >>> sorted(nodes_written(Nest((2,), (term,), Load("n", 10, (1,)))))
    [10, 11]
    """
    return set(places(nest.target, nest.shape, 1))


def nodes_read(nest: Nest) -> set[int]:
    """The nodes that a nest reads.

    >>> from microfp.compiler.native.loops import Segment
    >>> from microfp.record import unchecked
    >>> term = unchecked(Segment, 3, Load("n", 7, (0,), 1))
    >>> sorted(nodes_read(Nest((2,), (term,), Load("n", 10, (1,)))))
    [7, 8, 9]
    """
    return {
        place
        for load, count in loads_of(nest)
        if load.kind == "n"
        for place in places(load, nest.shape, count)
    }


def needed(gate: Gate, goes_on: Callable[[Nest], bool] = lambda _: True) -> tuple[Nest, ...]:
    """The nests before a gate that are read behind it, directly or through others.

    Args:
        gate: The gate.
        goes_on: Whether what a nest reads is needed as well; all is, if not given.

    >>> from microfp.compiler.native.loops import Segment
    >>> from microfp.record import unchecked
    >>> numbers = [Nest((), (unchecked(Segment, 1, Number(1.0)),), Load("n", k)) for k in range(2)]
    >>> reads = Nest((), (unchecked(Segment, 1, Load("n", 1)),), Load("s", 0))
    >>> len(needed(Gate(1, tuple(numbers), (), (), (reads,))))
    1
    """
    read = {node for nest in (*gate.behind, *gate.gated) for node in nodes_read(nest)}
    found: list[Nest] = []
    for nest in reversed(gate.before):  # a loop: what is needed depends on what was needed later
        if not read.isdisjoint(nodes_written(nest)):
            found.append(nest)
            read |= nodes_read(nest) if goes_on(nest) else set()
    return tuple(reversed(found))


def places(load: Load, shape: tuple[int, ...], terms: int) -> Iterator[int]:
    """All places that a load reads, or a target writes.

    >>> sorted(places(Load("n", 7, (3,), 1), (2,), 2))
    [7, 8, 10, 11]
    """
    found = {load.base}
    for count, stride in (*zip(shape, load.strides, strict=False), (terms, load.step)):
        if stride:
            found = {place + stride * i for place in found for i in range(count)}
    return iter(found)


def _is_zero(nest: Nest, zero: set[int]) -> bool:
    """Whether a nest is zero where all of some nodes are, and no number overflows."""

    def behind(expression: Expression, terms: int, total: Gates = OPEN) -> Gates:
        if isinstance(expression, Total):
            return total
        if isinstance(expression, Apply):
            operands = [behind(operand, terms, total) for operand in expression.operands]
            return zero_behind(expression.op, operands)
        if isinstance(expression, Number):
            return CLOSED if expression.data == 0.0 else OPEN
        if expression.kind != "n":
            return OPEN
        return CLOSED if zero.issuperset(places(expression, nest.shape, terms)) else OPEN

    terms = [behind(segment.term, segment.count) for segment in nest.segments]
    return behind(nest.result, 1, zero_behind("total", terms)) == CLOSED
