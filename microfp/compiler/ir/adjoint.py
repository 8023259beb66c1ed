"""Adjoint programs: the value of one example and its gradients, as one program.

The derivatives are those of `microfp.ops`, applied to nodes instead of numbers.

>>> from microfp import losses, nn
>>> from microfp.compiler.trace.calls import trace_example
>>> print(example_program(trace_example(losses.max_margin(), nn.neuron(1), 1)))
inputs      x0 y seed
parameters  p0 p1
%6 = mul p0 x0
%7 = total p1 %6
%8 = relu %7
%9 = mul y %8
%10 = sub 1.0 %9
%11 = relu %10
%12 = positive %10
%13 = mul seed %12
%14 = neg %13
%15 = mul %14 y
%16 = positive %7
%17 = mul %15 %16
%18 = mul %17 x0
outputs     %11 %8 %18 %17
"""

from functools import lru_cache

from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program
from microfp.compiler.trace.calls import ExampleGraph, PenaltyGraph
from microfp.compiler.trace.kinds import Kind
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.gradients import gradient_nodes
from microfp.ops import PRIMITIVES
from microfp.values import Value, apply, value

__all__ = [
    "call_program",
    "carried_program",
    "example_program",
    "penalty_program",
    "primitive_program",
]


def example_program(graph: ExampleGraph) -> Program:
    """Lower one example with its gradients.

    Its inputs are the columns, the target `y` (of several, `y0`, `y1` and so on) and `seed`, the
    derivative of the loss of all examples along the loss of this one: 1/n for a mean. Its outputs
    are the cost, the scores and one gradient per parameter: the terms of this example alone, added
    from left to right.

    >>> from microfp import losses, nn
    >>> from microfp.compiler.trace.calls import trace_example
    >>> program = example_program(trace_example(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2))
    >>> len(program.inputs), len(program.parameters), len(program.outputs)
    (4, 337, 339)
    """
    seed, nothing = traced_leaf("seed"), value(0.0)
    table = gradient_nodes(graph.cost, graph.parameters, {graph.cost: seed})
    return _program(graph, (seed,), [table.get(p, nothing) for p in graph.parameters])


def call_program(kind: Kind, *, along_inputs: bool) -> Program:
    """Lower the call of a part with its gradients.

    Its inputs are those of the call, and `seed`, the gradient of what the call gives. Its outputs
    are what the call gives, and the gradients of the parameters; and of the inputs, if wanted.

    >>> from microfp import nn
    >>> from microfp.compiler.trace.kinds import trace_rows
    >>> (row,) = trace_rows(nn.mlp(1, [4]), 1) or ()
    >>> print(call_program(row.kind, along_inputs=True))
    inputs      x0 x1
    parameters  p0 p1
    %4 = mul p0 x0
    %5 = total p1 %4
    %6 = mul x1 x0
    %7 = mul x1 p0
    outputs     %5 %6 x1 %7
    """
    seed, nothing = traced_leaf(None), value(0.0)
    wanted = (*kind.parameters, *(kind.inputs if along_inputs else ()))
    table = gradient_nodes(kind.output, wanted, {kind.output: seed})
    gradients = [table.get(leaf, nothing) for leaf in wanted]
    return lower((kind.output, *gradients), (*kind.inputs, seed), kind.parameters)


def forward_program(kind: Kind) -> Program:
    """Lower the call of a part alone, as `call_program` does, without any gradient.

    >>> from microfp import nn
    >>> from microfp.compiler.trace.kinds import trace_rows
    >>> (row,) = trace_rows(nn.mlp(1, [4]), 1) or ()
    >>> print(forward_program(row.kind))
    inputs      x0 x1
    parameters  p0 p1
    %4 = mul p0 x0
    %5 = total p1 %4
    outputs     %5
    """
    return lower((kind.output,), (*kind.inputs, traced_leaf(None)), kind.parameters)


def carried_program(graph: ExampleGraph) -> Program:
    """Lower one example so that its gradients are added to those of the examples before.

    As `example_program`, with one more input per parameter, `g0`, `g1` and so on: the gradient
    so far. Each term is added to it in turn, as the fold over the graph of all examples does, so
    that running the examples from last to first gives that fold's bits.

    >>> from microfp import losses, nn
    >>> from microfp.compiler.trace.calls import trace_example
    >>> carried_program(trace_example(losses.max_margin(), nn.neuron(1), 1)).inputs
    ('x0', 'y', 'seed', 'g0', 'g1')
    """
    seed = traced_leaf("seed")
    so_far = {p: traced_leaf(f"g{i}") for i, p in enumerate(graph.parameters)}
    start = so_far | {graph.cost: so_far[graph.cost] + seed if graph.cost in so_far else seed}
    table = gradient_nodes(graph.cost, graph.parameters, start)
    return _program(graph, (seed, *so_far.values()), [table[p] for p in graph.parameters])


def _program(
    graph: ExampleGraph, more_inputs: tuple[Value, ...], gradients: list[Value]
) -> Program:
    return lower(
        (graph.cost, *graph.scores, *gradients),
        inputs=(*graph.inputs, *graph.targets, *more_inputs),
        parameters=graph.parameters,
    )


def penalty_program(graph: PenaltyGraph) -> Program:
    """Lower the penalty of one parameter `p` with its gradient, whose sum starts from 0.0.

    >>> from microfp import losses
    >>> from microfp.compiler.trace.calls import trace_penalty
    >>> graph = trace_penalty(losses.max_margin(alpha=0.5))
    >>> print(penalty_program(graph) if graph else None)
    inputs
    parameters  p
    %2 = mul p p
    %3 = mul 0.5 %2
    %5 = mul 0.5 p
    %6 = add 0.0 %5
    %7 = add %6 %5
    outputs     %3 %7
    """
    p, zero, one = graph.parameter, value(0.0), value(1.0)
    start = {p: zero} | {graph.cost: zero + one if graph.cost is p else one}
    table = gradient_nodes(graph.cost, (p,), start)
    return lower((graph.cost, table[p]), inputs=(), parameters=(p,))


@lru_cache(maxsize=256)
def primitive_program(op: str, parameter: float | None = None) -> Program:
    """Lower the gradients of one primitive: what it adds to those of its operands.

    Its inputs are the operands, what the primitive has made of them, and `seed`, the gradient of
    that. Its outputs: one an operand.

    >>> print(primitive_program("exp"))
    inputs      a0 y seed
    parameters
    %3 = mul seed y
    outputs     %3
    """
    primitive = PRIMITIVES[op]
    operands = [traced_leaf(f"a{place}") for place in range(primitive.arity or 0)]
    more = () if parameter is None else (parameter,)
    result, seed, nothing = apply(primitive, *operands, *more), traced_leaf("seed"), value(0.0)
    table = gradient_nodes(result, operands, {result: seed})
    names = (*operands, traced_leaf("y"), seed)
    program = lower([table.get(it, nothing) for it in operands], (*operands, result, seed))
    return program.set(inputs=tuple([str(leaf.label) for leaf in names]))
