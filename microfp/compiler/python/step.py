"""One step as generated Python: the loss of a batch and its gradients, in eager's bits.

>>> from microfp import datasets, losses, nn
>>> from microfp.compiler.trace.structure import template
>>> loss, model, data = losses.max_margin(), nn.mlp(2, [16, 16, 1]), datasets.moons(100)
>>> plan = plan_for(loss, template(model), 2)
>>> measured = measure(plan, [p.data for p in nn.parameters(model)], data)
>>> measured.total == losses.evaluate(loss, model, data).total.data
True

Why the bits are the same. Eager evaluation folds the chain rule over one graph, in reversed
topological order: first the penalties, which stand last, then the examples from last to first.
Every parameter is a leaf, whose gradient starts at 0.0 and takes one term after another. The
generated code adds the same terms in the same order. It leaves out the 0.0 that eager starts every
other node's gradient with, and so may have -0.0 where eager has 0.0; a gradient is only ever
multiplied and added, and a sum that starts at 0.0 is the same whichever zero is added to it.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from microfp.base.memo import by_key, remembering
from microfp.compiler.ir.adjoint import carried_program, penalty_program
from microfp.compiler.ir.bounds import largest_leaf
from microfp.compiler.ir.looped import Looped
from microfp.compiler.ir.looped_examples import captured_through, carried_looped, looped_example
from microfp.compiler.ir.program import Program
from microfp.compiler.ir.stages import Staged, check_document, staged
from microfp.compiler.python.loop import loop_source
from microfp.compiler.python.looped import looped_function
from microfp.compiler.python.reader import functions_of_stages
from microfp.compiler.python.source import compiled, functions_of, penalty_source
from microfp.compiler.python.stages import stages_source
from microfp.compiler.trace.calls import ExampleGraph, captured_leaves, trace_example, trace_penalty
from microfp.compiler.trace.refusals import final
from microfp.compiler.trace.repeats import Repeat
from microfp.compiler.trace.sequences import record
from microfp.compiler.trace.structure import Template
from microfp.datasets import Dataset
from microfp.errors import TraceError
from microfp.losses import Loss
from microfp.ops import total
from microfp.record import Deferred, Record, attr, unchecked
from microfp.tree import parameters
from microfp.values import Value, topological_order

__all__ = ["MOST_NODES", "Measured", "Plan", "find_plan", "measure", "plan_for"]

ExampleLoop = Callable[
    [Sequence[Sequence[float]], Sequence[float], float, Sequence[float], Sequence[float]],
    tuple[list[float], list[tuple[float, ...]], tuple[float, ...]],
]
PenaltyLoop = Callable[[Sequence[float]], tuple[float, list[float]]]


class Plan(Record):
    """How the steps of all models of one structure are computed by one loss.

    >>> from microfp import losses, nn
    >>> from microfp.compiler.trace.structure import template
    >>> plan_for(losses.max_margin(), template(nn.mlp(2, [1])), 2).parameter_count
    3
    """

    parameter_count: int = attr()
    """How many parameters there are."""
    score_count: int = attr()
    """How many scores an example has."""
    example: Program | None = attr()
    """The program of one example, with its gradients; None for a sequence, and where scans are
    loops.
    """
    penalty: Program | None = attr()
    """The program of one penalty, with its gradient; None for a loss without one."""
    size: float | None = attr()
    """While no input, target or parameter is larger, no number overflows, and what is
    multiplied by zero may be skipped; None where there is no such size.
    """
    captured: frozenset[Value] = attr()
    """The values that model and loss have closed over; they count as constants."""
    plain_loop: ExampleLoop = attr(deferrable=True)
    """The loop over examples, compiled when it is first run."""
    gated_loop: ExampleLoop = attr(deferrable=True)
    """The loop that skips what is multiplied by zero, for parameters without -0.0."""
    penalty_loop: PenaltyLoop = attr(deferrable=True)
    """The loop over parameters."""


class Measured(NamedTuple):
    """A loss and its gradients, measured on a batch.

    >>> Measured(total=1.5, data=1.0, penalty=0.5, scores=[(0.0,)], gradients=(2.0,)).total
    1.5
    """

    total: float
    """`data + penalty`."""
    data: float
    """The mean loss of the examples."""
    penalty: float
    """The sum of the penalties."""
    scores: Sequence[tuple[float, ...]]
    """The outputs of the model, example by example."""
    gradients: Sequence[float]
    """One per parameter."""


MOST_NODES = 250_000
"""The largest graph of one example that `backend="auto"` compiles.

Lowering and compiling take some 60 microseconds and 3.5 kB a node: here 15 seconds and 0.9 GB.
"""


def plan_for(
    loss: Loss, model: Template, width: int, most_nodes: int | None = None, targets: int = 1
) -> Plan:
    """Trace a model and a loss, and lower them; once per structure in a process.

    Args:
        loss: The loss.
        model: The template of the model's structure.
        width: The number of inputs.
        most_nodes: How large the graph of one example may be; None for any size.
        targets: The number of targets.

    Raises:
        TraceError: If they cannot be traced, or the graph is too large.

    >>> from microfp import losses, nn
    >>> from microfp.compiler.trace.structure import template
    >>> model = template(nn.mlp(2, [1]))
    >>> loss = losses.max_margin()
    >>> plan_for(loss, model, 2) is plan_for(loss, model, 2)
    True
    """
    plan = find_plan(loss, model, width, most_nodes, targets)
    if isinstance(plan, TraceError):
        raise plan.with_traceback(None)
    return plan


BYTES_AN_INSTRUCTION = 600
"""About what an instruction takes in a plan: itself, its line of source, and its bytecode."""


def _bytes(found: object) -> int:
    program = found.example if isinstance(found, Plan) else None
    return BYTES_AN_INSTRUCTION * len(program.instructions) if program else 0


@by_key(64, _bytes)
def find_plan(
    loss: Loss, model: Template, width: int, most_nodes: int | None = None, targets: int = 1
) -> Plan | TraceError:
    """As `plan_for`, but return the error that says why there is no plan, if it is final.

    >>> from microfp import losses, nn
    >>> from microfp.compiler.trace.structure import template
    >>> printing = losses.Loss(name="printing", example=lambda scores, y: print(scores[0]))
    >>> type(find_plan(printing, template(nn.mlp(2, [1])), 2)).__name__
    'TraceError'
    """
    try:
        return _plan(loss, model, width, most_nodes, targets)
    except TraceError as error:
        return final(error)


def _plan(loss: Loss, model: Template, width: int, most_nodes: int | None, targets: int) -> Plan:
    if loss.position is not None:
        return sequence_plan(loss, model, width, most_nodes)
    if most_nodes is None:
        graph, repeats = looped_example(loss, model.model, width, targets)  # type: ignore[arg-type]  # any record
        if repeats:
            return looped_plan(loss, graph, repeats)
    else:  # where the bits are to be eager's, scans are unrolled
        graph = trace_example(loss, model.model, width, targets)  # type: ignore[arg-type]  # any record
    _check_size(graph, most_nodes)
    penalty_graph = trace_penalty(loss)
    example, count = carried_program(graph), len(graph.parameters)
    penalty = penalty_program(penalty_graph) if penalty_graph else None
    costs = (graph.cost, *graph.scores) + ((penalty_graph.cost,) if penalty_graph else ())

    def loop(*, gated: bool) -> Deferred:
        return Deferred(
            lambda: _function(loop_source(example, carried=count, gated=gated), example)
        )

    return unchecked(
        Plan,
        count,
        len(graph.scores),
        example,
        penalty,
        largest_leaf(example),
        captured_leaves(*costs),
        loop(gated=False),
        loop(gated=True),
        Deferred(lambda: _function(penalty_source(penalty), penalty) if penalty else _no_penalty),
    )


def looped_plan(loss: Loss, graph: ExampleGraph, repeats: Sequence[Repeat]) -> Plan:
    """The plan of a model with scans: one program for all steps of each.

    Its gradients may be added up in another order than eager's, step for step.
    """
    looped, count = carried_looped(graph, repeats), len(graph.parameters)
    penalty_graph = trace_penalty(loss)
    penalty = penalty_program(penalty_graph) if penalty_graph else None
    costs = (graph.cost, *graph.scores) + ((penalty_graph.cost,) if penalty_graph else ())
    loop = Deferred(lambda: _looped_loop(looped, count))
    return unchecked(
        Plan,
        count,
        len(graph.scores),
        None,
        penalty,
        None,
        captured_through(costs, repeats),
        loop,
        loop,
        Deferred(lambda: _function(penalty_source(penalty), penalty) if penalty else _no_penalty),
    )


def _looped_loop(looped: Looped, count: int) -> ExampleLoop:
    """The loop over examples, which carries so many gradients along."""
    run, outputs = looped_function(looped), looped.outputs
    first, last = outputs.start, outputs.stop

    def loop(
        rows: Sequence[Sequence[float]],
        ys: Sequence[float],
        seed: float,
        numbers: Sequence[float],
        gradients: Sequence[float],
    ) -> tuple[list[float], list[tuple[float, ...]], tuple[float, ...]]:
        costs, scores, slopes = list[float](), list[tuple[float, ...]](), tuple(gradients)
        for row, y in zip(rows, ys, strict=True):  # a loop: the gradients grow
            cells = run([*row, y, seed, *slopes], numbers)
            costs.append(cells[first])
            scores.append(tuple(cells[first + 1 : last - count]))
            slopes = tuple(cells[last - count : last])
        return costs, scores, slopes

    return loop


def sequence_plan(loss: Loss, model: Template, width: int, most_nodes: int | None) -> Plan:
    """The plan of a model of sequences: loops over positions, one source for all lengths.

    Its gradients are added up in another order than eager's; so `backend="auto"`, which says how
    large a graph may be, is told that there is none.

    Raises:
        TraceError: If the model is not traced as a sequence.
    """
    if most_nodes is not None:
        raise TraceError("the gradients of a sequence are added up in an order of their own")
    count = len(parameters(model.model))
    plan = staged(record(loss, model.model, width), count)  # type: ignore[arg-type]  # any record
    graph = trace_penalty(loss)
    penalty = penalty_program(graph) if graph else None
    loop = Deferred(lambda: _sequence_loop(plan))
    return unchecked(
        Plan,
        count,
        plan.score_count * width,
        None,
        penalty,
        None,
        captured_leaves(graph.cost) if graph else frozenset(),
        loop,
        loop,
        Deferred(lambda: _function(penalty_source(penalty), penalty) if penalty else _no_penalty),
    )


def _sequence_loop(plan: Staged) -> ExampleLoop:
    """The loop over documents, each as long as it is."""
    document = compiled(stages_source(plan), functions_of_stages(plan))

    def loop(
        rows: Sequence[Sequence[float]],
        ys: Sequence[float],
        seed: float,
        numbers: Sequence[float],
        gradients: Sequence[float],
    ) -> tuple[list[float], list[tuple[float, ...]], tuple[float, ...]]:
        slopes, costs = list(gradients), list[float]()
        for row, y in zip(rows, ys, strict=True):  # a loop: the gradients grow
            tokens, targets = row[: plan.width], (*row[plan.width :], y)
            count = check_document(plan, tokens, targets)
            costs.append(_number(document(tokens, targets, count, seed, numbers, slopes)))
        return costs, [()] * len(costs), tuple(slopes)

    return loop


def _number(result: object) -> float:
    assert isinstance(result, float)
    return result


def _check_size(graph: ExampleGraph, most_nodes: int | None) -> None:
    nodes = len(topological_order(graph.cost))
    if most_nodes is not None and nodes > most_nodes:
        raise TraceError(f"the graph of one example has {nodes} nodes, more than {most_nodes}")


def _function(source: str, program: Program) -> Callable[..., object]:
    return compiled(source, tuple(functions_of(program).items()))


def _no_penalty(numbers: Sequence[float]) -> tuple[float, list[float]]:
    return 0.0, [0.0] * len(numbers)


def measure(plan: Plan, numbers: Sequence[float], dataset: Dataset) -> Measured:
    """Compute a loss and its gradients on a batch.

    Args:
        plan: For the structure of the model, the loss, and the width of the data.
        numbers: The parameters.
        dataset: The batch.

    >>> from microfp import datasets, losses, nn
    >>> from microfp.compiler.trace.structure import template
    >>> plan = plan_for(losses.max_margin(alpha=0.0), template(nn.neuron(1)), 1)
    >>> measure(plan, [2.0, 0.0], datasets.dataset([[0.25]], [1.0])).gradients
    (-0.25, -1.0)
    """
    backwards, extent = _prepared(dataset)
    loop = plan.gated_loop if _is_bounded(plan.size, extent, numbers) else plan.plain_loop
    penalty, gradients = plan.penalty_loop(numbers)
    seed = 1.0 / len(dataset.ys)
    costs, scores, slopes = loop(*backwards, seed, numbers, gradients)
    data = total.forward(*reversed(costs)) * seed
    return Measured(data + penalty, data, penalty, scores[::-1], slopes)


Backwards: TypeAlias = tuple[Sequence[Sequence[float]], Sequence[float]]
"""Rows and targets from last to first, as the loop takes them."""


def _new_prepared(dataset: Dataset) -> tuple[Backwards, float]:
    """The examples from last to first, and the largest magnitude among them."""
    rows, ys = _examples(dataset)
    largest = max(max(map(abs, row), default=0.0) for row in (*rows, ys))
    return (rows[::-1], ys[::-1]), largest


def _examples(dataset: Dataset) -> tuple[Sequence[Sequence[float]], Sequence[float]]:
    """Rows and targets as the loop takes them: of several targets, all but the last in the row."""
    if not dataset.further_ys:
        return dataset.xs, dataset.ys
    pairs = zip(dataset.xs, dataset.targets, strict=True)
    return [(*x, *ys[:-1]) for x, ys in pairs], [further[-1] for further in dataset.further_ys]


_prepared: Callable[[Dataset], tuple[Backwards, float]] = remembering(_new_prepared)


def _is_bounded(size: float | None, extent: float, numbers: Sequence[float]) -> bool:
    """Whether no number is larger than a size or nan, and no parameter -0.0; data are finite."""
    return (
        size is not None
        and extent <= size
        and math.hypot(*numbers) <= size  # no less than the largest of them, and nan where one is
        and not (0.0 in numbers and any(math.copysign(1.0, n) < 0.0 for n in numbers if n == 0.0))
    )
