"""The frames: every state of the forward pass and of the backward fold, as data.

>>> from microfp import value
>>> x = value(3.0)
>>> [frame.phase for frame in frames(x * x)]
['forward', 'forward', 'seed', 'backward', 'backward']
"""

from itertools import islice
from typing import Literal, TypeAlias

from pyrsistent import pmap

from microfp.base.checks import check_count, check_kind
from microfp.gradients import Gradients, backward_steps, local_derivatives
from microfp.record import Record, attr, unchecked
from microfp.values import Value, topological_order

__all__ = ["Frame", "Phase", "Term", "frames", "shown_nodes"]

Phase: TypeAlias = Literal["forward", "seed", "backward"]


class Term(Record):
    """What one operand of a node adds to the gradient of a parent: `after = before + up * local`.

    >>> Term(parent=Value(data=1), operand=0, local=2, before=0, after=6).after
    6.0
    """

    parent: Value = attr()
    """The node whose gradient grows."""
    operand: int = attr()
    """Which operand of the node at work it is, from 0 on."""
    local: float = attr()
    """The partial derivative of the node at work along that operand."""
    before: float = attr()
    """The gradient of the parent so far."""
    after: float = attr()
    """The gradient of the parent now."""


class Frame(Record):
    """One state on the way: the node at work, what it does, and the table of gradients after it.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> frames(x * x)[-2].terms[1].after
    6.0
    """

    phase: Phase = attr()
    """`"forward"`, where the value of the node is computed; `"seed"`, where the output
    gets the gradient 1; `"backward"`, where the node hands its gradient on.
    """
    node: Value = attr()
    """The node at work."""
    upstream: float | None = attr(default=None)
    """Its own gradient, complete, in the backward phase; else None."""
    terms: tuple[Term, ...] = attr(default=())
    """What is added, one operand after the other."""
    gradients: Gradients = attr()
    """The table so far: empty in the forward phase, then those of `backward_steps`."""


def frames(output: Value, *, limit: int | None = None) -> tuple[Frame, ...]:
    """List every state of the forward pass and of the backward fold.

    The forward pass has a frame per node in topological order; then comes the seed; then the
    backward pass has a frame per node in reverse. The gradients from the seed on are the tables
    of `backward_steps(output)`.

    Args:
        output: The node to differentiate.
        limit: Only the last nodes of the topological order, so many; None for all. What uses a
            node stands behind it, so the gradients of those are complete all the same.

    Raises:
        TypeError: If `output` is no Value or `limit` no int.
        ValueError: If `limit` is less than 1.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> [(frame.phase, frame.node.op, len(frame.terms)) for frame in frames(x * x)]
    [('forward', 'leaf', 0), ('forward', 'mul', 0), ('seed', 'mul', 0), ('backward', 'mul', 2), \
('backward', 'leaf', 0)]
    """
    shown = shown_nodes("frames", output, limit)
    tables = tuple(islice(backward_steps(output), len(shown) + 1))
    return (
        *(Frame(phase="forward", node=node, gradients=pmap()) for node in shown),
        Frame(phase="seed", node=output, gradients=tables[0]),
        *map(_backward_frame, reversed(shown), tables, tables[1:]),
    )


def shown_nodes(where: str, output: Value, limit: int | None) -> tuple[Value, ...]:
    """The nodes on display: the last of the topological order."""
    order = topological_order(check_kind(where, "output", output, Value))
    return order if limit is None else order[-check_count(where, "limit", limit, minimum=1) :]


def _backward_frame(node: Value, before: Gradients, after: Gradients) -> Frame:
    return Frame(
        phase="backward",
        node=node,
        upstream=after[node],
        terms=_terms(node, before) if node.parents else (),
        gradients=after,
    )


def _terms(node: Value, gradients: Gradients) -> tuple[Term, ...]:
    """The chain rule of one node, addition by addition."""
    so_far = {parent: gradients.get(parent, 0.0) for parent in node.parents}
    terms = []
    for operand, local in enumerate(local_derivatives(node)):  # a parent may come twice
        parent = node.parents[operand]
        after = so_far[parent] + gradients[node] * local
        terms.append(unchecked(Term, parent, operand, local, so_far[parent], after))
        so_far[parent] = after
    return tuple(terms)
