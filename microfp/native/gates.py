"""Gates: a node that, where it is zero, makes everything behind it zero.

The gradient of a hinge loss begins with whether the hinge is active. For a block of examples
without an active hinge the whole backward pass is zero times something; where nothing can
overflow, that is zero, and need not be computed.

>>> from microfp import losses, nn
>>> from microfp.native.adjoint import example_program
>>> from microfp.native.loops import roll
>>> from microfp.native.tracing import trace_example
>>> program = example_program(trace_example(losses.max_margin(), nn.mlp(2, [4, 4, 1]), 2))
>>> cost, score, *gradients = program.outputs
>>> rolled = roll(program.set(outputs=(score, *gradients, cost)), summed=38, shared=["seed"])
>>> gate = find_gate(rolled)
>>> len(gate.before), len(gate.behind), len(gate.always), len(gate.gated)
(8, 3, 1, 6)
"""

from collections.abc import Iterator
from typing import NamedTuple

from microfp.native.loops import Apply, Expression, Load, Nest, Number, Rolled

__all__ = ["Gate", "find_gate"]


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
        if nest.shape == () and any(_has_step(s.term) for s in nest.segments)
    )
    usable = [gate for gate in candidates if gate is not None]
    return max(usable, key=lambda gate: len(gate.behind) + len(gate.gated), default=None)


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
        if all(_is_zero(segment.term, nest, segment.count, zero) for segment in nest.segments):
            zero |= set(_places(nest.target, nest.shape, 1))
            behind.append(nest)
        else:
            before.append(nest)
    gated = [n for n in rolled.sums if _is_zero(n.segments[0].term, n, 1, zero)]
    always = [n for n in rolled.sums if not _is_zero(n.segments[0].term, n, 1, zero)]
    kept = zero - {node}
    loads = [load for nest in (*before, *always) for load in _loads(nest)]
    reached = any(
        place in kept for load, nest in loads for place in _places(load, nest.shape, _longest(nest))
    )
    scored = any(load.kind == "n" and load.base in kept for load in rolled.outputs)
    if reached or scored or not behind or not gated:
        return None
    if sum(_size(nest) for nest in always) > LARGEST_ALWAYS:
        return None
    return Gate(node, tuple(before), tuple(behind), tuple(always), tuple(gated))


def _size(nest: Nest) -> int:
    size = 1
    for count in nest.shape:
        size *= count
    return size


def _longest(nest: Nest) -> int:
    return max(segment.count for segment in nest.segments)


def _loads(nest: Nest) -> Iterator[tuple[Load, Nest]]:
    for segment in nest.segments:
        for load in _loads_of(segment.term):
            if load.kind == "n":
                yield load, nest


def _loads_of(expression: Expression) -> Iterator[Load]:
    if isinstance(expression, Load):
        yield expression
    elif isinstance(expression, Apply):
        for operand in expression.operands:
            yield from _loads_of(operand)


def _places(load: Load, shape: tuple[int, ...], terms: int) -> Iterator[int]:
    """All nodes that a load reads, or a target writes."""
    places = {load.base}
    for count, stride in (*zip(shape, load.strides, strict=False), (terms, load.step)):
        if stride:
            places = {place + stride * i for place in places for i in range(count)}
    return iter(places)


def _is_zero(expression: Expression, nest: Nest, terms: int, zero: set[int]) -> bool:
    """Whether an expression is zero where all of some nodes are, and no number overflows."""
    if isinstance(expression, Number):
        return expression.data == 0.0
    if isinstance(expression, Load):
        return expression.kind == "n" and all(
            place in zero for place in _places(expression, nest.shape, terms)
        )
    zeros = [_is_zero(operand, nest, terms, zero) for operand in expression.operands]
    if expression.op == "mul":
        return any(zeros)
    return expression.op in ("neg", "add", "sub", "total") and all(zeros)
