"""The update of all parameters as one loop of Python source, in the bits of the optimiser.

An optimiser that is made of rules for one parameter alone is traced and written as a loop, as an
example is. What it is worth: calling the rules costs more than what they compute.

>>> from microfp import optim
>>> update = update_for(optim.sgd(0.5))
>>> update((1.0, 2.0), (4.0, 0.0), optim.EmptyState(), 0) if update else None
Updated(numbers=(-1.0, 2.0), state=EmptyState(), squares=16.0)
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from microfp.base.memo import remembering
from microfp.compiler.ir.updates import is_plain, update_program
from microfp.compiler.python.source import compiled, functions_of, update_source
from microfp.compiler.trace.optimizer_state import columns_of, counts_of, records_of, state_after
from microfp.compiler.trace.update_rules import Rules, rules_of, scalars_of
from microfp.optim import Optimizer

__all__ = ["Updated", "update_for"]

Numbers: TypeAlias = Sequence[float]
Loop: TypeAlias = Callable[
    [Numbers, Numbers, Sequence[Numbers], Numbers], tuple[float, list[float], list[list[float]]]
]


class Updated(NamedTuple):
    """What an update gives."""

    numbers: tuple[float, ...]
    """The parameters after it."""
    state: object
    """What the optimiser remembers after it."""
    squares: float
    """The sum of the squares of the gradient."""


Update: TypeAlias = Callable[[Numbers, Numbers, object, int], Updated]
"""From parameters, gradient, state and step to what the update gives."""


def _update_for(optimizer: Optimizer) -> Update | None:
    """Compile the update of an optimiser; None where it is more than rules that can be traced."""
    rules = rules_of(optimizer)
    if rules is None or not all(map(is_plain, rules.uses)):
        return None
    try:
        loop = _loop(rules)
    except Exception:  # noqa: BLE001 - a rule of the user's that computes with numbers alone
        return None

    has_memory = any(use.rule.initial or use.rule.is_counting for use in rules.uses)
    return partial(_with_memory if has_memory else _without_memory, rules, loop)


def _with_memory(
    rules: Rules, loop: Loop, numbers: Numbers, gradients: Numbers, state: object, step: int
) -> Updated:
    records = list(records_of(state))
    columns = list(columns_of(rules, records))
    scalars = list(scalars_of(rules, step, counts_of(rules, records), 0))
    squares, moved, after = loop(numbers, gradients, columns, scalars)
    return Updated(tuple(moved), state_after(state, rules, after, 1), squares)


def _without_memory(
    rules: Rules, loop: Loop, numbers: Numbers, gradients: Numbers, state: object, step: int
) -> Updated:
    scalars = [number for use in rules.uses for number in use.rule.coefficients(step)]
    squares, moved, _ = loop(numbers, gradients, (), scalars)
    return Updated(tuple(moved), state, squares)


update_for: Callable[[Optimizer], Update | None] = remembering(_update_for)


def _loop(rules: Rules) -> Loop:
    program = update_program(rules)
    source = update_source(program, scalars=rules.scalar_count)
    loop: Loop = compiled(source, tuple(functions_of(program).items()))  # type: ignore[assignment]  # as it is written
    return loop
