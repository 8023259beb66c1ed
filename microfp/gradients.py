"""Backpropagation: the chain rule, folded over a graph from its output to its leaves.

>>> from microfp.values import value
>>> x = value(3.0)
>>> gradients = backward(x * x)
>>> grad(x, gradients)
6.0
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias, TypedDict

from pyrsistent import PMap, pmap
from returns.maybe import Maybe

from microfp.ops import PRIMITIVES
from microfp.toolbox import accumulate, pipe
from microfp.values import Scalar, Value, primitive_of, topological_order

Gradients: TypeAlias = PMap[Value, float]
"""A table from nodes to the derivative of one output with respect to each."""


def backward(output: Value) -> Gradients:
    """Differentiate an output with respect to every node it was computed from.

    It is the fold of `chain_rule` over the reversed topological order, from the table that says
    d(output)/d(output) = 1:  `reduce(chain_rule, reversed(order), {output: 1.0})`.

    Args:
        output: The node to differentiate.

    Returns:
        One entry per node of the graph, itself included.

    >>> x, y = value(2.0), value(5.0)
    >>> gradients = backward(x * y + x)
    >>> gradients[x], gradients[y]
    (6.0, 2.0)
    """
    return pipe(output, topological_order, _folded, pmap)


def _folded(order: tuple[Value, ...]) -> dict[Value, float]:
    table = {order[-1]: 1.0}
    for node in reversed(order):
        _add_terms(table, node)
    return table


def chain_rule(gradients: Gradients, node: Value) -> Gradients:
    """Send one node's gradient on to its parents: a table and a node in, the next table out.

    For each parent p of the node y:  gradient[p] += gradient[y] * (partial of y along p).
    The gradient of the node has to be complete: all its consumers come first.

    >>> x = value(3.0)
    >>> y = x * x
    >>> chain_rule(pmap({y: 1.0}), y)[x]
    6.0
    """
    changing = {parent: gradients.get(parent, 0.0) for parent in node.parents}
    table = changing | {node: gradients[node]}
    _add_terms(table, node)
    updated: Gradients = gradients.update(table)
    return updated


def _add_terms(table: dict[Value, float], node: Value) -> None:
    """The chain rule on a table that is still under construction."""
    parents = node.parents
    if parents:
        upstream = table[node]
        for parent, partial in zip(parents, local_derivatives(node), strict=True):
            table[parent] = table.get(parent, 0.0) + upstream * partial


def local_derivatives(node: Value) -> tuple[float, ...]:
    """The partial derivatives of a node along its parents, in operand order.

    >>> local_derivatives(value(3.0) * value(4.0))
    (4.0, 3.0)
    """
    primitive = PRIMITIVES[node.op] if node.parameter is None else primitive_of(node)
    numbers = [parent.data for parent in node.parents]
    if isinstance(node.parameter, float):
        numbers.append(node.parameter)
    return primitive.partials(*numbers, node.data)  # type: ignore[return-value]  # of floats


def adjoints(
    output: Value, cotangent: Value, initial: Mapping[Value, Value]
) -> Mapping[Value, Value]:
    """Differentiate symbolically: the same fold as `backward`, with nodes instead of numbers.

    Args:
        output: The node to differentiate.
        cotangent: What the chain starts with, the 1.0 of `backward`.
        initial: What nodes have gathered so far; their terms are added to it.

    Returns:
        From each node that the output was computed from to the node that is its gradient.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> adjoints(x * x, value(1.0), {})[x].data
    6.0
    """
    table = dict(initial)
    _add_term(table, output, cotangent)
    for node in reversed(topological_order(output)):  # a loop: the table is still being built
        if node.parents:
            upstream = table[node]
            for parent, partial in zip(node.parents, _symbolic_derivatives(node), strict=True):
                _add_term(table, parent, upstream * partial)
    return table


def _add_term(table: dict[Value, Value], node: Value, term: Value) -> None:
    so_far = table.get(node)
    table[node] = term if so_far is None else so_far + term


def _symbolic_derivatives(node: Value) -> tuple[Scalar, ...]:
    constants = (node.parameter,) if isinstance(node.parameter, float) else ()
    return primitive_of(node).partials(*node.parents, *constants, node)  # type: ignore[return-value]  # of nodes


def backward_steps(output: Value) -> Iterator[Gradients]:
    """Yield every table of the fold that `backward` is: the first one, then one a node.

    The last is `backward(output)`.

    >>> x = value(3.0)
    >>> [len(table) for table in backward_steps(x * x)]
    [1, 2, 2]
    """
    start: Gradients = pmap({output: 1.0})
    return accumulate(chain_rule, reversed(topological_order(output)), start)


def grad(x: Value, gradients: Gradients) -> float:
    """Read a gradient: 0.0 where the output does not depend on x.

    >>> grad(value(1.0), backward(value(2.0)))
    0.0
    """
    return gradients.get(x, 0.0)


def find_grad(x: Value, gradients: Gradients) -> Maybe[float]:
    """Look up a gradient: `Some`, or `Nothing` where the output does not depend on x.

    >>> find_grad(value(1.0), backward(value(2.0)))
    <Nothing>
    """
    return Maybe.from_optional(gradients.get(x))


class GradientRow(TypedDict):
    """A value beside its gradient, for display.

    >>> with_grad(value(2.0), backward(value(1.0)))["grad"]
    0.0
    """

    label: str | None
    data: float
    grad: float


def with_grad(x: Value, gradients: Gradients) -> GradientRow:
    """Put a value and its gradient into one row; nodes themselves never carry gradients.

    >>> x = value(3.0, label="x")
    >>> with_grad(x, backward(x * x))
    {'label': 'x', 'data': 3.0, 'grad': 6.0}
    """
    return GradientRow(label=x.label, data=x.data, grad=grad(x, gradients))
