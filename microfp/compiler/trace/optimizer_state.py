"""What an optimiser remembers, column by column: a number for each parameter in each.

>>> from pyrsistent import pvector
>>> from microfp import optim
>>> from microfp.compiler.trace.update_rules import rules_of
>>> optimizer = optim.momentum(0.1, momentum=0.9)
>>> rules, state = rules_of(optimizer), optimizer.init(pvector([1.0, 2.0]))
>>> [list(column) for column in columns_of(rules, list(records_of(state)))]
[[0.0, 0.0]]
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from pyrsistent import PVector, pvector

from microfp.base.checks import wrong_kind
from microfp.compiler.trace.update_rules import Rules, use_count
from microfp.optim import RuleUse
from microfp.record import Record

__all__ = ["columns_of", "counts_of", "records_of", "state_after"]


def records_of(state: object) -> Iterator[Record]:
    """The records in the state of an optimiser, one for each rule."""
    if isinstance(state, Record):
        yield state
    for part in _parts(state):
        yield from records_of(part)


def _parts(state: object) -> Iterable[object]:
    """The states that a state is made of, or holds."""
    if isinstance(state, Record):
        return [field for _, field in state.iteritems() if isinstance(field, Record | tuple)]
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
        for _, field in record.iteritems():
            if isinstance(field, PVector):
                yield field if use.where is None else _spread(use.where, field)
    for mask in rules.masks:
        yield [float(mine) for mine in mask]


def _spread(mask: tuple[bool, ...], numbers: PVector[float]) -> list[float]:
    """The numbers of some parameters, each in its place, and 0.0 for the others."""
    ours = iter(numbers)
    return [next(ours) if mine else 0.0 for mine in mask]


def state_after(
    state: object, rules: Rules, columns: Iterable[Sequence[float]], steps: int
) -> object:
    """The state so many steps later: the same records, with other numbers and counts.

    Args:
        state: The state before.
        rules: The rules that it is the state of.
        columns: What is remembered then, column by column.
        steps: How many steps later.
    """
    return _after(state, _Ahead(iter(rules.uses), iter(columns), steps), 0)


class _Ahead(NamedTuple):
    """What the records of a state take in turn: a use, and a column for each of its vectors."""

    uses: Iterator[RuleUse]
    """The uses that are left."""
    columns: Iterator[Sequence[float]]
    """The columns that are left."""
    steps: int
    """How many steps are done."""


def _after(state: object, ahead: _Ahead, gathered: int) -> object:
    """A part of a state, under a record that had gathered so many gradients."""
    if isinstance(state, tuple):
        return tuple([_after(part, ahead, gathered) for part in state])
    assert isinstance(state, Record)
    return _record_after(state, ahead, gathered)


def _record_after(record: Record, ahead: _Ahead, gathered: int) -> Record:
    """The record of one rule, and of those that it holds; fields take columns in order."""
    use, count = next(ahead.uses), _count(record)
    counted = {} if count is None else {"count": count + use_count(use, gathered, ahead.steps)}
    fields = {
        name: _field_after(field, use, ahead, count or 0)
        for name, field in record.items()
        if isinstance(field, PVector | Record | tuple)
    }
    return record.set(**fields, **counted)


def _field_after(field: object, use: RuleUse, ahead: _Ahead, gathered: int) -> object:
    """A vector takes the next column, of which a mask leaves a part; all else is a state."""
    if not isinstance(field, PVector):
        return _after(field, ahead, gathered)
    numbers = next(ahead.columns)
    return pvector(compress(numbers, use.where) if use.where else numbers)
