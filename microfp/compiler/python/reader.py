"""Readers: a model of sequences that takes token after token, and remembers what it has read.

>>> from microfp import gpt
>>> from microfp.tree import parameters
>>> model = gpt.gpt(3, embedding=4, heads=2, context=5)
>>> make = reader_of(model, 5)
>>> read = make([p.data for p in parameters(model)]) if make else None
>>> [len(read(token)) for token in (2, 0, 1)] if read else None
[3, 3, 3]
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add, mul
from typing import TypeAlias

from microfp.base.memo import by_key
from microfp.compiler.ir.stages import Staged, called_by, staged
from microfp.compiler.python.source import compiled
from microfp.compiler.python.stages import reader_source
from microfp.compiler.trace.sequences import record
from microfp.compiler.trace.structure import Template, template
from microfp.errors import TraceError
from microfp.nn import Model
from microfp.ops import PRIMITIVES
from microfp.tree import parameters

__all__ = ["Reader", "functions_of_stages", "reader_of"]

Reader: TypeAlias = Callable[[int], Sequence[float]]
"""What remembers the tokens that it has read, and gives the scores of the next."""


def functions_of_stages(plan: Staged) -> tuple[tuple[str, Callable[..., float]], ...]:
    """What the source of stages calls, by name."""
    tools: dict[str, Callable[..., float]] = {
        "reduce": reduce,
        "add": add,
        "mul": mul,
        "maximum": PRIMITIVES["maximum"].forward,
    }
    called = {name: PRIMITIVES[name].forward for name in sorted(called_by(plan))}
    return tuple((called | tools).items())


def reader_of(model: Model, width: int) -> Callable[[Sequence[float]], Reader] | None:
    """What makes readers of a model from its numbers; None where it is not traced as a sequence.

    Args:
        model: Any model of sequences.
        width: How many tokens it reads at most.
    """
    try:
        found = _reading(template(model), width)
    except TraceError:
        return None
    if found is None:
        return None
    plan, document = found

    def make(numbers: Sequence[float]) -> Reader:
        tokens, nodes, given = list[float](), [0.0] * plan.node_count, list(numbers)

        def read(token: int) -> Sequence[float]:
            tokens.append(float(token))
            scores: list[float] = document(tokens, len(tokens) - 1, given, nodes)
            return scores

        return read

    return make


@by_key(16)
def _reading(model: Template, width: int) -> tuple[Staged, Callable[..., list[float]]] | None:
    try:
        recorded = record(None, model.model, width)  # type: ignore[arg-type]  # any record
        plan = staged(recorded, len(parameters(model.model)))
    except TraceError:
        return None
    document: Callable[..., list[float]]
    document = compiled(reader_source(plan), functions_of_stages(plan))  # type: ignore[assignment]  # see there
    return plan, document
