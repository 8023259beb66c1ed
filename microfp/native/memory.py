"""What an optimiser remembers, column by column: a number for each parameter in each.

>>> from pyrsistent import pvector
>>> from microfp import optim
>>> state = optim.momentum(0.1, momentum=0.9).init(pvector([1.0, 2.0]))
>>> [list(column) for record in records_of(state) for column in columns_of(record)]
[[0.0, 0.0]]
"""

from collections.abc import Iterator, Sequence

from pyrsistent import PVector

from microfp.checks import wrong_kind
from microfp.native.training import Rules
from microfp.record import Record

__all__ = ["columns_of", "counts_of", "records_of", "with_columns"]


def records_of(state: object) -> Iterator[Record]:
    """The records in the state of an optimiser, one for each rule."""
    if isinstance(state, Record):
        yield state
    elif isinstance(state, tuple):
        for part in state:
            yield from records_of(part)


def counts_of(rules: Rules | None, records: Sequence[Record]) -> tuple[int | None, ...]:
    """How often each rule has been applied, where its state counts that."""
    each = rules.rules if rules else ()
    if len(records) != len(each):
        if any(rule.initial for rule in each):
            raise wrong_kind("train", "the optimizer state", f"{len(each)} records", records)
        return (None,) * len(each)
    return tuple(
        _count(record) if rule.is_counting else None
        for rule, record in zip(each, records, strict=True)
    )


def _count(record: Record) -> int | None:
    """How often a rule has been applied, where its state says so."""
    count = dict(record).get("count")
    return count if isinstance(count, int) else None


def columns_of(record: Record) -> list[PVector[float]]:
    """The numbers that a rule remembers, column by column."""
    return [field for field in record.values() if isinstance(field, PVector)]


def with_columns(state: object, columns: Iterator[PVector[float]], steps: int) -> object:
    """The same state, so many steps later, with other numbers."""
    if isinstance(state, Record):
        names = [n for n in state.field_names() if isinstance(state[n], PVector)]
        if not names:
            return state
        changed: dict[str, object] = {name: next(columns) for name in names}
        count = _count(state)
        return state.set(**changed, **({} if count is None else {"count": count + steps}))
    assert isinstance(state, tuple)
    return tuple([with_columns(part, columns, steps) for part in state])
