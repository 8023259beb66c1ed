"""What an optimiser remembers, column by column: a number for each parameter in each.

>>> from pyrsistent import pvector
>>> from microfp import optim
>>> from microfp.compiler.native.run.training import rules_of
>>> optimizer = optim.momentum(0.1, momentum=0.9)
>>> rules, state = rules_of(optimizer), optimizer.init(pvector([1.0, 2.0]))
>>> [list(column) for column in columns_of(rules, list(records_of(state)))]
[[0.0, 0.0]]
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

from pyrsistent import PVector, pvector

from microfp.base.checks import wrong_kind
from microfp.compiler.native.run.training import Rules
from microfp.optim import AccumulationState, RuleUse
from microfp.record import Record

__all__ = ["columns_of", "counts_of", "later", "records_of", "scalars_of"]


def records_of(state: object) -> Iterator[Record]:
    """The records in the state of an optimiser, one for each rule."""
    if isinstance(state, Record):
        yield state
    for part in _parts(state):
        yield from records_of(part)


def _parts(state: object) -> Iterable[object]:
    """The states that a state is made of, or holds."""
    if isinstance(state, Record):
        return [field for field in state.values() if isinstance(field, Record | tuple)]
    return state if isinstance(state, tuple) else ()


def counts_of(rules: Rules | None, records: Sequence[Record]) -> tuple[int | None, ...]:
    """How often each rule has been applied, where its state counts that."""
    uses = rules.uses if rules else ()
    if len(records) != len(uses):
        if any(use.rule.initial for use in uses):
            raise wrong_kind("train", "the optimizer state", f"{len(uses)} records", records)
        return (None,) * len(uses)
    return tuple(
        _count(record) if use.rule.is_counting else None
        for use, record in zip(uses, records, strict=True)
    )


def _count(record: Record) -> int | None:
    """How often a rule has been applied, where its state says so."""
    count = dict(record).get("count")
    return count if isinstance(count, int) else None


def columns_of(rules: Rules, records: Sequence[Record]) -> Iterator[Sequence[float]]:
    """What is kept for each parameter: what rules remember, column by column, and the masks."""
    for use, record in zip(rules.uses, records, strict=False):
        for field in record.values():
            if isinstance(field, PVector):
                yield field if use.where is None else _spread(use.where, field)
    for mask in rules.masks:
        yield [float(mine) for mine in mask]


def _spread(mask: tuple[bool, ...], numbers: PVector[float]) -> list[float]:
    """The numbers of some parameters, each in its place, and 0.0 for the others."""
    ours = iter(numbers)
    return [next(ours) if mine else 0.0 for mine in mask]


def later(
    state: object,
    uses: Iterator[RuleUse],
    columns: Iterator[Sequence[float]],
    steps: int,
    gathered: int = 0,
) -> object:
    """The same state, so many steps later, with other numbers; it takes its uses and columns."""
    if isinstance(state, tuple):
        return tuple([later(part, uses, columns, steps, gathered) for part in state])
    assert isinstance(state, Record)
    use, count = next(uses), _count(state)
    changed: dict[str, object] = {}
    for name, field in state.items():  # a loop: the order of the columns is that of the fields
        if isinstance(field, PVector):
            numbers = next(columns)
            changed[name] = pvector(compress(numbers, use.where) if use.where else numbers)
        elif isinstance(field, Record | tuple):
            changed[name] = later(field, uses, columns, steps, count or 0)
    if count is not None:
        changed["count"] = count + _uses(use, gathered, steps)
    return state.set(**changed)


def scalars_of(
    rules: Rules, step: int, counts: tuple[int | None, ...], done: int
) -> Iterator[float]:
    """The scalars of one step, `done` steps after those that were counted."""
    gathered = 0
    for use, length, count in zip(*rules, counts, strict=True):  # a loop: one rule gathers
        if use.rule.state is AccumulationState:  # for those that follow it
            gathered = count or 0
        is_its_step = (gathered + done + 1) % use.every == 0
        time = step // use.every if count is None else count + _uses(use, gathered, done)
        yield from use.rule.coefficients(time) if is_its_step else [0.0] * length
        if use.every > 1:
            yield float(is_its_step)


def _uses(use: RuleUse, gathered: int, steps: int) -> int:
    """How often a rule is applied in so many steps, where so many gradients came before them."""
    return (gathered + steps) // use.every - gathered // use.every
