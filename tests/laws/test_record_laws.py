"""Records against plain pyrsistent records of the same fields, operation by operation."""

import copy
import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PRecord, field, pmap

from microfp.nn import MLP, mlp, parameter_count, parameters
from microfp.record import Record, attr


def positive(n: int) -> tuple[bool, str]:
    return n > 0, f"count must be > 0, got {n}"


def named(record: Mapping[str, Any]) -> tuple[bool, str]:
    return record["name"] != "nobody" or record["count"] == 1, "nobody comes once"


class Inner(Record):
    size: int = attr()


class Ours(Record):
    count: int = attr(invariant=positive)
    name: str = attr(default="x")
    inner: Inner = attr(default_factory=lambda: Inner(size=0))
    note: int | None = attr(default=None)
    __invariant__ = named


class PlainInner(PRecord):  # type: ignore[type-arg]  # generic in its stub alone
    size = field(type=int, mandatory=True)


class Plain(PRecord):  # type: ignore[type-arg]  # generic in its stub alone
    count = field(type=int, mandatory=True, invariant=positive)
    name = field(type=str, mandatory=True, initial="x")
    inner = field(type=PlainInner, mandatory=True, initial=lambda: PlainInner(size=0))
    note = field(type=(int, type(None)), mandatory=True, initial=None)
    __invariant__ = named


FIELDS = ("count", "name", "inner", "note")
Kind = Any  # either class: pyrsistent's own types do not know the fields of a PRecord
Outcome = tuple[str, object]

counts = st.one_of(st.integers(-1, 3), st.sampled_from([None, "1", 1.5]))
names = st.one_of(st.sampled_from(["", "x", "nobody"]), st.sampled_from([None, 3]))
inners = st.one_of(
    st.fixed_dictionaries({}, optional={"size": counts}),
    st.builds(lambda n: pmap({"size": n}), st.integers(0, 3)),
)
notes = st.one_of(st.none(), st.integers(0, 2), st.just("note"))
good = st.fixed_dictionaries(
    {"count": st.integers(1, 3)},
    optional={
        "name": st.sampled_from(["", "x"]),
        "inner": st.fixed_dictionaries({"size": st.integers(0, 2)}),
        "note": st.one_of(st.none(), st.integers(0, 2)),
    },
)
wrong = st.fixed_dictionaries(
    {}, optional={"count": counts, "name": names, "inner": inners, "note": notes}
)
with_unknown = good.map(lambda fields: fields | {"unknown": 1})
with_unknown_inside = good.map(lambda fields: fields | {"inner": {"size": 1, "unknown": 1}})
# Wrong types and unknown names do not meet: which is found first is nobody's promise.
any_fields = st.one_of(wrong, with_unknown, with_unknown_inside)
one_field = st.one_of(
    st.tuples(st.just("count"), counts),
    st.tuples(st.just("name"), names),
    st.tuples(st.just("inner"), inners),
    st.tuples(st.just("note"), notes),
    st.tuples(st.just("unknown"), counts),
)
any_name = st.sampled_from([*FIELDS, "unknown"])


def plain(result: object) -> object:
    """A result without the classes of records, which differ on purpose."""
    return {k: plain(v) for k, v in result.items()} if isinstance(result, Mapping) else result


def outcome(action: Callable[[], object]) -> Outcome:
    """What a call returns, or which error it raises and what the error carries."""
    try:
        return "returned", plain(action())
    except Exception as error:  # noqa: BLE001 - whatever one raises, the other has to raise
        missing = [str(name).split(".")[-1] for name in getattr(error, "missing_fields", ())]
        broken = sorted(map(str, getattr(error, "invariant_errors", ())))
        return type(error).__name__, (broken, sorted(missing))


def assert_same(action: Callable[[Kind], object]) -> None:
    assert outcome(lambda: action(Ours)) == outcome(lambda: action(Plain))


@given(any_fields)
def test_construction_agrees(fields: dict[str, object]) -> None:
    assert_same(lambda kind: kind(**fields))


@given(any_fields, st.booleans())
def test_create_agrees(fields: dict[str, object], ignore: bool) -> None:
    assert_same(lambda kind: kind.create(fields, ignore_extra=ignore))
    assert_same(lambda kind: kind.create(pmap(fields), ignore_extra=ignore))


@given(good)
def test_create_of_a_record_is_the_record(fields: dict[str, object]) -> None:
    record = Ours(**fields)  # type: ignore[arg-type]  # drawn, so not known by name
    create: Callable[[Any], Ours] = Ours.create
    assert create(record) is record


@given(good, one_field)
def test_set_by_position_agrees(fields: dict[str, object], change: tuple[str, object]) -> None:
    assert_same(lambda kind: kind(**fields).set(*change))


@given(good, any_fields)
def test_set_by_keyword_agrees(fields: dict[str, object], changes: dict[str, object]) -> None:
    assert_same(lambda kind: kind(**fields).set(**changes))


@given(good, any_fields, any_fields)
def test_update_agrees(
    fields: dict[str, object], first: dict[str, object], second: dict[str, object]
) -> None:
    assert_same(lambda kind: kind(**fields).update(first, second))
    assert_same(lambda kind: kind(**fields) + first)
    assert_same(lambda kind: kind(**fields) | second)


@given(good, any_fields)
def test_update_with_agrees(fields: dict[str, object], changes: dict[str, object]) -> None:
    assert_same(lambda kind: kind(**fields).update_with(lambda old, new: old or new, changes))


@given(good, any_name)
def test_remove_and_discard_agree(fields: dict[str, object], name: str) -> None:
    assert_same(lambda kind: kind(**fields).remove(name))
    assert_same(lambda kind: kind(**fields).discard(name))


@given(good, one_field, counts)
def test_transform_agrees(
    fields: dict[str, object], change: tuple[str, object], size: object
) -> None:
    name, new = change
    assert_same(lambda kind: kind(**fields).transform([name], new))
    assert_same(lambda kind: kind(**fields).transform(["inner", "size"], size))
    assert_same(lambda kind: kind(**fields).transform(["inner", "size"], lambda n: n + 1))


@given(good, st.lists(one_field, max_size=4), st.lists(any_name, max_size=1))
def test_evolvers_agree(
    fields: dict[str, object], changes: list[tuple[str, object]], removed: list[str]
) -> None:
    def evolved(kind: Kind) -> object:
        evolver = kind(**fields).evolver()
        for name, new in changes:
            evolver[name] = new
        for name in removed:
            evolver.remove(name)
        return evolver.is_dirty(), len(evolver), plain(evolver.persistent())

    assert_same(evolved)


@given(good, st.lists(one_field, max_size=3))
def test_a_field_removed_from_an_evolver_may_be_set_again(
    fields: dict[str, object], changes: list[tuple[str, object]]
) -> None:
    def evolved(kind: Kind) -> object:
        evolver = kind(**fields).evolver().remove("note")
        for name, new in changes:
            evolver.set(name, new)
        return plain(evolver.persistent())

    assert_same(evolved)


@given(good)
def test_serialize_agrees(fields: dict[str, object]) -> None:
    assert_same(lambda kind: kind(**fields).serialize())


@given(good)
def test_reading_agrees(fields: dict[str, object]) -> None:
    assert_same(lambda kind: len(kind(**fields)))
    assert_same(lambda kind: set(kind(**fields)))
    assert_same(lambda kind: set(kind(**fields).keys()))
    assert_same(lambda kind: sorted(repr(plain(v)) for v in kind(**fields).values()))
    assert_same(lambda kind: dict(kind(**fields).items()))
    assert_same(lambda kind: dict(kind(**fields)))


@given(good, any_name)
def test_reading_one_field_agrees(fields: dict[str, object], name: str) -> None:
    assert_same(lambda kind: kind(**fields)[name])
    assert_same(lambda kind: getattr(kind(**fields), name))
    assert_same(lambda kind: kind(**fields).get(name, "none"))
    assert_same(lambda kind: name in kind(**fields))


@given(good, good)
def test_equality_agrees(one: dict[str, object], other: dict[str, object]) -> None:
    assert_same(lambda kind: kind(**one) == kind(**other))
    assert_same(lambda kind: kind(**one) != kind(**other))
    assert_same(lambda kind: kind(**one) == dict(kind(**other)))
    assert_same(lambda kind: pmap(dict(kind(**one))) == kind(**other))
    assert_same(lambda kind: kind(**one) == 3)


@given(good, good)
def test_equal_records_have_equal_hashes(one: dict[str, object], other: dict[str, object]) -> None:
    ours, others = Ours.create(one), Ours.create(other)
    assert (hash(ours) == hash(others)) == (ours == others)
    assert hash(ours) == hash(pmap(dict(ours)))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_deep_copy_and_a_pickle_have_parameters_of_their_own(
    copied: Callable[[MLP], MLP],
) -> None:
    model = mlp(2, [4, 1])
    twins = (model, copied(model), copied(model))
    assert len({p for twin in twins for p in parameters(twin)}) == parameter_count(twins) == 51
    assert {tuple(p.data for p in parameters(twin)) for twin in twins} == {
        tuple(p.data for p in parameters(model))
    }
    tied = copied(model.set(layers=model.layers.append(model.layers[0])))
    assert parameter_count(tied) == parameter_count(model)
    assert parameters(copy.copy(model)) == parameters(model)


@given(good)
def test_copies_and_pickles_equal_the_original(fields: dict[str, object]) -> None:
    record = Ours.create(fields)
    assert copy.copy(record) == copy.deepcopy(record) == record
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        restored = pickle.loads(pickle.dumps(record, protocol))
        assert restored == record
        assert type(restored) is Ours
        assert type(restored.inner) is Inner


@given(good, any_fields)
def test_no_operation_changes_the_record(
    fields: dict[str, object], changes: dict[str, object]
) -> None:
    record = Ours.create(fields)
    before = repr(record)
    by_name: dict[str, Any] = changes  # what a checker would refuse is tried too
    outcome(lambda: record.set(**by_name))
    outcome(lambda: record.update(changes))
    outcome(lambda: record.transform(["inner", "size"], 9))
    assert repr(record) == before


@given(good)
def test_every_view_follows_the_declared_order(fields: dict[str, object]) -> None:
    record = Ours.create(fields)
    going: Iterator[str] = record.__iter__()  # type: ignore[attr-defined]  # hidden from checkers
    assert tuple(going) == tuple(record.keys()) == tuple(dict(record)) == FIELDS
    assert tuple(name for name, _ in record.items()) == FIELDS
    assert tuple(record.values()) == tuple(record[name] for name in FIELDS)
    assert repr(record) == (
        f"Ours(count={record.count!r}, name={record.name!r}, "
        f"inner={record.inner!r}, note={record.note!r})"
    )
