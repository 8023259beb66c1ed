"""Scores of many rows: a model as generated Python, in the bits of the model itself.

>>> from microfp import nn
>>> scores(nn.layer(1, 2, weights=[[2.0], [3.0]]), [(1.0,), (-1.0,)])
((2.0, 3.0), (0.0, 0.0))
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from microfp.compiler.ir.passes import lower
from microfp.compiler.python.source import compiled, function_source, functions_of
from microfp.compiler.trace.calls import trace_loss, trace_model
from microfp.compiler.trace.structure import Template, template
from microfp.datasets import Row
from microfp.errors import TraceError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.nn import outputs as outputs_of
from microfp.tree import parameters
from microfp.values import value

__all__ = ["FEWEST_ROWS", "costs", "scores"]

FEWEST_ROWS = 50
"""With fewer rows than these, walking the graphs takes less time than compiling one."""

Scorer = Callable[..., tuple[float, ...]]


def scores(model: Model, rows: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    """Run a model over rows of inputs; by generated Python where there are many.

    Args:
        model: Any model; one that cannot be traced is called row by row.
        rows: The inputs, row by row.

    Returns:
        The outputs of each row, as `nn.outputs` gives them.

    >>> from microfp import nn
    >>> model, rows = nn.mlp(1, [4, 1]), [(i / 10.0,) for i in range(100)]
    >>> scores(model, rows)[30] == (nn.forward(model, rows[30]).data,)
    True
    """
    scorer = _scorer_of(model, rows)
    if scorer is None:
        return tuple(tuple(y.data for y in outputs_of(model, row)) for row in rows)
    numbers = [p.data for p in parameters(model)]
    return tuple(scorer(*row, *numbers) for row in rows)


def _scorer_of(model: Model, rows: Sequence[Sequence[float]]) -> Scorer | None:
    widths = {len(row) for row in rows}
    if len(rows) < FEWEST_ROWS or len(widths) > 1:
        return None
    try:
        return _scorer(template(model), widths.pop())
    except TraceError:
        return None


def costs(loss: Loss, scores: Sequence[Row], ys: Sequence[float]) -> list[float]:
    """What a loss asks for each example, of scores that are known; generated Python, too.

    Args:
        loss: Any loss of one target; one that cannot be traced is called example by example.
        scores: The outputs of a model for each example.
        ys: The target of each.

    >>> from microfp import losses
    >>> costs(losses.mean_squared_error(), [(3.0,), (1.0,)], [1.0, 1.0])
    [4.0, 0.0]
    """
    coster = _coster(loss, scores)
    if coster is None:
        pairs = zip(scores, ys, strict=True)
        return [loss.example(tuple(map(value, row)), y).data for row, y in pairs]
    return [coster(*row, y)[0] for row, y in zip(scores, ys, strict=True)]


def _coster(loss: Loss, scores: Sequence[Row]) -> Scorer | None:
    if len(scores) < FEWEST_ROWS:
        return None
    try:
        graph = trace_loss(loss, len(scores[0]))
    except TraceError:
        return None
    program = lower((graph.cost,), (*graph.parameters, *graph.targets))
    return compiled(function_source(program), tuple(functions_of(program).items()))  # type: ignore[return-value]  # as written


@lru_cache(maxsize=32)
def _scorer(model: Template, width: int) -> Scorer:
    graph = trace_model(model.model, width)  # type: ignore[arg-type]  # any record of values
    program = lower(graph.scores, graph.inputs, graph.parameters)
    return compiled(function_source(program), tuple(functions_of(program).items()))  # type: ignore[return-value]  # as written
