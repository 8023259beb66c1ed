"""Looped programs of an example: its cost, its scores and its gradients, through loops.

>>> from microfp import Record, Value, attr, func, losses, value
>>> class Mean(Record):
...     rate: Value = attr()
...
...     def __call__(self, inputs):
...         step = lambda mean, x: (mean + self.rate * (x - mean), None)
...         return func.scan(step, 0.0, inputs)[0]
>>> graph, repeats = looped_example(losses.mean_squared_error(), Mean(rate=value(0.5)), 100, 1)
>>> looped = example_looped(graph, repeats)
>>> [type(step).__name__ for step in looped.steps]
['Piece', 'Loop', 'Piece', 'Loop', 'Piece']
"""

from collections.abc import Sequence
from itertools import chain

from microfp.compiler.ir.loop_adjoint import gradients_through
from microfp.compiler.ir.looped import Looped
from microfp.compiler.ir.turnings import lowered, turning_of
from microfp.compiler.trace.calls import (
    ExampleGraph,
    ModelGraph,
    captured_leaves,
    trace_example,
    trace_model,
)
from microfp.compiler.trace.repeats import Repeat, TracedRepeats, tracing_repeats
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.losses import Loss
from microfp.nn import Model
from microfp.values import Value, value

__all__ = [
    "captured_through",
    "carried_looped",
    "example_looped",
    "looped_example",
    "looped_model",
    "model_looped",
]


def looped_example(
    loss: Loss, model: Model, width: int, targets: int
) -> TracedRepeats[ExampleGraph]:
    """Trace a model and a loss for one example, scans as loops: see `trace_example`.

    Raises:
        TraceError: If either reads a number on the way.
    """
    return tracing_repeats(
        lambda: trace_example(loss, model, width, targets),
        lambda graph: (graph.cost, *graph.scores),
    )


def looped_model(model: Model, width: int) -> TracedRepeats[ModelGraph]:
    """Trace a model for one row of inputs, scans as loops: see `trace_model`.

    Raises:
        TraceError: If it reads a number on the way.
    """
    return tracing_repeats(lambda: trace_model(model, width), lambda graph: graph.scores)


def model_looped(graph: ModelGraph, repeats: Sequence[Repeat]) -> Looped:
    """Lower what a model makes of one row of inputs; the outputs are its scores."""
    turnings = [turning_of(repeat) for repeat in repeats]
    return lowered(graph.scores, graph.inputs, graph.parameters, turnings)


def example_looped(
    graph: ExampleGraph, repeats: Sequence[Repeat], more: Sequence[Value] = ()
) -> Looped:
    """Lower one example with its gradients, as `example_program` does.

    Args:
        graph: The example.
        repeats: What leaves of it stand for.
        more: What is to be computed besides, of its scores and targets.

    Returns:
        A program whose outputs are the scores, the gradients, the cost, and the rest.
    """
    seed, nothing = traced_leaf("seed"), value(0.0)
    table, turnings = gradients_through(graph.cost, graph.parameters, {graph.cost: seed}, repeats)
    gradients = [table.get(p, nothing) for p in graph.parameters]
    outputs = (*graph.scores, *gradients, graph.cost, *more)
    return lowered(outputs, (*graph.inputs, *graph.targets, seed), graph.parameters, turnings)


def carried_looped(graph: ExampleGraph, repeats: Sequence[Repeat]) -> Looped:
    """Lower one example so that its gradients are added to others, as `carried_program` does.

    Returns:
        A program whose outputs are the cost, the scores and the gradients.
    """
    seed = traced_leaf("seed")
    so_far = {p: traced_leaf(f"g{i}") for i, p in enumerate(graph.parameters)}
    start = so_far | {graph.cost: so_far[graph.cost] + seed if graph.cost in so_far else seed}
    table, turnings = gradients_through(graph.cost, graph.parameters, start, repeats)
    outputs = (graph.cost, *graph.scores, *(table[p] for p in graph.parameters))
    inputs = (*graph.inputs, *graph.targets, seed, *so_far.values())
    return lowered(outputs, inputs, graph.parameters, turnings)


def captured_through(outputs: Sequence[Value], repeats: Sequence[Repeat]) -> frozenset[Value]:
    """Find the leaves that are no stand-ins, in loops as well: see `captured_leaves`.

    >>> from microfp.compiler.trace.stand_ins import traced_leaf
    >>> w = value(3.0)
    >>> captured_through([traced_leaf("x") * w], []) == {w}
    True
    """
    inside = ((*it.operands, *it.after, *it.given) for it in repeats)
    return captured_leaves(*outputs, *chain.from_iterable(inside))
