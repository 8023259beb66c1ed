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

from collections.abc import Iterator
from typing import NamedTuple

from microfp.compiler.native.roll import Apply, Expression, Load, Nest, Number, Rolled, Total

__all__ = ["Gate", "find_gate", "nodes_read", "nodes_written"]


class Gate(NamedTuple):
    """How a rolled program can be cut in two.

    Attributes:
        node: The node that is tested.
        before: The nests that are always computed, the gate among them.
        behind: The nests that are zero where the gate is.
        always: The sums that are always taken.
        gated: The sums whose terms are zero where the gate is.
    """

    node: int
    before: tuple[Nest, ...]
    behind: tuple[Nest, ...]
    always: tuple[Nest, ...]
    gated: tuple[Nest, ...]


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
    node = rolled.nests[place].target.base
    zero = {node}
    before, behind = list(rolled.nests[: place + 1]), []
    for nest in rolled.nests[place + 1 :]:  # a loop: what is zero depends on what was before
        if _is_zero(nest, zero):
            zero |= nodes_written(nest)
            behind.append(nest)
        else:
            before.append(nest)
    gated = [nest for nest in rolled.sums if _is_zero(nest, zero)]
    always = [nest for nest in rolled.sums if not _is_zero(nest, zero)]
    kept = zero - {node}
    reached = any(not kept.isdisjoint(nodes_read(nest)) for nest in (*before, *always))
    scored = any(load.kind == "n" and load.base in kept for load in rolled.outputs)
    if reached or scored or not behind or not gated:
        return None
    if sum(nest.size for nest in always) > LARGEST_ALWAYS:
        return None
    return Gate(node, tuple(before), tuple(behind), tuple(always), tuple(gated))


def nodes_written(nest: Nest) -> set[int]:
    """The nodes that a nest writes.

    >>> from microfp.compiler.native.roll import Segment
    >>> term = Segment.unchecked(3, Load("n", 7, (0,), 1))
    >>> sorted(nodes_written(Nest((2,), (term,), Load("n", 10, (1,)))))
    [10, 11]
    """
    return set(_places(nest.target, nest.shape, 1))


def nodes_read(nest: Nest) -> set[int]:
    """The nodes that a nest reads.

    >>> from microfp.compiler.native.roll import Segment
    >>> term = Segment.unchecked(3, Load("n", 7, (0,), 1))
    >>> sorted(nodes_read(Nest((2,), (term,), Load("n", 10, (1,)))))
    [7, 8, 9]
    """
    terms = [(segment.term, segment.count) for segment in nest.segments]
    return {
        place
        for expression, count in (*terms, (nest.result, 1))
        for load in _loads(expression)
        for place in _places(load, nest.shape, count)
    }


def _loads(expression: Expression) -> Iterator[Load]:
    """The loads of nodes in an expression."""
    if isinstance(expression, Load) and expression.kind == "n":
        yield expression
    elif isinstance(expression, Apply):
        for operand in expression.operands:
            yield from _loads(operand)


def _places(load: Load, shape: tuple[int, ...], terms: int) -> Iterator[int]:
    """All places that a load reads, or a target writes."""
    places = {load.base}
    for count, stride in (*zip(shape, load.strides, strict=False), (terms, load.step)):
        if stride:
            places = {place + stride * i for place in places for i in range(count)}
    return iter(places)


def _is_zero(nest: Nest, zero: set[int]) -> bool:
    """Whether a nest is zero where all of some nodes are, and no number overflows."""

    def is_zero(expression: Expression, terms: int, *, total: bool = False) -> bool:
        if isinstance(expression, Total):
            return total
        if isinstance(expression, Number):
            return expression.data == 0.0
        if isinstance(expression, Load):
            places = _places(expression, nest.shape, terms)
            return expression.kind == "n" and zero.issuperset(places)
        zeros = [is_zero(operand, terms, total=total) for operand in expression.operands]
        if expression.op == "mul":
            return any(zeros)
        return expression.op in ("neg", "add", "sub", "total") and all(zeros)

    total = all(is_zero(segment.term, segment.count) for segment in nest.segments)
    return is_zero(nest.result, 1, total=total)
