"""Traced calls: what a model and a loss do to one example, as a graph without numbers.

The model is called once with stand-ins for its parameters and inputs. Whoever asks one of them
for its number stops the tracing, so that no branch and no number is ever baked in silently.

>>> from microfp import losses, nn
>>> graph = trace_example(losses.max_margin(), nn.neuron(2), 2)
>>> graph.cost
Traced(op='relu')
>>> graph.cost.data  # doctest: +ELLIPSIS
Traceback (most recent call last):
microfp.errors.TraceError: `data` of a value cannot be known while its graph is traced ...
"""

from microfp.compiler.trace.refusals import called
from microfp.compiler.trace.stand_ins import is_number, node_of, traced_leaf, traced_number
from microfp.errors import TraceError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.nn import outputs as outputs_of
from microfp.record import Record, attr
from microfp.tree import parameters, with_parameters
from microfp.values import LEAF, Value, topological_order, total

__all__ = [
    "LARGEST_GRAPH",
    "ExampleGraph",
    "ModelGraph",
    "PenaltyGraph",
    "captured_leaves",
    "check_size",
    "trace_example",
    "trace_loss",
    "trace_model",
    "trace_penalty",
]


class ExampleGraph(Record):
    """What a model and a loss do to one example.

    >>> from microfp import losses, nn
    >>> graph = trace_example(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2)
    >>> len(graph.inputs), len(graph.parameters), len(graph.scores)
    (2, 337, 1)
    """

    inputs: tuple[Value, ...] = attr()
    """One leaf per column of the data."""
    targets: tuple[Value, ...] = attr()
    """One leaf per target."""
    parameters: tuple[Value, ...] = attr()
    """One leaf per parameter of the model, in order."""
    scores: tuple[Value, ...] = attr()
    """The outputs of the model."""
    cost: Value = attr()
    """The loss of the example."""


class ModelGraph(Record):
    """What a model makes of one row of inputs.

    >>> from microfp import nn
    >>> [score.op for score in trace_model(nn.mlp(1, [2, 1]), 1).scores]
    ['total']
    """

    inputs: tuple[Value, ...] = attr()
    parameters: tuple[Value, ...] = attr()
    scores: tuple[Value, ...] = attr()


class PenaltyGraph(Record):
    """What a loss asks for one parameter.

    >>> from microfp import losses
    >>> trace_penalty(losses.max_margin(alpha=0.0)) is None
    True
    """

    parameter: Value = attr()
    cost: Value = attr()


def trace_model(model: Model, width: int) -> ModelGraph:
    """Trace a model for one row of `width` inputs.

    Raises:
        TraceError: If the model reads a number on the way, or gives one that is no value.

    >>> from microfp import nn
    >>> len(trace_model(nn.mlp(2, [3]), 2).scores)
    3
    """
    leaves = tuple(traced_leaf(p.label) for p in parameters(model))
    inputs = tuple(traced_number(f"x{i}") for i in range(width))
    scores = called(outputs_of, with_parameters(model, leaves), inputs)
    if not all(map(_is_node, scores)):
        raise TraceError("the model gives a plain number, and not a value, as an output")
    return ModelGraph(inputs=tuple(node_of(x) for x in inputs), parameters=leaves, scores=scores)


def _is_node(output: object) -> bool:
    return isinstance(output, Value) and not is_number(output)


def trace_example(loss: Loss, model: Model, width: int, targets: int = 1) -> ExampleGraph:
    """Trace a model and a loss for one example with `width` inputs and so many targets.

    Raises:
        TraceError: If either reads a number on the way.

    >>> from microfp import losses, nn
    >>> [score.op for score in trace_example(losses.max_margin(), nn.mlp(1, [2, 1]), 1).scores]
    ['total']
    """
    return _with_loss(loss, trace_model(model, width), targets)


def _with_loss(loss: Loss, graph: ModelGraph, targets: int) -> ExampleGraph:
    labels = ["y"] if targets == 1 else [f"y{i}" for i in range(targets)]
    ys = tuple(map(traced_number, labels))
    cost = called(loss.example, graph.scores, *ys)
    check_size("one example", node_of(cost))
    return ExampleGraph(
        inputs=graph.inputs,
        targets=tuple(map(node_of, ys)),
        parameters=graph.parameters,
        scores=graph.scores,
        cost=node_of(cost),
    )


LARGEST_GRAPH = 2_000_000
"""The most nodes that are compiled scalar by scalar: a minute or two, and some 4 GB.

>>> LARGEST_GRAPH
2000000
"""


def check_size(what: str, output: Value) -> None:
    """Check that a graph is not too large to be compiled.

    Raises:
        TraceError: If it is; eager walks it in a fraction of the time.

    >>> check_size("one example", traced_leaf(None))
    """
    nodes = len(topological_order(output))
    if nodes > LARGEST_GRAPH:
        raise TraceError(
            f"the graph of {what} has {nodes:,} nodes, more than the {LARGEST_GRAPH:,} that are "
            "compiled; backward and backend='eager' walk it as it is"
        )


def trace_loss(loss: Loss, scores: int, targets: int = 1) -> ExampleGraph:
    """Trace a loss alone, of so many scores, which count as parameters.

    Raises:
        TraceError: If it reads a number on the way.

    >>> from microfp import losses
    >>> graph = trace_loss(losses.max_margin(), 1)
    >>> graph.cost.op, graph.scores == graph.parameters
    ('relu', True)
    """
    leaves = tuple([traced_leaf(None) for _ in range(scores)])
    return _with_loss(loss, ModelGraph(inputs=(), parameters=leaves, scores=leaves), targets)


def trace_penalty(loss: Loss) -> PenaltyGraph | None:
    """Trace the penalty of one parameter; None where the loss has none.

    Raises:
        TraceError: If the penalty reads a number on the way.

    >>> from microfp import losses
    >>> graph = trace_penalty(losses.max_margin())
    >>> graph.cost.op if graph else None
    'mul'
    """
    if loss.penalty is None:
        return None
    parameter = traced_leaf("p")
    return PenaltyGraph(parameter=parameter, cost=node_of(called(loss.penalty, parameter)))


def captured_leaves(*outputs: Value) -> frozenset[Value]:
    """Find the leaves of traced graphs that are no stand-ins: what functions have closed over.

    They count as constants. A model whose parameters are among them cannot be traced.

    >>> from microfp import value
    >>> from microfp.compiler.trace.stand_ins import traced_leaf
    >>> w = value(3.0)
    >>> captured_leaves(traced_leaf("x") * w) == {w}
    True
    """
    order = topological_order(total(outputs))
    return frozenset(node for node in order if node.op == LEAF and type(node) is Value)
