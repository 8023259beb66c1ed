"""A function, run once on leaves of its own, and the derivatives of what it did.

`trace_call` runs the function. `differentiate` gives an output and its gradient; `pull_back` and
`push_forward` are reverse and forward mode over the same run, as often as they are called.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from microfp import ops, values
from microfp.base.checks import check_callable
from microfp.func.duals import (
    RUNNING,
    SCOPE,
    UNMOVED,
    Dual,
    Level,
    Scope,
    dual,
    dual_adjoints,
    join,
    split,
    within,
)
from microfp.func.places import (
    holds_node,
    number_of,
    one_per_value,
    operand_at,
    places_in,
    places_of,
    rebuild,
    rested,
    values_of,
    with_values,
)
from microfp.gradients import adjoints, descendants, evaluate, numeric_adjoints, product
from microfp.ops import Operand
from microfp.record import Record, attr, unchecked
from microfp.tree import Place
from microfp.values import Value, lift, topological_order, value

__all__ = [
    "Trace",
    "differentiate",
    "level_above",
    "pull_back",
    "push_forward",
    "settle",
    "settle_auxiliary",
    "shape_gradient",
    "trace_call",
]

A = TypeVar("A")

Order: TypeAlias = tuple[Value, ...]
"""The nodes of a graph, parents before children; the output is the last."""


class Trace(Record):
    """A function, run once on leaves of its own: all that its derivatives need.

    >>> trace_call("grad", lambda x: x * x, (3.0,), {}, (0,)).operands
    (3.0,)
    """

    where: str = attr()
    """The transform, for messages."""
    inputs: tuple[object, ...] = attr()
    """The arguments that are differentiated along."""
    places: tuple[Place, ...] = attr()
    """Where their scalars stand."""
    operands: tuple[Operand, ...] = attr()
    """Their scalars: numbers, nodes or dual numbers."""
    leaves: tuple[Value, ...] = attr()
    """What stood in for each of them while the function ran."""
    output: object = attr()
    """What the function returned."""
    scope: Scope = attr()
    """What encloses the transform."""


def trace_call(
    where: str,
    f: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    argnums: tuple[int, ...],
) -> Trace:
    """Run a function on leaves of its own in place of some arguments.

    Args:
        where: The transform, for messages.
        f: The function.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        argnums: The numbers of the positional arguments that are differentiated along.

    Raises:
        TypeError: If `f` is no function, or such an argument is no tree of numbers.

    >>> trace_call("grad", lambda x: x * x, (3.0,), {}, (0,)).output
    Value(data=9.0, op='mul')
    """
    check_callable(where, "f", f)
    scope = SCOPE.get()
    inputs = tuple(args[i] for i in argnums)
    places = places_in(where, "argument", inputs, argnums)
    operands = tuple(operand_at(place, scope) for place in places)
    leaves = _leaves(places)
    inner = unchecked(
        Scope,
        scope.depth + 1,
        scope.variables.union(leaves),
        scope.keeps_nodes or any(map(holds_node, operands)),
        frozenset(),
    )
    fresh = dict(zip(argnums, rebuild(inputs, leaves), strict=True))
    RUNNING.update(leaves)
    try:
        output = within(inner, f, *(fresh.get(i, a) for i, a in enumerate(args)), **kwargs)
    finally:
        RUNNING.difference_update(leaves)
    return unchecked(Trace, where, inputs, places, operands, leaves, output, scope)


def _leaves(places: tuple[Place, ...]) -> tuple[Value, ...]:
    """A leaf for each place; tied weights, one value in several places of a record, stay tied."""
    return tuple(one_per_value(places, (_leaf(place.content) for place in places)))


def _leaf(x: object) -> Value:
    if isinstance(x, Value):
        return value(x.data, label=x.label)
    return value(x)  # type: ignore[arg-type]  # a number


def differentiate(trace: Trace, y: Operand) -> tuple[Operand, list[Operand]]:
    """An output of a trace, and its gradient along each of the operands.

    >>> trace = trace_call("grad", lambda x: x * x, (3.0,), {}, (0,))
    >>> differentiate(trace, number_of(trace.output))
    (9.0, [6.0])
    """
    if isinstance(y, Dual):
        return _differentiate_dual(trace, y)
    if isinstance(y, Value):
        return _differentiate_node(trace, y)
    return y, [0.0] * len(trace.leaves)


def _differentiate_dual(trace: Trace, y: Dual) -> tuple[Operand, list[Operand]]:
    """A dual number of an enclosing transform, part by part: a derivative is linear."""
    primal, slopes = differentiate(trace, y.primal)
    tangent, more = differentiate(trace, y.tangent)
    joined = [join(p, t, y.level) for p, t in zip(slopes, more, strict=True)]
    return join(primal, tangent, y.level), joined


def _differentiate_node(trace: Trace, y: Value) -> tuple[Operand, list[Operand]]:
    """A node of the trace, by the simplest arithmetic that its operands allow.

    Plain numbers need no operands at all: the data of the nodes are what the function computed.
    Duals of one level that hold plain numbers are folded in pairs. Only nested duals, and results
    that have to be graphs, take the general form.
    """
    order = topological_order(y)
    if _keeps_nodes(trace.scope, trace.operands, order):
        return _differentiate_operands(trace, order, keeps_nodes=True)
    if all(isinstance(x, float) for x in trace.operands):
        return _differentiate_numbers(trace, order)
    level = _level_of_numbers(trace.operands)
    if level is not None:
        return _differentiate_pairs(trace, order, level)
    return _differentiate_operands(trace, order, keeps_nodes=False)


def _differentiate_numbers(trace: Trace, order: Order) -> tuple[Operand, list[Operand]]:
    table = numeric_adjoints(order)
    return order[-1].data, [table.get(leaf, 0.0) for leaf in trace.leaves]


def _differentiate_pairs(trace: Trace, order: Order, level: Level) -> tuple[Operand, list[Operand]]:
    """The gradient and its derivative, on numbers and duals of one level."""
    stand_ins = _evaluate(trace, _on_level(trace.operands, level), order, keeps_nodes=False)
    aware = SCOPE.get().set(replaced=frozenset(trace.leaves))
    table = within(aware, dual_adjoints, order, stand_ins)
    slopes: list[Operand] = [dual(level, *table.get(leaf, UNMOVED)) for leaf in trace.leaves]
    return stand_ins[order[-1]], slopes


def _differentiate_operands(
    trace: Trace, order: Order, *, keeps_nodes: bool
) -> tuple[Operand, list[Operand]]:
    """The gradient on whatever the operands are: numbers, nodes and duals of any level."""
    stand_ins = _evaluate(trace, trace.operands, order, keeps_nodes=keeps_nodes)
    scope = _derivative_scope(trace.scope, keeps_nodes=keeps_nodes)
    aware = scope.set(replaced=frozenset(trace.leaves))
    table = within(aware, adjoints, order, stand_ins, descendants(order, trace.leaves))
    return stand_ins[order[-1]], [table.get(leaf, 0.0) for leaf in trace.leaves]


def _keeps_nodes(scope: Scope, operands: Iterable[Operand], order: Order) -> bool:
    """Whether a derivative has to be a graph: something around it may be differentiated along."""
    return (
        scope.keeps_nodes
        or any(map(holds_node, operands))
        or not scope.variables.isdisjoint(order)
        or not RUNNING.isdisjoint(order)
    )


def _stand_ins(
    trace: Trace, operands: tuple[Operand, ...], order: Order
) -> dict[Value, Operand] | None:
    """What the nodes of a trace are for the given operands; None where that is their own data."""
    keeps_nodes = _keeps_nodes(trace.scope, operands, order)
    if not keeps_nodes and all(isinstance(x, float) for x in operands):
        return None
    return _evaluate(trace, operands, order, keeps_nodes=keeps_nodes)


def _evaluate(
    trace: Trace, operands: tuple[Operand, ...], order: Order, *, keeps_nodes: bool
) -> dict[Value, Operand]:
    """Compute the nodes of a trace again, with these operands in place of its leaves."""
    constants = () if keeps_nodes else (node for node in order if not node.parents)
    given: dict[Value, Operand] = {leaf: leaf.data for leaf in constants}
    given |= zip(trace.leaves, operands, strict=True)
    scope = _derivative_scope(trace.scope, keeps_nodes=keeps_nodes)
    return within(scope.set(replaced=frozenset(trace.leaves)), evaluate, order, given)


def _derivative_scope(scope: Scope, *, keeps_nodes: bool) -> Scope:
    """The scope in which a trace is differentiated: only what is asked for stays a node."""
    return unchecked(Scope, scope.depth, frozenset(), keeps_nodes, frozenset())


def _level_of_numbers(operands: Iterable[Operand]) -> Level | None:
    """The level that all operands are on, if they are plain numbers and duals of such."""
    duals = [x for x in operands if not isinstance(x, float)]
    levels = {x.level if isinstance(x, Dual) and _is_plain(x) else None for x in duals}
    return levels.pop() if len(levels) == 1 else None


def _is_plain(x: Dual) -> bool:
    return isinstance(x.primal, float) and isinstance(x.tangent, float)


def _on_level(operands: tuple[Operand, ...], level: Level) -> tuple[Operand, ...]:
    """The operands, each of them a dual."""
    return tuple(dual(level, x, ops.FLAT) if isinstance(x, float) else x for x in operands)


def _evaluator(
    trace: Trace, operands: tuple[Operand, ...], roots: Iterable[object]
) -> Callable[[object], Operand]:
    """What results of a trace are for the given operands: from each to what stands in for it."""
    nodes = tuple(node for root in roots for node in _nodes_of(root))
    order = topological_order(values.total(nodes))[:-1] if nodes else ()
    stand_ins = _stand_ins(trace, operands, order)
    return lambda x: _stand_in(number_of(x), stand_ins)


def _nodes_of(x: object) -> tuple[Value, ...]:
    if isinstance(x, Dual):
        return _nodes_of(x.primal) + _nodes_of(x.tangent)
    return (x,) if isinstance(x, Value) else ()


def _stand_in(x: Operand, stand_ins: Mapping[Value, Operand] | None) -> Operand:
    if isinstance(x, Dual):
        primal, tangent = _stand_in(x.primal, stand_ins), _stand_in(x.tangent, stand_ins)
        return join(primal, tangent, x.level)
    if not isinstance(x, Value):
        return x
    return x.data if stand_ins is None else stand_ins[x]


def settle(trace: Trace, output: A) -> A:
    """What a function returned, told in terms of the arguments instead of the leaves.

    >>> trace = trace_call("vjp", lambda x: (x * x, x), (3.0,), {}, (0,))
    >>> settle(trace, trace.output)
    (9.0, 3.0)
    """
    contents = [place.content for place in places_in(trace.where, "output", (output,))]
    in_terms = _evaluator(trace, trace.operands, contents)
    return rebuild(output, map(in_terms, contents))


def settle_auxiliary(trace: Trace, auxiliary: A) -> A:
    """The same for what is not differentiated, where nodes may stay nodes.

    >>> trace = trace_call("grad", lambda x: (x * x, x), (3.0,), {}, (0,))
    >>> settle_auxiliary(trace, trace.output)
    (Value(data=9.0, op='mul'), Value(data=3.0))
    """
    nodes = list(values_of(auxiliary))
    order = topological_order(values.total(nodes)) if nodes else ()
    if _stand_ins(trace, trace.operands, order) is None:
        return auxiliary
    in_terms = _evaluator(trace, trace.operands, nodes)
    return with_values(lambda v: lift(in_terms(v)), auxiliary)


def pull_back(trace: Trace, cotangents: Sequence[Operand]) -> tuple[object, ...]:
    """Reverse mode: the gradient of sum(cotangent * output), shaped like the inputs.

    >>> pull_back(trace_call("vjp", lambda x: (x * x, x), (3.0,), {}, (0,)), [1.0, 10.0])
    (16.0,)
    """
    scope = _derivative_scope(trace.scope, keeps_nodes=True)
    root = within(scope, _weighted_sum, trace.output, cotangents)
    _, slopes = differentiate(_aware_of(trace, cotangents), root)
    return shape_gradient(trace, slopes)


def _weighted_sum(output: object, cotangents: Sequence[Operand]) -> Operand:
    """The sum of the outputs of a trace, each times its cotangent."""
    outputs = (number_of(place.content) for place in places_of((output,)))
    terms = [product(y, c) for y, c in zip(outputs, cotangents, strict=True)]
    there = [term for term in terms if term is not None]
    return there[0] if len(there) == 1 else values.apply(ops.total, *there)


def _aware_of(trace: Trace, operands: Iterable[Operand]) -> Trace:
    """The trace, in a scope that also knows of these operands and of the present one."""
    now = SCOPE.get()
    scope = unchecked(
        Scope,
        max(trace.scope.depth, now.depth),
        trace.scope.variables | now.variables,
        trace.scope.keeps_nodes or now.keeps_nodes or any(map(holds_node, operands)),
        frozenset(),
    )
    return trace.set(scope=scope)


def shape_gradient(trace: Trace, slopes: Iterable[Operand]) -> tuple[object, ...]:
    """A gradient in the shape of the inputs, with nodes where they hold nodes.

    >>> shape_gradient(trace_call("grad", lambda v: v[0], ((3.0, 4.0),), {}, (0,)), [1.0, 0.0])
    ((1.0, 0.0),)
    """
    contents = (
        lift(slope) if isinstance(place.content, Value) and not place.in_record else slope
        for place, slope in zip(trace.places, one_per_value(trace.places, slopes), strict=True)
    )
    return rested(rebuild(trace.inputs, contents))


def push_forward(trace: Trace, tangents: Sequence[Operand]) -> object:
    """Forward mode over a trace: the tangents of the outputs, shaped like the output.

    >>> push_forward(trace_call("linearize", lambda x: (x * x, x), (3.0,), {}, (0,)), [1.0])
    (6.0, 1.0)
    """
    aware = _aware_of(trace, tangents)
    level = level_above(aware.scope, (*trace.operands, *tangents))
    duals = tuple(dual(level, x, t) for x, t in zip(trace.operands, tangents, strict=True))
    contents = [place.content for place in places_of((trace.output,))]
    in_terms = _evaluator(aware, duals, contents)
    return rested(rebuild(trace.output, [split(in_terms(x), level)[1] for x in contents]))


def level_above(scope: Scope, operands: Iterable[Operand]) -> Level:
    """A level of its own for a transform: deeper than all around it and all that it is given.

    >>> level_above(Scope(depth=2), [1.0, dual(Level(depth=4), 1.0, 0.0)]).depth
    5
    """
    depths = [x.level.depth for x in operands if isinstance(x, Dual)]
    return unchecked(Level, 1 + max([scope.depth, *depths]))
