"""A training as a module of JavaScript: the loss of a batch with its gradient, and the update.

>>> from microfp import losses, nn, optim
>>> text = training_source(losses.max_margin(), nn.mlp(2, [2, 1]), optim.adam(0.1), 2)
>>> [line for line in text.splitlines() if line.startswith("export function")]
['export function change(parameters, gradients, memory, scalars) {', \
'export function measure(parameters, rows, gradients, scores) {']
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from microfp.base.json import to_json
from microfp.compiler.ir.adjoint import carried_program, penalty_program
from microfp.compiler.ir.place_text import place_text
from microfp.compiler.ir.stages import Staged, staged
from microfp.compiler.ir.updates import is_plain, update_program
from microfp.compiler.javascript.source import javascript_source
from microfp.compiler.javascript.stages import stages_source
from microfp.compiler.trace.calls import ExampleGraph, trace_example, trace_penalty
from microfp.compiler.trace.sequences import record
from microfp.compiler.trace.update_rules import Rules, rules_of, scalars_of
from microfp.errors import CompileError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.ops import javascript_table
from microfp.optim import Optimizer
from microfp.tree import parameter_count

__all__ = ["scalars_of_steps", "training_source"]


def training_source(
    loss: Loss, model: Model, optimizer: Optimizer, n_in: int, targets: int = 1
) -> str:
    """Write the step of a training as a module of JavaScript.

    Args:
        loss: The loss of one example, and the penalty of one parameter; or a loss of sequences.
        model: The model, for its structure.
        optimizer: The optimiser, for its rules.
        n_in: How many inputs the model takes; or how long a sequence is at most.
        targets: How many targets an example has; a sequence has one for each of its positions.

    Raises:
        TraceError: If model or loss cannot be traced.
        CompileError: If a primitive has no form in JavaScript, or a rule of the optimiser looks at
            more than one parameter.
    """
    rules, penalty = _plain_rules(optimizer), trace_penalty(loss)
    if loss.position is None:
        graph = trace_example(loss, model, n_in, targets)
        written = _Written(len(graph.scores), targets, _example(graph), "examples.js")
    else:
        plan = staged(record(loss, model, n_in), parameter_count(model))
        written = _Written(plan.score_count * n_in, n_in, _sequence(plan), "sequences.js")
    shape = {
        "columns": n_in,
        "targets": written.targets,
        "parameters": parameter_count(model),
        "scores": written.scores,
        "memory": [start for use in rules.uses for start in use.rule.initial],
        "scalars": rules.scalar_count,
        "hasPenalty": penalty is not None,
    }
    parts = [
        f"const SHAPE = {to_json(shape)};",
        javascript_table(),
        written.text,
        *([javascript_source(penalty_program(penalty), "penalty")] if penalty else []),
        javascript_source(update_program(rules), "update"),
        _runtime("update.js"),
        _runtime(written.runtime),
    ]
    return "\n".join(parts)


class _Written(NamedTuple):
    """What computes the cost of one example."""

    scores: int
    """How many scores it has."""
    targets: int
    """How many targets it has."""
    text: str
    """The function."""
    runtime: str
    """The file that calls it for each example of a batch."""


def _example(graph: ExampleGraph) -> str:
    return javascript_source(carried_program(graph), "example", carried=len(graph.parameters))


def _sequence(plan: Staged) -> str:
    at = place_text(plan.scores)
    return f"{stages_source(plan)}\nconst scoresAt = (t) => {at};"


def scalars_of_steps(optimizer: Optimizer, start: int, count: int) -> Iterator[tuple[float, ...]]:
    """List the numbers that an update takes besides parameter and gradient, step by step.

    >>> from microfp import optim
    >>> list(scalars_of_steps(optim.sgd(lambda step: 1.0 / (step + 1)), 0, 2))
    [(-1.0,), (-0.5,)]
    """
    rules = _plain_rules(optimizer)
    counts = tuple(0 if use.rule.is_counting else None for use in rules.uses)
    for step in range(start, start + count):  # a rule that counts has counted every step
        counted = tuple(None if count is None else step for count in counts)
        yield tuple(scalars_of(rules, step, counted, 0))


def _plain_rules(optimizer: Optimizer) -> Rules:
    rules = rules_of(optimizer)
    if rules is None or not all(map(is_plain, rules.uses)):
        raise CompileError(
            f"to_javascript: the optimiser {optimizer.name!r} looks at more than one parameter, or "
            "not at every step, and only rules for one parameter are written in JavaScript"
        )
    return rules


@cache  # of files that belong to the program
def _runtime(name: str) -> str:
    return files("microfp.compiler.javascript").joinpath(name).read_text(encoding="utf-8")
