"""Gradients of a graph, written straight into the program of its value.

The fold is that of `microfp.gradients.adjoints`, and the derivatives are those of `microfp.ops`:
each kind of node is differentiated once, as nodes, and lowered; what comes of it is written for
each node of the kind. No graph of the gradients is made, which would have twice as many nodes.

>>> from microfp import exp, value
>>> x = value(2.0, label="x")
>>> print(lower_with_gradients(exp(x) * x, [x]))
inputs      x
parameters
%1 = exp x
%2 = mul %1 x
%3 = add %1 %2
outputs     %2 %3
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from microfp.base.collecting import uncollected
from microfp.compiler.ir.definitions import Definitions
from microfp.compiler.ir.passes import leaf_names, lower, place_nodes, remove_dead_code
from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.gradients import descendants, exact_product, partials_of
from microfp.ops import sharing_key
from microfp.record import unchecked
from microfp.values import Value, apply, lift, primitive_of, topological_order

__all__ = ["lower_with_gradients"]


class Rule(NamedTuple):
    """What a kind of node adds to the gradients of its parents.

    It is given the slots of the parents, of the node, and of the gradient of the node.
    """

    lines: tuple[Instruction, ...]
    """What it computes from the places of what is given; each line puts a slot behind it."""
    terms: tuple[int | None, ...]
    """Where the terms are, one a parent; None where there is none."""


@uncollected
def lower_with_gradients(output: Value, leaves: Sequence[Value]) -> Program:
    """Lower a graph to its value, and its gradients along leaves.

    Args:
        output: The node to compute.
        leaves: What it is computed from, and differentiated along; they have no parents.

    Returns:
        A program whose inputs are the leaves, and whose outputs are the value, then a gradient a
        leaf; it computes the bits of `lower` of what `gradients.gradient_nodes` gives.

    >>> from microfp import value
    >>> x, y = value(2.0), value(3.0)
    >>> len(lower_with_gradients(x * y + x, [x, y]).outputs)
    3
    """
    order = topological_order(output)
    slots = {leaf: slot for slot, leaf in enumerate(leaves)}
    definitions = Definitions(len(slots))
    place_nodes(order, slots, definitions)
    gradients = _gradients(order, slots, definitions, descendants(order, leaves))
    nothing = definitions.placed(CONSTANT, (), 0.0)
    return remove_dead_code(
        unchecked(
            Program,
            leaf_names("x", leaves),
            (),
            tuple(definitions[len(leaves) :]),
            (slots[output], *(gradients.get(leaf, nothing) for leaf in leaves)),
        )
    )


def _gradients(
    order: Sequence[Value],
    slots: dict[Value, int],
    definitions: Definitions,
    wanted: set[Value],
) -> dict[Value, int]:
    """Write the fold from the last node to the first; return the slots of the gradients."""
    placed, rules = definitions.placed, dict[Hashable, Rule]()
    table = {order[-1]: placed(CONSTANT, (), 1.0)}
    for node in reversed(order):  # a loop: the fast form
        parents = node.parents
        if not parents or node not in table:
            continue
        kind = sharing_key("rule", (node.op, len(parents)), node.parameter)
        lines, terms = rules.get(kind) or rules.setdefault(kind, _rule(node))
        given = [*[slots[parent] for parent in parents], slots[node], table[node]]
        for op, places, parameter in lines:
            given.append(placed(op, tuple([given[place] for place in places]), parameter))
        for parent, term in zip(parents, terms, strict=True):
            if term is not None and parent in wanted:
                slot, so_far = given[term], table.get(parent)
                table[parent] = slot if so_far is None else placed("add", (so_far, slot), None)
    return table


def _rule(node: Value) -> Rule:
    """Differentiate a node of stand-ins, and lower what it adds to the gradients of its parents."""
    parents = [traced_leaf(None) for _ in node.parents]
    more = (node.parameter,) if isinstance(node.parameter, float) else ()
    result, seed = apply(primitive_of(node), *parents, *more), traced_leaf(None)
    stand_ins = {it: it for it in (*parents, result)}
    products = [exact_product(seed, partial) for partial in partials_of(result, stand_ins)]
    terms = [lift(it) for it in products if it is not None]
    program = lower(terms, (*parents, result, seed))
    outputs = iter(program.outputs)
    return Rule(
        program.instructions,
        tuple([None if it is None else next(outputs) for it in products]),
    )
