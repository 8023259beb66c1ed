"""A training as a module of JavaScript: the loss of a batch with its gradient, and the update.

>>> from microfp import losses, nn, optim
>>> text = training_source(losses.max_margin(), nn.mlp(2, [2, 1]), optim.adam(0.1), 2)
>>> [line for line in text.splitlines() if line.startswith("export function")]
['export function measure(parameters, rows, gradients, scores) {', \
'export function change(parameters, gradients, memory, scalars) {']
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from microfp.base.json import to_json
from microfp.compiler.ir.adjoint import carried_program, penalty_program
from microfp.compiler.ir.updates import is_plain, update_program
from microfp.compiler.javascript.source import javascript_source
from microfp.compiler.trace.calls import trace_example, trace_penalty
from microfp.compiler.trace.update_rules import Rules, rules_of, scalars_of
from microfp.errors import CompileError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.ops import javascript_table
from microfp.optim import Optimizer

__all__ = ["scalars_of_steps", "training_source"]


def training_source(
    loss: Loss, model: Model, optimizer: Optimizer, n_in: int, targets: int = 1
) -> str:
    """Write the step of a training as a module of JavaScript.

    Args:
        loss: The loss of one example, and the penalty of one parameter.
        model: The model, for its structure.
        optimizer: The optimiser, for its rules.
        n_in: How many inputs the model takes.
        targets: How many targets an example has.

    Raises:
        TraceError: If model or loss cannot be traced.
        CompileError: If a primitive has no form in JavaScript, or a rule of the optimiser looks at
            more than one parameter.
    """
    rules = _plain_rules(optimizer)
    graph, penalty = trace_example(loss, model, n_in, targets), trace_penalty(loss)
    shape = {
        "columns": n_in,
        "targets": targets,
        "parameters": len(graph.parameters),
        "scores": len(graph.scores),
        "memory": [start for use in rules.uses for start in use.rule.initial],
        "scalars": rules.scalar_count,
        "hasPenalty": penalty is not None,
    }
    parts = [
        f"const SHAPE = {to_json(shape)};",
        javascript_table(),
        javascript_source(carried_program(graph), "example", carried=len(graph.parameters)),
        *([javascript_source(penalty_program(penalty), "penalty")] if penalty else []),
        javascript_source(update_program(rules), "update"),
        _runtime(),
    ]
    return "\n".join(parts)


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


@cache  # of a file that belongs to the program
def _runtime() -> str:
    return files("microfp.compiler.javascript").joinpath("training.js").read_text(encoding="utf-8")
