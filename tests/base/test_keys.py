"""Keys tell what computes differently, and nothing else."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PClass, field, pmap, pset, pvector

from microfp.base.binding import bind
from microfp.base.keys import Keyed, key
from microfp.base.memo import by_key, memoized
from microfp.errors import TraceError
from microfp.record import Record, attr, unchecked
from microfp.values import Value, value


class Plus(Record):
    k: float = attr()

    def __call__(self, x: float) -> float:
        return x + self.k


class Times(Record):
    k: float = attr()

    def __call__(self, x: float) -> float:
        return x * self.k


class Twice(Times):
    def __call__(self, x: float) -> float:
        return 2.0 * super().__call__(x)


class PlusPair(NamedTuple):
    k: float


class TimesPair(NamedTuple):
    k: float


@dataclass(frozen=True)
class Frozen:
    k: float


class Kept(PClass):
    k: float = field()


class Sly(Record):
    """A record that says it equals every other one."""

    k: float = attr()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Loose(tuple[float, ...]):  # noqa: SLOT001 - what is meant
    """A tuple that can be given attributes besides."""

    note: object


MAKERS: list[Callable[[float], object]] = [
    float,
    lambda k: (k,),
    lambda k: pvector([k]),
    lambda k: pmap({"k": k}),
    lambda k: pmap({k: "k"}),
    lambda k: pset([k]),
    lambda k: frozenset([k]),
    lambda k: Plus(k=k),
    lambda k: Times(k=k),
    lambda k: Twice(k=k),
    PlusPair,
    TimesPair,
    Frozen,
    lambda k: Kept(k=k),
    lambda k: Sly(k=k),
    lambda k: partial(pow, k),
    lambda k: partial(pow, exp=k),
    lambda k: bind(math.copysign, k),
    lambda k: memoized(bind(math.copysign, k)),
    lambda k: Plus(k=k).__call__,
    lambda k: complex(0.0, k),
]


@given(
    st.sampled_from([0.0, -0.0, 1.0, math.inf, 0.1]),
    st.sampled_from([0.0, -0.0, 1.0, math.inf, 0.1]),
)
def test_a_key_says_class_fields_and_bits(a: float, b: float) -> None:
    same = math.copysign(1.0, a) == math.copysign(1.0, b) and a == b
    for make in MAKERS:
        assert (key(make(a)) == key(make(b))) is same
        assert (Keyed(make(a)) == Keyed(make(b))) is same
    for one, other in combinations(MAKERS, 2):
        assert key(one(a)) != key(other(b))


def test_whole_numbers_floats_and_truths_have_keys_of_their_own() -> None:
    assert len({key(1), key(1.0), key(True)}) == 3
    assert len({key((1,)), key((1.0,)), key((True,))}) == 3


def test_two_values_have_two_keys_and_one_value_has_one() -> None:
    a, b = value(1.0), value(1.0)
    assert key(a) == key(a) != key(b)
    assert key(partial(Value.__add__, a)) != key(partial(Value.__add__, b))


def test_functions_are_themselves_and_methods_those_of_their_objects() -> None:
    made = [lambda x: x for _ in range(2)]
    assert key(made[0]) == key(made[0]) != key(made[1])
    assert key(Plus(k=1.0).__call__) == key(Plus(k=1.0).__call__) != key(Plus(k=2.0).__call__)


def test_what_a_class_cannot_say_of_itself_has_a_key_alone() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    one, other = Odd(), Odd()
    assert one == other
    assert key(one) == key(one) != key(other)


def test_attributes_that_a_tuple_was_given_belong_to_its_key() -> None:
    one, other = Loose((1.0,)), Loose((1.0,))
    one.note = other.note = "a"
    assert key(one) == key(other)
    other.note = "b"
    assert key(one) != key(other)


def test_paths_are_what_they_say() -> None:
    assert key(PurePosixPath("a")) == key(PurePosixPath("a")) != key(PurePosixPath("b"))


@pytest.mark.parametrize("thing", [[1.0], ({},), unchecked(Plus, [1.0]), pvector([{1}])])
def test_what_may_change_has_no_key(thing: object) -> None:
    with pytest.raises(TraceError, match="a key is made of what cannot change, got"):
        key(thing)


def test_a_function_that_was_given_what_may_change_equals_itself_alone() -> None:
    numbers = [1.0]
    assert key(partial(sum, numbers)) == key(partial(sum, numbers)) != key(partial(sum, [1.0]))


def test_results_are_found_by_keys_and_not_by_equality() -> None:
    asked = list[object]()

    @by_key(8)
    def shown(thing: object, *, times: int = 1) -> str:
        asked.append(thing)
        return repr(thing) * times

    assert [shown(PlusPair(0.0)), shown((0.0,))] == ["PlusPair(k=0.0)", "(0.0,)"]
    assert [shown((-0.0,)), shown((0.0,)), shown((0.0,), times=2)] == [
        "(-0.0,)",
        "(0.0,)",
        "(0.0,)(0.0,)",
    ]
    assert len(asked) == 4


def test_a_memoized_function_tells_zeros_apart() -> None:
    sign = memoized(partial(math.copysign, 1.0))
    assert [sign(0.0), sign(-0.0), sign(0.0)] == [1.0, -1.0, 1.0]
