"""Graph algebra: the same computation with other inputs, or with less to compute.

Graphs are values here: each function takes one and returns another. `microfp.graph` re-exports
these names.

>>> from microfp import value
>>> x = value(3.0, label="x")
>>> simplify((x * 1.0) / (2.0 + 0.5)).parents
(Value(data=3.0, label='x'), Value(data=2.5))
>>> substitute(x * x + 1.0, {x: 5.0}).data
26.0
"""

from collections.abc import Hashable, Iterable, Mapping
from numbers import Real
from typing import NamedTuple

from microfp.base.checks import check_flag, wrong_kind, wrong_value
from microfp.ops import (
    IDENTITIES,
    IDENTITIES_OF_FINITE_NUMBERS,
    Application,
    Identity,
    reduced,
    sharing_key,
)
from microfp.record import unchecked
from microfp.values import LEAF, Scalar, Value, primitive_of, topological_order, total, value

__all__ = [
    "check_node",
    "check_variables",
    "free_variables",
    "recomputed",
    "simplified",
    "simplify",
    "substitute",
]


def check_node(where: str, name: str, given: object) -> Value:
    """Check that an argument is a node.

    Args:
        where: The function that was called.
        name: Its argument.
        given: What came.

    Raises:
        TypeError: If it is no `Value`.

    >>> check_node("simplify", "output", 3.0)
    Traceback (most recent call last):
    TypeError: simplify: output must be a Value, got 3.0 (float)
    """
    if not isinstance(given, Value):
        raise wrong_kind(where, name, "a Value", given)
    return given


def free_variables(output: Value) -> tuple[Value, ...]:
    """List the leaves that a graph is a function of.

    They are the leaves with a label. Where no leaf has one, a parameter cannot be told from a
    constant, and they are all leaves.

    Returns:
        Each leaf once, in topological order.

    >>> from microfp import value
    >>> x, y = value(2.0, label="x"), value(3.0, label="y")
    >>> [leaf.label for leaf in free_variables(y * x + 1.0)]
    ['y', 'x']
    >>> len(free_variables(value(2.0) * 3.0))
    2
    """
    order = topological_order(check_node("free_variables", "output", output))
    leaves = tuple(node for node in order if node.op == LEAF)
    return tuple(leaf for leaf in leaves if leaf.label is not None) or leaves


def check_variables(
    where: str, name: str, output: Value, given: Iterable[Value] | None
) -> tuple[Value, ...]:
    """Return the leaves that were named, each once; for None, the free variables of the graph.

    Raises:
        TypeError: If one is no `Value`.
        ValueError: If one is no leaf.

    >>> from microfp import value
    >>> x = value(2.0)
    >>> check_variables("simplify", "variables", x, [x + 1.0])
    Traceback (most recent call last):
    ValueError: simplify: each of variables must be a leaf, got Value(data=3.0, op='add')
    """
    if given is None:
        return free_variables(output)
    _check_collection(where, name, Iterable, "a sequence of leaves", given)
    leaves = tuple(dict.fromkeys(check_node(where, f"each of {name}", leaf) for leaf in given))
    computed = next((leaf for leaf in leaves if leaf.op != LEAF), None)
    if computed is not None:
        raise wrong_value(where, f"each of {name}", "a leaf", computed)
    return leaves


def _check_collection(
    where: str, name: str, kind: type[object], expected: str, given: object
) -> None:
    # A node is a PMap of its fields, and yet no collection of nodes.
    if isinstance(given, Value) or not isinstance(given, kind):
        raise wrong_kind(where, name, expected, given)


def recomputed(node: Value, parents: tuple[Value, ...]) -> Value:
    """Apply the primitive of a node to other parents; its label and parameter stay.

    >>> from microfp import value
    >>> recomputed(value(2.0) ** 3, (value(10.0),)).data
    1000.0
    """
    numbers = [parent.data for parent in parents]
    if isinstance(node.parameter, float):
        numbers.append(node.parameter)
    data = primitive_of(node).forward(*numbers)
    return unchecked(Value, data, node.op, parents, node.label, node.parameter)


def substitute(output: Value, replacements: Mapping[Value, Scalar]) -> Value:
    """Evaluate a graph again with other nodes or numbers in some places.

    Args:
        output: The graph.
        replacements: For each node that is to be replaced, a leaf or not, a node or a number; a
            number becomes a leaf with the label of what it replaces.

    Returns:
        The new output. Nodes that depend on nothing that was replaced are shared with the old
        graph; with no replacements, it is the old graph.

    Raises:
        TypeError: If a key is no node, or a replacement neither a node nor a number.
        ValueError: If a key is not in the graph.

    >>> from microfp import value
    >>> x, y = value(3.0, label="x"), value(4.0, label="y")
    >>> substitute(x * y, {x: 10.0}).data
    40.0
    >>> substitute(x * y, {x: y + 1.0}).data
    20.0
    """
    order = topological_order(check_node("substitute", "output", output))
    _check_keys(replacements, frozenset(order))
    new = {key: _replacement(key, given) for key, given in replacements.items()}
    for node in order:  # a plain loop: each step needs the nodes made by those before
        if node not in new:
            new[node] = _with_parents(node, tuple([new[parent] for parent in node.parents]))
    return new[output]


def _check_keys(replacements: Mapping[Value, Scalar], graph: frozenset[Value]) -> None:
    _check_collection("substitute", "replacements", Mapping, "a mapping from nodes", replacements)
    for key in replacements:
        check_node("substitute", "each key of replacements", key)
        if key not in graph:
            raise wrong_value("substitute", "each key of replacements", "a node of the graph", key)


def _replacement(key: Value, given: object) -> Value:
    if isinstance(given, Value):
        return given
    if isinstance(given, Real) and not isinstance(given, bool):
        return value(given, label=key.label)  # type: ignore[arg-type]  # any Real will do
    raise wrong_kind("substitute", f"the replacement of {key!r}", "a Value or a number", given)


def _with_parents(node: Value, parents: tuple[Value, ...]) -> Value:
    return node if parents == node.parents else recomputed(node, parents)


def simplify(
    output: Value, *, variables: Iterable[Value] | None = None, assume_finite: bool = False
) -> Value:
    """Compute the same with fewer nodes.

    Operations on constants are folded, equal sub-expressions become one node (in `x * y` and
    `y * x` too), and identities go: `x * 1`, `x / 1`, `x - 0`, `x + -0.0`, `x ** 1`, `x ** 0`,
    `--x`, a sum of one, a choice between branches that a constant decides. `x * -1` becomes `-x`.
    `native.lower` goes by the same table.

    The value stays the same bit for bit, whatever the variables hold. Gradients stay the same
    as real numbers; where shared nodes let a sum be taken in another order, its last bits may
    differ.

    Args:
        output: The graph.
        variables: The leaves that must stay, with a gradient each; all other leaves are
            constants. By default `free_variables(output)`; a model's `parameters` are a common
            choice.
        assume_finite: Also apply rules that IEEE 754 breaks for nan, inf and the sign of zero:
            `x * 0` and `x - x` become 0, and `x + 0` becomes x.

    Returns:
        A graph over the same variables; the graph itself where nothing can be gained.

    Raises:
        TypeError: If the output or a variable is no node.
        ValueError: If a variable is no leaf.

    >>> from microfp import graph, value
    >>> x = value(3.0, label="x")
    >>> y = simplify((x * x) * 1.0 + (x * x) * (2.0 + 3.0))
    >>> [row["formula"] for row in graph.nodes(y)]
    ['x', 'n0 * n0', '5.0', 'n1 * n2', 'n1 + n3']
    >>> simplify(x * 0.0 + x, assume_finite=True) is x
    True
    """
    check_node("simplify", "output", output)
    leaves = check_variables("simplify", "variables", output, variables)
    finite = check_flag("simplify", "assume_finite", assume_finite)
    (simple,) = simplified((output,), leaves, assume_finite=finite)
    return simple


def simplified(
    outputs: tuple[Value, ...], variables: Iterable[Value], *, assume_finite: bool = False
) -> tuple[Value, ...]:
    """Simplify several outputs, which then share what they have in common.

    Args:
        outputs: The outputs.
        variables: The leaves that are no constants.
        assume_finite: As in `simplify`.

    >>> from microfp import value
    >>> x = value(3.0)
    >>> a, b = simplified((x * x, x * x), [x])
    >>> a is b
    True
    """
    nodes = _Nodes(frozenset(variables))
    identities = IDENTITIES_OF_FINITE_NUMBERS if assume_finite else IDENTITIES
    new: dict[Value, Value] = {}
    known: dict[Hashable, Value] = {}
    for node in topological_order(total(outputs))[:-1]:
        parents = tuple([new[parent] for parent in node.parents])
        simple = _simple(_with_parents(node, parents), nodes, identities)
        new[node] = simple if simple in nodes.variables else known.setdefault(_key(simple), simple)
    return tuple(new[output] for output in outputs)


class _Nodes(NamedTuple):
    """What identities can ask of the nodes of a graph with some variables."""

    variables: frozenset[Value]

    def constant(self, node: Value) -> float | None:
        return node.data if node.op == LEAF and node not in self.variables else None

    def negated(self, node: Value) -> Value | None:
        return node.parents[0] if node.op == "neg" and node.parameter is None else None


def _simple(node: Value, nodes: _Nodes, identities: Mapping[str, Identity]) -> Value:
    """What a node with simple parents comes to: a constant, one of its parents, or a node."""
    if node.op == LEAF:
        return node
    if all(nodes.constant(parent) is not None for parent in node.parents):
        return value(node.data)
    found = reduced(node.op, node.parents, node.parameter, nodes, identities)
    if found is None:
        return node
    if isinstance(found, Application):
        return unchecked(Value, node.data, found.op, found.operands, node.label, found.parameter)
    return found if isinstance(found, Value) else value(found)


def _key(node: Value) -> Hashable:
    """What two nodes have in common that always hold the same number."""
    if node.op == LEAF:
        return sharing_key(LEAF, (), node.data), node.label
    return sharing_key(node.op, node.parents, node.parameter)
